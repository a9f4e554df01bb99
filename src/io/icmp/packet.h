#pragma once
// Echo packets as bytes.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace mmm::icmp {

enum class Family { v4, v6 };

struct Echo {
  std::uint16_t id = 0;
  std::uint16_t sequence = 0;
  std::uint64_t cookie = 0;  // random: an answer without it is not to us

  bool operator==(const Echo&) const = default;
};

// The ICMP message, without IP header. The checksum of IPv6 is left to the kernel, which knows the addresses.
std::vector<std::uint8_t> echo_request(Family family, const Echo& echo);

// Reads an echo reply. `bytes` begins with the ICMP message. The cookie is 0 if it is cut off before it.
//
// Nothing: it is something else.
std::optional<Echo> parse_reply(Family family, std::span<const std::uint8_t> bytes);

// Reads an echo request of ours, as it comes back with an error: routers may quote no more than its first 8 bytes.
std::optional<Echo> parse_request(Family family, std::span<const std::uint8_t> bytes);

// What follows the IPv4 header of a packet from a raw socket; empty if it is too short.
std::span<const std::uint8_t> without_ipv4_header(std::span<const std::uint8_t> packet);

// RFC 1071.
std::uint16_t checksum(std::span<const std::uint8_t> bytes);

}  // namespace mmm::icmp
