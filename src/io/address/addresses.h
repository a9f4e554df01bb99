#pragma once
// Virtual addresses on a network interface, through the kernel's netlink (libnl-route-3).

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

struct nl_sock;

namespace mmm {

// How long one question to the kernel may take. It answers at once, in its caller's own time, unless something else
// holds its lock on all interfaces (a driver that resets a card, for seconds): then the send itself waits, and no
// timeout reaches that. Where that matters, call from another thread than the event loop's.
inline constexpr std::chrono::seconds kNetlinkTimeout{1};

// The kernel counts lifetimes in whole seconds and refuses 0.
inline constexpr Duration kLifetimeMin = 1s;

// An address as it stands on an interface.
struct StandingAddress {
  std::string ip;                // canonical text, without prefix length
  unsigned prefix = 0;           // its length
  std::optional<Duration> left;  // of its lifetime, in whole seconds; nothing: it is not timed
  bool preferred = false;        // may be chosen as the source of a connection
  bool tentative = false;        // IPv6: the kernel still asks whether another host has it; it does not work yet
  bool dad_failed = false;       // IPv6: another host had it; it does not work

  bool operator==(const StandingAddress&) const = default;
};

// The addresses of one interface. The interface is looked up by name each time: it may be removed and made anew.
//
// Thread: any one at a time.
class Addresses {
 public:
  // Errors: there is no such interface: names it and those that there are.
  static Result<Addresses> open(std::string interface);

  // Both families.
  Result<std::vector<StandingAddress>> list();

  // Adds a virtual address, IPv4 /32 or IPv6 /128, or renews it, without a moment in which it is not there.
  //
  // The kernel removes it after `lifetime`, rounded up to whole seconds, and up to one more second (15-350 ms usually),
  // never earlier, whatever happens to us. It is never chosen as the source of a connection: in IPv6 by its preferred
  // lifetime of 0; IPv4 ignores that (kernel 6.18: a virtual address that was there before the host's own becomes the
  // source of routes without a gateway) but heeds the scope "host", with which it is reachable all the same. IPv6
  // duplicate detection is off: the lease decides who has the address, and detection would delay it by 1-2 s.
  //
  // Ensures: on success the kernel confirmed it, and no other copy of it, with another prefix length or without an
  //          end, stands on the interface. Nobody was told: announce() is the next step.
  // Unknown: the kernel did not answer in time: look (`list`) before acting.
  Status put(const std::string& ip, Duration lifetime);

  // The same without an end: for a writer that nobody can replace (a pin).
  Status put_untimed(const std::string& ip);

  // Removes the address, with whatever prefix length and however often it stands there. Absent is success; so is an
  // interface that is gone, unless the address stands on another one.
  Status drop(const std::string& ip);

  // The interface of this machine that is on the segment of an address: by the kernel's present addresses, the one whose
  // subnet it lies in; of several, the smallest subnet's. Nothing: there is none.
  // Errors: the address stands on this machine itself; the kernel did not answer.
  static Result<std::optional<std::string>> interface_towards(const std::string& ip);

  const std::string& interface() const { return interface_; }

 private:
  struct CloseSocket {
    void operator()(nl_sock* socket) const;
  };
  using Socket = std::unique_ptr<nl_sock, CloseSocket>;
  struct Found {
    int index = 0;  // of the interface
    StandingAddress address;
  };

  explicit Addresses(std::string interface) : interface_(std::move(interface)) {}

  Result<int> index() const;
  Status connect();
  Status put_for(const std::string& ip, std::optional<Duration> lifetime);
  Status ask(const std::string& what, const std::function<int(nl_sock*)>& question);
  Result<std::vector<Found>> all();
  Status drop_copies(const std::string& ip, int from, std::optional<unsigned> keep_prefix);

  std::string interface_;
  Socket socket_;
};

// "eth0, lo": what there is, for messages.
std::string interface_names();

}  // namespace mmm
