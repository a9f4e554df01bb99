// Goal:   whom the write fence concerns: the writer IP's clients, local ones too; with `host` the host's own address, but
//         not the cluster's hosts; never what is the site's or another cluster's.
// Method: a real kernel, in network namespaces.

#include <array>
#include <cstdio>

#include <gmock/gmock.h>
#include <sys/wait.h>

#include "fence_network.h"

namespace mmm {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Duration kLong = 1h;

class WriteFenceRulesTest : public FenceNetwork {
 protected:
  static FenceRules with_host() {
    auto made = rules();
    made.host = FenceRules::Host{.own = {at().own}, .excepted = {at().client}};
    return made;
  }
  int dial_here(const std::string& to, const std::string& from = "") const {
    const auto call = dial(to, from);
    ::close(call.fd);
    if (call.error == 0) ::close(::accept(listener_, nullptr, nullptr));
    return call.error;
  }
  static std::string output_of(const std::string& command) {
    std::string output;
    std::array<char, 4096> part;
    auto* pipe = ::popen(command.c_str(), "r");
    while (const auto size = ::fread(part.data(), 1, part.size(), pipe)) output.append(part.data(), size);
    EXPECT_EQ(::pclose(pipe), 0) << command;
    return output;
  }
};

INSTANTIATE_TEST_SUITE_P(Both, WriteFenceRulesTest, ::testing::Values(kPlan4, kPlan6), plan_name);

TEST_P(WriteFenceRulesTest, ALocalClientOfTheWriterIpIsAClient) {
  open_fence(rules());
  EXPECT_EQ(dial_here(at().writer), ECONNREFUSED);
  EXPECT_EQ(dial_here(at().writer, at().own), ECONNREFUSED);
  hold(kLong);
  EXPECT_EQ(dial_here(at().writer), 0);
  ASSERT_TRUE(fence_->close());
  EXPECT_EQ(dial_here(at().writer), ECONNREFUSED);
}

TEST_P(WriteFenceRulesTest, GuardsTheHostsOwnAddressToo) {
  open_fence(with_host());
  EXPECT_EQ(dial_from_far(at().own, at().stranger), ECONNREFUSED);
  EXPECT_EQ(dial_from_far(at().own, at().client), 0) << "a host of the cluster";
  EXPECT_EQ(dial_here(at().own), 0);
  EXPECT_EQ(dial_from_far(at().writer, at().client), ECONNREFUSED) << "through the writer IP it is a client";
  hold(kLong);
  EXPECT_EQ(dial_from_far(at().own, at().stranger), 0);
  EXPECT_EQ(dial_from_far(at().own, at().client), 0);
}

TEST_P(WriteFenceRulesTest, WithoutExceptionsTheHostsOwnAddressIsForItselfOnly) {
  auto guarded = with_host();
  guarded.host->excepted.clear();
  open_fence(guarded);
  EXPECT_EQ(dial_from_far(at().own, at().client), ECONNREFUSED);
  EXPECT_EQ(dial_here(at().own), 0);
}

// Goal: a changed configuration counts from the next start on, and cuts no lease.
TEST_P(WriteFenceRulesTest, TakesNewRulesOverARestart) {
  open_fence(with_host());
  hold(kLong);
  fence_.reset();
  open_fence(rules());
  EXPECT_EQ(dial_writer(), 0);
  ASSERT_TRUE(fence_->close());
  EXPECT_EQ(dial_from_far(at().own, at().stranger), 0);
  EXPECT_EQ(dial_writer(), ECONNREFUSED);
}

TEST_P(WriteFenceRulesTest, ReplacesATableOfAnotherShape) {
  shell("nft 'table inet mmm3_fence_c1 { map lease0 { type inet_proto : verdict; }; }'");
  open_fence(rules());
  EXPECT_EQ(dial_writer(), ECONNREFUSED);
  hold(kLong);
  EXPECT_EQ(dial_writer(), 0);
}

TEST_P(WriteFenceRulesTest, TouchesNothingOfTheSites) {
  shell("nft 'table inet site { set s { type ipv4_addr; flags interval; elements = { 192.0.2.0/24 }; }\n"
        "chain input { type filter hook input priority 0; policy accept; ip saddr @s drop; }\n}'");
  const auto before = output_of("nft list ruleset");
  open_fence(with_host());
  hold(kLong);
  ASSERT_TRUE(fence_->close());
  EXPECT_EQ(output_of("nft list table inet site"), before);
  ASSERT_TRUE(fence_->remove());
  EXPECT_EQ(output_of("nft list ruleset"), before);
  EXPECT_TRUE(fence_->remove()) << "once more is no error";
}

TEST_P(WriteFenceRulesTest, WhatPassesIsStillTheSitesToRefuse) {
  shell("nft 'table inet site { chain input { type filter hook input priority 0; policy accept; "
        "tcp dport 3306 reject with tcp reset; }; }'");
  open_fence(rules());
  hold(kLong);
  EXPECT_EQ(dial_writer(), ECONNREFUSED);
}

TEST_P(WriteFenceRulesTest, TwoClustersStandSideBySide) {
  auto other_rules = rules();
  other_rules.name = "c2";
  other_rules.writer_ips = {at().own};
  auto other = WriteFence::open(other_rules);
  ASSERT_TRUE(other) << other.error().text;
  open_fence(rules());
  hold(kLong);
  EXPECT_EQ(dial_writer(), 0);
  EXPECT_EQ(dial_from_far(at().own), ECONNREFUSED);
  ASSERT_TRUE(fence_->remove());
  EXPECT_EQ(dial_from_far(at().own), ECONNREFUSED);
  ASSERT_TRUE(other->remove());
  EXPECT_THAT(output_of("nft list ruleset"), IsEmpty());
}

TEST_P(WriteFenceRulesTest, IsMadeAgainAfterItsRemoval) {
  open_fence(rules());
  ASSERT_TRUE(fence_->remove());
  EXPECT_EQ(dial_writer(), 0);
  const auto staged = stage(kLong);
  EXPECT_EQ(dial_writer(), ECONNREFUSED);
  EXPECT_TRUE(fence_->arm(staged));
  EXPECT_EQ(dial_writer(), 0);
}

TEST_P(WriteFenceRulesTest, ProbingLeavesNothingBehind) {
  const auto can = probe_write_fence(with_host());
  EXPECT_TRUE(can) << can.error().text;
  EXPECT_THAT(output_of("nft list ruleset"), IsEmpty());
}

// Method: a child that has given root up.
TEST_P(WriteFenceRulesTest, ProbingSaysWhatIsMissing) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    const auto can = ::setresuid(kNobody, kNobody, kNobody) == 0 ? probe_write_fence(rules()) : Status{};
    const auto text = can ? std::string("it can") : can.error().text;
    ::_exit(::write(pipe[1], text.data(), text.size()) > 0 ? 0 : 1);
  }
  int how = 0;
  ASSERT_EQ(::waitpid(child, &how, 0), child);
  std::array<char, 512> text{};
  EXPECT_GT(::read(pipe[0], text.data(), text.size() - 1), 0);
  EXPECT_THAT(std::string(text.data()), HasSubstr("Operation not permitted"));
  for (const int fd : pipe) ::close(fd);
}

}  // namespace
}  // namespace mmm
