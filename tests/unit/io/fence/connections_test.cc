// Goal:   every connection of an address that leaves is reset at both ends; others are not, and one that is over already
//         keeps nobody from the rest.
// Method: a real kernel, in network namespaces.

#include "io/fence/connections.h"

#include <vector>

#include <gmock/gmock.h>

#include "../network.h"
#include "tcp.h"

namespace mmm {
namespace {

constexpr auto kLeaves = "10.9.0.80";
constexpr auto kStays = "10.9.0.1";

class ConnectionsTest : public Network {
 protected:
  void SetUp() override {
    Network::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    for (const auto* address : {kStays, kLeaves}) ip(std::string("address add ") + address + "/24 dev near");
    at_far([] { ip("address add 10.9.0.2/24 dev far"); });
    listener_ = listen_everywhere();
  }
  void TearDown() override {
    for (const int fd : {listener_, client_, server_}) ::close(fd);
    Network::TearDown();
  }
  // Both ends are open.
  void connect_to(const std::string& address) {
    at_far([&] {
      const auto call = dial(address);
      ASSERT_EQ(call.error, 0);
      client_ = call.fd;
    });
    server_ = ::accept(listener_, nullptr, nullptr);
    ASSERT_GE(server_, 0);
  }

  int listener_ = -1, client_ = -1, server_ = -1;
};

TEST_F(ConnectionsTest, AreResetAtBothEnds) {
  connect_to(kLeaves);
  const auto ended = end_connections(kLeaves);
  ASSERT_TRUE(ended) << ended.error().text;
  EXPECT_EQ(next_word(client_), ECONNRESET);
  EXPECT_EQ(next_word(server_), ECONNABORTED);
}

TEST_F(ConnectionsTest, OfAnotherAddressGoOn) {
  connect_to(kStays);
  ASSERT_TRUE(end_connections(kLeaves));
  EXPECT_EQ(::send(client_, "x", 1, 0), 1);
  EXPECT_EQ(next_word(server_), 0);
}

// Method: the server's end closes first and is left in TIME_WAIT.
TEST_F(ConnectionsTest, ThatAreOverKeepNobodyFromTheRest) {
  connect_to(kLeaves);
  ::close(server_);
  EXPECT_EQ(next_word(client_), 0);
  ::close(client_);
  connect_to(kLeaves);
  const auto ended = end_connections(kLeaves);
  ASSERT_TRUE(ended) << ended.error().text;
  EXPECT_EQ(next_word(client_), ECONNRESET);
}

}  // namespace
}  // namespace mmm
