#include "codec/config/addresses.h"

#include <gtest/gtest.h>

namespace mmm {
namespace {

TEST(Addresses, HaveOneSpelling) {
  EXPECT_EQ(canonical_address("10.0.0.4"), "10.0.0.4");
  EXPECT_EQ(canonical_address("2001:0DB8:0000::0001"), "2001:db8::1");
  EXPECT_EQ(canonical_address("::"), "::");
}

TEST(Addresses, RefuseWhatIsNone) {
  for (const auto* text : {"", "10", "10.0.0", "10.0.0.256", "10.0.0.4 ", " 10.0.0.4", "0x0a.0.0.4", "1:2",
                           "fe80::1%lo", "localhost", "10.0.0.4/24", "12345:::"})
    EXPECT_EQ(canonical_address(text), std::nullopt) << text;
  EXPECT_EQ(canonical_address(std::string_view("10.0.0.4\0x", 10)), std::nullopt);
  EXPECT_EQ(canonical_address(std::string(1000, '1')), std::nullopt);
}

TEST(Addresses, RefuseTheSecondSpellingOfAnIpv4Address) {
  EXPECT_EQ(canonical_address("::ffff:10.0.0.4"), std::nullopt);
  EXPECT_EQ(canonical_address("::ffff:a00:4"), std::nullopt);
}

TEST(Addresses, TellHostsFromGroups) {
  for (const auto* text : {"10.0.0.4", "127.0.0.1", "223.255.255.255", "::1", "fe80::1", "2001:db8::1"})
    EXPECT_TRUE(is_host_address(text)) << text;
  for (const auto* text : {"0.0.0.0", "::", "224.0.0.1", "239.1.1.1", "255.255.255.255", "ff02::1", "nonsense"})
    EXPECT_FALSE(is_host_address(text)) << text;
}

TEST(Addresses, ReadNetworks) {
  EXPECT_EQ(canonical_network("10.0.0.0/24"), "10.0.0.0/24");
  EXPECT_EQ(canonical_network("10.0.0.4/32"), "10.0.0.4/32");
  EXPECT_EQ(canonical_network("10.0.0.4"), "10.0.0.4");
  EXPECT_EQ(canonical_network("2001:DB8::/32"), "2001:db8::/32");
  EXPECT_EQ(canonical_network("0.0.0.0/0"), "0.0.0.0/0");
  EXPECT_EQ(canonical_network("::/0"), "::/0");
  EXPECT_EQ(canonical_network("128.0.0.0/1"), "128.0.0.0/1");
}

TEST(Addresses, RefuseNetworksWithHostBitsOrWrongPrefixes) {
  for (const auto* text : {"10.0.0.4/24", "10.0.0.1/0", "10.0.0.0/33", "::/129", "2001:db8::1/32", "10.0.0.0/",
                           "10.0.0.0/-1", "10.0.0.0/24x", "/24", "10.0.0.0/24/8"})
    EXPECT_EQ(canonical_network(text), std::nullopt) << text;
}

}  // namespace
}  // namespace mmm
