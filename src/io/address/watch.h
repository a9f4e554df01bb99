#pragma once
// Hears of every change of an interface and its addresses, whoever makes it.

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "io/async/deadline.h"
#include "io/async/task.h"

struct nl_sock;

namespace mmm {

// What the kernel may keep for us while we don't read: some thousand events. More than that is a `missed`.
inline constexpr int kWatchBuffer = 1024 * 1024;
// Events taken out of the kernel in one go.
inline constexpr std::size_t kWatchEventsMax = 4096;

struct AddressEvent {
  enum class Kind {
    put,        // an address was added, or renewed: each renewal is one
    dropped,    // an address went: removed by somebody, or its lifetime ended
    link_up,    // the interface (again) carries packets
    link_down,  // it doesn't: cable, switch, or set down
    link_gone,  // it was removed
    missed,     // some events were lost: look at everything (Addresses::list)
  };
  Kind kind = Kind::missed;
  std::string ip;       // of put and dropped: canonical text
  unsigned prefix = 0;  // its length

  bool operator==(const AddressEvent&) const = default;
};

// Events of one interface, by name: if it is removed and made anew, the new one is watched.
class AddressWatch {
 public:
  // From now on no event is missed without a `missed`. The interface need not exist.
  static Result<AddressWatch> open(asio::any_io_executor loop, std::string interface);

  AddressWatch(AddressWatch&&) noexcept;
  AddressWatch& operator=(AddressWatch&&) noexcept;
  ~AddressWatch();

  // The next event. Nothing: there was none until the deadline.
  // Requires: one caller at a time.
  Task<Result<std::optional<AddressEvent>>> next(Deadline deadline);

 private:
  struct State;

  explicit AddressWatch(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;  // libnl keeps its address
};

}  // namespace mmm
