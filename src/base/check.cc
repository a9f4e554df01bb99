#include "base/check.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

namespace mmm {

namespace {

StopReport stop_report = nullptr;

}  // namespace

void report_stops_to(StopReport report) { stop_report = report; }

void stop_program(std::string_view why) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(why.size()), why.data());
  if (const auto report = std::exchange(stop_report, nullptr)) report(why);  // once: the report itself may fail
  std::abort();
}

void check_failed(std::string_view condition, std::source_location where) {
  stop_program(fmt::format("{}:{}: internal contradiction, stopping: {}", where.file_name(), where.line(), condition));
}

}  // namespace mmm
