// Goal: what nft prints is read as it is meant, and nothing that a configuration holds can become a command.

#include "io/fence/fence_text.h"

#include <gmock/gmock.h>

namespace mmm {
namespace {

using ::testing::ElementsAre;

constexpr auto kListing = R"(table inet mmm3_fence_c1 {
	set lease0 {
		type inet_proto
		flags timeout
		elements = { tcp timeout 2s expires 1h2m1s984ms }
	}

	set lease1 {
		type inet_proto
		flags timeout
	}

	set lease2 {
		type inet_proto
		flags timeout
		elements = { tcp }
	}

	set lease3 {
		type inet_proto
		flags timeout
	}

	chain live {
		meta l4proto @LIVE accept
	}

	chain gate {
		tcp flags rst accept
		jump live
		meta l4proto tcp reject with tcp reset
	}
}
)";

FenceState state_with(const std::string& live) {
  std::string listing = kListing;
  const auto at = listing.find("@LIVE");
  return fence_text::parse(listing.replace(at, 5, live));
}

TEST(FenceText, ReadsWhatIsLeftOfALease) {
  const auto state = state_with("@lease0");
  EXPECT_TRUE(state.stands && state.open);
  EXPECT_EQ(state.armed, 0);
  EXPECT_EQ(state.left, Duration{1h + 2min + 1984ms});
  EXPECT_THAT(state.untimed, ElementsAre(2));
}

TEST(FenceText, ReadsThatALeaseHasRunOut) {
  const auto state = state_with("@lease1");
  EXPECT_EQ(state.armed, 1);
  EXPECT_FALSE(state.open);
}

TEST(FenceText, ReadsThatALeaseHasNoEnd) {
  const auto state = state_with("@lease2");
  EXPECT_TRUE(state.open);
  EXPECT_EQ(state.left, std::nullopt);
}

TEST(FenceText, TakesNoCommandsFromAConfiguration) {
  const FenceRules good{.name = "my-cluster_1", .writer_ips = {"192.0.2.1", "2001:db8::1"}, .host = std::nullopt};
  EXPECT_TRUE(fence_text::check(good));
  for (const auto* name : {"", "a b", "a;flush ruleset", "a\n", "a{", "\xc3\xa4"}) {
    auto bad = good;
    bad.name = name;
    EXPECT_FALSE(fence_text::check(bad)) << name;
  }
  auto bad = good;
  bad.name = std::string(kFenceNameMax + 1, 'a');
  EXPECT_FALSE(fence_text::check(bad));
  for (const auto* ip : {"", "db1", "192.0.2.0/24", "192.0.2.1 }", "fe80::1%eth0"}) {
    bad = good;
    bad.writer_ips.push_back(ip);
    EXPECT_FALSE(fence_text::check(bad)) << ip;
    bad = good;
    bad.host = FenceRules::Host{.own = {"192.0.2.2"}, .excepted = {ip}};
    EXPECT_FALSE(fence_text::check(bad)) << ip;
  }
  bad = good;
  bad.writer_ips.clear();
  EXPECT_FALSE(fence_text::check(bad));
}

}  // namespace
}  // namespace mmm
