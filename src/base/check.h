#pragma once
// Our own contradictions stop the program, in release builds too. Never use it on anything that came from the
// network, a disk, a server or a person.

#include <source_location>
#include <string_view>

namespace mmm {

[[noreturn]] void check_failed(std::string_view condition, std::source_location where);

}  // namespace mmm

#define MMM_CHECK(condition)                                                              \
  do {                                                                                    \
    if (!(condition)) ::mmm::check_failed(#condition, std::source_location::current());   \
  } while (false)
