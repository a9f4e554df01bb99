#include "io/fence/reject.h"

#include <fmt/format.h>
#include <nftables/libnftables.h>

#include "io/fence/nft.h"

namespace mmm {

namespace {

std::string set_of(const std::string& ip) { return ip.find(':') == std::string::npos ? "gone4" : "gone6"; }

}  // namespace

void RejectTable::Free::operator()(nft_ctx* context) const { nft_ctx_free(context); }

Result<RejectTable> RejectTable::open(std::uint16_t agent_port, std::uint16_t mysql_port) {
  // Where there is no netfilter the library would end the process.
  if (const auto usable = Nft::open(); !usable) return std::unexpected(usable.error());
  std::unique_ptr<nft_ctx, Free> context(nft_ctx_new(NFT_CTX_DEFAULT));
  if (!context) return fail("cannot use nftables: out of memory");
  nft_ctx_buffer_error(context.get());
  RejectTable table(std::move(context), fmt::format("inet mmm3_{}", agent_port), mysql_port);
  if (const auto made = table.make(); !made) return std::unexpected(made.error());
  return table;
}

RejectTable::~RejectTable() {
  if (context_) (void)run("delete table " + table_);
}

// One transaction: what an agent that was killed left behind goes, the new table comes.
Status RejectTable::make() {
  refused_.clear();
  return run(fmt::format(
      "add table {0}\n"
      "delete table {0}\n"
      "table {0} {{\n"
      "set gone4 {{ type ipv4_addr; flags timeout; }}\n"
      "set gone6 {{ type ipv6_addr; flags timeout; }}\n"
      "chain gone {{\n"
      "type filter hook prerouting priority -150; policy accept\n"
      "ip daddr @gone4 tcp dport {1} reject with tcp reset\n"
      "ip6 daddr @gone6 tcp dport {1} reject with tcp reset\n"
      "}}\n"
      "}}\n",
      table_, mysql_port_));
}

Status RejectTable::refuse(const std::string& ip) {
  const auto element = fmt::format("element {} {}", table_, set_of(ip));
  // Adding an element again does not renew it; deleting one that is not there fails: so add, delete, add.
  const auto refused =
      change(fmt::format("add {0} {{ {1} timeout {2}s }}; delete {0} {{ {1} }}; add {0} {{ {1} timeout {2}s }}", element, ip,
                         std::chrono::duration_cast<std::chrono::seconds>(kRejectFor).count()));
  if (refused) refused_.insert(ip);
  return refused;
}

Status RejectTable::admit(const std::string& ip) {
  if (!refused_.contains(ip)) return {};
  const auto element = fmt::format("element {} {}", table_, set_of(ip));
  const auto admitted = change(fmt::format("add {0} {{ {1} timeout 1s }}; delete {0} {{ {1} }}", element, ip));
  if (admitted) refused_.erase(ip);
  return admitted;
}

// What fails on a table that somebody took away succeeds on a new one; a new one refuses nobody.
Status RejectTable::change(const std::string& commands) {
  const auto first = run(commands);
  if (first || !make()) return first;
  return run(commands);
}

Status RejectTable::run(const std::string& commands) {
  if (nft_run_cmd_from_buffer(context_.get(), commands.c_str()) == 0) return {};
  return fail(fmt::format("nftables: {}", nft_ctx_get_error_buffer(context_.get())));
}

}  // namespace mmm
