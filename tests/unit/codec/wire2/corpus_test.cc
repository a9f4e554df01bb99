// Goal:   the fuzzer starts from lines that are read. A field that is added leaves the old ones behind, which nobody notices:
//         all that is tried then are lines that lack it.
// Method: each file of the corpus is one line of a connection.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "codec/wire2/wire2.h"

namespace mmm::wire2 {
namespace {

bool is_read(const std::string& line) {
  return decode_to_agent(line) || decode_from_agent(line) || decode_peer_question(line) || decode_peer_answer(line) ||
         decode_hello_line(line) || is_peer_line(line);
}

TEST(FuzzCorpus, EveryLineIsRead) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(MMM_WIRE2_CORPUS)) {
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    names.insert(entry.path().filename());
    EXPECT_TRUE(is_read(text.substr(0, text.find('\n')))) << entry.path();
  }
  for (const auto* name : {"instruction", "report", "survey", "survey_answer", "promise_ask", "promise", "no_promise", "peer_line"})
    EXPECT_TRUE(names.contains(name)) << name;
}

}  // namespace
}  // namespace mmm::wire2
