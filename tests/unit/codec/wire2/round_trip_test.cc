// Goal:   what one side says is what the other side understands, for every message and every value of every field.
// Method: messages drawn from a seed; the seed of a failure is in its trace.

#include <gtest/gtest.h>

#include "codec/random_value.h"
#include "codec/wire2/message_fields.h"
#include "codec/wire2/wire2.h"

namespace mmm::wire2 {
namespace {

constexpr std::uint64_t kSeeds = 400;

template <class Variant>
struct AsTypes;
template <class... Messages>
struct AsTypes<std::variant<Messages...>> {
  using Types = testing::Types<Messages...>;
};

template <class Message>
class ToAgentMessages : public testing::Test {};
TYPED_TEST_SUITE(ToAgentMessages, AsTypes<ToAgent>::Types);

TYPED_TEST(ToAgentMessages, ComeBackAsTheyWere) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    json::Random random(seed);
    const ToAgent message = json::draw<TypeParam>(random);
    const auto line = encode(message);
    EXPECT_FALSE(line.contains('\n'));
    const auto back = decode_to_agent(line);
    ASSERT_TRUE(back) << back.error().text << "\n" << line;
    ASSERT_EQ(*back, message) << line;
  }
}

template <class Message>
class FromAgentMessages : public testing::Test {};
TYPED_TEST_SUITE(FromAgentMessages, AsTypes<FromAgent>::Types);

TYPED_TEST(FromAgentMessages, ComeBackAsTheyWere) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    json::Random random(seed);
    const FromAgent message = json::draw<TypeParam>(random);
    const auto line = encode(message);
    EXPECT_FALSE(line.contains('\n'));
    const auto back = decode_from_agent(line);
    ASSERT_TRUE(back) << back.error().text << "\n" << line;
    ASSERT_EQ(*back, message) << line;
  }
}

template <class Message>
class PeerAnswers : public testing::Test {};
TYPED_TEST_SUITE(PeerAnswers, AsTypes<PeerAnswer>::Types);

TYPED_TEST(PeerAnswers, ComeBackAsTheyWere) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    json::Random random(seed);
    const PeerAnswer message = json::draw<TypeParam>(random);
    const auto line = encode(message);
    EXPECT_FALSE(line.contains('\n'));
    const auto back = decode_peer_answer(line);
    ASSERT_TRUE(back) << back.error().text << "\n" << line;
    ASSERT_EQ(*back, message) << line;
  }
}

template <class Message>
class PeerQuestions : public testing::Test {};
TYPED_TEST_SUITE(PeerQuestions, AsTypes<PeerQuestion>::Types);

TYPED_TEST(PeerQuestions, ComeBackAsTheyWere) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    json::Random random(seed);
    const PeerQuestion message = json::draw<TypeParam>(random);
    const auto line = encode(message);
    EXPECT_FALSE(line.contains('\n'));
    const auto back = decode_peer_question(line);
    ASSERT_TRUE(back) << back.error().text << "\n" << line;
    ASSERT_EQ(*back, message) << line;
  }
}

// Goal: the form that docs/protocol.md shows. A change here breaks running clusters during an upgrade.
TEST(Wire2, LooksAsDocumented) {
  EXPECT_EQ(encode(Poke{}), R"({"type":"poke"})");
  EXPECT_EQ(encode(Grant{.ask = 41, .generation = {7}}), R"({"type":"grant","ask":41,"generation":7})");
  EXPECT_EQ(encode(Ask{.number = 41, .accepted = {.epoch = 3, .generation = {7}, .version = {2}}, .ttl = 2s, .has_fence = true}),
            R"({"type":"ask","number":41,"accepted":{"epoch":3,"generation":7,"version":2},"ttl_ms":2000,)"
            R"("has_fence":true,"grace":0,"grace_over":0,"grace_runs":{"number":0,"length_ms":0}})");
  EXPECT_EQ(encode(Released{.generation = {7}, .mysqld_dead = true, .has = {}, .reason = "mysqld died"}),
            R"({"type":"released","generation":7,"mysqld_dead":true,"complete":false,"reason":"mysqld died"})");
}

// Goal: a field that is sent and not read would void a promise, or keep one that is void.
TEST(Wire2, SaysWhatIsPromisedAndWhatWasGivenUp) {
  EXPECT_EQ(encode(PromiseAsk{.from = "db1", .to = "db2", .line = "a1", .number = 41, .generation = {7}, .ttl = 2s, .has_fence = true}),
            R"({"type":"promise_ask","from":"db1","to":"db2","line":"a1","number":41,"generation":7,"ttl_ms":2000,)"
            R"("has_fence":true,"lease_live":false,"grace":0,"grace_over":0})");
  EXPECT_EQ(encode(Promise{.number = 41, .generation = {7}}), R"({"type":"promise","number":41,"generation":7})");
  EXPECT_EQ(encode(NoPromise{.number = 41, .generation = {7}, .overtaken = true, .later = {8}, .reason = "generation 7 is over"}),
            R"({"type":"no_promise","number":41,"generation":7,"overtaken":true,"later":8,"reason":"generation 7 is over"})");
  EXPECT_EQ(encode(Survey{.generation = {8}, .given_up = {6}}), R"({"type":"survey","generation":8,"given_up":6})");
  EXPECT_EQ(encode(SurveyAnswer{.generation = {8}, .bound = "", .promised_for = 1500ms, .has = {}, .received = {}}),
            R"({"type":"survey_answer","generation":8,"bound":"","promised_for_ms":1500,"has":"","received":""})");
  EXPECT_TRUE(encode(Instruction{.given_up = {6}}).contains(R"("release":false,"given_up":6,)"));
  EXPECT_TRUE(encode(Report{.promise_live = true, .writer_asks = false, .lost_memory = true})
                  .contains(R"("promise_live":true,"writer_asks":false,"lost_memory":true,)"));
}

TEST(Wire2, UnknownFieldsAreIgnored) {
  const auto back = decode_to_agent(R"({"new":{"deep":[1,{"x":null}]},"type":"grant","ask":1,"generation":2,"more":"x"})");
  ASSERT_TRUE(back) << back.error().text;
  EXPECT_EQ(*back, ToAgent(Grant{.ask = 1, .generation = {2}}));
}

TEST(Wire2, BytesOfAServersMessageThatAreNoUtf8DoNotCostTheMessage) {
  Report report;
  report.server.emplace().replication.error = "Duplicate entry 'M\xFCller'\n";
  const auto back = decode_from_agent(encode(report));
  ASSERT_TRUE(back) << back.error().text;
  EXPECT_EQ(std::get<Report>(*back).server->replication.error, "Duplicate entry 'M\uFFFDller'\n");
}

TEST(Wire2, AnEndlessTextDoesNotOutgrowTheLine) {
  const auto line = encode(Refused{.order = {}, .for_good = false, .reason = std::string(10 * kMaxLine, 'x')});
  EXPECT_LT(line.size(), kMaxLine / 10);
  EXPECT_TRUE(decode_from_agent(line));
}

}  // namespace
}  // namespace mmm::wire2
