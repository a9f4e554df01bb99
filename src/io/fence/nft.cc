#include "io/fence/nft.h"

#include <cerrno>
#include <cstring>
#include <string_view>

#include <fmt/format.h>
#include <linux/netlink.h>
#include <nftables/libnftables.h>
#include <sys/socket.h>
#include <unistd.h>

namespace mmm {

namespace {

// The library's complaint is several lines: what and where, the command, marks below it. The first says it all. What the
// kernel refused, or the library itself, was not done; "netlink:" is about the way to the kernel and back.
Error error_of(std::string_view complaint) {
  constexpr std::string_view kMark = "Error: ", kRefused = "Could not process rule: ";
  const bool lost = complaint.empty() || complaint.starts_with("netlink:");
  if (const auto mark = complaint.find(kMark); mark != complaint.npos) complaint.remove_prefix(mark + kMark.size());
  if (complaint.starts_with(kRefused)) complaint.remove_prefix(kRefused.size());
  complaint = complaint.substr(0, complaint.find('\n'));
  if (complaint.empty()) complaint = "no answer";
  return {fmt::format("nftables: {}", complaint), lost ? Certainty::unknown : Certainty::failed};
}

}  // namespace

void Nft::Free::operator()(nft_ctx* context) const { nft_ctx_free(context); }

Result<Nft> Nft::open() {
  // Where it gets no socket the library ends the process (1.0.6: netlink_init_error).
  const int socket = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
  if (socket < 0) return fail(fmt::format("nftables: the kernel gives no netfilter socket: {}", std::strerror(errno)));
  ::close(socket);
  Nft nft(nft_ctx_new(NFT_CTX_DEFAULT));
  if (!nft.context_) return fail("nftables: out of memory");
  nft_ctx_buffer_error(nft.context_.get());
  nft_ctx_buffer_output(nft.context_.get());
  return nft;
}

Status Nft::run(const std::string& commands) {
  if (nft_run_cmd_from_buffer(context_.get(), commands.c_str()) == 0) return {};
  return std::unexpected(error_of(nft_ctx_get_error_buffer(context_.get())));
}

Status Nft::try_out(const std::string& commands) {
  nft_ctx_set_dry_run(context_.get(), true);
  const auto could = run(commands);
  nft_ctx_set_dry_run(context_.get(), false);
  return could;
}

Result<std::string> Nft::read(const std::string& commands) {
  if (const auto done = run(commands); !done) return std::unexpected(done.error());
  return std::string(nft_ctx_get_output_buffer(context_.get()));
}

}  // namespace mmm
