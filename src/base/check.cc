#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace mmm {

void check_failed(std::string_view condition, std::source_location where) {
  std::fprintf(stderr, "%s:%u: internal contradiction, stopping: %.*s\n", where.file_name(), where.line(),
               static_cast<int>(condition.size()), condition.data());
  std::abort();
}

}  // namespace mmm
