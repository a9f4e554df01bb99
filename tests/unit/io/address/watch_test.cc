#include "io/address/watch.h"

#include <chrono>

#include <gmock/gmock.h>

#include "../network.h"
#include "io/address/addresses.h"

namespace mmm {
namespace {

using Kind = AddressEvent::Kind;

class WatchTest : public Network {
 protected:
  void SetUp() override {
    Network::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    auto opened = AddressWatch::open(loop_.get_executor(), "near");
    ASSERT_TRUE(opened) << opened.error().text;
    watch_.emplace(std::move(*opened));
  }
  // Lets events pass until one like this comes.
  bool hears(const AddressEvent& expected, Duration limit = 5s) {
    const auto deadline = Deadline::in(limit);
    while (!deadline.passed()) {
      const auto event = run(watch_->next(deadline));
      if (event && *event && **event == expected) return true;
    }
    return false;
  }

  std::optional<AddressWatch> watch_;
};

TEST_F(WatchTest, HearsOfAddressesThatVanish) {
  auto addresses = Addresses::open("near");
  ASSERT_TRUE(addresses && addresses->put("10.9.0.80", 60s) && addresses->put("fd09::80", 60s));
  EXPECT_TRUE(hears({.kind = Kind::put, .ip = "10.9.0.80", .prefix = 32}));
  EXPECT_TRUE(hears({.kind = Kind::put, .ip = "fd09::80", .prefix = 128}));
  ip("address delete 10.9.0.80/32 dev near");
  EXPECT_TRUE(hears({.kind = Kind::dropped, .ip = "10.9.0.80", .prefix = 32}));
  ip("address flush dev near");
  EXPECT_TRUE(hears({.kind = Kind::dropped, .ip = "fd09::80", .prefix = 128}));
}

TEST_F(WatchTest, HearsOfAnAddressThatExpires) {
  auto addresses = Addresses::open("near");
  ASSERT_TRUE(addresses && addresses->put("10.9.0.80", 1s));
  EXPECT_TRUE(hears({.kind = Kind::dropped, .ip = "10.9.0.80", .prefix = 32}, 10s));
}

TEST_F(WatchTest, HearsOfTheRenewalAndOfNoMomentWithoutTheAddress) {
  auto addresses = Addresses::open("near");
  for (const auto* ip : {"10.9.0.80", "fd09::80"}) {
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(addresses->put(ip, 60s));
  }
  int renewals = 0;
  for (;;) {
    const auto event = run(watch_->next(Deadline::in(300ms)));
    ASSERT_TRUE(event);
    if (!*event) break;
    EXPECT_NE((*event)->kind, Kind::dropped) << (*event)->ip;
    renewals += (*event)->kind == Kind::put;
  }
  EXPECT_GE(renewals, 40);
}

TEST_F(WatchTest, HearsOfTheLink) {
  ip("link set near down");
  EXPECT_TRUE(hears({.kind = Kind::link_down}));
  ip("link set near up");
  EXPECT_TRUE(hears({.kind = Kind::link_up}));
  at_far([&] { ip("link set far down"); });
  EXPECT_TRUE(hears({.kind = Kind::link_down})) << "no carrier";
  ip("link delete near");
  EXPECT_TRUE(hears({.kind = Kind::link_gone}));
  ip("link add near type veth peer name far2");
  EXPECT_TRUE(hears({.kind = Kind::link_down}));
  ip("address add 10.9.0.81/32 dev near");
  EXPECT_TRUE(hears({.kind = Kind::put, .ip = "10.9.0.81", .prefix = 32})) << "of the new one";
}

TEST_F(WatchTest, IgnoresOtherInterfaces) {
  while (*run(watch_->next(Deadline::in(300ms)))) {
  }
  ip("address add 10.9.0.81/32 dev lo");
  EXPECT_EQ(run(watch_->next(Deadline::in(100ms))), std::nullopt);
}

TEST_F(WatchTest, SaysThatItMissedSomething) {
  // More than the kernel keeps for a reader that does not read.
  ip("address add 10.9.0.81/32 dev near");
  ASSERT_EQ(std::system("for i in $(seq 1 20000); do echo address change 10.9.0.81/32 dev near; done | ip -batch -"), 0);
  EXPECT_TRUE(hears({.kind = Kind::missed}));
  while (*run(watch_->next(Deadline::in(300ms)))) {
  }
  ip("address add 10.9.0.82/32 dev near");
  EXPECT_TRUE(hears({.kind = Kind::put, .ip = "10.9.0.82", .prefix = 32})) << "and goes on";
}

}  // namespace
}  // namespace mmm
