#include "io/icmp/packet.h"

#include <cstring>

#include <arpa/inet.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

namespace mmm::icmp {

namespace {

// type, code, checksum, id, sequence: the same in both families.
constexpr std::size_t kHeaderSize = 8;
constexpr std::size_t kEchoSize = kHeaderSize + sizeof(std::uint64_t);

void put_u16(std::vector<std::uint8_t>& bytes, std::size_t at, std::uint16_t value) {
  bytes[at] = static_cast<std::uint8_t>(value >> 8);
  bytes[at + 1] = static_cast<std::uint8_t>(value & 0xff);
}

std::uint16_t get_u16(std::span<const std::uint8_t> bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

std::optional<Echo> parse(std::uint8_t type, std::span<const std::uint8_t> bytes) {
  if (bytes.size() < kHeaderSize || bytes[0] != type || bytes[1] != 0) return std::nullopt;
  Echo echo{.id = get_u16(bytes, 4), .sequence = get_u16(bytes, 6)};
  if (bytes.size() >= kEchoSize) std::memcpy(&echo.cookie, bytes.data() + kHeaderSize, sizeof echo.cookie);
  return echo;
}

}  // namespace

std::uint16_t checksum(std::span<const std::uint8_t> bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) sum += get_u16(bytes, i);
  if (bytes.size() % 2 != 0) sum += static_cast<std::uint32_t>(bytes.back() << 8);
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum & 0xffff);
}

std::vector<std::uint8_t> echo_request(Family family, const Echo& echo) {
  std::vector<std::uint8_t> bytes(kEchoSize);
  bytes[0] = family == Family::v4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
  put_u16(bytes, 4, echo.id);
  put_u16(bytes, 6, echo.sequence);
  std::memcpy(bytes.data() + kHeaderSize, &echo.cookie, sizeof echo.cookie);
  if (family == Family::v4) put_u16(bytes, 2, checksum(bytes));
  return bytes;
}

std::optional<Echo> parse_reply(Family family, std::span<const std::uint8_t> bytes) {
  return parse(family == Family::v4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY, bytes);
}

std::optional<Echo> parse_request(Family family, std::span<const std::uint8_t> bytes) {
  return parse(family == Family::v4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST, bytes);
}

std::span<const std::uint8_t> without_ipv4_header(std::span<const std::uint8_t> packet) {
  if (packet.empty()) return {};
  const std::size_t size = static_cast<std::size_t>(packet[0] & 0x0f) * 4;
  return size < packet.size() ? packet.subspan(size) : std::span<const std::uint8_t>();
}

}  // namespace mmm::icmp
