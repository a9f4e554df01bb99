// Goal:   addresses come, stay and go as the kernel is told, and go by themselves when nobody renews them.
// Method: a real kernel, in a network namespace.

#include "io/address/addresses.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>

#include "../network.h"

namespace mmm {
namespace {

using std::chrono::steady_clock;
using ::testing::HasSubstr;

const char* const kBoth[] = {"10.9.0.80", "fd09::80"};

class AddressesTest : public Network {
 protected:
  void SetUp() override {
    Network::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    auto opened = Addresses::open("near");
    ASSERT_TRUE(opened) << opened.error().text;
    addresses_.emplace(std::move(*opened));
  }
  std::optional<StandingAddress> find(const std::string& ip) {
    const auto all = addresses_->list();
    EXPECT_TRUE(all);
    const auto found = std::ranges::find(*all, ip, &StandingAddress::ip);
    return found == all->end() ? std::nullopt : std::optional(*found);
  }
  std::size_t count(const std::string& ip) {
    return static_cast<std::size_t>(std::ranges::count(*addresses_->list(), ip, &StandingAddress::ip));
  }
  // How long it takes until the address is gone.
  Duration wait_until_gone(const std::string& ip, Duration limit) {
    const auto start = steady_clock::now();
    while (find(ip) && steady_clock::now() - start < limit) std::this_thread::sleep_for(1ms);
    return steady_clock::now() - start;
  }
  // First as fast as it goes, then as an agent does it.
  int renew_until(const std::string& ip, steady_clock::time_point end) {
    int renewals = 0;
    for (; steady_clock::now() < end; ++renewals) {
      EXPECT_TRUE(addresses_->put(ip, 1s));
      if (renewals > 500) std::this_thread::sleep_for(300ms);
    }
    return renewals;
  }
  // The interface on whose segment the address is, "" for none.
  static std::string interface_towards(const std::string& ip) {
    const auto found = Addresses::interface_towards(ip);
    return found ? found->value_or("") : found.error().text;
  }
  // Can a socket be bound to the address?
  static bool usable(const std::string& ip) {
    sockaddr_storage name{};
    auto* v4 = reinterpret_cast<sockaddr_in*>(&name);
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&name);
    const bool is_v4 = ::inet_pton(AF_INET, ip.c_str(), &v4->sin_addr) == 1;
    if (!is_v4) ::inet_pton(AF_INET6, ip.c_str(), &v6->sin6_addr);
    name.ss_family = is_v4 ? AF_INET : AF_INET6;
    const int fd = ::socket(name.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&name), is_v4 ? sizeof *v4 : sizeof *v6) == 0;
    ::close(fd);
    return bound;
  }
  // The source that the kernel chooses towards this destination.
  static std::string source_towards(const std::string& ip) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(9);
    ::inet_pton(AF_INET, ip.c_str(), &name.sin_addr);
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t size = sizeof name;
    const bool connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&name), size) == 0 &&
                           ::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) == 0;
    ::close(fd);
    char text[INET_ADDRSTRLEN] = {};
    return connected ? ::inet_ntop(AF_INET, &name.sin_addr, text, sizeof text) : "";
  }

  std::optional<Addresses> addresses_;
};

TEST_F(AddressesTest, ComeWithTheirLifetimeAndAreNoSource) {
  for (const auto* ip : kBoth) {
    ASSERT_TRUE(addresses_->put(ip, 1500ms)) << ip;
    const auto standing = find(ip);
    ASSERT_TRUE(standing) << ip;
    EXPECT_EQ(standing->prefix, std::string(ip).find(':') == std::string::npos ? 32u : 128u);
    ASSERT_TRUE(standing->left);
    EXPECT_LE(*standing->left, 2s) << "rounded up";
    EXPECT_GE(*standing->left, 1s);
    EXPECT_FALSE(standing->preferred);
    EXPECT_FALSE(standing->tentative) << "it works at once";
    EXPECT_TRUE(usable(ip));
  }
}

TEST_F(AddressesTest, ExpireByThemselvesAndNeverEarly) {
  for (const auto* ip : kBoth) {
    const auto start = steady_clock::now();
    ASSERT_TRUE(addresses_->put(ip, 1ms));
    wait_until_gone(ip, 10s);
    const auto lived = steady_clock::now() - start;
    std::printf("%s: put for 1 s, gone after %ld ms\n", ip, milliseconds(lived));
    EXPECT_GE(lived, 990ms);
    EXPECT_LT(lived, 5s);  // a second late at most on an idle machine
    EXPECT_FALSE(usable(ip));
  }
}

TEST_F(AddressesTest, OutliveTheirFirstLifetimeWhenRenewed) {
  for (const auto* ip : kBoth) {
    const auto start = steady_clock::now();
    std::atomic<bool> stop = false;
    std::atomic<int> looks = 0, missing = 0;
    ASSERT_TRUE(addresses_->put(ip, 1s));
    std::thread looker([&, ip] {
      while (!stop) {
        if (!usable(ip)) ++missing;
        ++looks;
      }
    });
    const int renewals = renew_until(ip, start + 2500ms);
    stop = true;
    looker.join();
    std::printf("%s: %d renewals, looked %d times meanwhile, missing %d times\n", ip, renewals, looks.load(), missing.load());
    EXPECT_EQ(missing, 0) << ip;
    EXPECT_EQ(count(ip), 1u);
  }
}

TEST_F(AddressesTest, CanStandWithoutAnEndAndGetOneLater) {
  for (const auto* ip : kBoth) {
    ASSERT_TRUE(addresses_->put_untimed(ip));
    ASSERT_TRUE(find(ip));
    EXPECT_EQ(find(ip)->left, std::nullopt);
    EXPECT_FALSE(find(ip)->preferred);
    ASSERT_TRUE(addresses_->put(ip, 1s));
    ASSERT_TRUE(find(ip)->left);
    EXPECT_LT(wait_until_gone(ip, 10s), 5s);
    ASSERT_TRUE(addresses_->put(ip, 1s));
    ASSERT_TRUE(addresses_->put_untimed(ip));
    EXPECT_EQ(find(ip)->left, std::nullopt);
    ASSERT_TRUE(addresses_->drop(ip));
  }
}

TEST_F(AddressesTest, AreDroppedWhateverTheirPrefixAndHoweverOften) {
  ip("address add 10.9.0.80/24 dev near");
  ip("address add 10.9.0.80/32 dev near");
  ip("address add 10.9.0.80/16 dev near");
  ip6("fd09::80/64", "near");
  for (const auto* ip : kBoth) {
    EXPECT_TRUE(addresses_->drop(ip));
    EXPECT_EQ(count(ip), 0u);
    EXPECT_TRUE(addresses_->drop(ip)) << "absent is fine";
  }
}

TEST_F(AddressesTest, ReplaceWhatAnotherProgramPutWithoutAnEnd) {
  ip("address add 10.9.0.80/24 dev near");
  ip("address add 10.9.0.80/32 dev near");
  ip6("fd09::80/64", "near");
  for (const auto* ip : kBoth) {
    ASSERT_TRUE(addresses_->put(ip, 1s));
    EXPECT_EQ(count(ip), 1u);
    EXPECT_LT(wait_until_gone(ip, 10s), 5s) << "no copy outlives the lease";
  }
}

TEST_F(AddressesTest, LeaveTheHostsOwnAlone) {
  ip("address add 10.9.0.4/24 dev near");
  ASSERT_TRUE(addresses_->put("10.9.0.80", 60s));
  ASSERT_TRUE(addresses_->drop("10.9.0.80"));
  ASSERT_TRUE(find("10.9.0.4"));
  EXPECT_EQ(find("10.9.0.4")->left, std::nullopt);
  EXPECT_TRUE(find("10.9.0.4")->preferred);
}

// A network manager that restarts takes the host's own address away and adds it behind ours.
TEST_F(AddressesTest, AreNoSourceEvenWhenTheyCameFirst) {
  ASSERT_TRUE(addresses_->put("10.9.0.80", 60s));
  ip("address add 10.9.0.4/24 dev near");
  ip("route add 10.60.0.0/16 dev near");
  ip("route add 10.50.0.0/16 via 10.9.0.6");
  ip("route add default via 10.9.0.6");
  for (const auto* there : {"10.9.0.6", "10.60.0.1", "10.50.0.1", "10.99.0.1"}) {
    EXPECT_EQ(source_towards(there), "10.9.0.4") << there;
  }
  EXPECT_EQ(source_towards("10.9.0.80"), "10.9.0.80");
}

TEST_F(AddressesTest, SayWhichInterfacesThereAre) {
  const auto none = Addresses::open("eth7");
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().text, HasSubstr("no network interface eth7"));
  EXPECT_THAT(none.error().text, HasSubstr("near"));
}

TEST_F(AddressesTest, AreGoneWithTheirInterface) {
  ASSERT_TRUE(addresses_->put("10.9.0.80", 60s));
  ip("link set near down");
  ip("link set near name elsewhere");
  const auto renamed = addresses_->drop("10.9.0.80");
  ASSERT_FALSE(renamed) << "it still stands, on an interface of another name";
  EXPECT_THAT(renamed.error().text, HasSubstr("stands on elsewhere"));
  ip("link delete elsewhere");
  EXPECT_TRUE(addresses_->drop("10.9.0.80"));
  const auto put = addresses_->put("10.9.0.80", 60s);
  ASSERT_FALSE(put);
  EXPECT_THAT(put.error().text, HasSubstr("no network interface near"));
  EXPECT_FALSE(addresses_->list());
}

TEST_F(AddressesTest, FindTheirInterfaceWhenItWasMadeAnew) {
  ip("link delete near");
  ip("link add near type veth peer name far2");
  EXPECT_TRUE(addresses_->put("10.9.0.80", 60s));
  EXPECT_TRUE(find("10.9.0.80"));
}

TEST_F(AddressesTest, SayWhatIsNoAddress) {
  for (const auto* text : {"", "db1", "10.9.0.80/24"}) {
    EXPECT_FALSE(addresses_->put(text, 1s)) << text;
    EXPECT_FALSE(addresses_->drop(text)) << text;
  }
}

// Goal: a monitor finds by itself whether it is on the segment of a role address, with nothing configured.
TEST_F(AddressesTest, FindTheInterfaceInWhoseSubnetAnAddressLies) {
  EXPECT_EQ(interface_towards("10.9.0.80"), "");
  ip("address add 10.9.0.4/24 dev near");
  ip6("fd09::4/64", "near");
  for (const auto* address : kBoth) EXPECT_EQ(interface_towards(address), "near") << address;
  for (const auto* address : {"10.9.1.80", "fd09:0:0:1::80", "11.9.0.80"}) EXPECT_EQ(interface_towards(address), "") << address;
  ip("link add wider type veth peer name far2");
  ip("address add 10.8.0.1/15 dev wider");
  EXPECT_EQ(interface_towards("10.9.0.80"), "near") << "the smaller subnet";
  EXPECT_EQ(interface_towards("10.9.1.80"), "wider");
}

TEST_F(AddressesTest, AnAddressOfThisMachineIsOnNoOther) {
  ip("address add 10.9.0.4/24 dev near");
  ASSERT_TRUE(addresses_->put("10.9.0.80", 60s));
  EXPECT_EQ(interface_towards("10.9.0.80"), "the address stands on its own interface");
  ip("address delete 10.9.0.4/24 dev near");
  EXPECT_EQ(interface_towards("10.9.0.81"), "") << "a virtual address is no subnet";
}

TEST_F(AddressesTest, TellHowLongOneCallTakes) {
  constexpr int kTimes = 500;
  std::vector<Duration> times;
  for (int i = 0; i < kTimes; ++i) {
    const auto start = steady_clock::now();
    ASSERT_TRUE(addresses_->put("10.9.0.80", 60s));
    times.push_back(steady_clock::now() - start);
  }
  std::sort(times.begin(), times.end());
  std::printf("put: median %ld us, slowest %ld us\n", times[kTimes / 2].count() / 1000, times.back().count() / 1000);
  EXPECT_LT(times[kTimes / 2], 100ms);
}

}  // namespace
}  // namespace mmm
