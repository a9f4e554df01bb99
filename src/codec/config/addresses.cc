#include "codec/config/addresses.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace mmm {
namespace {

using Bytes = std::vector<unsigned char>;  // 4 or 16, in network order

std::optional<Bytes> address_bytes(std::string_view text) {
  if (text.size() >= INET6_ADDRSTRLEN || text.contains('\0')) return std::nullopt;
  const std::string word(text);
  Bytes bytes(16);
  if (::inet_pton(AF_INET6, word.c_str(), bytes.data()) == 1) return bytes;
  bytes.resize(4);
  if (::inet_pton(AF_INET, word.c_str(), bytes.data()) == 1) return bytes;
  return std::nullopt;
}

bool is_mapped(const Bytes& bytes) {
  static const Bytes kPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return bytes.size() == 16 && std::equal(kPrefix.begin(), kPrefix.end(), bytes.begin());
}

std::string text_of(const Bytes& bytes) {
  char text[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text, sizeof text);
  return text;
}

bool is_zero_behind(const Bytes& bytes, std::size_t prefix) {
  for (std::size_t bit = prefix; bit < bytes.size() * 8; ++bit)
    if ((bytes[bit / 8] >> (7 - bit % 8) & 1) != 0) return false;
  return true;
}

bool all_are(const Bytes& bytes, unsigned char value) {
  return std::ranges::all_of(bytes, [value](unsigned char byte) { return byte == value; });
}

}  // namespace

std::optional<std::string> canonical_address(std::string_view text) {
  const auto bytes = address_bytes(text);
  if (!bytes || is_mapped(*bytes)) return std::nullopt;
  return text_of(*bytes);
}

bool is_host_address(std::string_view canonical) {
  const auto bytes = address_bytes(canonical);
  if (!bytes || all_are(*bytes, 0)) return false;
  if (bytes->size() == 16) return bytes->front() != 0xff;
  const bool multicast = (bytes->front() & 0xf0) == 0xe0;
  return !multicast && !all_are(*bytes, 0xff);
}

std::optional<std::string> canonical_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = canonical_address(text.substr(0, slash));
  if (!address || slash == text.npos) return address;
  const auto digits = text.substr(slash + 1);
  std::size_t prefix = 0;
  const auto end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, prefix);
  const auto bytes = address_bytes(*address);
  if (parsed.ec != std::errc{} || parsed.ptr != end || !bytes || prefix > bytes->size() * 8) return std::nullopt;
  if (!is_zero_behind(*bytes, prefix)) return std::nullopt;
  return *address + "/" + std::to_string(prefix);
}

}  // namespace mmm
