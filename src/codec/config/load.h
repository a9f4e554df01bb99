#pragma once
// The configuration of a program, from its files. Start here.
//
//   auto location = config_location(Program::monitor, std::getenv("MMM_CONFIG_DIR"), config_flag, cluster);
//   auto loaded = load_config(Program::monitor, *location);
//   if (!loaded) std::cerr << format_problems(loaded.error());

#include <expected>
#include <map>
#include <string>
#include <vector>

#include "codec/config/files.h"
#include "codec/config/location.h"
#include "codec/config/problem.h"
#include "model/config.h"

namespace mmm {

// By variable: "debug", "monitor.ip", "host db1.ip", "role writer.ips", "check ping.timeout", "socket.type",
// "copy_method scp.incremental". Every variable of every section that exists is in it; a value that came from
// <host default> bears the line in that section.
using ConfigOrigins = std::map<std::string, ConfigOrigin>;

struct LoadedConfig {
  Config config;
  std::vector<std::string> files;  // in the order in which they were read; the main file first
  ConfigOrigins origins;
};

// Ensures: a configuration in which all of docs/mmm2-reference.md §2 holds for `program`: what it requires is there,
//          each reference names something that exists, addresses are in canonical spelling.
// Errors:  all problems, sorted by file and line. None of them holds a password.
std::expected<LoadedConfig, ConfigProblems> load_config(Program program, const ConfigLocation& location);
std::expected<LoadedConfig, ConfigProblems> load_config(Program program, const ConfigLocation& location,
                                                        const FileSource& files);

}  // namespace mmm
