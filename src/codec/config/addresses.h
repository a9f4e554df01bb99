#pragma once
// IPv4 and IPv6 addresses as text in one spelling, so that two spellings of one address are equal.

#include <optional>
#include <string>
#include <string_view>

namespace mmm {

// Requires: nothing; a prefix length, a zone or white space is no part of an address.
// Ensures: the text that inet_ntop writes ("2001:db8::1"). IPv4-mapped IPv6 (::ffff:10.0.0.4) is refused:
// it is a second spelling of an IPv4 address.
std::optional<std::string> canonical_address(std::string_view text);

// An address that one host can have: not 0.0.0.0, ::, multicast or 255.255.255.255.
bool is_host_address(std::string_view canonical);

// An address, or ADDRESS/PREFIX. Bits behind the prefix must be zero: 10.0.0.4/24 may mean the host or the network.
std::optional<std::string> canonical_network(std::string_view text);

}  // namespace mmm
