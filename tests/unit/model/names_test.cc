// The words of the enumerations: what is written can be read again.

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "model/check.h"
#include "model/host_state.h"
#include "model/mode.h"
#include "model/role.h"

namespace mmm {
namespace {

TEST(HostStateNames, EveryStateHasItsOwnWordAndIsReadFromIt) {
  std::set<std::string_view> words;
  for (const auto state : kAllHostStates) {
    EXPECT_EQ(parse_host_state(to_string(state)), state);
    words.insert(to_string(state));
  }
  EXPECT_EQ(words.size(), kAllHostStates.size());
  EXPECT_EQ(to_string(HostState::awaiting_recovery), "AWAITING_RECOVERY");
}

TEST(HostStateNames, ReadNothingButTheExactWord) {
  for (const auto* word : {"", "online", "ONLINE ", "?", "ADMIN-OFFLINE"}) EXPECT_EQ(parse_host_state(word), std::nullopt);
}

TEST(ModeNames, AreReadInAnyCase) {
  for (const auto mode : {MonitorMode::active, MonitorMode::manual, MonitorMode::wait, MonitorMode::passive})
    EXPECT_EQ(parse_mode(to_string(mode)), mode);
  EXPECT_EQ(parse_mode("Active"), MonitorMode::active);
  EXPECT_EQ(parse_mode("passive"), MonitorMode::passive);
  EXPECT_EQ(parse_mode("acti"), std::nullopt);
  EXPECT_EQ(parse_mode(""), std::nullopt);
}

TEST(CheckNames, AreThoseOfMmm2) {
  for (const auto check : kAllChecks) EXPECT_EQ(parse_check(to_string(check)), check);
  EXPECT_EQ(to_string(CheckName::rep_backlog), "rep_backlog");
  EXPECT_EQ(parse_check("Ping"), std::nullopt);
  EXPECT_EQ(parse_check("all"), std::nullopt);
}

TEST(RoleText, IsTheNameWithTheAddressInParentheses) {
  EXPECT_EQ(to_string(Role{"writer", "10.0.0.80"}), "writer(10.0.0.80)");
  EXPECT_EQ(parse_role("writer(10.0.0.80)"), (Role{"writer", "10.0.0.80"}));
  EXPECT_EQ(parse_role("reader(2001:db8::90)"), (Role{"reader", "2001:db8::90"}));
}

TEST(RoleText, IsNothingWithoutBothParts) {
  for (const auto* text : {"", "writer", "writer(", "writer()", "(10.0.0.80)", "writer(10.0.0.80", "writer 10.0.0.80)"})
    EXPECT_EQ(parse_role(text), std::nullopt) << text;
}

}  // namespace
}  // namespace mmm
