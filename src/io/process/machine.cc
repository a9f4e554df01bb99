#include "io/process/machine.h"

#include <fmt/format.h>

#include "io/async/clock.h"
#include "io/process/small_file.h"

namespace mmm {

namespace {

Result<std::string> read_id(const char* what, const std::string& path) {
  auto text = process::read_small_file(path);
  if (!text) return std::unexpected(text.error());
  if (!*text) return fail(fmt::format("this machine has no {}: there is no {}", what, path));
  std::string id = std::move(**text);
  while (!id.empty() && (id.back() == '\n' || id.back() == ' ')) id.pop_back();
  // systemd leaves "uninitialized" there during the first boot.
  const bool is_id = !id.empty() && id.find_first_not_of("0123456789abcdefABCDEF-") == std::string::npos;
  if (!is_id) return fail(fmt::format("this machine has no {}: {} holds \"{}\"", what, path, id.substr(0, 40)));
  return id;
}

}  // namespace

Result<std::string> machine_id() { return read_id("machine id", "/etc/machine-id"); }
Result<std::string> boot_id() { return read_id("boot id", "/proc/sys/kernel/random/boot_id"); }
Duration uptime() { return boot_now().time_since_epoch(); }

}  // namespace mmm
