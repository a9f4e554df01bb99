#include "core/monitor/pairs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lab.h"

namespace mmm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct PairsTest : testing::Test {
  PairsTest() {
    servers["db1"] = follows("10.0.0.5", 1);
    servers["db2"] = follows("10.0.0.4", 2);
    servers["db3"] = follows("10.0.0.4", 0);
  }
  static ServerStatus follows(const std::string& ip, std::int64_t offset) {
    ServerStatus server;
    server.replication.configured = !ip.empty();
    server.replication.source_ip = ip;
    server.auto_increment_increment = 2;
    server.auto_increment_offset = offset;
    return server;
  }
  std::vector<std::string> warnings() const {
    std::map<HostName, const ServerStatus*> all;
    for (const auto& [name, server] : servers) all.emplace(name, &server);
    return pair_warnings(config, all);
  }

  Config config = lab::config();
  std::map<HostName, ServerStatus> servers;
};

TEST_F(PairsTest, OfWellConfiguredMastersThereIsNothingToSay) { EXPECT_THAT(warnings(), IsEmpty()); }

TEST_F(PairsTest, WarnsWhenTheMastersDoNotReplicateFromEachOther) {
  servers["db1"] = follows("", 1);
  servers["db2"] = follows("10.0.0.7", 2);
  EXPECT_THAT(warnings(), ElementsAre("master db1 does not replicate from its peer db2 (10.0.0.5) but from nobody",
                                      "master db2 does not replicate from its peer db1 (10.0.0.4) but from 10.0.0.7"));
}

TEST_F(PairsTest, DoesNotWarnWhileOneOfThemIsNotKnown) {
  servers["db1"] = follows("", 1);
  servers.erase("db2");
  EXPECT_THAT(warnings(), IsEmpty());
}

TEST_F(PairsTest, WarnsWhenTheAutoIncrementSettingsOfTheMastersCollide) {
  struct AutoIncrement {
    std::int64_t increment, offset;
  };
  struct Case {
    AutoIncrement db1, db2;
    bool good;
  };
  const Case cases[] = {
      {{2, 1}, {2, 2}, true},  {{10, 3}, {10, 10}, true},
      {{1, 1}, {1, 1}, false},  // MySQL's default
      {{2, 1}, {2, 1}, false},  // the same offset
      {{2, 1}, {3, 2}, false},  // different increments
      {{2, 1}, {2, 3}, false},  // MySQL ignores an offset above the increment
      {{2, 3}, {2, 1}, false},  {{1, 1}, {1, 2}, false},
      {{0, 0}, {1, 1}, true},   // an older agent did not say
  };
  const auto set = [this](const HostName& host, const AutoIncrement& values) {
    servers[host].auto_increment_increment = values.increment;
    servers[host].auto_increment_offset = values.offset;
  };
  for (const auto& c : cases) {
    set("db1", c.db1);
    set("db2", c.db2);
    if (c.good)
      EXPECT_THAT(warnings(), IsEmpty());
    else
      EXPECT_THAT(warnings(), ElementsAre(HasSubstr("auto_increment settings of masters db1 and db2 collide")));
  }
}

}  // namespace
}  // namespace mmm
