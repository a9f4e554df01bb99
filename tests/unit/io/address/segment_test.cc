// Goal:   the other end of the cable sees an announcement and learns from it; a question is answered by who has it.
// Method: two hosts, in network namespaces; packets are read at the far end.

#include "io/address/segment.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sys/socket.h>

#include "../network.h"
#include "io/address/addresses.h"
#include "io/address/frames.h"

namespace mmm {
namespace {

using std::chrono::steady_clock;
using ::testing::HasSubstr;

class SegmentTest : public Network {
 protected:
  void SetUp() override {
    Network::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    ip("link set near address 02:00:00:00:00:04");
    ip("address add 10.9.0.4/24 dev near");
    ip6("fd09::4/64", "near");
    at_far([&] {
      ip("link set far address 02:00:00:00:00:05");
      ip("address add 10.9.0.5/24 dev far");
      ip6("fd09::5/64", "far");
      sniffer_ = ::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
    });
    wait_for_link_local();
  }
  void TearDown() override {
    if (sniffer_ >= 0) ::close(sniffer_);
    Network::TearDown();
  }

  // Until duplicate detection has let the link-local addresses go, solicitations have no source.
  static void wait_for_link_local() {
    for (int i = 0; i < 1000 && std::system("ip -6 address show dev near | grep -q tentative") == 0; ++i) {
      std::this_thread::sleep_for(10ms);
    }
  }

  // The next frame at the far end that `wanted` accepts.
  bool arrives(const std::function<bool(std::span<const std::uint8_t>)>& wanted) {
    const auto until = steady_clock::now() + 5s;
    while (steady_clock::now() < until) {
      pollfd poll{.fd = sniffer_, .events = POLLIN, .revents = 0};
      ::poll(&poll, 1, 100);
      std::uint8_t buffer[2048];
      const auto size = ::recv(sniffer_, buffer, sizeof buffer, 0);
      if (size > 0 && wanted(std::span<const std::uint8_t>(buffer, static_cast<std::size_t>(size)))) return true;
    }
    return false;
  }

  // Where the far host would send packets for the address.
  std::string neighbour_of_far(const std::string& ip) {
    std::string found;
    at_far([&] {
      FILE* out = ::popen(("ip neighbour show " + ip + " dev far").c_str(), "r");
      char line[256] = {};
      if (std::fgets(line, sizeof line, out) != nullptr) found = line;
      ::pclose(out);
    });
    return found;
  }

  bool announce_until_learnt(const std::string& vip) {
    const auto end = steady_clock::now() + 5s;
    while (steady_clock::now() < end) {
      EXPECT_TRUE(segment_.announce(vip));
      std::this_thread::sleep_for(5ms);
      if (neighbour_of_far(vip).find("02:00:00:00:00:04") != std::string::npos) return true;
    }
    return false;
  }

  const Mac near_mac_{{2, 0, 0, 0, 0, 4}};
  const Mac far_mac_{{2, 0, 0, 0, 0, 5}};
  Segment segment_{loop_.get_executor(), "near"};
  int sniffer_ = -1;
};

TEST_F(SegmentTest, SendsBothFormsOfArpToAll) {
  ASSERT_TRUE(segment_.announce("10.9.0.80"));
  const auto ip = *address::Ip::parse("10.9.0.80");
  for (const bool as_reply : {false, true}) {
    const auto expected = address::arp_announcement(ip, near_mac_, as_reply);
    EXPECT_TRUE(arrives([&](auto frame) { return std::ranges::equal(frame.first(std::min(frame.size(), expected.size())), expected); }))
        << as_reply;
  }
}

TEST_F(SegmentTest, SendsANeighbourAdvertisementWithHopLimit255) {
  auto addresses = Addresses::open("near");
  ASSERT_TRUE(addresses && addresses->put("fd09::80", 60s));
  ASSERT_TRUE(segment_.announce("fd09::80"));
  const auto ip = *address::Ip::parse("fd09::80");
  const auto all_nodes = *address::Ip::parse("ff02::1");
  constexpr std::size_t kEthernet = 14, kIpv6 = 40;
  EXPECT_TRUE(arrives([&](auto frame) {
    return frame.size() >= kEthernet + kIpv6 && frame[12] == 0x86 && frame[13] == 0xdd && frame[kEthernet + 7] == 255 &&
           std::ranges::equal(frame.subspan(kEthernet + 8, 16), ip.span()) &&
           std::ranges::equal(frame.subspan(kEthernet + 24, 16), all_nodes.span()) &&
           address::advertised_claim(frame.subspan(kEthernet + kIpv6), ip) == near_mac_;
  }));
}

TEST_F(SegmentTest, ChangesWhatTheFarHostBelieves) {
  auto addresses = Addresses::open("near");
  for (const auto* vip : {"10.9.0.80", "fd09::80"}) {
    ASSERT_TRUE(addresses && addresses->put(vip, 60s));
    at_far([&] { ip(std::string("neighbour replace ") + vip + " lladdr 02:00:00:00:00:77 dev far nud stale"); });
    EXPECT_TRUE(announce_until_learnt(vip)) << neighbour_of_far(vip);
  }
}

TEST_F(SegmentTest, SaysWhatIsWrong) {
  const auto no_interface = Segment(loop_.get_executor(), "eth7").announce("10.9.0.80");
  ASSERT_FALSE(no_interface);
  EXPECT_THAT(no_interface.error().text, HasSubstr("eth7"));
  EXPECT_THAT(no_interface.error().text, HasSubstr("near"));
  EXPECT_THAT(Segment(loop_.get_executor(), "lo").announce("10.9.0.80").error().text, HasSubstr("lo is no Ethernet interface"));
  EXPECT_FALSE(segment_.announce("fd09::99")) << "an address that does not stand here";
  EXPECT_FALSE(segment_.announce("db1"));
  EXPECT_FALSE(Segment(loop_.get_executor(), "a-name-too-long-for-an-interface").announce("10.9.0.80"));
  ip("link set near down");
  EXPECT_THAT(segment_.announce("10.9.0.80").error().text, HasSubstr("Network is down"));
}

TEST_F(SegmentTest, FindsWhoHasAnAddress) {
  at_far([&] {
    auto addresses = Addresses::open("far");
    ASSERT_TRUE(addresses && addresses->put("10.9.0.80", 60s) && addresses->put("fd09::80", 60s));
  });
  for (const auto* vip : {"10.9.0.80", "fd09::80", "10.9.0.5", "fd09::5"}) {
    const auto start = steady_clock::now();
    const auto mac = run(segment_.resolve(vip, Deadline::in(10s)));
    ASSERT_TRUE(mac) << mac.error().text;
    EXPECT_EQ(*mac, far_mac_) << vip;
    std::printf("%s resolved in %ld us\n", vip, static_cast<long>(Duration(steady_clock::now() - start).count() / 1000));
  }
}

TEST_F(SegmentTest, FindsNobodyWhereOnlyWeHaveTheAddressOrNobodyHas) {
  auto addresses = Addresses::open("near");
  ASSERT_TRUE(addresses && addresses->put("10.9.0.80", 60s) && addresses->put("fd09::80", 60s));
  for (const auto* vip : {"10.9.0.80", "fd09::80", "10.9.0.99", "fd09::99"}) {
    const auto mac = run(segment_.resolve(vip, Deadline::in(250ms)));
    ASSERT_TRUE(mac) << mac.error().text;
    EXPECT_EQ(*mac, std::nullopt) << vip;
  }
}

// Goal:   of two hosts with one address both are told.
// Method: the far end has a second interface, a macvlan on its first, with the same addresses.
TEST_F(SegmentTest, FindsEveryHostThatAnswersForAnAddress) {
  at_far([&] {
    ip("link add second link far address 02:00:00:00:00:06 type macvlan mode bridge");
    ip("link set second up");
    for (const auto* link : {"far", "second"}) {
      auto addresses = Addresses::open(link);
      ASSERT_TRUE(addresses && addresses->put("10.9.0.80", 60s) && addresses->put("fd09::80", 60s));
    }
  });
  const Mac second{{2, 0, 0, 0, 0, 6}};
  for (const auto* vip : {"10.9.0.80", "fd09::80"}) {
    const auto macs = run(segment_.resolve_all(vip, Deadline::in(500ms)));
    ASSERT_TRUE(macs) << macs.error().text;
    EXPECT_THAT(*macs, ::testing::UnorderedElementsAre(far_mac_, second)) << vip;
  }
  EXPECT_THAT(*run(segment_.resolve_all("10.9.0.99", Deadline::in(250ms))), ::testing::IsEmpty());
}

TEST_F(SegmentTest, KnowsTheHardwareAddressOfItsInterface) {
  EXPECT_EQ(segment_.mac(), near_mac_);
  EXPECT_THAT(Segment(loop_.get_executor(), "lo").mac().error().text, HasSubstr("lo is no Ethernet interface"));
}

TEST_F(SegmentTest, AsksManyAtOnceAndGetsEachItsOwnAnswer) {
  at_far([&] {
    auto addresses = Addresses::open("far");
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(addresses->put("10.9.0." + std::to_string(100 + i), 60s));
  });
  int found = 0, nobody = 0, refused = 0;
  for (std::size_t i = 0; i < kQuestionsMax + 1; ++i) {
    asio::co_spawn(loop_, segment_.resolve("10.9.0." + std::to_string(100 + i), Deadline::in(500ms)),
                   [&, i](std::exception_ptr, Result<std::optional<Mac>> mac) {
                     if (!mac) return void(++refused);
                     EXPECT_EQ(mac->has_value(), i < 20) << i;
                     ++(*mac ? found : nobody);
                   });
  }
  loop_.restart();
  loop_.run();
  EXPECT_EQ(found, 20);
  EXPECT_EQ(nobody, 44);
  EXPECT_EQ(refused, 1);
}

TEST_F(SegmentTest, AsksAgainWhenTheInterfaceWasMadeAnew) {
  EXPECT_EQ(run(segment_.resolve("10.9.0.5", Deadline::in(10s))), far_mac_);
  ip("link delete near");
  EXPECT_FALSE(run(segment_.resolve("10.9.0.5", Deadline::in(1s))));
  ip("link add near type veth peer name other");
  ip("link set near up");
  ip("link set other up");
  EXPECT_EQ(run(segment_.resolve("10.9.0.5", Deadline::in(100ms))), std::nullopt) << "the new cable leads nowhere";
  EXPECT_TRUE(segment_.announce("10.9.0.80"));
}

TEST_F(SegmentTest, KeepsTheLoopFree) {
  ASSERT_TRUE(run(segment_.resolve("10.9.0.5", Deadline::in(10s))));
  std::vector<Duration> announced, resolved;
  for (int i = 0; i < 100; ++i) {
    const auto start = steady_clock::now();
    ASSERT_TRUE(segment_.announce("10.9.0.80"));
    announced.push_back(steady_clock::now() - start);
    ASSERT_TRUE(run(segment_.resolve("10.9.0.5", Deadline::in(10s))));
    resolved.push_back(steady_clock::now() - start - announced.back());
  }
  std::sort(announced.begin(), announced.end());
  std::sort(resolved.begin(), resolved.end());
  std::printf("announce: median %ld us; resolve: median %ld us\n", announced[50].count() / 1000, resolved[50].count() / 1000);
  EXPECT_LT(announced[50], 5ms);  // closing a packet socket takes 16 ms and more
  EXPECT_LT(resolved[50], 8ms);
}

TEST_F(SegmentTest, LeavesNoTraceByAsking) {
  ASSERT_TRUE(run(segment_.resolve("10.9.0.5", Deadline::in(10s))));
  EXPECT_EQ(neighbour_of_far("10.9.0.4"), "");
}

}  // namespace
}  // namespace mmm
