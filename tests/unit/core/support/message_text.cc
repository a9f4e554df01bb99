#include "support/message_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace mmm::lab {

namespace {

std::string of(const Hello& m) {
  return fmt::format("hello of leadership {}{}{}{}", m.epoch.counter,
                     m.lineage.empty() ? "" : fmt::format(" after {}", m.lineage.back().counter), m.leads ? "" : ", not leading yet",
                     m.vouched_below > 0 ? ", by the operator" : "");
}

std::string of(const Instruction& m) {
  std::string line = fmt::format("{} writer {}, set {}", text(m.order),
                                 m.assignment.writer.empty() ? "nobody" : m.assignment.writer,
                                 text(m.assignment.takeover_set));
  if (m.release) line += ", give it up";
  if (!m.must_have.empty()) line += ", must have " + to_string(m.must_have);
  if (!m.catch_up_from.empty()) line += " from " + m.catch_up_from;
  for (const auto& [host, plan] : m.hosts) {
    line += fmt::format("; {} {}", host, to_string(plan.state));
    for (const auto& role : plan.roles) line += ' ' + to_string(role);
  }
  return line;
}

std::string of(const Grant& m) { return fmt::format("grant for generation {}", m.generation.value); }
std::string of(const NoGrant& m) { return "no grant: " + m.reason; }
std::string of(const Survey& m) { return fmt::format("survey for generation {}", m.generation.value); }
std::string of(const Detach& m) {
  return m.source.empty() ? "receive from the writer again" : "stop receiving from " + m.source;
}
std::string of(const Poke&) { return "poke"; }
std::string of(const Resolve& m) { return "resolve " + m.ip; }
std::string of(const AnnounceAgain& m) { return "announce " + m.ip + " again"; }

std::string of(const Report&) { return "report"; }
std::string of(const Welcome& m) { return m.accepted ? "welcome" : "welcome, but not obeyed: " + m.reason; }
std::string of(const Acknowledged& m) { return "acknowledged " + text(m.order); }
std::string of(const Refused& m) {
  return fmt::format("refused {}{}: {}", text(m.order), m.for_good ? " for good" : "", m.reason);
}
std::string of(const Released& m) {
  return fmt::format("released {}{}, {}: {}", m.generation.value, m.mysqld_dead ? ", mysqld dead" : "",
                     m.has ? "has " + to_string(*m.has) : std::string("position unknown"), m.reason);
}
std::string of(const Ask& m) { return "ask for generation " + std::to_string(m.accepted.generation.value); }
std::string of(const SurveyAnswer& m) {
  return fmt::format("survey answer for generation {}: has [{}], received [{}]{}", m.generation.value, to_string(m.has),
                     to_string(m.received), m.bound.empty() ? "" : ", but " + m.bound);
}

std::string of(const Resolved& m) {
  return fmt::format("resolved {} to [{}]{}", m.ip, fmt::join(m.macs, ", "), m.problem.empty() ? "" : ", but " + m.problem);
}

}  // namespace

std::string text(const Order& order) {
  return fmt::format("{}.{}.{}", order.epoch, order.generation.value, order.version.value);
}

std::string text(const HostSet& set) { return fmt::format("{{{}}}", fmt::join(set, ", ")); }

std::string text(const ToAgent& message) {
  return std::visit([](const auto& m) { return of(m); }, message);
}

std::string text(const FromAgent& message) {
  return std::visit([](const auto& m) { return of(m); }, message);
}

}  // namespace mmm::lab
