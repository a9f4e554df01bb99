#include "io/address/link.h"

#include <cerrno>
#include <cstring>
#include <system_error>

#include <fmt/format.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>

#include "io/address/addresses.h"

namespace mmm::address {

std::unexpected<Error> cannot(const std::string& what, int code) {
  return fail(fmt::format("cannot {}: {}", what, std::generic_category().message(code)));
}

Result<Link> find_link(int fd, const std::string& interface, const std::string& what) {
  ifreq request{};
  const bool fits = interface.size() < sizeof request.ifr_name;
  if (fits) std::memcpy(request.ifr_name, interface.data(), interface.size());
  if (!fits || ::ioctl(fd, SIOCGIFINDEX, &request) != 0) {
    return fail(fmt::format("cannot {}: there is no such interface; there are: {}", what, interface_names()));
  }
  Link link{.index = request.ifr_ifindex};
  if (::ioctl(fd, SIOCGIFHWADDR, &request) != 0) return cannot(what, errno);
  if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER) {
    return fail(fmt::format("cannot {}: {} is no Ethernet interface", what, interface));
  }
  std::memcpy(link.mac.bytes.data(), request.ifr_hwaddr.sa_data, link.mac.bytes.size());
  return link;
}

}  // namespace mmm::address
