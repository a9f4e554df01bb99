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

// A monitor that names a loopback address is asked by mmm_control there; its checks come from another.
std::string shut_out_monitor(const Config& config) {
  boost::system::error_code error;
  const auto monitor = ip::make_address(config.monitor.ip, error);
  if (config.write_fence != FenceMode::host || (!error && !monitor.is_loopback())) return "";
  return "write_fence is host, and this agent's configuration does not say who the monitor is: while no lease lets writes "
         "pass, the fence rejects the monitor's checks, too. Add <monitor> with the monitor's ip to mmm_agent.conf here, or to "
         "mmm3.conf beside it, and restart the agent";
}

}  // namespace mmm
