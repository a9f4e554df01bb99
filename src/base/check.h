#pragma once
// Our own contradictions stop the program, in release builds too. Never use it on anything that came from the
// network, a disk, a server or a person.

#include <source_location>
#include <string_view>

namespace mmm {

// Where a program that stops for such a contradiction says why, besides standard error: its log. None at first.
using StopReport = void (*)(std::string_view text);
void report_stops_to(StopReport report);

// Says why and aborts: whoever watches the program starts it again. For what check_failed does not fit.
[[noreturn]] void stop_program(std::string_view why);

[[noreturn]] void check_failed(std::string_view condition, std::source_location where);

}  // namespace mmm

#define MMM_CHECK(condition)                                                              \
  do {                                                                                    \
    if (!(condition)) ::mmm::check_failed(#condition, std::source_location::current());   \
  } while (false)
