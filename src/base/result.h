#pragma once
// Operating errors are values. See HACKING.md, "Errors".

#include <expected>
#include <string>
#include <utility>

namespace mmm {

// What we know of an operation that did not succeed.
enum class Certainty {
  failed,   // it did not happen
  unknown,  // it may have happened: look before you act again
};

struct Error {
  std::string text;  // what was tried on what, why it failed; a sentence for a person
  Certainty certainty = Certainty::failed;

  bool operator==(const Error&) const = default;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> fail(std::string text) { return std::unexpected(Error{std::move(text)}); }
inline std::unexpected<Error> unknown_outcome(std::string text) {
  return std::unexpected(Error{std::move(text), Certainty::unknown});
}

}  // namespace mmm
