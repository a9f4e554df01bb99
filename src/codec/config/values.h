#pragma once
// The types of configuration values: how each is read and what a message says is expected.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/config.h"

namespace mmm::conf {

// A value, or what in particular is wrong with the text ("an element is empty"); empty when `expected` says it all.
template <class T>
using Parsed = std::expected<T, std::string>;

template <class T>
struct ValueType {
  Parsed<T> (*parse)(std::string_view text);
  std::string_view expected;
};

using Texts = std::vector<std::string>;

Parsed<std::string> parse_text(std::string_view text);
Parsed<std::string> parse_name(std::string_view text);
Parsed<std::string> parse_address(std::string_view text);
Parsed<std::string> parse_listen_address(std::string_view text);
Parsed<std::string> parse_network(std::string_view text);
Parsed<std::string> parse_interface(std::string_view text);
Parsed<std::string> parse_absolute_path(std::string_view text);
Parsed<bool> parse_boolean(std::string_view text);
Parsed<std::uint16_t> parse_port(std::string_view text);
Parsed<std::int64_t> parse_count(std::string_view text);
Parsed<std::int64_t> parse_whole_seconds(std::string_view text);
Parsed<Duration> parse_duration(std::string_view text);
Parsed<Duration> parse_period(std::string_view text);
Parsed<Duration> parse_lease_ttl(std::string_view text);
Parsed<Duration> parse_restart_grace(std::string_view text);
Parsed<Duration> parse_reader_ttl(std::string_view text);
Parsed<FenceMode> parse_fence_mode(std::string_view text);
Parsed<Texts> parse_names(std::string_view text);
Parsed<Texts> parse_addresses(std::string_view text);
Parsed<Texts> parse_networks(std::string_view text);
Parsed<Texts> parse_texts(std::string_view text);
Parsed<RoleMode> parse_role_mode(std::string_view text);
Parsed<HostMode> parse_host_mode(std::string_view text);
Parsed<MonitorMode> parse_monitor_mode(std::string_view text);
Parsed<BlockingType> parse_blocking_type(std::string_view text);
Parsed<SocketType> parse_socket_type(std::string_view text);
Parsed<LogLevel> parse_log_level(std::string_view text);

inline constexpr ValueType<std::string> kText{parse_text, "text up to the end of the line"};
inline constexpr ValueType<std::string> kPath{parse_text, "a path"};
inline constexpr ValueType<std::string> kCommand{parse_text, "a command"};
inline constexpr ValueType<std::string> kUser{parse_text, "a user name"};
inline constexpr ValueType<std::string> kPassword{parse_text, "a password"};
inline constexpr ValueType<std::string> kHostRef{parse_name, "the name of a <host> section"};
inline constexpr ValueType<std::string> kRoleRef{parse_name, "the name of a <role> section"};
inline constexpr ValueType<std::string> kCopyMethodRef{parse_name, "the name of a <copy_method> section"};
inline constexpr ValueType<std::string> kAddress{parse_address, "the IPv4 or IPv6 address of a host"};
inline constexpr ValueType<std::string> kListenAddress{parse_listen_address, "an IPv4 or IPv6 address"};
inline constexpr ValueType<std::string> kInterface{parse_interface, "the name of a network interface"};
inline constexpr ValueType<std::string> kAbsolutePath{parse_absolute_path, "a path that begins with /"};
inline constexpr ValueType<bool> kBoolean{parse_boolean, "true, yes, on, 1, false, no, off or 0"};
inline constexpr ValueType<std::uint16_t> kPort{parse_port, "a port from 1 to 65535"};
inline constexpr ValueType<std::int64_t> kCount{parse_count, "a whole number from 0 to 1000000"};
inline constexpr ValueType<std::int64_t> kWholeSeconds{parse_whole_seconds, "seconds, from 0 to 10 years"};
inline constexpr ValueType<Duration> kDuration{parse_duration, "seconds, such as 2 or 0.5, from 0 to 10 years"};
inline constexpr ValueType<Duration> kPeriod{parse_period, "seconds, such as 2 or 0.5, from 0.01 to 10 years"};
inline constexpr ValueType<Duration> kLeaseTtl{parse_lease_ttl, "seconds, from 0.2 to 60"};
inline constexpr ValueType<Duration> kRestartGrace{parse_restart_grace, "seconds, from 0 to 60"};
inline constexpr ValueType<Duration> kReaderTtl{parse_reader_ttl, "seconds, from 1 to 10 years"};
inline constexpr ValueType<Texts> kHostRefs{parse_names, "names of <host> sections, separated by commas"};
inline constexpr ValueType<Texts> kAddresses{parse_addresses, "IPv4 or IPv6 addresses, separated by commas"};
inline constexpr ValueType<Texts> kNetworks{parse_networks, "addresses or networks (10.0.0.0/24), separated by commas"};
inline constexpr ValueType<Texts> kTexts{parse_texts, "a list, separated by commas"};
inline constexpr ValueType<RoleMode> kRoleMode{parse_role_mode, "exclusive or balanced"};
inline constexpr ValueType<HostMode> kHostMode{parse_host_mode, "master or slave"};
inline constexpr ValueType<MonitorMode> kMonitorMode{parse_monitor_mode, "active, manual, wait or passive"};
inline constexpr ValueType<BlockingType> kBlockingType{parse_blocking_type, "soft or hard"};
inline constexpr ValueType<SocketType> kSocketType{parse_socket_type, "plain or ssl"};
inline constexpr ValueType<FenceMode> kFenceMode{parse_fence_mode, "on, host or off"};
inline constexpr ValueType<LogLevel> kLogLevel{parse_log_level, "debug, info, warning or error"};

}  // namespace mmm::conf
