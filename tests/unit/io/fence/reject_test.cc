// Goal:   clients of an address that left are refused, and let through again; also when the site's firewall was loaded
//         anew in between, which takes our table away.
// Method: a real kernel, in network namespaces.

#include "io/fence/reject.h"

#include <gmock/gmock.h>

#include "../network.h"
#include "tcp.h"

namespace mmm {
namespace {

constexpr auto kAddress = "10.9.0.80";

class RejectTest : public Network {
 protected:
  void SetUp() override {
    Network::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    ip("address add 10.9.0.1/24 dev near");
    ip(std::string("address add ") + kAddress + "/24 dev near");
    at_far([] { ip("address add 10.9.0.2/24 dev far"); });
    listener_ = listen_everywhere();
    auto opened = RejectTable::open(9989, kPort);
    ASSERT_TRUE(opened) << opened.error().text;
    table_.emplace(std::move(*opened));
  }
  void TearDown() override {
    if (listener_ >= 0) ::close(listener_);
    table_.reset();
    Network::TearDown();
  }
  int dial_from_far() {
    Dialled call;
    at_far([&] { call = dial(kAddress); });
    ::close(call.fd);
    return call.error;
  }
  static void load_the_firewall_anew() { EXPECT_EQ(std::system("nft flush ruleset"), 0); }

  int listener_ = -1;
  std::optional<RejectTable> table_;
};

TEST_F(RejectTest, RefusesAndAdmits) {
  EXPECT_EQ(dial_from_far(), 0);
  ASSERT_TRUE(table_->refuse(kAddress));
  EXPECT_EQ(dial_from_far(), ECONNREFUSED);
  ASSERT_TRUE(table_->refuse(kAddress));
  ASSERT_TRUE(table_->admit(kAddress));
  EXPECT_EQ(dial_from_far(), 0);
}

TEST_F(RejectTest, AfterAFlushItRefusesAllTheSame) {
  load_the_firewall_anew();
  const auto refused = table_->refuse(kAddress);
  ASSERT_TRUE(refused) << refused.error().text;
  EXPECT_EQ(dial_from_far(), ECONNREFUSED);
}

TEST_F(RejectTest, AfterAFlushItAdmitsWithoutAnError) {
  ASSERT_TRUE(table_->refuse(kAddress));
  load_the_firewall_anew();
  EXPECT_EQ(dial_from_far(), 0);
  const auto admitted = table_->admit(kAddress);
  ASSERT_TRUE(admitted) << admitted.error().text;
  EXPECT_EQ(dial_from_far(), 0);
}

// Goal: what was not refused needs no admission, and so can't fail to get one.
TEST_F(RejectTest, WhatCouldNotBeRefusedIsNotAdmitted) {
  EXPECT_FALSE(table_->refuse("no address"));
  EXPECT_TRUE(table_->admit("no address"));
}

}  // namespace
}  // namespace mmm
