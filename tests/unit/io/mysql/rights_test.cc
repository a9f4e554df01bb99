#include "io/mysql/rights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_server.h"

namespace mmm::mysql {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> missing_at(Target target, ServerUser user) {
  const auto look = [](Target where, ServerUser who) -> Task<SqlResult<std::vector<std::string>>> {
    auto server = co_await open(std::move(where));
    co_return co_await check_rights(server, who, soon());
  };
  auto missing = run(look(std::move(target), user));
  return missing ? *missing : std::vector<std::string>{missing.error().text};
}

TEST(Rights, UsersMadeByTheManualLackNothing) {
  EXPECT_THAT(missing_at(shared_server().tcp("agent"), ServerUser::agent), IsEmpty());
  EXPECT_THAT(missing_at(shared_server().tcp("monitor"), ServerUser::monitor), IsEmpty());
}

TEST(Rights, AllPrivilegesAreEnough) { EXPECT_THAT(missing_at(shared_server().root(), ServerUser::agent), IsEmpty()); }

TEST(Rights, APoorUserLearnsWhatIsMissing) {
  EXPECT_THAT(missing_at(shared_server().tcp("client"), ServerUser::monitor),
              ElementsAre("BINLOG MONITOR", "SLAVE MONITOR"));
  EXPECT_THAT(missing_at(shared_server().tcp("monitor"), ServerUser::agent),
              ElementsAre("BINLOG ADMIN", "CONNECTION ADMIN", "PROCESS", "READ_ONLY ADMIN", "RELOAD",
                          "REPLICATION MASTER ADMIN", "REPLICATION SLAVE ADMIN"));
}

TEST(Rights, SuperIncludedTheAdministrationBefore1011) {
  const std::vector<std::string> super{
      "GRANT RELOAD, PROCESS, SUPER, BINLOG MONITOR, SLAVE MONITOR ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD '*0'"};
  EXPECT_THAT(missing_rights(ServerUser::agent, super, 100622), IsEmpty());
  EXPECT_EQ(missing_rights(ServerUser::agent, super, 101119).size(), 5U);
}

TEST(Rights, PrivilegesOnOneDatabaseDoNotCount) {
  const std::vector<std::string> local{"GRANT USAGE ON *.* TO `a`@`%`", "GRANT ALL PRIVILEGES ON `test`.* TO `a`@`%`"};
  EXPECT_EQ(missing_rights(ServerUser::monitor, local, 101119).size(), 2U);
}

}  // namespace
}  // namespace mmm::mysql
