#pragma once
// What a network interface is at this moment.

#include <string>

#include "base/result.h"
#include "io/address/mac.h"

namespace mmm::address {

struct Link {
  int index = 0;
  Mac mac;
};

// Look it up for each use: the interface may be made anew, and a bond changes its hardware address.
//
// Requires: `fd` is any socket. Errors: there is none (names those that there are), or it is no Ethernet; begin with
// "cannot <what>".
Result<Link> find_link(int fd, const std::string& interface, const std::string& what);

// "cannot <what>: Network is down".
std::unexpected<Error> cannot(const std::string& what, int code);

}  // namespace mmm::address
