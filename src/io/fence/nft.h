#pragma once
// The kernel's packet filter by the words of nft(8), in this process (libnftables).

#include <memory>
#include <string>

#include "base/result.h"

struct nft_ctx;

namespace mmm {

// Thread: any one at a time. It belongs to the network namespace that it was opened in.
class Nft {
 public:
  // Errors: the kernel has no nftables.
  static Result<Nft> open();

  // Carries out all commands in one transaction, or none. What the site loads at the same time is waited for: the
  // kernel lets one transaction through at a time.
  //
  // Unknown: the kernel's answer was lost.
  // Errors:  the first that the kernel has, in its words; also a missing right (CAP_NET_ADMIN).
  Status run(const std::string& commands);
  // The same, but the kernel only checks whether it could be done.
  Status try_out(const std::string& commands);
  // What the commands (`list …`) print.
  Result<std::string> read(const std::string& commands);

 private:
  struct Free {
    void operator()(nft_ctx* context) const;
  };

  explicit Nft(nft_ctx* context) : context_(context) {}

  std::unique_ptr<nft_ctx, Free> context_;
};

}  // namespace mmm
