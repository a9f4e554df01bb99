#include "runtime/allowed.h"

#include <algorithm>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

namespace mmm {

namespace {

namespace ip = boost::asio::ip;

bool matches(const std::string& rule, const ip::address& address) {
  boost::system::error_code error;
  if (rule.find('/') == std::string::npos) return ip::make_address(rule, error) == address && !error;
  if (address.is_v4()) {
    const auto network = ip::make_network_v4(rule, error);
    return !error && network.canonical() == ip::network_v4(address.to_v4(), network.prefix_length()).canonical();
  }
  const auto network = ip::make_network_v6(rule, error);
  return !error && network.canonical() == ip::network_v6(address.to_v6(), network.prefix_length()).canonical();
}

}  // namespace

bool anybody_may_command(const Config& config) { return config.monitor.ip.empty() && config.allow_from.empty(); }

bool may_command(const Config& config, const std::string& text) {
  boost::system::error_code error;
  const auto address = ip::make_address(text, error);
  if (error) return false;
  if (address.is_loopback()) return true;
  if (anybody_may_command(config)) return true;
  const auto is_it = [&](const std::string& rule) { return matches(rule, address); };
  return is_it(config.monitor.ip) || std::ranges::any_of(config.allow_from, is_it) ||
         std::ranges::any_of(config.hosts, [&](const HostConfig& host) { return is_it(host.ip); });
}

}  // namespace mmm
