#pragma once
// The host of a writer IP, with a server on it, and its client on another host: for tests of the write fence.

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "../network.h"
#include "io/async/clock.h"
#include "io/fence/write_fence.h"
#include "tcp.h"

namespace mmm {

// The addresses of one IP version.
struct Plan {
  const char* name;
  const char* any;
  const char* writer;    // on the server's host, as the next
  const char* own;
  const char* client;    // on the client's host, as the next
  const char* stranger;
  const char* prefix;
};
inline constexpr Plan kPlan4{"IPv4", "0.0.0.0", "10.9.0.80", "10.9.0.1", "10.9.0.2", "10.9.0.3", "/24"};
inline constexpr Plan kPlan6{"IPv6", "::", "fd09::80", "fd09::1", "fd09::2", "fd09::3", "/64"};

inline void PrintTo(const Plan& plan, std::ostream* out) { *out << plan.name; }

// Waits in small steps until `holds`; false: not within kPatienceMs.
inline bool wait_until(const std::function<bool()>& holds) {
  const auto give_up = boot_now() + std::chrono::milliseconds(kPatienceMs);
  while (!holds()) {
    if (boot_now() > give_up) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

class FenceNetwork : public Network, public ::testing::WithParamInterface<Plan> {
 protected:
  void SetUp() override {
    Network::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    for (const auto* address : {at().writer, at().own}) add(address, "near");
    at_far([&] {
      for (const auto* address : {at().client, at().stranger}) add(address, "far");
    });
    listener_ = listen_everywhere(at().any);
  }
  void TearDown() override {
    for (const int fd : opened_) ::close(fd);
    if (listener_ >= 0) ::close(listener_);
    Network::TearDown();
  }

  static const Plan& at() { return GetParam(); }
  static FenceRules rules() {
    return {.name = "c1", .mysql_port = kPort, .writer_ips = {at().writer}, .host = std::nullopt};
  }
  void open_fence(const FenceRules& with) {
    auto opened = WriteFence::open(with);
    ASSERT_TRUE(opened) << opened.error().text;
    fence_.emplace(std::move(*opened));
  }
  StagedLease stage(std::optional<Duration> lease) {
    const auto staged = fence_->stage(lease);
    EXPECT_TRUE(staged) << staged.error().text;
    return staged.value_or(StagedLease{});
  }
  void hold(std::optional<Duration> lease) {
    const auto armed = fence_->arm(stage(lease));
    EXPECT_TRUE(armed) << armed.error().text;
  }

  // The error number of a connect from the client's host; 0: it got through.
  int dial_from_far(const std::string& to, const std::string& from = "") {
    Dialled call;
    at_far([&] { call = dial(to, from); });
    ::close(call.fd);
    if (call.error == 0) ::close(::accept(listener_, nullptr, nullptr));
    return call.error;
  }
  int dial_writer() { return dial_from_far(at().writer); }
  bool wait_until_closed() {
    return wait_until([&] { return dial_writer() == ECONNREFUSED; });
  }

  // A connection through the writer IP.
  struct Ends {
    int client = -1;
    int server = -1;
  };
  Ends connect_writer() {
    Ends ends;
    at_far([&] {
      const auto call = dial(at().writer);
      EXPECT_EQ(call.error, 0);
      ends.client = call.fd;
    });
    ends.server = ::accept(listener_, nullptr, nullptr);
    opened_.insert(opened_.end(), {ends.client, ends.server});
    return ends;
  }
  // A byte arrives; false: it was answered by a reset.
  static bool says(int from, int to) {
    if (::send(from, "x", 1, MSG_NOSIGNAL) != 1) return false;
    pollfd either[] = {{.fd = to, .events = POLLIN}, {.fd = from, .events = 0}};
    char byte = 0;
    return ::poll(either, 2, kPatienceMs) > 0 && either[0].revents == POLLIN && ::recv(to, &byte, 1, 0) == 1;
  }

  static void shell(const std::string& command) { EXPECT_EQ(std::system(command.c_str()), 0) << command; }

  std::optional<WriteFence> fence_;
  int listener_ = -1;

 private:
  void add(const std::string& address, const std::string& link) {
    if (address.find(':') == std::string::npos)
      ip("address add " + address + at().prefix + " dev " + link);
    else
      ip6(address + at().prefix, link);
  }

  std::vector<int> opened_;
};

inline std::string plan_name(const ::testing::TestParamInfo<Plan>& info) { return info.param.name; }

}  // namespace mmm
