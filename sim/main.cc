// mmm_sim: runs schedules, replays one, or shows that a broken rule is caught.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <limits>
#include <string>
#include <utility>

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "sim/batch.h"
#include "sim/mutant.h"
#include "sim/shrink.h"

namespace mmm::sim {
namespace {

// What a shell says of a program that SIGINT ended.
constexpr int kInterrupted = 128 + SIGINT;

std::string mutant_name;
Scale scale = Scale::standard;

const ScaleEntry& scale_entry() { return *std::ranges::find(kScales, scale, &ScaleEntry::scale); }

// What a command needs besides the seed to run the same schedule.
std::string scale_option() { return scale == Scale::standard ? "" : fmt::format(" --topology {}", scale_entry().name); }

std::string replay_command(std::uint64_t seed) {
  return fmt::format("mmm_sim --replay {} --story{}{}", seed, scale_option(), mutant_name.empty() ? "" : " --mutant " + mutant_name);
}

// A CHECK of a core failed: the process ends, but not without saying in which schedule.
void tell_seed_of_abort(int) {
  std::fprintf(stderr, "in schedule %llu; replay with: mmm_sim --replay %llu --story --topology %s\n",
               static_cast<unsigned long long>(present_seed()), static_cast<unsigned long long>(present_seed()), scale_entry().name);
}

int replay(std::uint64_t seed, bool tell_story, bool make_short = false) {
  auto plan = make_plan(seed, scale);
  if (make_short) plan = shrink(std::move(plan));
  const auto outcome = run_plan(plan, tell_story || make_short);
  fmt::print("schedule {}: {}, {}, {} faults\n", seed, describe(plan.topology), plan.semi_sync ? "semi-sync" : "asynchronous", plan.faults.size());
  for (const auto& fault : plan.faults) fmt::print("  at {:7.3f} s {}\n", seconds(fault.at), describe(fault));
  if (plan.second) fmt::print("  at {:7.3f} s a second monitor starts with {}\n", seconds(plan.second->at), describe(*plan.second));
  for (const auto& change : plan.changes) fmt::print("  at {:7.3f} s {}\n", seconds(change.at), describe(change));
  for (const auto& line : outcome.story) fmt::print("{}\n", line);
  for (const auto& violation : outcome.violations)
    fmt::print("VIOLATED {} at {:.6f} s: {}\n", violation.checker, seconds(violation.at), violation.text);
  if (outcome.violations.empty()) fmt::print("nothing violated; {} writes acknowledged, {} steps\n", outcome.writes, outcome.steps);
  return outcome.violations.empty() ? 0 : 1;
}

void print_failure(const Failure& failure, bool with_story) {
  fmt::print("\nseed {}: {} violated at {:.6f} s: {}\nreplay: {}\n", failure.seed, failure.violation.checker,
             seconds(failure.violation.at), failure.violation.text, replay_command(failure.seed));
  if (with_story) replay(failure.seed, true);
}

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // a signal handler may write it

// Each thread finishes its schedule first, which takes some 10 ms.
void stop_batch(int) { interrupted = true; }

// On a terminal, one line that is written over; elsewhere, a line a minute.
class Progress {
 public:
  explicit Progress(std::uint64_t count) : count_(count) {}
  ~Progress() {
    if (told_ && terminal_) fmt::print(stderr, "\n");
  }

  void tell(const BatchResult& so_far) {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < (terminal_ ? std::chrono::seconds(1) : std::chrono::seconds(60))) return;
    last_ = now;
    told_ = true;
    const auto per_second = static_cast<double>(so_far.schedules) / std::chrono::duration<double>(now - began_).count();
    const auto left = per_second > 0 ? static_cast<double>(count_ - so_far.schedules) / per_second : 0.0;
    fmt::print(stderr, "{}{} of {} schedules, {} failed, {:.0f} schedules/s, {:.0f} min left{}", terminal_ ? "\r" : "",
               so_far.schedules, count_, so_far.failures.size(), per_second, std::ceil(left / 60), terminal_ ? "   " : "\n");
  }

 private:
  const std::uint64_t count_;
  const bool terminal_ = isatty(STDERR_FILENO) != 0;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_ = began_;
  bool told_ = false;
};

int batch(std::uint64_t first, std::uint64_t step, std::uint64_t count, unsigned jobs, std::uint64_t failures_max) {
  std::signal(SIGINT, stop_batch);
  const auto result = [&] {
    Progress progress(count);
    return run_batch(first, count, jobs, failures_max, step, scale,
                     {.ran = [&](const BatchResult& so_far) { progress.tell(so_far); }, .stop = &interrupted});
  }();
  if (interrupted) fmt::print("\ninterrupted: {} of {} schedules were run\n", result.schedules, count);
  if (result.schedules == 0) return interrupted ? kInterrupted : 1;
  const bool hunts_mutant = !mutant_name.empty();
  for (std::size_t i = 0; i < result.failures.size() && i < 20; ++i)
    print_failure(result.failures[i], i == 0 && !hunts_mutant);
  const auto per_second = static_cast<double>(result.schedules) / result.busy_s;
  fmt::print("\n{} schedules of {:.0f} virtual s ({}) from seed {}: {:.0f} schedules/s and core, {} steps and {} acknowledged "
             "writes a schedule\n", result.schedules, seconds(kEnd), scale_entry().what, first, per_second, result.steps / result.schedules,
             result.writes / result.schedules);
  for (const auto& [checker, times] : result.by_checker()) fmt::print("  {}: violated in {} schedules\n", checker, times);
  if (hunts_mutant) {
    fmt::print("mutant {}: {}\n", mutant_name, result.failures.empty() ? "SURVIVED: a checker is missing" : "caught");
    return result.failures.empty() ? 1 : 0;
  }
  if (!result.failures.empty()) fmt::print("FAILED\n");
  else if (interrupted) fmt::print("nothing violated so far\n");
  else fmt::print("PASSED: nothing violated\n");
  if (interrupted) return kInterrupted;
  return result.failures.empty() ? 0 : 1;
}

// One row for each mutant: which checkers stop how many of the schedules.
int mutant_table(std::uint64_t first, std::uint64_t step, std::uint64_t count, unsigned jobs) {
  std::signal(SIGINT, stop_batch);
  fmt::print("| mutant | of {} schedules from seed {} |\n|---|---|\n", count, first);
  for (const auto& entry : kMutants) {
    active_mutant = entry.mutant;
    const auto result = run_batch(first, count, jobs, std::numeric_limits<std::uint64_t>::max(), step, scale, {.stop = &interrupted});
    if (interrupted) return kInterrupted;
    std::string row;
    for (const auto& [checker, times] : result.by_checker()) row += fmt::format("{}{} {}", row.empty() ? "" : ", ", checker, times);
    fmt::print("| {} | {} |\n", entry.name, row.empty() ? "none: see seeds/mutants.txt" : row);
    std::fflush(stdout);
  }
  return 0;
}

// Each line: a seed, then what it once showed.
int replay_file(const std::string& path) {
  const auto seeds = read_seeds(path);
  int failed = 0;
  for (const auto& kept : seeds) {
    scale = kept.scale;
    const auto outcome = run_schedule(kept.seed, false, scale);
    if (outcome.violations.empty()) continue;
    ++failed;
    print_failure({kept.seed, outcome.violations.front()}, false);
  }
  fmt::print("{} seeds that once failed: {} fail again\n", seeds.size(), failed);
  return failed == 0 && !seeds.empty() ? 0 : 1;
}

bool select_mutant(const std::string& name) {
  for (const auto& entry : kMutants)
    if (entry.name == name) {
      active_mutant = entry.mutant;
      mutant_name = name;
      fmt::print("broken on purpose: {}\n", entry.breaks);
      return true;
    }
  fmt::print(stderr, "there is no mutant '{}'; the mutants are:\n", name);
  for (const auto& entry : kMutants) fmt::print(stderr, "  {:24} {}\n", entry.name, entry.breaks);
  return false;
}

int run(int argc, char** argv) {
  CLI::App app("Runs MMM's decision code in virtual time, from a seed, under faults, and checks what must always hold.",
               "mmm_sim");
  std::uint64_t schedules = 1000, seed = 1, step = 1, failures_max = 50;
  unsigned jobs = 1;
  std::string mutant, seeds_file, topology = "standard";
  bool story = false, make_short = false;
  std::uint64_t replayed = 0;
  app.add_option("--schedules", schedules, "how many schedules of 60 virtual seconds")->capture_default_str();
  app.add_option("--seed", seed, "the first seed; the others follow it")->capture_default_str();
  app.add_option("--step", step, "from one seed to the next; 10 stays with one kind of schedule")->capture_default_str();
  app.add_option("--jobs", jobs, "threads")->capture_default_str()->check(CLI::Range(1, 256));
  auto* failures_option = app.add_option("--failures", failures_max, "stop after so many failed schedules")->capture_default_str();
  auto* replay_option = app.add_option("--replay", replayed, "run one seed again");
  app.add_flag("--story", story, "with --replay: tell what happened, line by line");
  app.add_flag("--shrink", make_short, "with --replay: leave out what the failure does not need, and tell that story");
  app.add_option("--mutant", mutant, "break a rule of the protocol on purpose; 'list' names them, 'all' counts how often each is caught");
  app.add_option("--topology", topology, "standard: 3 hosts; large: 2-5 candidates, 0-20 slaves; changing: hosts come and go")
      ->capture_default_str()->check(CLI::IsMember({"standard", "large", "changing"}));
  app.add_option("--seeds-file", seeds_file, "run the seeds of a file");
  CLI11_PARSE(app, argc, argv);
  scale = std::ranges::find(kScales, topology, &ScaleEntry::name)->scale;
  std::signal(SIGABRT, tell_seed_of_abort);
  if (mutant == "all") return mutant_table(seed, step, schedules, jobs);
  if (!mutant.empty() && !select_mutant(mutant)) return 2;
  if (!seeds_file.empty()) return replay_file(seeds_file);
  if (replay_option->count() > 0) return replay(replayed, story, make_short);
  if (!mutant.empty() && failures_option->count() == 0) failures_max = std::numeric_limits<std::uint64_t>::max();
  return batch(seed, step, schedules, jobs, failures_max);
}

}  // namespace
}  // namespace mmm::sim

int main(int argc, char** argv) { return mmm::sim::run(argc, argv); }
