#pragma once
// Does the segment agree on where an address is? Once it is up, the agent of another host asks (ARP, neighbour discovery)
// who answers for it, or the monitor where no agent can or none gets an answer; the answers are compared with the interface
// of the host that it shall be on. Nothing waits for it, and nothing moves because of it: it is shown.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "model/messages.h"

namespace mmm {

enum class Resolution { pending, verified, unverified };

// The asker that is no host's agent. No host can be called so.
inline const HostName kMonitorItself = "the monitor";

// An address that is up where it shall be, by its owner's own report.
struct UpAddress {
  HostName owner;
  std::string mac;                 // of the owner's interface
  std::vector<HostName> askers;    // in the order in which they are asked; kMonitorItself is the last
  Duration ask_every{0};           // while all is well
};

class Resolutions {
 public:
  struct Question {
    HostName asker;
    Resolve message;
  };
  struct News {
    bool good = false;
    HostName host;
    std::string text;
  };
  struct View {
    Resolution resolution = Resolution::pending;
    std::vector<std::string> second_answerers;  // their MACs
  };

  // `up`: all addresses that are up; what is not among them is forgotten. `hosts`: whose a MAC is, where that is known.
  // Ensures: returns what has to be asked now.
  std::vector<Question> look(const std::map<std::string, UpAddress>& up, std::map<std::string, HostName> hosts, Instant now);

  // Ensures: returns the owner that has to announce the address again, or "".
  HostName answered(const HostName& asker, const Resolved& answer, Instant now);

  // When `look` is wanted at the latest.
  Instant next() const { return next_; }

  // What changed since it was asked last: each once.
  std::vector<News> take_news() { return std::exchange(news_, {}); }

  // What is not as it shall be, while it lasts.
  std::vector<std::string> warnings() const;
  std::map<std::string, View> view() const;
  bool empty() const { return addresses_.empty(); }

 private:
  struct Address {
    UpAddress up;
    Instant since;                 // when it was seen up here
    Resolution resolution = Resolution::pending;
    std::string why;               // it is not verified
    std::set<std::string> others;  // MACs of those that answer besides the owner
    HostName asker;                // asked last
    std::map<std::uint64_t, HostName> open;  // questions, by number
    Instant give_up_at = kNever;   // the last one is not waited for any longer
    Instant ask_at;
    Duration pause{};              // after the next answer that does not verify it
    std::size_t misses = 0;        // answers in a row that did not
  };

  std::string name_of(const std::string& mac) const;
  std::string names_of(const std::set<std::string>& macs) const;
  void ask(const std::string& ip, Address& address, std::vector<Question>& questions, Instant now);
  void missed(const std::string& ip, Address& address, std::string why, Instant now);
  void verify(const std::string& ip, Address& address, const HostName& asker, Instant now);
  void doubt(const std::string& ip, Address& address);
  void compare(const std::string& ip, Address& address, const HostName& asker, std::set<std::string> others);

  std::map<std::string, Address> addresses_;
  std::map<std::string, HostName> hosts_;
  std::vector<News> news_;
  std::uint64_t last_number_ = 0;
  Instant next_ = kNever;
};

}  // namespace mmm
