#include "inputs.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace mmm::scenario {

namespace {

using Words = std::vector<std::string>;

struct Sentence {
  const char* pattern;                  // words in capitals stand for any word
  void (*happen)(World& world, const Words& captured);
};

int number(const std::string& word) {
  int value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) throw std::runtime_error("'" + word + "' is no number");
  return value;
}

HostName host(const World& world, const std::string& word) {
  const auto names = world.host_names();
  if (std::ranges::find(names, word) == names.end()) throw std::runtime_error("there is no host '" + word + "'");
  return word;
}

CheckName check(const std::string& word) {
  const auto name = parse_check(word);
  if (!name) throw std::runtime_error("there is no check '" + word + "'");
  return *name;
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts(1);
  for (const auto c : text)
    if (c == at)
      parts.emplace_back();
    else
      parts.back() += c;
  return parts;
}

void configure(World& world, const std::string& name, const std::string& value) {
  auto& monitor = world.config.monitor;
  auto& writer = world.config.roles.at(0);
  if (name == "auto_set_online")
    monitor.auto_set_online = std::chrono::seconds(number(value));
  else if (name == "wait_for_other_master")
    monitor.wait_for_other_master = std::chrono::seconds(number(value));
  else if (name == "flap_count")
    monitor.flap_count = number(value);
  else if (name == "mode" && parse_mode(value))
    monitor.mode = *parse_mode(value);
  else if (name == "prefer")
    writer.prefer = value;
  else if (name == "candidates")
    writer.hosts = split(value, ',');
  else if (name == "readers" && value == "off")
    world.config.roles.resize(1);
  else
    throw std::runtime_error("no such configuration");
}

void usual_cluster(World& world) {
  world.start();
  world.pass(1s);
  for (const auto& name : world.host_names()) {
    world.command("set_online " + name);
    world.pass(1s);
  }
  world.pass(66s);  // peers count as settled after a minute
  world.story.take();
}

void cut_from_everybody(World& world, const HostName& name, bool cut) {
  auto ends = world.host_names();
  ends.emplace_back("monitor");
  for (const auto& other : ends) {
    if (other == name) continue;
    if (cut)
      world.cut(name, other);
    else
      world.mend(name, other);
  }
}

using W = World&;
using C = const Words&;

constexpr std::array kSentences{
    Sentence{"config NAME VALUE", [](W w, C c) { configure(w, c[0], c[1]); }},
    Sentence{"everything starts", [](W w, C) { w.start(); }},
    Sentence{"the usual cluster", [](W w, C) { usual_cluster(w); }},
    Sentence{"look", [](W w, C) { w.look(); }},
    Sentence{"clients write N", [](W w, C c) { w.clients_write(number(c[0])); }},
    Sentence{"HOST writes N on its own", [](W w, C c) { w.write_on_its_own(host(w, c[0]), number(c[1])); }},
    Sentence{"mysqld HOST dies", [](W w, C c) { w.kill_server(host(w, c[0])); }},
    Sentence{"mysqld HOST starts", [](W w, C c) { w.start_server(host(w, c[0])); }},
    Sentence{"agent HOST dies", [](W w, C c) { w.kill_agent(host(w, c[0])); }},
    Sentence{"agent HOST starts", [](W w, C c) { w.start_agent(host(w, c[0])); }},
    Sentence{"agent HOST stops", [](W w, C c) { w.stop_agent(host(w, c[0])); }},
    Sentence{"agent HOST freezes", [](W w, C c) { w.freeze_agent(host(w, c[0])); }},
    Sentence{"agent HOST thaws", [](W w, C c) { w.thaw_agent(host(w, c[0])); }},
    Sentence{"agent HOST loses its memory", [](W w, C c) { w.forget_memory(host(w, c[0])); }},
    Sentence{"host HOST loses power", [](W w, C c) { w.power_off(host(w, c[0])); }},
    Sentence{"host HOST shuts down", [](W w, C c) { w.shut_down(host(w, c[0])); }},
    Sentence{"host HOST boots", [](W w, C c) { w.boot(host(w, c[0])); }},
    Sentence{"host HOST is cut off", [](W w, C c) { cut_from_everybody(w, host(w, c[0]), true); }},
    Sentence{"host HOST is connected again", [](W w, C c) { cut_from_everybody(w, host(w, c[0]), false); }},
    Sentence{"monitor loses HOST", [](W w, C c) { w.cut("monitor", host(w, c[0])); }},
    Sentence{"monitor finds HOST again", [](W w, C c) { w.mend("monitor", host(w, c[0])); }},
    Sentence{"network fails", [](W w, C) { w.set_network(false); }},
    Sentence{"network works", [](W w, C) { w.set_network(true); }},
    Sentence{"check HOST CHECK fails", [](W w, C c) { w.override_check(host(w, c[0]), check(c[1]), Outcome::bad); }},
    Sentence{"check HOST CHECK works", [](W w, C c) { w.override_check(host(w, c[0]), check(c[1]), {}); }},
    Sentence{"applier HOST pauses", [](W w, C c) { w.pause_applier(host(w, c[0]), true); }},
    Sentence{"applier HOST goes on", [](W w, C c) { w.pause_applier(host(w, c[0]), false); }},
    Sentence{"administrator stops replication on HOST", [](W w, C c) { w.stop_replication(host(w, c[0])); }},
    Sentence{"on HOST everything works", [](W w, C c) { w.let_operations_work(host(w, c[0])); }},
    Sentence{"monitor dies once it kept STEP", [](W w, C c) { w.kill_monitor_at(c[0]); }},
    Sentence{"monitor dies", [](W w, C) { w.kill_monitor(); }},
    Sentence{"monitor starts elsewhere", [](W w, C) { w.start_monitor(World::Start::copied_file); }},
    Sentence{"monitor starts anew", [](W w, C) { w.start_monitor(World::Start::no_file); }},
    Sentence{"monitor starts", [](W w, C) { w.start_monitor(World::Start::own_file); }},
};

bool is_capture(const std::string& word) {
  return std::ranges::all_of(word, [](char c) { return c >= 'A' && c <= 'Z'; });
}

// What stood for the words in capitals; nothing when the words don't fit.
std::optional<Words> captures(const Words& pattern, const Words& words) {
  if (pattern.size() != words.size()) return std::nullopt;
  Words captured;
  for (std::size_t i = 0; i < words.size(); ++i)
    if (is_capture(pattern[i]))
      captured.push_back(words[i]);
    else if (pattern[i] != words[i])
      return std::nullopt;
  return captured;
}

// "+2s", "+500ms"
std::optional<Duration> time_to_pass(const std::string& word) {
  if (!word.starts_with('+')) return std::nullopt;
  if (word.ends_with("ms")) return std::chrono::milliseconds(number(word.substr(1, word.size() - 3)));
  if (word.ends_with('s')) return std::chrono::seconds(number(word.substr(1, word.size() - 2)));
  throw std::runtime_error("a time ends with s or ms");
}

// "on db1 'set read_only' fails": the operation is named as in the story.
bool happen_to_operation(World& world, const std::string& line) {
  const auto first = line.find('\''), last = line.rfind('\'');
  if (!line.starts_with("on ") || first == std::string::npos || first == last) return false;
  const auto before = split_words(line.substr(0, first)), after = split_words(line.substr(last + 1));
  if (before.size() != 2 || after.size() != 1 || (after[0] != "fails" && after[0] != "hangs")) return false;
  world.fail_operation(host(world, before[1]), line.substr(first + 1, last - first - 1), after[0] == "hangs");
  return true;
}

}  // namespace

void happen(World& world, const std::string& line) {
  const auto words = split_words(line);
  if (words.size() == 1)
    if (const auto duration = time_to_pass(words.front())) return world.pass(*duration);
  if (happen_to_operation(world, line)) return;
  for (const auto& sentence : kSentences) {
    const auto captured = captures(split_words(sentence.pattern), words);
    if (!captured) continue;
    sentence.happen(world, *captured);
    return world.settle();
  }
  throw std::runtime_error("nobody knows what this means");
}

}  // namespace mmm::scenario
