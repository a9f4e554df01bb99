#include "io/fence/reject.h"

#include <fmt/format.h>

#include "io/fence/nft.h"

namespace mmm {

namespace {

std::string set_of(const std::string& ip) { return ip.find(':') == std::string::npos ? "gone4" : "gone6"; }

}  // namespace

RejectTable::RejectTable(std::unique_ptr<Nft> nft, std::string table, std::uint16_t mysql_port)
    : nft_(std::move(nft)), table_(std::move(table)), mysql_port_(mysql_port) {}
RejectTable::RejectTable(RejectTable&&) noexcept = default;
RejectTable& RejectTable::operator=(RejectTable&&) noexcept = default;

Result<RejectTable> RejectTable::open(std::uint16_t agent_port, std::uint16_t mysql_port) {
  auto nft = Nft::open();
  if (!nft) return std::unexpected(nft.error());
  RejectTable table(std::make_unique<Nft>(std::move(*nft)), fmt::format("inet mmm3_{}", agent_port), mysql_port);
  if (const auto made = table.make(); !made) return std::unexpected(made.error());
  return table;
}

RejectTable::~RejectTable() {
  if (nft_) (void)nft_->run("delete table " + table_);
}

// One transaction: what an agent that was killed left behind goes, the new table comes.
Status RejectTable::make() {
  refused_.clear();
  return nft_->run(fmt::format(
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
  const auto first = nft_->run(commands);
  if (first || !make()) return first;
  return nft_->run(commands);
}

}  // namespace mmm
