#pragma once
// Ends the TCP connections of an address before it leaves this host.

#include <string>

#include "base/result.h"

namespace mmm {

// Resets every TCP connection whose local address is `ip`; both ends see it at once. A client that waits for the answer
// to a query would otherwise never hear that its server is gone: once the address has left, the dying server's own
// resets can't be sent any more.
//
// Ensures: on success nothing on this host answers through `ip` on a connection that existed before.
// Errors:  the first one, after all were tried: the kernel has no CONFIG_INET_DIAG_DESTROY (sock_diag(7)), or the right
//          (CAP_NET_ADMIN) is missing.
Status end_connections(const std::string& ip);

}  // namespace mmm
