#include "codec/config/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sample.h"

namespace mmm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// As a site of MMM 2 writes its files: what all share, and a file a program.
constexpr std::string_view kCommon = R"(
active_master_role      writer

<host default>
    cluster_interface       eth0
    pid_path                /var/run/mmm_agentd.pid
    bin_path                /usr/lib/mysql-mmm/
    replication_user        replication
    replication_password    slave
    agent_user              mmm_agent
    agent_password          RepAgent
</host>

<host db1>
    ip      10.0.0.4
    mode    master
    peer    db2
</host>

<host db2>
    ip      10.0.0.5
    mode    master
    peer    db1
</host>

<host db3>
    ip      10.0.0.7
    mode    slave
</host>

<role writer>
    hosts   db1, db2
    ips     10.0.0.80
    mode    exclusive
</role>

<role reader>
    hosts   db1, db2, db3
    ips     10.0.0.90, 10.0.0.100
    mode    balanced
</role>
)";

constexpr std::string_view kMonitor = R"(
include mmm_common.conf

<monitor>
    ip                  127.0.0.1
    pid_path            /var/run/mmm_mond.pid
    bin_path            /usr/lib/mysql-mmm/
    status_path         /var/lib/misc/mmm_mond.status
    ping_ips            10.0.0.1, 10.0.0.4
</monitor>

<host default>
    monitor_user        mmm_monitor
    monitor_password    RepMonitor
</host>

debug 0
)";

MemoryFiles site() {
  MemoryFiles files;
  files.files["/etc/mysql-mmm/mmm_common.conf"] = {std::string(kCommon), 0640};
  files.files["/etc/mysql-mmm/mmm_mon.conf"] = {std::string(kMonitor), 0640};
  files.files["/etc/mysql-mmm/mmm_agent.conf"] = {"include mmm_common.conf\nthis db2\n", 0640};
  return files;
}

std::expected<LoadedConfig, ConfigProblems> load(Program program, const MemoryFiles& files) {
  return load_config(program, *config_location(program, nullptr), files);
}

TEST(Load, ReadsTheFilesOfAnMmm2Site) {
  const auto files = site();
  const auto monitor = load(Program::monitor, files);
  ASSERT_TRUE(monitor) << format_problems(monitor.error());
  EXPECT_EQ(monitor->config.hosts.size(), 3u);
  EXPECT_EQ(monitor->config.host("db3")->monitor_password, "RepMonitor");
  EXPECT_EQ(monitor->config.host("db1")->peer, "db2");
  EXPECT_EQ(monitor->config.lease_ttl, 2s);
  EXPECT_THAT(monitor->files, ElementsAre("/etc/mysql-mmm/mmm_mon.conf", "/etc/mysql-mmm/mmm_common.conf"));
  EXPECT_EQ(to_string(monitor->origins.at("role writer.ips")), "/etc/mysql-mmm/mmm_common.conf:33");
  EXPECT_TRUE(load(Program::control, files));
  const auto agent = load(Program::agent, files);
  ASSERT_TRUE(agent) << format_problems(agent.error());
  EXPECT_EQ(agent->config.self, "db2");
}

TEST(Load, TakesOurKeysFromTheirOwnFile) {
  auto files = site();
  files.files["/etc/mysql-mmm/mmm3.conf"] = {
      "lease_ttl 0.5\nallow_from 10.0.0.6\n<host db1>\nmysql_socket /run/db1.sock\n</host>\n", 0600};
  const auto agent = load(Program::agent, files);
  ASSERT_TRUE(agent) << format_problems(agent.error());
  EXPECT_EQ(agent->config.lease_ttl, 500ms);
  EXPECT_EQ(agent->config.host("db1")->mysql_socket, "/run/db1.sock");
  EXPECT_EQ(to_string(agent->origins.at("lease_ttl")), "/etc/mysql-mmm/mmm3.conf:1");
}

TEST(Load, SaysWhatAWriteFenceCanBe) {
  auto files = site();
  files.files["/etc/mysql-mmm/mmm3.conf"] = {"lease_ttl 2\nwrite_fence yes\n"};
  EXPECT_THAT(lines_of(load(Program::agent, files)),
              ElementsAre(HasSubstr("mmm3.conf:2: write_fence: \"yes\" is not valid; expected on, host or off")));
}

TEST(Load, SortsTheProblemsOfSeveralFiles) {
  auto files = site();
  files.files["/etc/mysql-mmm/mmm3.conf"] = {"\nlease_ttl 0\nreader_tl 1\n"};
  files.files["/etc/mysql-mmm/mmm_mon.conf"].text += "debug x\n";
  files.files["/etc/mysql-mmm/mmm_common.conf"].text += "<role writer>\nprefer db3\n</role>\n";
  EXPECT_THAT(
      lines_of(load(Program::monitor, files)),
      ElementsAre(HasSubstr("mmm3.conf:2: lease_ttl: \"0\" is not valid (too short); expected seconds, from 0.2 to 60"),
                  HasSubstr("mmm3.conf:3: \"reader_tl\": unknown variable; did you mean reader_ttl?"),
                  HasSubstr("mmm_common.conf:43: <role writer> prefer: host db3 is not among"),
                  HasSubstr("mmm_mon.conf:18: debug: \"x\" is not valid")));
}

TEST(Load, DoesNotCallMissingWhatMayStandInAFileThatItCouldNotRead) {
  auto files = site();
  files.files["/etc/mysql-mmm/mmm_common.conf"].mode = 0644;
  files.files["/etc/mysql-mmm/mmm_mon.conf"].text += "debug x\n";
  EXPECT_THAT(
      lines_of(load(Program::monitor, files)),
      ElementsAre(HasSubstr("mmm_common.conf: others may read or write it"), HasSubstr("mmm_mon.conf:18: debug: ")));
}

}  // namespace
}  // namespace mmm::test
