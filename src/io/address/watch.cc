#include "io/address/watch.h"

#include <cerrno>

#include <fmt/format.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include <arpa/inet.h>

namespace mmm {

struct AddressWatch::State {
  std::string interface;
  int index = 0;  // 0: not there. Kept from the last event: an index that is gone can't be looked up any more
  std::deque<AddressEvent> events;
  nl_sock* socket = nullptr;
  std::optional<asio::posix::stream_descriptor> descriptor;

  ~State() {
    if (descriptor) descriptor->release();  // the descriptor is the socket's
    nl_socket_free(socket);
  }

  void push(AddressEvent event) {
    if (events.size() < kWatchEventsMax) events.push_back(std::move(event));
    else events.back() = {.kind = AddressEvent::Kind::missed};
  }
  void take_address(nlmsghdr* header);
  void take_link(nlmsghdr* header);
  static int take(nl_msg* message, void* state);
};

void AddressWatch::State::take_address(nlmsghdr* header) {
  const auto* about = static_cast<const ifaddrmsg*>(nlmsg_data(header));
  nlattr* parts[IFA_MAX + 1] = {};
  if (nlmsg_parse(header, sizeof *about, parts, IFA_MAX, nullptr) < 0) return;
  if (index == 0 || static_cast<int>(about->ifa_index) != index) return;
  // IFA_ADDRESS is the peer's on a point-to-point link; IPv6 gives IFA_LOCAL only there.
  const nlattr* ip = parts[IFA_LOCAL] != nullptr ? parts[IFA_LOCAL] : parts[IFA_ADDRESS];
  const int size = about->ifa_family == AF_INET ? 4 : 16;
  if (ip == nullptr || nla_len(ip) < size) return;
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(about->ifa_family, nla_data(ip), text, sizeof text);
  push({.kind = header->nlmsg_type == RTM_NEWADDR ? AddressEvent::Kind::put : AddressEvent::Kind::dropped,
        .ip = text,
        .prefix = about->ifa_prefixlen});
}

void AddressWatch::State::take_link(nlmsghdr* header) {
  const auto* about = static_cast<const ifinfomsg*>(nlmsg_data(header));
  nlattr* parts[IFLA_MAX + 1] = {};
  if (nlmsg_parse(header, sizeof *about, parts, IFLA_MAX, nullptr) < 0 || parts[IFLA_IFNAME] == nullptr) return;
  const bool named_so = nla_get_string(parts[IFLA_IFNAME]) == interface;
  const bool ours = index != 0 && about->ifi_index == index;
  if (ours && (!named_so || header->nlmsg_type == RTM_DELLINK)) {  // removed or renamed
    index = 0;
    return push({.kind = AddressEvent::Kind::link_gone});
  }
  if (!named_so || header->nlmsg_type != RTM_NEWLINK) return;
  index = about->ifi_index;
  const bool up = (about->ifi_flags & IFF_UP) != 0 && (about->ifi_flags & IFF_RUNNING) != 0;
  push({.kind = up ? AddressEvent::Kind::link_up : AddressEvent::Kind::link_down});
}

int AddressWatch::State::take(nl_msg* message, void* state) {
  auto* self = static_cast<State*>(state);
  nlmsghdr* header = nlmsg_hdr(message);
  switch (header->nlmsg_type) {
    case RTM_NEWADDR:
    case RTM_DELADDR:
      if (nlmsg_valid_hdr(header, sizeof(ifaddrmsg)) != 0) self->take_address(header);
      break;
    case RTM_NEWLINK:
    case RTM_DELLINK:
      if (nlmsg_valid_hdr(header, sizeof(ifinfomsg)) != 0) self->take_link(header);
      break;
    default: break;
  }
  return NL_OK;
}

Result<AddressWatch> AddressWatch::open(asio::any_io_executor loop, std::string interface) {
  auto state = std::make_unique<State>();
  state->interface = std::move(interface);
  state->socket = nl_socket_alloc();
  const auto cannot = [&](int error) {
    return fail(fmt::format("cannot watch the addresses of {}: {}", state->interface, nl_geterror(error)));
  };
  if (state->socket == nullptr) return cannot(-NLE_NOMEM);
  nl_socket_disable_seq_check(state->socket);  // events answer no question
  nl_socket_modify_cb(state->socket, NL_CB_VALID, NL_CB_CUSTOM, &State::take, state.get());
  if (const int error = nl_connect(state->socket, NETLINK_ROUTE); error < 0) return cannot(error);
  nl_socket_set_nonblocking(state->socket);
  nl_socket_set_buffer_size(state->socket, kWatchBuffer, 0);
  const int error = nl_socket_add_memberships(state->socket, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, 0);
  if (error < 0) return cannot(error);
  state->descriptor.emplace(std::move(loop), nl_socket_get_fd(state->socket));
  // After the subscription: an interface that comes in between is heard of.
  state->index = static_cast<int>(::if_nametoindex(state->interface.c_str()));
  return AddressWatch(std::move(state));
}

AddressWatch::AddressWatch(std::unique_ptr<State> state) : state_(std::move(state)) {}
AddressWatch::AddressWatch(AddressWatch&&) noexcept = default;
AddressWatch& AddressWatch::operator=(AddressWatch&&) noexcept = default;
AddressWatch::~AddressWatch() = default;

Task<Result<std::optional<AddressEvent>>> AddressWatch::next(Deadline deadline) {
  for (;;) {
    while (state_->events.size() < kWatchEventsMax) {
      const int error = nl_recvmsgs_default(state_->socket);
      if (error == -NLE_AGAIN) break;
      // ENOBUFS: the kernel's queue was full and something was thrown away (netlink(7)).
      if (error == -NLE_NOMEM) state_->push({.kind = AddressEvent::Kind::missed});
      if (error < 0 && error != -NLE_NOMEM) {
        co_return fail(fmt::format("cannot watch the addresses of {}: {}", state_->interface, nl_geterror(error)));
      }
    }
    if (!state_->events.empty()) {
      auto event = std::move(state_->events.front());
      state_->events.pop_front();
      co_return event;
    }
    if (deadline.passed()) co_return std::nullopt;
    const auto woken = co_await wait_readable(*state_->descriptor, deadline);
    if (woken == Wakeup::cancelled) co_return std::nullopt;
  }
}

}  // namespace mmm
