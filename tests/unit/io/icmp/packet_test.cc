#include "io/icmp/packet.h"

#include <gtest/gtest.h>

namespace mmm::icmp {
namespace {

TEST(EchoPacket, HasAChecksumThatSumsToZero) {
  const auto packet = echo_request(Family::v4, {.id = 0x1234, .sequence = 7, .cookie = 0xdeadbeefcafe});
  EXPECT_EQ(checksum(packet), 0);
  EXPECT_NE(packet[2] << 8 | packet[3], 0);
}

TEST(EchoPacket, ComesBackAsItWasSent) {
  for (const auto family : {Family::v4, Family::v6}) {
    const Echo echo{.id = 0xfffe, .sequence = 0x0102, .cookie = 0x1122334455667788};
    EXPECT_EQ(parse_request(family, echo_request(family, echo)), echo);
    EXPECT_EQ(parse_reply(family, echo_request(family, echo)), std::nullopt) << "a request is no reply";
  }
}

TEST(EchoPacket, IsRecognizedByItsFirstEightBytes) {
  auto packet = echo_request(Family::v4, {.id = 5, .sequence = 6, .cookie = 7});
  packet.resize(8);
  EXPECT_EQ(parse_request(Family::v4, packet), (Echo{.id = 5, .sequence = 6}));
  packet.resize(7);
  EXPECT_EQ(parse_request(Family::v4, packet), std::nullopt);
}

TEST(EchoPacket, StandsBehindAnIpHeaderOfAnyLength) {
  std::vector<std::uint8_t> packet(24, 0);
  packet[0] = 0x45;
  EXPECT_EQ(without_ipv4_header(packet).size(), 4u);
  packet[0] = 0x4f;
  EXPECT_TRUE(without_ipv4_header(packet).empty());
  EXPECT_TRUE(without_ipv4_header({}).empty());
}

TEST(Checksum, PadsAnOddLength) {
  const std::uint8_t odd[] = {0x01, 0x02, 0x03};
  EXPECT_EQ(checksum(odd), static_cast<std::uint16_t>(~(0x0102 + 0x0300)));
}

}  // namespace
}  // namespace mmm::icmp
