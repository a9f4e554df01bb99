// Goal:   docs/protocol.md can be believed: each example in it is read, each message and field is in it.
// Method: the page itself. Its examples are the lines indented by four blanks.

#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "codec/agent_state/agent_state.h"
#include "codec/status_file/leadership_fields.h"
#include "codec/status_file/status_file.h"
#include "codec/wire2/message_fields.h"
#include "codec/wire2/wire2.h"

namespace mmm::wire2 {
namespace {

std::string page() {
  std::ifstream file(MMM_PROTOCOL_PAGE);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> examples(std::string_view start) {
  const auto text = page();
  std::vector<std::string> found;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto line = text.substr(at, end - at);
    if (line.starts_with("    " + std::string(start))) found.push_back(line.substr(4));
    at = end + 1;
  }
  return found;
}

TEST(ProtocolPage, EveryExampleOfAMessageIsReadAndWrittenAsItStands) {
  std::set<std::size_t> to_agent, from_agent, questions, answers;
  const auto is_read = [](const std::string& line, const auto& message, std::set<std::size_t>& seen) {
    if (!message) return false;
    seen.insert(message->index());
    EXPECT_EQ(encode(*message), line);
    return true;
  };
  for (const auto& line : examples("{\"type\""))
    EXPECT_TRUE(is_read(line, decode_to_agent(line), to_agent) || is_read(line, decode_from_agent(line), from_agent) ||
                is_read(line, decode_peer_question(line), questions) || is_read(line, decode_peer_answer(line), answers))
        << line;
  EXPECT_EQ(to_agent.size(), std::variant_size_v<ToAgent>);
  EXPECT_EQ(from_agent.size(), std::variant_size_v<FromAgent>);
  EXPECT_EQ(questions.size(), std::variant_size_v<PeerQuestion>);
  EXPECT_EQ(answers.size(), std::variant_size_v<PeerAnswer>);
}

TEST(ProtocolPage, ItsHelloLineIsRead) {
  const auto lines = examples("HELLO|");
  ASSERT_EQ(lines.size(), 1u);
  const auto hello = decode_hello_line(lines.front());
  ASSERT_TRUE(hello) << hello.error().text;
  EXPECT_EQ(encode_hello_line(hello->hello), lines.front());
}

TEST(ProtocolPage, ItsPeerLineIsRead) {
  const auto lines = examples("PEER|");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(encode_peer_line(), lines.front());
}

TEST(ProtocolPage, ItsStatusFileIsRead) {
  std::string text;
  for (const auto* start : {"db1|", "db2|", "db3|", "#mmm3 "})
    for (const auto& line : examples(start)) text += line + "\n";
  const auto file = parse_status_file(text, {"db1", "db2", "db3"});
  EXPECT_EQ(file.leadership_problem, "");
  EXPECT_TRUE(file.warnings.empty());
  EXPECT_EQ(print_status_file(file.state), text);
}

TEST(ProtocolPage, ItsAgentStateIsRead) {
  const auto lines = examples("{\"crc32\"");
  ASSERT_EQ(lines.size(), 1u);
  const auto memory = parse_agent_memory(lines.front());
  ASSERT_TRUE(memory) << memory.error().text;
  EXPECT_EQ(print_agent_memory(*memory), lines.front() + "\n");
}

template <class T>
class Documented : public testing::Test {};
using AllStructs = testing::Types<Epoch, Order, Assignment, HostPlan, Instruction, Hello, Grant, NoGrant, Survey, Poke, Welcome,
                                  Report, ServerStatus, ReplicationStatus, Acknowledged, Refused, Released, Ask, SurveyAnswer,
                                  PromiseAsk, Promise, NoPromise, MapAsk, MapAnswer, Resolve, AnnounceAgain, Resolved,
                                  LeadershipState, HandOverRecord, FlapRecord>;
TYPED_TEST_SUITE(Documented, AllStructs);

TYPED_TEST(Documented, EveryFieldIsOnThePage) {
  const auto text = page();
  const auto look = [&](std::string_view name) {
    EXPECT_TRUE(text.contains('`' + std::string(name) + '`')) << name;
  };
  std::apply([&](const auto&... each) { (look(each.name), ...); }, json::Description<TypeParam>::fields);
}

}  // namespace
}  // namespace mmm::wire2
