#include "sim/batch.h"

#include <algorithm>
#include <ctime>
#include <exception>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace mmm::sim {

namespace {

thread_local std::uint64_t running_seed = 0;

// Of this thread: on a busy machine the wall's time says little.
double processor_seconds() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) * 1e-9;
}

}  // namespace

std::uint64_t present_seed() { return running_seed; }

std::map<std::string, std::uint64_t> BatchResult::by_checker() const {
  std::map<std::string, std::uint64_t> counts;
  for (const auto& failure : failures) ++counts[failure.violation.checker];
  return counts;
}

std::vector<KeptSeed> read_seeds(const std::string& path) {
  std::ifstream file(path);
  if (!file.is_open()) throw std::runtime_error("can't read " + path);
  std::vector<KeptSeed> seeds;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    KeptSeed kept{.line = line};
    std::string word;
    std::istringstream(line) >> kept.seed >> word;
    const auto* entry = std::ranges::find(kScales, word, &ScaleEntry::name);
    if (entry != std::end(kScales)) kept.scale = entry->scale;
    seeds.push_back(std::move(kept));
  }
  return seeds;
}

Outcome run_schedule(std::uint64_t seed, bool tell_story, Scale scale) { return run_plan(make_plan(seed, scale), tell_story); }

Outcome run_plan(Plan plan, bool tell_story) {
  running_seed = plan.seed;
  Outcome outcome;
  World world(std::move(plan), tell_story);
  try {
    world.run();
  } catch (const std::exception& error) {
    world.violate("crash", fmt::format("a core threw: {}", error.what()));
  }
  outcome.violations = std::move(world.violations);
  outcome.story = world.story.take();
  outcome.steps = world.steps;
  outcome.writes = world.client.acknowledged();
  return outcome;
}

BatchResult run_batch(std::uint64_t first, std::uint64_t count, unsigned jobs, std::uint64_t failures_max,
                      std::uint64_t step, Scale scale, const BatchWatch& watch) {
  BatchResult total;
  std::mutex mutex;
  std::atomic<std::uint64_t> next{0};
  const auto work = [&] {
    const auto began = processor_seconds();
    for (auto i = next++; i < count && !(watch.stop && *watch.stop); i = next++) {
      const auto seed = first + i * step;
      auto outcome = run_schedule(seed, false, scale);
      const std::scoped_lock lock(mutex);
      ++total.schedules;
      total.steps += outcome.steps;
      total.writes += outcome.writes;
      if (!outcome.violations.empty()) total.failures.push_back({seed, std::move(outcome.violations.front())});
      if (total.failures.size() >= failures_max) next = count;
      watch.ran(total);
    }
    const std::scoped_lock lock(mutex);
    total.busy_s += processor_seconds() - began;
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 1; i < jobs; ++i) threads.emplace_back(work);
  work();
  threads.clear();
  std::ranges::sort(total.failures, {}, &Failure::seed);
  return total;
}

}  // namespace mmm::sim
