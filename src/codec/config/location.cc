#include "codec/config/location.h"

#include <fmt/format.h>

#include "codec/config/problem.h"
#include "codec/config/syntax.h"

namespace mmm {
namespace {

// MMM 2's search path, in its order.
const std::vector<std::string> kSearchPath{"/etc", "/etc/mmm", "/etc/mysql-mmm"};

std::string stem_of(Program program) {
  switch (program) {
    case Program::agent: return "mmm_agent";
    case Program::monitor: return "mmm_mon";
    case Program::control: return "mmm_mon";
    case Program::tools: return "mmm_tools";
  }
  return "";
}

std::string file_name(const std::string& stem, const std::optional<std::string>& cluster) {
  return cluster ? fmt::format("{}_{}.conf", stem, *cluster) : stem + ".conf";
}

}  // namespace

std::string ConfigLocation::main_file_name() const {
  return file ? with_conf_suffix(*file) : file_name(stem, cluster);
}

std::string ConfigLocation::own_file_name() const { return file_name("mmm3", cluster); }

Result<ConfigLocation> config_location(Program program, const char* config_dir,
                                       const std::optional<std::string>& config_file,
                                       const std::optional<std::string>& cluster) {
  ConfigLocation location{.stem = stem_of(program), .file = config_file};
  const bool overridden = config_dir != nullptr && *config_dir != '\0';
  location.search_dirs = overridden ? std::vector<std::string>{config_dir} : kSearchPath;
  if (config_file && config_file->empty()) return fail("--config names no file");
  if (!cluster) return location;
  const auto name = cluster->substr(cluster->starts_with('@') ? 1 : 0);
  if (!conf::is_section_name(name)) {
    return fail(fmt::format("{} is not a valid cluster name; expected @ and at most {} letters, digits, _ and -",
                            conf::in_quotes(name), conf::kNameBytesMax));
  }
  location.cluster = name;
  return location;
}

std::optional<std::string> take_cluster_argument(std::vector<std::string>& arguments) {
  if (arguments.empty() || !arguments.front().starts_with('@')) return std::nullopt;
  auto cluster = arguments.front();
  arguments.erase(arguments.begin());
  return cluster;
}

std::string with_conf_suffix(std::string_view name) {
  return std::string(name) + (name.ends_with(".conf") ? "" : ".conf");
}

}  // namespace mmm
