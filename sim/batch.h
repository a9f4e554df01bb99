#pragma once
// Many schedules, on one or more threads.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "sim/world.h"

namespace mmm::sim {

struct Failure {
  std::uint64_t seed = 0;
  Violation violation;                // the first
};

struct BatchResult {
  std::uint64_t schedules = 0, steps = 0, writes = 0;
  double busy_s = 0;                  // processor time, summed over the threads
  std::vector<Failure> failures;      // in the order of their seeds

  // How many schedules each checker stopped.
  std::map<std::string, std::uint64_t> by_checker() const;
};

// What --topology and files of seeds call a scale.
struct ScaleEntry {
  const char* name;
  Scale scale;
  const char* what;
};
inline constexpr ScaleEntry kScales[] = {{"standard", Scale::standard, "3 hosts"},
                                         {"large", Scale::large, "2-5 candidates and 0-20 slaves"},
                                         {"changing", Scale::changing, "hosts that come and go"}};

// A line of seeds/failed.txt: "SEED [TOPOLOGY] CHECKER: what it showed".
struct KeptSeed {
  std::uint64_t seed = 0;
  Scale scale = Scale::standard;
  std::string line;
};
// Throws: std::runtime_error, when the file can't be read.
std::vector<KeptSeed> read_seeds(const std::string& path);

// Runs one schedule. The story is empty unless it is wanted.
struct Outcome {
  std::vector<Violation> violations;
  std::vector<std::string> story;
  std::uint64_t steps = 0, writes = 0;
};
Outcome run_schedule(std::uint64_t seed, bool tell_story, Scale scale = Scale::standard);
Outcome run_plan(Plan plan, bool tell_story);

// Who watches a batch while it runs. Thread: each is called or read by all of its threads, `ran` by one at a time.
struct BatchWatch {
  std::function<void(const BatchResult& so_far)> ran = [](const BatchResult&) {};  // a schedule is over; busy_s counts at the end
  const std::atomic<bool>* stop = nullptr;  // once true: the schedules under way are finished, no other one begins
};

// Runs `count` seeds from `first` on. Stops early after `failures_max` of them failed.
BatchResult run_batch(std::uint64_t first, std::uint64_t count, unsigned jobs, std::uint64_t failures_max,
                      std::uint64_t step = 1, Scale scale = Scale::standard, const BatchWatch& watch = {});

// The seed that this thread runs now; for the handler of an abort.
std::uint64_t present_seed();

}  // namespace mmm::sim
