#include "codec/wire2/wire2.h"

#include <algorithm>
#include <charconv>
#include <exception>
#include <variant>

#include <fmt/format.h>

#include "codec/wire2/message_fields.h"

namespace mmm::wire2 {
namespace {

using json::Description;

constexpr std::string_view kHelloWord = "HELLO|";
constexpr std::string_view kPeerWord = "PEER|";

template <class Message>
std::string encode_message(const Message& message) {
  json::Writer out;
  out.begin_object();
  out.key("type");
  out.token(Description<Message>::type);
  json::write_fields(out, message);
  out.end_object();
  return out.take();
}

template <class Message>
Result<Message> read_message(const boost::json::object& object) {
  Message message;
  json::Trouble trouble;
  if (json::read_fields(object, message, trouble)) return message;
  return fail(fmt::format("message {}: {}", Description<Message>::type, to_string(trouble)));
}

// Reads `object` as the alternative of that type name; false when the name is another.
template <class Message, class Variant>
bool read_if_named(std::string_view type, const boost::json::object& object, Result<Variant>& into) {
  if (type != Description<Message>::type) return false;
  auto message = read_message<Message>(object);
  if (message)
    into = Variant(*std::move(message));
  else
    into = std::unexpected(std::move(message.error()));
  return true;
}

template <class... Messages>
Result<std::variant<Messages...>> read_any(const boost::json::object& object, std::variant<Messages...>*) {
  const auto* found = object.if_contains("type");
  const auto type = found == nullptr ? std::nullopt : json::as_text(*found);
  if (!type) {
    const auto shown = found == nullptr ? "nothing" : json::brief(*found);
    return fail(fmt::format("message: type: expected the name of a message, found {}", shown));
  }
  Result<std::variant<Messages...>> message = fail("");
  if ((read_if_named<Messages>(*type, object, message) || ...)) return message;
  return fail(fmt::format("message: type: {} is none of this direction", json::brief(*found)));
}

template <class Variant>
Result<Variant> decode(std::string_view line) try {
  const auto object = json::parse_object(line, kMaxLine);
  if (!object) return fail("message: " + object.error().text);
  return read_any(*object, static_cast<Variant*>(nullptr));
} catch (const std::exception& problem) {
  return fail(fmt::format("message: can't be read: {}", problem.what()));
}

// The number between `HELLO|` and the next `|`. Nine digits are more versions than there will be.
Result<std::uint32_t> offered_version(std::string_view digits) {
  std::uint32_t version = 0;
  const auto* end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, version);
  if (digits.empty() || digits.size() > 9 || parsed.ec != std::errc{} || parsed.ptr != end)
    return fail("HELLO: expected HELLO|VERSION|{…}, found no version number");
  if (version < kVersion)
    return fail(fmt::format("HELLO: version {} was offered; {} is the lowest", version, kVersion));
  return version;
}

}  // namespace

std::string encode(const ToAgent& message) {
  return std::visit([](const auto& one) { return encode_message(one); }, message);
}

std::string encode(const FromAgent& message) {
  return std::visit([](const auto& one) { return encode_message(one); }, message);
}

std::string encode(const PeerQuestion& question) {
  return std::visit([](const auto& one) { return encode_message(one); }, question);
}

std::string encode(const PeerAnswer& answer) {
  return std::visit([](const auto& one) { return encode_message(one); }, answer);
}

Result<PeerQuestion> decode_peer_question(std::string_view line) { return decode<PeerQuestion>(line); }
Result<PeerAnswer> decode_peer_answer(std::string_view line) { return decode<PeerAnswer>(line); }

std::string encode_peer_line() { return fmt::format("{}{}", kPeerWord, kVersion); }
bool is_peer_line(std::string_view line) { return line == encode_peer_line(); }

Result<ToAgent> decode_to_agent(std::string_view line) { return decode<ToAgent>(line); }
Result<FromAgent> decode_from_agent(std::string_view line) { return decode<FromAgent>(line); }

bool is_hello(std::string_view line) { return line.starts_with(kHelloWord); }

std::string encode_hello_line(const Hello& hello) {
  return fmt::format("{}{}|{}", kHelloWord, kVersion, encode_message(hello));
}

Result<HelloLine> decode_hello_line(std::string_view line) try {
  if (!is_hello(line)) return fail("HELLO: expected HELLO|VERSION|{…}, found another line");
  line.remove_prefix(kHelloWord.size());
  const auto bar = line.find('|');
  const auto offered = offered_version(line.substr(0, bar));
  if (!offered) return std::unexpected(offered.error());
  if (bar == line.npos) return fail("HELLO: expected HELLO|VERSION|{…}, found nothing after the version");
  const auto object = json::parse_object(line.substr(bar + 1), kMaxLine);
  if (!object) return fail("HELLO: " + object.error().text);
  auto hello = read_message<Hello>(*object);
  if (!hello) return std::unexpected(hello.error());
  return HelloLine{.offered = *offered, .version = std::min(*offered, kVersion), .hello = *std::move(hello)};
} catch (const std::exception& problem) {
  return fail(fmt::format("HELLO: can't be read: {}", problem.what()));
}

}  // namespace mmm::wire2
