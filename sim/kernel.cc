#include "sim/kernel.h"

#include <utility>

namespace mmm::sim {

namespace {

// Usually the kernel looks at its addresses soon after one ran out; sometimes as late as it ever does.
constexpr Duration kLateUsually = 350ms, kLateMax = 1s;
constexpr double kVeryLate = 0.2;
// The fence's elements may end a little early.
constexpr Duration kFenceEarly = 5ms;

}  // namespace

void Kernel::after(Duration wait, Action&& action) {
  queue_.after(wait, [this, stood = stood_, action = std::move(action)]() mutable { ring(stood, std::move(action)); });
}

// `stood`: how long the machine had stood still when the timer was set.
void Kernel::ring(Duration stood, Action&& action) {
  const auto left = stood_ - stood + (still_since_ ? queue_.now() - *still_since_ : Duration{0});
  if (still_since_) stalled_.push_back({left, std::move(action)});
  else if (left > Duration{0}) after(left, std::move(action));
  else action();
}

void Kernel::go_on() {
  stood_ += queue_.now() - still_since_.value_or(queue_.now());
  still_since_.reset();
  for (auto& timer : std::exchange(stalled_, {})) after(timer.left, std::move(timer.action));
}

void Kernel::put(const std::string& ip, Duration lifetime, const Clock& clock) {
  const auto whole = std::max<Duration>(1s, std::chrono::ceil<std::chrono::seconds>(lifetime));
  const auto late = random_.chance(kVeryLate) ? random_.between(kLateUsually, kLateMax)
                                              : random_.between(Duration{0}, kLateUsually);
  const bool fresh = !addresses_.contains(ip);
  const auto timer = next_timer_++;
  addresses_[ip] = timer;
  after(clock.stretch(whole + late), [this, ip, timer] {
    const auto it = addresses_.find(ip);
    if (it == addresses_.end() || it->second != timer) return;
    addresses_.erase(it);
    changed_();
  });
  if (fresh) changed_();
}

void Kernel::put_untimed(const std::string& ip) {
  const bool fresh = !addresses_.contains(ip);
  addresses_[ip] = kNoTimer;
  if (fresh) changed_();
}

void Kernel::stage(std::uint64_t id, std::optional<Duration> lease, const Clock& clock) {
  if (!lease) {
    elements_[id] = kNoTimer;
    return;
  }
  const auto timer = next_timer_++;
  elements_[id] = timer;
  after(clock.stretch(*lease) - random_.between(Duration{0}, kFenceEarly), [this, timer] {
    const bool passed = passes();
    std::erase_if(elements_, [timer](const auto& element) { return element.second == timer; });
    if (passed && !passes()) changed_();
  });
}

void Kernel::reopen() {
  const auto armed = passes() ? std::optional(elements_.at(*armed_)) : std::nullopt;
  elements_.clear();
  armed_.reset();
  if (!armed) return;
  elements_[0] = *armed;
  armed_ = 0;
}

Status Kernel::arm(std::uint64_t id) {
  if (armed_ && *armed_ >= id) return {};
  armed_ = id;  // what has ended since lets nothing pass
  changed_();
  return {};
}

void Kernel::limit(Duration lease, const Clock& clock) {
  if (!passes_without_end()) return;
  stage(*armed_, lease, clock);
}

bool Kernel::passes_without_end() const { return passes() && elements_.at(*armed_) == kNoTimer; }

void Kernel::close() {
  elements_.clear();
  armed_.reset();
  changed_();
}

void Kernel::drop(const std::string& ip) {
  if (addresses_.erase(ip) > 0) changed_();
}

void Kernel::clear() {
  still_since_.reset();
  stalled_.clear();
  elements_.clear();
  armed_.reset();
  if (addresses_.empty()) return;
  addresses_.clear();
  changed_();
}

std::set<std::string> Kernel::addresses() const {
  std::set<std::string> ips;
  for (const auto& [ip, timer] : addresses_) ips.insert(ip);
  return ips;
}

std::set<std::string> Kernel::untimed() const {
  std::set<std::string> ips;
  for (const auto& [ip, timer] : addresses_)
    if (timer == kNoTimer) ips.insert(ip);
  return ips;
}

}  // namespace mmm::sim
