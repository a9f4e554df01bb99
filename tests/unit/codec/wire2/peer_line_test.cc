// The first line by which an agent says that another agent calls.

#include <gtest/gtest.h>

#include "codec/wire2/wire2.h"

namespace mmm::wire2 {
namespace {

TEST(PeerLine, IsTheWordAndTheVersion) {
  EXPECT_EQ(encode_peer_line(), "PEER|2");
  EXPECT_TRUE(is_peer_line("PEER|2"));
}

// Goal: whoever is no agent of this version is never asked, and never answered, for a promise.
TEST(PeerLine, IsToldFromEveryOtherFirstLine) {
  for (const auto* line : {"", "PEER", "PEER|", "PEER|1", "PEER|22", "PEER|2 ", "PEER|2|{}", "PEER|-2", "peer|2", " PEER|2",
                           "HELLO|2|{}", "PING|2|db1", R"({"type":"promise_ask"})"})
    EXPECT_FALSE(is_peer_line(line)) << line;
  EXPECT_FALSE(is_hello(encode_peer_line()));
}

}  // namespace
}  // namespace mmm::wire2
