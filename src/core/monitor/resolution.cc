#include "core/monitor/resolution.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace mmm {

namespace {

// An address that nobody else resolves to its owner within this time is unverified.
constexpr Duration kPatience = 1s;
// An asker listens for 200 ms. One that says nothing for so long is passed over; its answer still counts when it comes.
constexpr Duration kAnswerLimit = 400ms;
// After an answer that does not verify: soon at first, then twice as long each time.
constexpr Duration kFirstPause = 100ms;
// A second answerer: how often it is looked whether it is still there.
constexpr Duration kSecondAnswererPause = 1s;
// Nobody can be asked: how often that is looked at. A host that comes is news by itself.
constexpr Duration kNobodyPause = 1s;
// Questions to one address that nobody answered: of more, the oldest are forgotten.
constexpr std::size_t kOpenMax = 8;

}  // namespace

std::vector<Resolutions::Question> Resolutions::look(const std::map<std::string, UpAddress>& up,
                                                     std::map<std::string, HostName> hosts, Instant now) {
  hosts_ = std::move(hosts);
  std::erase_if(addresses_, [&](const auto& entry) { return !up.contains(entry.first); });
  std::vector<Question> questions;
  next_ = kNever;
  for (const auto& [ip, wanted] : up) {
    auto& address = addresses_[ip];
    if (address.up.owner != wanted.owner || address.up.mac != wanted.mac)
      address = Address{.since = now, .ask_at = now, .pause = kFirstPause};
    // An agent that can be asked again is asked first.
    if (address.asker == kMonitorItself && address.up.askers != wanted.askers) address.asker.clear();
    address.up = wanted;
    if (now >= address.give_up_at) missed(ip, address, address.asker + " does not answer the question", now);
    if (address.give_up_at == kNever && now >= address.ask_at) ask(ip, address, questions, now);
    if (address.resolution == Resolution::pending && now >= address.since + kPatience) doubt(ip, address);
    next_ = std::min({next_, address.give_up_at, address.give_up_at == kNever ? address.ask_at : kNever,
                      address.resolution == Resolution::pending ? address.since + kPatience : kNever});
  }
  return questions;
}

// Whoever has resolved it is asked again; who has not gives way to the next.
void Resolutions::ask(const std::string& ip, Address& address, std::vector<Question>& questions, Instant now) {
  const auto& askers = address.up.askers;
  if (askers.empty()) {
    if (address.resolution != Resolution::verified) address.why = "there is no other host whose agent could ask, and the monitor is not on its segment";
    address.ask_at = now + kNobodyPause;
    return;
  }
  auto next = std::ranges::find(askers, address.asker);
  if (next != askers.end() && address.misses > 0) ++next;
  address.asker = next == askers.end() ? askers.front() : *next;
  address.open[++last_number_] = address.asker;
  if (address.open.size() > kOpenMax) address.open.erase(address.open.begin());
  address.give_up_at = now + kAnswerLimit;
  questions.push_back({address.asker, Resolve{last_number_, ip}});
}

HostName Resolutions::answered(const HostName& asker, const Resolved& answer, Instant now) {
  const auto it = addresses_.find(answer.ip);
  if (it == addresses_.end()) return "";
  auto& [ip, address] = *it;
  const auto question = address.open.find(answer.number);
  if (question == address.open.end() || question->second != asker) return "";
  address.open.erase(question);
  if (!answer.problem.empty()) {
    missed(ip, address, fmt::format("{} can't ask: {}", asker, answer.problem), now);
    return "";
  }
  std::set<std::string> others(answer.macs.begin(), answer.macs.end());
  const bool is_there = others.erase(address.up.mac) > 0;
  if (is_there) verify(ip, address, asker, now);
  else if (others.empty()) missed(ip, address, asker + " gets no answer for it", now);
  else missed(ip, address, fmt::format("{} resolves it to {}", asker, names_of(others)), now);
  if (!answer.macs.empty()) compare(ip, address, asker, std::move(others));
  if (!address.others.empty()) address.ask_at = std::min(address.ask_at, now + kSecondAnswererPause);
  return is_there ? "" : address.up.owner;
}

void Resolutions::verify(const std::string& ip, Address& address, const HostName& asker, Instant now) {
  if (address.resolution != Resolution::verified)
    news_.push_back({true, address.up.owner, fmt::format("{} is verified: {} resolves it to {}, {} ms after it was seen up", ip,
                                                         asker, address.up.mac, milliseconds(now - address.since))});
  address.resolution = Resolution::verified;
  address.why.clear();
  address.asker = asker;
  address.misses = 0;
  address.pause = kFirstPause;
  address.give_up_at = kNever;
  address.ask_at = now + address.up.ask_every;
}

void Resolutions::missed(const std::string& ip, Address& address, std::string why, Instant now) {
  ++address.misses;
  address.why = std::move(why);
  address.give_up_at = kNever;
  address.ask_at = now + address.pause;
  address.pause = std::min(2 * address.pause, address.up.ask_every);
  // A packet may be lost, and one asker may be elsewhere: all of them are heard first.
  if (address.resolution == Resolution::verified && address.misses > address.up.askers.size()) doubt(ip, address);
}

void Resolutions::doubt(const std::string& ip, Address& address) {
  if (address.why.empty()) address.why = "no other host has answered yet";
  address.resolution = Resolution::unverified;
  news_.push_back({false, address.up.owner, fmt::format("{} is unverified: {}", ip, address.why)});
}

void Resolutions::compare(const std::string& ip, Address& address, const HostName& asker, std::set<std::string> others) {
  if (address.others == others) return;
  if (others.empty())
    news_.push_back({true, address.up.owner, fmt::format("nobody else answers for {} any more", ip)});
  else
    news_.push_back({false, address.up.owner, fmt::format("a second host answers for {}: {} hears {} besides {}", ip, asker,
                                                          names_of(others), address.up.mac)});
  address.others = std::move(others);
}

std::string Resolutions::name_of(const std::string& mac) const {
  const auto it = hosts_.find(mac);
  return it == hosts_.end() ? mac : fmt::format("{} ({})", mac, it->second);
}

std::string Resolutions::names_of(const std::set<std::string>& macs) const {
  std::vector<std::string> names;
  for (const auto& mac : macs) names.push_back(name_of(mac));
  return fmt::format("{}", fmt::join(names, ", "));
}

std::vector<std::string> Resolutions::warnings() const {
  std::vector<std::string> warnings;
  for (const auto& [ip, address] : addresses_) {
    if (!address.others.empty())
      warnings.push_back(fmt::format("a second host answers for {}, which {} has: {}; take the address away there", ip,
                                     address.up.owner, names_of(address.others)));
    if (address.resolution == Resolution::unverified)
      warnings.push_back(fmt::format("{} on host {} is unverified: {}", ip, address.up.owner, address.why));
  }
  return warnings;
}

std::map<std::string, Resolutions::View> Resolutions::view() const {
  std::map<std::string, View> views;
  for (const auto& [ip, address] : addresses_)
    views[ip] = View{address.resolution, {address.others.begin(), address.others.end()}};
  return views;
}

}  // namespace mmm
