#pragma once
// The hosts on the other side of an interface: tells them where an address is, and asks them.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/address/ip.h"
#include "io/address/link.h"
#include "io/address/mac.h"
#include "io/async/deadline.h"
#include "io/async/task.h"

namespace mmm {

// How often a question is repeated: neither ARP nor neighbour discovery repeats a lost packet. An answer on one segment
// takes below 1 ms.
inline constexpr Duration kResolveRepeat = 100ms;

// Questions at once: more than a cluster has addresses.
inline constexpr std::size_t kQuestionsMax = 64;

// Different answers to one question; more are not counted: anybody on the segment can make them up.
inline constexpr std::size_t kAnswersMax = 16;

// One Ethernet segment.
//
// Owns:   its packet sockets, which it keeps for the next use: closing one waits for every processor (an RCU grace
//         period: 16-60 ms on two processors, kernel 6.18), which the event loop must not. The destructor does.
// Thread: that of the loop. It must outlive its questions.
class Segment {
 public:
  // Nothing is opened yet; the interface need not exist.
  Segment(asio::any_io_executor loop, std::string interface);
  ~Segment();
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;

  // Tells every host on the segment that this address is at this interface now: IPv4 by gratuitous ARP, as a request
  // and as a reply; IPv6 by an unsolicited neighbour advertisement to ff02::1.
  //
  // Requires: CAP_NET_RAW; an IPv6 address must stand on the interface. One call is one announcement: nobody confirms
  //           it, the caller repeats it. Never waits.
  // Errors:   the interface is not there, is down, or is no Ethernet; names both.
  Status announce(const std::string& ip);

  // Asks who has this address and gives the first other host's answer. Nothing: nobody answered by the deadline. Our
  // own interface does not answer: "nobody" does not mean that we don't have it.
  //
  // Requires: CAP_NET_RAW. For IPv6 also a link-local address on the interface.
  // Ensures:  an IPv4 question changes nobody's neighbour table.
  // Errors:   as for announce; or too many questions at once.
  Task<Result<std::optional<Mac>>> resolve(std::string ip, Deadline deadline);

  // The same, but gives every other host that says so until the deadline, each once, in the order of their answers: of
  // two hosts with one address both. Nobody: an empty list.
  Task<Result<std::vector<Mac>>> resolve_all(std::string ip, Deadline deadline);

  // The hardware address of the interface. Errors: as for announce.
  Result<Mac> mac();

  const std::string& interface() const { return interface_; }

 private:
  struct Asker;
  class Asking;

  enum class Until { first_answer, deadline };

  Task<Result<std::vector<Mac>>> ask(std::string ip, Deadline deadline, Until until);
  Result<int> sender(const std::string& what);
  Status announce_v4(const address::Ip& ip, const std::string& what);
  Status announce_v6(const address::Ip& ip, const std::string& what);
  Result<std::unique_ptr<Asker>> asker(const address::Ip& ip, const std::string& what);
  Result<std::unique_ptr<Asker>> asker_v4(const address::Link& link, const std::string& what);
  Result<std::unique_ptr<Asker>> asker_v6(const address::Link& link, const std::string& what);

  asio::any_io_executor loop_;
  std::string interface_;
  int sender_ = -1;                            // for ARP announcements
  std::vector<std::unique_ptr<Asker>> idle_;   // for ARP questions
  std::size_t asking_ = 0;                     // questions under way
};

}  // namespace mmm
