#include "codec/agent_state/agent_state.h"

#include <gtest/gtest.h>

#include "codec/json/model_fields.h"
#include "codec/json/seal.h"
#include "codec/random_value.h"

namespace mmm {
namespace {

AgentMemory draw_memory(std::uint64_t seed) {
  json::Random random(seed);
  return AgentMemory{.epoch = json::draw<Epoch>(random),
                     .accepted = json::draw<Order>(random),
                     .instruction = json::draw<std::optional<Instruction>>(random),
                     .released = json::draw<Generation>(random),
                     .followed = json::draw<Generation>(random),
                     .complete = json::draw<Generation>(random),
                     .stopped_replication = json::draw<bool>(random),
                     .longest_lease = json::draw<Duration>(random),
                     .grace = json::draw<Grace>(random),
                     .grace_over = json::draw<std::uint64_t>(random),
                     .promised_graces = {{"db2", {json::draw<Generation>(random), json::draw<Grace>(random)}}},
                     .fenced = json::draw<std::optional<Generation>>(random),
                     .boot_id = json::draw<std::string>(random)};
}

TEST(AgentState, ComesBackAsItWas) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    const auto memory = draw_memory(seed);
    const auto text = print_agent_memory(memory);
    ASSERT_TRUE(text.ends_with("}\n"));
    const auto back = parse_agent_memory(text);
    ASSERT_TRUE(back) << back.error().text << "\n" << text;
    ASSERT_EQ(*back, memory) << text;
  }
}

// Goal: S5. An upgrade costs no agent its memory.
TEST(AgentState, AFileThatLacksWhatCameLaterIsRead) {
  const auto memory = parse_agent_memory(
      R"({"crc32":"a5ccf5f6","format":1,"agent":{"epoch":{"counter":3,"id":"5f2c9a1e"},"accepted":{"epoch":3,"generation":7,"version":2},)"
      R"("released":6,"longest_lease_ms":2000,"boot_id":"7c1f0f5e-2a34-4f0e-9b53-0a9f4c7f6f11"}})");
  ASSERT_TRUE(memory) << memory.error().text;
  EXPECT_EQ(memory->released, Generation{6});
  EXPECT_EQ(memory->followed, Generation{});
  EXPECT_EQ(memory->grace, Grace{});
}

TEST(AgentState, EveryChangedByteIsAnError) {
  const auto text = print_agent_memory(draw_memory(1));
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    auto bad = text;
    bad[i] = static_cast<char>(bad[i] ^ 4);
    ASSERT_FALSE(parse_agent_memory(bad)) << bad;
  }
}

TEST(AgentState, EveryTornFileIsAnError) {
  const auto text = print_agent_memory(draw_memory(2));
  for (std::size_t length = 0; length + 1 < text.size(); ++length) ASSERT_FALSE(parse_agent_memory(text.substr(0, length)));
}

TEST(AgentState, ErrorsSayWhatIsWrong) {
  const auto error = [](std::string_view text) { return parse_agent_memory(text).error().text; };
  EXPECT_EQ(error(""), "the agent's state file: it does not begin with a checksum");
  EXPECT_EQ(error(json::seal(R"({"format":2})")),
            "the agent's state file: a newer program wrote it: its format is 2, this program knows 1");
  EXPECT_EQ(error(json::seal(R"({"format":0})")), "the agent's state file: format: expected the number of a format");
  EXPECT_EQ(error(json::seal(R"({"format":1})")), "the agent's state file: agent: expected an object, found nothing");
  EXPECT_EQ(error(json::seal(R"({"format":1,"agent":{"epoch":{"counter":1,"id":"x"}}})")),
            "the agent's state file: agent.accepted: expected an object, found nothing");
}

}  // namespace
}  // namespace mmm
