// The other hosts of the segment: they are told where an address is, and asked where it is.

#include <algorithm>

#include <fmt/format.h>

#include "core/agent/brain.h"

namespace mmm::agent {

namespace {

// When a new owner announces its address after it came up: often at first, since a frame may be lost and neighbours
// learn slowly; then every second for as long as an older holder's kernel lifetime may last, a minute at most.
constexpr std::array<Duration, 9> kAnnounceAfter{0ms, 20ms, 100ms, 300ms, 1s, 2s, 3s, 4s, 5s};
constexpr Duration kAnnounceEvery = 1s;
constexpr Duration kAnnounceMax = 60s;

}  // namespace

// The kernel's own news of the address may have come first: what counts is whether it was announced.
void Brain::came_up(const std::string& ip, std::string what) {
  ips_.insert(ip);
  if (!announced_.insert(ip).second) return;
  for (const auto after : kAnnounceAfter) announcements_.emplace(now_ + after, ip);
  const auto last = std::min(older_holder_lasts(ip), kAnnounceMax);
  for (auto after = kAnnounceAfter.back() + kAnnounceEvery; after < last + kAnnounceEvery; after += kAnnounceEvery)
    announcements_.emplace(now_ + after, ip);
  note(Severity::info, ip + " is up" + what);
}

// A kernel lifetime ends up to 2 s late: whole seconds, rounded up.
Duration Brain::older_holder_lasts(const std::string& ip) const {
  if (is_writer_ip(ip)) return waiting_time(longest_lease(), false);
  return waiting_time(reader_ttl(), false);
}

// Thawed after its lease, this host would speak for an address that is another's by now.
void Brain::announce(const std::string& ip) {
  if (ips_.contains(ip) && is_role_ip(ip) && (!is_writer_ip(ip) || entitled())) try_run(Announce{ip});
}

void Brain::hear(const AnnounceAgain& wish) { announce(wish.ip); }

void Brain::hear(const Resolve& question) {
  const auto cannot = [&](std::string why) { send(Resolved{question.number, question.ip, {}, std::move(why)}); };
  if (!is_role_ip(question.ip)) return cannot("it is no role address of its configuration");
  if (ips_.contains(question.ip)) return cannot("the address stands on its own interface");
  effects_.push_back(ResolveAddress{speaking_, question.number, question.ip});
}

void Brain::on(const AddressResolved& event) {
  if (event.asker == kItself) return probed(event.answer);
  if (leader_ == event.asker) send(event.answer);
}

}  // namespace mmm::agent
