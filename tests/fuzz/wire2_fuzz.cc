// Any bytes as a line of protocol version 2: no crash; what is accepted is encoded and decoded to the same again.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "codec/wire2/wire2.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace wire2 = mmm::wire2;
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  // The first encoding may cut a long text; from then on nothing changes.
  if (const auto message = wire2::decode_to_agent(line)) {
    const auto again = wire2::decode_to_agent(wire2::encode(*message));
    MMM_CHECK(again.has_value());
    MMM_CHECK(wire2::encode(*again).size() <= wire2::kMaxLine);
  } else {
    MMM_CHECK(!message.error().text.empty());
  }
  if (const auto message = wire2::decode_from_agent(line)) {
    const auto text = wire2::encode(*message);
    MMM_CHECK(text.find('\n') == text.npos);
    MMM_CHECK(wire2::decode_from_agent(text).has_value());
  }
  if (const auto question = wire2::decode_peer_question(line))
    MMM_CHECK(wire2::decode_peer_question(wire2::encode(*question)) == *question);
  if (const auto answer = wire2::decode_peer_answer(line))
    MMM_CHECK(wire2::decode_peer_answer(wire2::encode(*answer)).has_value());
  if (const auto hello = wire2::decode_hello_line(line)) {
    MMM_CHECK(hello->version == wire2::kVersion && hello->offered >= wire2::kVersion);
    MMM_CHECK(wire2::decode_hello_line(wire2::encode_hello_line(hello->hello)).has_value());
  }
  return 0;
}
