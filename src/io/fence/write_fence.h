#pragma once
// Holds writes back in the kernel when a lease ends, whatever has become of this process (docs/lease.md, rule 12).

#include <array>
#include <cstdint>
#include <optional>

#include "base/result.h"
#include "base/time.h"
#include "io/fence/fence_text.h"
#include "io/fence/nft.h"

namespace mmm {

// The kernel counts timeouts in jiffies (1-10 ms), and takes 0 for "no end". No lease is that short.
inline constexpr Duration kFencedLeaseMin = 100ms;

// A lease that was asked for: its element is in the kernel already, and its time runs.
struct StagedLease {
  std::uint64_t number = 0;
  bool operator==(const StagedLease&) const = default;
};

// Whether a fence of these rules can be made here: asks the kernel, and changes nothing. The kernel takes 5-30 ms for it.
//
// Errors: why not, for a person: no nftables in the kernel, no right (CAP_NET_ADMIN), rules that make no sense.
Status probe_write_fence(const FenceRules& rules);

// One nftables table of our own, `inet mmm3_fence_NAME`; rules of the site are never touched, and what passes ours is
// still theirs to refuse. TCP packets to and from the MySQL port of the writer IPs pass only while an armed element
// lives. What does not pass is answered by a TCP reset, on old connections and new ones. When the client speaks, the
// client hears it, when the server does, the client at once and the server when it sends again (0.2 s). Resets pass.
//
// A client on this host that comes through the writer IP is a client like any other. With `host`, the host's own
// addresses are guarded by the same lease, but not from the excepted ones, nor from this host itself (through "lo").
// What is not meant for this host, or only forwarded by it, is never looked at.
//
// The kernel ends an element by itself, never late and a jiffy or two early: of 500 ms, the last packet passes after
// 495-499 (docs/facts.md). Its time stands still while a virtual machine is paused or the host sleeps.
//
// Who loads a firewall anew (`nft flush ruleset`) takes the table away, and until our next call everything passes. That
// call makes it again, with what is left of the armed lease. The address's own lifetime is the second line meanwhile;
// of IPv6 it stops only what arrives: a connection goes on sending from an address that is gone (kernel 6.18).
//
// Thread: any one at a time; in the network namespace in which it was opened. A call is one question to the kernel, of
// 0.1-0.3 ms whatever else the site has loaded; some are two or three. It waits while somebody else loads rules.
class WriteFence {
 public:
  // Makes the table; closed. One that stands already (we were killed, or stopped in a long lease) gets these rules, and
  // its leases run on: nothing is renewed, nothing that was staged before can be armed.
  static Result<WriteFence> open(FenceRules rules);

  // Takes away what an earlier process of ours left, where there shall be no fence any more. No error when there is none.
  static Status take_away(const FenceRules& rules);

  WriteFence(WriteFence&&) noexcept = default;
  WriteFence& operator=(WriteFence&&) noexcept = default;
  // Leaves the fence as it stands: it must close when this process ends, however it does.
  ~WriteFence() = default;

  // Puts an element for a lease that is about to be asked for into the kernel. It lets nothing pass yet; its time runs
  // from now on. nullopt: without an end (a pin).
  //
  // Requires: the lease is counted from a stamp that is taken after this: then the kernel ends it first.
  //           At least kFencedLeaseMin. Beyond three that are not armed the oldest is forgotten.
  // Unknown:  don't ask.
  Result<StagedLease> stage(std::optional<Duration> lease);

  // The lease was granted: what it lets through passes for what is left of it, in place of what was armed before. When
  // nothing is left, nothing passes. Nothing happens when this or a later one is armed already.
  //
  // Unknown: either of the two may be armed; both are leases that were granted.
  // Errors:  it was closed, limited, forgotten or taken away in between; what was armed before still is.
  Status arm(StagedLease lease);

  // Nothing passes, at once; all leases are gone, those that are staged too. No error when they had run out.
  //
  // Ensures: whatever it returns, nothing staged before can be armed.
  // Errors:  it may be open still. Let the address go.
  Status close();

  // What has no end gets one, in one transaction: an armed element `lease` from now; what is staged without one goes.
  // Those with an end stay as they are. After a restart too: what the kernel has counts.
  Status limit(Duration lease);

  // For display only: no lease is ever made from what it says.
  Result<FenceState> look();

  // Takes the table away; no error when somebody else did. From now on everything passes: only after the addresses have
  // gone, and mysqld accepts no writes. The next call of `stage` makes it again.
  Status remove();

 private:
  struct Slot {
    std::uint64_t number = 0;  // of the StagedLease; 0: can't be armed
    Instant end;               // no later than the kernel's; kNever: has none
  };

  WriteFence(Nft nft, FenceRules rules) : nft_(std::move(nft)), rules_(std::move(rules)) {}
  Status make();
  Status fill(std::size_t slot, std::optional<Duration> lease);
  void make_again();
  void put_back(std::size_t slot, const Slot& lease);
  std::size_t free_slot() const;
  void forget();

  Nft nft_;
  FenceRules rules_;
  std::array<Slot, fence_text::kSlots> slots_{};
  std::optional<std::size_t> armed_;  // slot
  std::uint64_t last_number_ = 0;
};

}  // namespace mmm
