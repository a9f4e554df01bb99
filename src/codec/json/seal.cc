#include "codec/json/seal.h"

#include <cstdint>

#include <fmt/format.h>

#include "base/check.h"

namespace mmm::json {
namespace {

constexpr std::string_view kBefore = R"({"crc32":")";
constexpr std::string_view kAfter = R"(",)";
constexpr std::size_t kDigits = 8;

// Bit by bit, without a table: the files have a few kilobytes and are written a few times a second at most.
std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

std::string digits_of(std::string_view rest) { return fmt::format("{:08x}", crc32(rest)); }

}  // namespace

std::string seal(std::string_view object) {
  MMM_CHECK(object.starts_with("{\""));
  const auto rest = object.substr(1);
  return fmt::format("{}{}{}{}", kBefore, digits_of(rest), kAfter, rest);
}

Status check_seal(std::string_view text) {
  constexpr auto kHead = kBefore.size() + kDigits + kAfter.size();
  const bool has_head = text.size() > kHead && text.starts_with(kBefore) &&
                        text.substr(kBefore.size() + kDigits, kAfter.size()) == kAfter;
  if (!has_head) return fail("it does not begin with a checksum");
  const auto told = text.substr(kBefore.size(), kDigits);
  const auto found = digits_of(text.substr(kHead));
  if (told == found) return {};
  return fail("its checksum does not fit its content: it was edited, or only a part of it was written");
}

}  // namespace mmm::json
