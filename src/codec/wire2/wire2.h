#pragma once
// Protocol version 2 between monitor and agent: lines to messages and back (docs/protocol.md). Pure; nothing throws.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/messages.h"

namespace mmm::wire2 {

inline constexpr std::uint32_t kVersion = 2;

// The longest line that is read. A real message has a few kilobytes; the rest is room for a GTID set of thousands of
// servers, and a bound for what a stranger makes us keep.
inline constexpr std::size_t kMaxLine = 256 * 1024;

// One message as one JSON object, without a newline in it or at its end.
//
// Ensures: the decoder gives an equal value back, but for: free texts, cut at 8 KiB and made valid UTF-8; durations,
// see codec/json/forms.h; a `uptime_s` of more than 15 digits, rounded.
std::string encode(const ToAgent& message);
std::string encode(const FromAgent& message);

// Errors: too long, not JSON, an unknown type, a field that is missing or does not fit; the text names the field and
// says what was expected. Unknown fields are ignored.
Result<ToAgent> decode_to_agent(std::string_view line);
Result<FromAgent> decode_from_agent(std::string_view line);

// ---- agent to agent ---------------------------------------------------------------------------------------------

std::string encode(const PeerQuestion& question);
std::string encode(const PeerAnswer& answer);
// Errors: as above.
Result<PeerQuestion> decode_peer_question(std::string_view line);
Result<PeerAnswer> decode_peer_answer(std::string_view line);

// ---- the first line of a connection -----------------------------------------------------------------------------

// `HELLO|2|{…}`: the highest version that the monitor speaks, then Hello. Anything else is MMM 2's line protocol.
bool is_hello(std::string_view line);

struct HelloLine {
  std::uint32_t offered = kVersion;  // the highest version of the peer
  std::uint32_t version = kVersion;  // the one that is spoken from here on: the highest that both know
  Hello hello;

  bool operator==(const HelloLine&) const = default;
};

std::string encode_hello_line(const Hello& hello);

// Errors: as decode_to_agent; an offer below kVersion.
Result<HelloLine> decode_hello_line(std::string_view line);

// `PEER|2`: another agent speaks; promise_ask lines follow.
std::string encode_peer_line();
bool is_peer_line(std::string_view line);

}  // namespace mmm::wire2
