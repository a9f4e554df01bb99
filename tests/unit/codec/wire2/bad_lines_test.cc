// Goal:   a line that is no message gives an error that names the field and what was expected; nothing crashes.
// Method: every message, taken apart: each field away, each field of each wrong type, each prefix, each byte changed.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "codec/random_value.h"
#include "codec/wire2/message_fields.h"
#include "codec/wire2/wire2.h"

namespace mmm::wire2 {
namespace {

using boost::json::object;

// Any direction, for tests that do not care.
Status decode_as(std::string_view line, const ToAgent*) {
  const auto message = decode_to_agent(line);
  return message ? Status{} : std::unexpected(message.error());
}
Status decode_as(std::string_view line, const FromAgent*) {
  const auto message = decode_from_agent(line);
  return message ? Status{} : std::unexpected(message.error());
}

Status decode_as(std::string_view line, const PeerQuestion*) {
  const auto message = decode_peer_question(line);
  return message ? Status{} : std::unexpected(message.error());
}
Status decode_as(std::string_view line, const PeerAnswer*) {
  const auto message = decode_peer_answer(line);
  return message ? Status{} : std::unexpected(message.error());
}

// The first of them that can hold the message.
template <class Message, class First, class... Rest>
struct FirstThatHolds : std::conditional_t<std::is_constructible_v<First, Message>, std::type_identity<First>,
                                           FirstThatHolds<Message, Rest...>> {};
template <class Message, class Last>
struct FirstThatHolds<Message, Last> : std::type_identity<Last> {};
template <class Message>
using Direction = typename FirstThatHolds<Message, ToAgent, FromAgent, PeerAnswer, PeerQuestion>::type;

template <class Message>
Status decode_like(const object& message) {
  return decode_as(boost::json::serialize(message), static_cast<Direction<Message>*>(nullptr));
}

template <class Message>
object draw_object(std::uint64_t seed) {
  json::Random random(seed);
  return *json::parse_object(encode(Direction<Message>(json::draw<Message>(random))), kMaxLine);
}

template <class Message>
class BadLines : public testing::Test {};
using AllMessages = testing::Types<Hello, Instruction, Grant, NoGrant, Survey, Poke, Welcome, Report, Acknowledged, Refused,
                                   Released, Ask, SurveyAnswer, Resolve, AnnounceAgain, Resolved, PromiseAsk, Promise, NoPromise,
                                   MapAsk, MapAnswer>;
TYPED_TEST_SUITE(BadLines, AllMessages);

template <class Message, class Visit>
void each_field(const Visit& visit) {
  std::apply([&](const auto&... each) { (visit(each), ...); }, json::Description<Message>::fields);
}

TYPED_TEST(BadLines, AMissingFieldIsNamed) {
  each_field<TypeParam>([](const auto& field) {
    using Value = typename std::remove_cvref_t<decltype(field)>::Value;
    auto message = draw_object<TypeParam>(1);
    message.erase(field.name);
    const auto decoded = decode_like<TypeParam>(message);
    EXPECT_EQ(decoded.has_value(), json::kIsOptional<Value> || !field.required) << field.name;
    if (decoded) return;
    const auto start = fmt::format("message {}: {}: expected ", json::Description<TypeParam>::type, field.name);
    EXPECT_TRUE(decoded.error().text.starts_with(start)) << decoded.error().text;
    EXPECT_TRUE(decoded.error().text.ends_with(", found nothing")) << decoded.error().text;
  });
}

TYPED_TEST(BadLines, AFieldOfAWrongTypeIsNamed) {
  // No field takes an object full of null, an array with a false in it, or a fraction below zero.
  const boost::json::value wrong[] = {object{{"x", nullptr}}, boost::json::array{false}, -0.5};
  each_field<TypeParam>([&](const auto& field) {
    using Value = typename std::remove_cvref_t<decltype(field)>::Value;
    if constexpr (!std::is_same_v<Value, double>)
      for (const auto& value : wrong) {
        auto message = draw_object<TypeParam>(2);
        message[field.name] = value;
        const auto decoded = decode_like<TypeParam>(message);
        ASSERT_FALSE(decoded) << field.name << " " << boost::json::serialize(value);
        const auto start = fmt::format("message {}: {}", json::Description<TypeParam>::type, field.name);
        EXPECT_TRUE(decoded.error().text.starts_with(start)) << decoded.error().text;
      }
  });
}

TYPED_TEST(BadLines, EveryTornLineIsAnError) {
  json::Random random(3);
  const auto line = encode(Direction<TypeParam>(json::draw<TypeParam>(random)));
  for (std::size_t length = 0; length < line.size(); ++length)
    ASSERT_FALSE(decode_as(line.substr(0, length), static_cast<Direction<TypeParam>*>(nullptr))) << length;
}

TYPED_TEST(BadLines, ChangedBytesNeverCrash) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    json::Random random(seed);
    auto line = encode(Direction<TypeParam>(json::draw<TypeParam>(random)));
    for (auto n = json::below(random, 4) + 1; n > 0; --n) line[json::below(random, line.size())] = static_cast<char>(random());
    const auto decoded = decode_as(line, static_cast<Direction<TypeParam>*>(nullptr));
    EXPECT_TRUE(decoded || !decoded.error().text.empty());
  }
}

TYPED_TEST(BadLines, AMessageOfAnotherDirectionIsRefused) {
  json::Random random(4);
  const auto line = encode(Direction<TypeParam>(json::draw<TypeParam>(random)));
  const auto expect_refusal = [&]<class Other>(const Other* direction) {
    if (std::is_same_v<Direction<TypeParam>, Other>) return;
    EXPECT_FALSE(decode_as(line, direction)) << line;
  };
  expect_refusal(static_cast<const ToAgent*>(nullptr));
  expect_refusal(static_cast<const FromAgent*>(nullptr));
  expect_refusal(static_cast<const PeerQuestion*>(nullptr));
  expect_refusal(static_cast<const PeerAnswer*>(nullptr));
}

std::string error_of(std::string_view line) {
  const auto message = decode_to_agent(line);
  return message ? "no error" : message.error().text;
}

TEST(Wire2Errors, SayWhatIsWrong) {
  EXPECT_EQ(error_of(R"({"ask":1})"), "message: type: expected the name of a message, found nothing");
  EXPECT_EQ(error_of(R"({"type":5})"), "message: type: expected the name of a message, found 5");
  EXPECT_EQ(error_of(R"({"type":"sing"})"), "message: type: \"sing\" is none of this direction");
  EXPECT_EQ(error_of(R"([])"), "message: expected a JSON object, found an array");
  EXPECT_EQ(error_of(R"({"type":"grant","ask":-1,"generation":1})"),
            "message grant: ask: expected a whole number from 0 to 18446744073709551615, found -1");
  EXPECT_EQ(error_of(R"({"type":"survey","generation":18446744073709551616,"given_up":0})"),
            "message survey: generation: expected a whole number from 0 to 18446744073709551615, found 1.8446744073709552E19");
}

// Who is bound, to whom and for how long decides who writes: nothing of it is guessed.
TEST(Wire2Errors, SayWhatIsWrongWithAPromise) {
  const auto error_of_ask = [](std::string_view line) {
    const auto ask = decode_peer_question(line);
    return ask ? "no error" : ask.error().text;
  };
  EXPECT_EQ(error_of_ask(R"({"type":"promise_ask","from":"","to":"db2","line":"","number":1,"generation":1,"ttl_ms":1,"has_fence":true})"),
            "message promise_ask: from: expected a name made of letters, digits, _ and -, found \"\"");
  EXPECT_EQ(error_of_ask(R"({"type":"promise_ask","from":"db1","to":"db2","line":"","number":1,"generation":1,"ttl_ms":-1,"has_fence":true})")
                .substr(0, 29),
            "message promise_ask: ttl_ms: ");
  EXPECT_EQ(error_of_ask(R"({"type":"promise","number":1,"generation":1})"), "message: type: \"promise\" is none of this direction");
  const auto answer = decode_peer_answer(R"({"type":"no_promise","number":1,"generation":1,"overtaken":"no","reason":""})");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().text, "message no_promise: overtaken: expected true or false, found \"no\"");
}

TEST(Wire2Errors, AnErrorMessageDoesNotRepeatALongValue) {
  const auto text = error_of(R"({"type":"grant","ask":")" + std::string(100'000, 'x') + R"(","generation":1})");
  EXPECT_LT(text.size(), 200u);
}

TEST(Wire2Errors, ALineThatIsTooLongIsNotParsed) {
  const std::string line = R"({"type":"poke","x":")" + std::string(kMaxLine, 'x') + "\"}";
  EXPECT_EQ(error_of(line), fmt::format("message: {} bytes are too long; at most {} are read", line.size(), kMaxLine));
}

TEST(Wire2Errors, ALineOfBracketsIsAnError) {
  EXPECT_NE(error_of(R"({"type":"poke","x":)" + std::string(kMaxLine / 2, '[')), "no error");
}

}  // namespace
}  // namespace mmm::wire2
