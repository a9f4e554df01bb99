#include "io/address/frames.h"

#include <gtest/gtest.h>

namespace mmm::address {
namespace {

const Mac kOurs{{2, 0, 0, 0, 0, 1}};
const Ip kV4 = *Ip::parse("10.0.0.80");
const Ip kV6 = *Ip::parse("fd00::1:80");

TEST(ArpFrame, AnnouncesInBothForms) {
  const Bytes request = arp_announcement(kV4, kOurs, false);
  const Bytes expected_request{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 8, 6,  // to all, from us, ARP
                               0, 1, 8, 0, 6, 4, 0, 1,                                      // Ethernet, IPv4, request
                               2, 0, 0, 0, 0, 1, 10, 0, 0, 80,                              // sender
                               0, 0, 0, 0, 0, 0, 10, 0, 0, 80};                             // target
  EXPECT_EQ(request, expected_request);
  const Bytes reply = arp_announcement(kV4, kOurs, true);
  EXPECT_EQ(reply[21], 2);
  EXPECT_TRUE(std::equal(reply.begin() + 32, reply.begin() + 38, kOurs.bytes.begin()));
  EXPECT_EQ(arp_claim(request, kV4), kOurs);
  EXPECT_EQ(arp_claim(reply, kV4), kOurs);
}

TEST(ArpFrame, ClaimsNothingWhenItIsAProbe) {
  EXPECT_EQ(arp_claim(arp_probe(kV4, kOurs), kV4), std::nullopt);
}

TEST(ArpFrame, ClaimsNothingWhenItIsOfAnotherAddressOrBroken) {
  const Bytes frame = arp_announcement(kV4, kOurs, false);
  EXPECT_EQ(arp_claim(frame, *Ip::parse("10.0.0.81")), std::nullopt);
  for (std::size_t size = 0; size < frame.size(); ++size) {
    EXPECT_EQ(arp_claim(std::span(frame).first(size), kV4), std::nullopt);
  }
  for (const std::size_t at : {std::size_t{12}, std::size_t{15}, std::size_t{16}, std::size_t{21}}) {
    Bytes other = frame;
    other[at] = 0x77;
    EXPECT_EQ(arp_claim(other, kV4), std::nullopt) << at;
  }
}

TEST(NeighbourMessage, AdvertisesWithOverride) {
  const Bytes message = neighbour_advertisement(kV6, kOurs);
  ASSERT_EQ(message.size(), 32u);
  EXPECT_EQ(message[0], 136);
  EXPECT_EQ(message[4], 0x20);
  EXPECT_EQ(message[24], 2);
  EXPECT_EQ(advertised_claim(message, kV6), kOurs);
  EXPECT_EQ(advertised_claim(message, *Ip::parse("fd00::1:81")), std::nullopt);
}

TEST(NeighbourMessage, IsNoClaimWhenItIsCutOff) {
  const Bytes message = neighbour_advertisement(kV6, kOurs);
  for (std::size_t size = 0; size < message.size(); ++size) {
    EXPECT_EQ(advertised_claim(std::span(message).first(size), kV6), std::nullopt);
  }
  EXPECT_EQ(advertised_claim(neighbour_solicitation(kV6, kOurs), kV6), std::nullopt);
}

TEST(NeighbourMessage, HasItsAddressBehindAnotherOption) {
  Bytes message = neighbour_advertisement(kV6, kOurs);
  const Bytes nonce{14, 1, 1, 2, 3, 4, 5, 6};
  message.insert(message.begin() + 24, nonce.begin(), nonce.end());
  EXPECT_EQ(advertised_claim(message, kV6), kOurs);
  message[25] = 0;  // an option of length 0 must not be read for ever
  EXPECT_EQ(advertised_claim(message, kV6), std::nullopt);
}

TEST(SolicitedNode, TakesTheLastThreeBytes) { EXPECT_EQ(solicited_node(kV6).text(), "ff02::1:ff01:80"); }

TEST(Mac, IsPrintedAsUsual) { EXPECT_EQ(to_string(Mac{{0x02, 0x42, 0xac, 0, 0x0b, 0xff}}), "02:42:ac:00:0b:ff"); }

}  // namespace
}  // namespace mmm::address
