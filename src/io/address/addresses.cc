#include "io/address/addresses.h"

#include <algorithm>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <sys/socket.h>

#include "io/address/ip.h"

namespace mmm {

namespace {

constexpr std::uint32_t kNoEnd = 0xFFFFFFFF;  // INFINITY_LIFE_TIME in the kernel

struct PutAddress {
  void operator()(rtnl_addr* address) const { rtnl_addr_put(address); }
  void operator()(nl_addr* address) const { nl_addr_put(address); }
  void operator()(nl_cache* cache) const { nl_cache_free(cache); }
};
template <class T>
using Owned = std::unique_ptr<T, PutAddress>;

std::string text_of(nl_addr* address) {
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(nl_addr_get_family(address), nl_addr_get_binary_addr(address), text, sizeof text);
  return text;
}

Owned<rtnl_addr> make(int index, const address::Ip& ip, unsigned prefix) {
  Owned<rtnl_addr> made(rtnl_addr_alloc());
  Owned<nl_addr> local(nl_addr_build(ip.family(), ip.bytes(), ip.size()));
  rtnl_addr_set_ifindex(made.get(), index);
  rtnl_addr_set_local(made.get(), local.get());
  rtnl_addr_set_prefixlen(made.get(), static_cast<int>(prefix));
  return made;
}

// Rounded up; at least 1; never "no end".
std::uint32_t whole_seconds(Duration lifetime) {
  const auto rounded = std::chrono::ceil<std::chrono::seconds>(std::max(lifetime, kLifetimeMin)).count();
  return static_cast<std::uint32_t>(std::min<std::int64_t>(rounded, kNoEnd - 1));
}

bool in_subnet(const address::Ip& ip, const address::Ip& of, unsigned prefix) {
  if (ip.family() != of.family() || prefix > of.full_prefix()) return false;
  for (unsigned bit = 0; bit < prefix; ++bit)
    if (((ip.bytes()[bit / 8] ^ of.bytes()[bit / 8]) & (0x80U >> bit % 8)) != 0) return false;
  return true;
}

StandingAddress read(rtnl_addr* address) {
  const unsigned flags = rtnl_addr_get_flags(address);
  const auto valid = rtnl_addr_get_valid_lifetime(address);
  StandingAddress standing;
  standing.ip = text_of(rtnl_addr_get_local(address));
  standing.prefix = static_cast<unsigned>(rtnl_addr_get_prefixlen(address));
  if (valid != kNoEnd) standing.left = std::chrono::seconds(valid);
  standing.preferred = (flags & IFA_F_DEPRECATED) == 0;
  standing.tentative = (flags & IFA_F_TENTATIVE) != 0;
  standing.dad_failed = (flags & IFA_F_DADFAILED) != 0;
  return standing;
}

}  // namespace

std::string interface_names() {
  std::vector<std::string> names;
  struct if_nameindex* all = ::if_nameindex();
  for (auto* one = all; one != nullptr && one->if_index != 0; ++one) names.emplace_back(one->if_name);
  if (all != nullptr) ::if_freenameindex(all);
  return fmt::format("{}", fmt::join(names, ", "));
}

void Addresses::CloseSocket::operator()(nl_sock* socket) const { nl_socket_free(socket); }

Result<Addresses> Addresses::open(std::string interface) {
  Addresses addresses(std::move(interface));
  if (const auto index = addresses.index(); !index) return std::unexpected(index.error());
  if (const auto status = addresses.connect(); !status) return std::unexpected(status.error());
  return addresses;
}

Result<int> Addresses::index() const {
  const unsigned found = ::if_nametoindex(interface_.c_str());
  if (found == 0) return fail(fmt::format("there is no network interface {}; there are: {}", interface_, interface_names()));
  return static_cast<int>(found);
}

// One socket is kept: when descriptors run out, addresses must still be renewed.
Status Addresses::connect() {
  if (socket_) return {};
  Socket fresh(nl_socket_alloc());
  if (!fresh) return fail("cannot open a netlink socket: out of memory");
  if (const int error = nl_connect(fresh.get(), NETLINK_ROUTE); error < 0) {
    return fail(fmt::format("cannot open a netlink socket: {}", nl_geterror(error)));
  }
  constexpr timeval limit{.tv_sec = kNetlinkTimeout.count(), .tv_usec = 0};
  ::setsockopt(nl_socket_get_fd(fresh.get()), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(nl_socket_get_fd(fresh.get()), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  socket_ = std::move(fresh);
  return {};
}

// Asks the kernel and waits for its answer. `what` names it in errors.
Status Addresses::ask(const std::string& what, const std::function<int(nl_sock*)>& question) {
  if (auto status = connect(); !status) return fail(fmt::format("cannot {}: {}", what, status.error().text));
  const int error = question(socket_.get());
  if (error >= 0) return {};
  // These may come from an answer that is lost or belongs to an earlier question: begin anew, with a fresh socket.
  const bool lost = error == -NLE_AGAIN || error == -NLE_SEQ_MISMATCH || error == -NLE_NOMEM ||
                    error == -NLE_MSG_TRUNC || error == -NLE_INTR || error == -NLE_DUMP_INTR;
  if (lost) socket_.reset();
  if (lost) return unknown_outcome(fmt::format("cannot tell whether this was done: {}: {}", what, nl_geterror(error)));
  return fail(fmt::format("cannot {}: {}", what, nl_geterror(error)));
}

Result<std::vector<Addresses::Found>> Addresses::all() {
  nl_cache* dump = nullptr;
  const auto status = ask("list the addresses of " + interface_, [&](nl_sock* socket) {
    return rtnl_addr_alloc_cache(socket, &dump);
  });
  if (!status) return fail(status.error().text);
  const Owned<nl_cache> cache(dump);
  std::vector<Found> found;
  for (nl_object* one = nl_cache_get_first(dump); one != nullptr; one = nl_cache_get_next(one)) {
    auto* address = reinterpret_cast<rtnl_addr*>(one);
    if (rtnl_addr_get_local(address) == nullptr) continue;
    found.push_back({rtnl_addr_get_ifindex(address), read(address)});
  }
  return found;
}

Result<std::vector<StandingAddress>> Addresses::list() {
  const auto ours = index();
  if (!ours) return std::unexpected(ours.error());
  const auto found = all();
  if (!found) return std::unexpected(found.error());
  std::vector<StandingAddress> standing;
  for (const auto& one : *found) {
    if (one.index == *ours) standing.push_back(one.address);
  }
  return standing;
}

Result<std::optional<std::string>> Addresses::interface_towards(const std::string& text) {
  const auto ip = address::Ip::parse(text);
  if (!ip) return std::unexpected(ip.error());
  const auto found = Addresses("this machine").all();
  if (!found) return std::unexpected(found.error());
  const Found* best = nullptr;
  for (const auto& one : *found) {
    if (one.address.ip == ip->text()) return fail("the address stands on its own interface");
    const auto own = address::Ip::parse(one.address.ip);
    // An address with the full prefix is in no subnet: it is virtual, or of a link to one host.
    if (!own || one.address.prefix == own->full_prefix() || !in_subnet(*ip, *own, one.address.prefix)) continue;
    if (best == nullptr || one.address.prefix > best->address.prefix) best = &one;
  }
  char name[IF_NAMESIZE];
  if (best == nullptr || ::if_indextoname(static_cast<unsigned>(best->index), name) == nullptr) return std::nullopt;
  return std::string(name);
}

Status Addresses::put(const std::string& ip, Duration lifetime) { return put_for(ip, lifetime); }
Status Addresses::put_untimed(const std::string& ip) { return put_for(ip, std::nullopt); }

Status Addresses::put_for(const std::string& text, std::optional<Duration> lifetime) {
  const auto ip = address::Ip::parse(text);
  if (!ip) return std::unexpected(ip.error());
  const auto ours = index();
  if (!ours) return std::unexpected(ours.error());
  const auto found = all();
  if (!found) return std::unexpected(found.error());

  bool others = false;  // copies with another prefix length; they would outlive the lease
  for (const auto& one : *found) {
    if (one.index != *ours || one.address.ip != ip->text()) continue;
    // The kernel knows one IPv6 address only once and keeps these marks when it is replaced.
    const bool unusable = one.address.tentative || one.address.dad_failed;
    others = others || one.address.prefix != ip->full_prefix() || unusable;
    if (!unusable && ip->is_v4()) continue;
    if (!unusable && one.address.prefix == ip->full_prefix()) continue;
    if (auto status = drop_copies(text, *ours, std::nullopt); !status) return status;
  }
  const auto wanted = make(*ours, *ip, ip->full_prefix());
  rtnl_addr_set_scope(wanted.get(), ip->is_v4() ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE);
  rtnl_addr_set_valid_lifetime(wanted.get(), lifetime ? whole_seconds(*lifetime) : kNoEnd);
  rtnl_addr_set_preferred_lifetime(wanted.get(), 0);
  if (!ip->is_v4()) rtnl_addr_set_flags(wanted.get(), IFA_F_NODAD);
  auto status = ask(fmt::format("put {} on {}", text, interface_), [&](nl_sock* socket) {
    return rtnl_addr_add(socket, wanted.get(), NLM_F_CREATE | NLM_F_REPLACE);
  });
  if (!status || !others) return status;
  return drop_copies(text, *ours, ip->full_prefix());
}

// Removes what stands of this address on the interface, but not the one with `keep_prefix`.
Status Addresses::drop_copies(const std::string& text, int from, std::optional<unsigned> keep_prefix) {
  const auto ip = address::Ip::parse(text);
  if (!ip) return std::unexpected(ip.error());
  const auto found = all();
  if (!found) return std::unexpected(found.error());
  for (const auto& one : *found) {
    if (one.index != from || one.address.ip != ip->text() || one.address.prefix == keep_prefix) continue;
    const auto standing = make(from, *ip, one.address.prefix);
    const auto status = ask(fmt::format("drop {} from {}", text, interface_), [&](nl_sock* socket) {
      const int error = rtnl_addr_delete(socket, standing.get(), 0);
      // It, or the interface, went between our look and now.
      return error == -NLE_NOADDR || error == -NLE_NODEV || error == -NLE_OBJ_NOTFOUND ? 0 : error;
    });
    if (!status) return status;
  }
  return {};
}

Status Addresses::drop(const std::string& text) {
  const auto ip = address::Ip::parse(text);
  if (!ip) return std::unexpected(ip.error());
  const auto ours = index();
  if (ours) return drop_copies(text, *ours, std::nullopt);
  // The interface is gone, and its addresses with it; unless it was only renamed.
  const auto found = all();
  if (!found) return std::unexpected(found.error());
  for (const auto& one : *found) {
    char name[IF_NAMESIZE] = "?";
    if (one.address.ip != ip->text()) continue;
    return fail(fmt::format("cannot drop {} from {}: there is no such interface, but {} stands on {}", text, interface_,
                            text, ::if_indextoname(static_cast<unsigned>(one.index), name) ? name : "another"));
  }
  return {};
}

}  // namespace mmm
