// Feeds a fuzz target the files of its corpus and then pseudo-random mutations of them, without libFuzzer.
//
//   NAME_fuzz [--seconds S] [--seed N] [--only I] CORPUS…     (files or directories)
//
// Input I of seed N depends on nothing but N, I and the corpus: when a run dies it prints the --seed and --only that
// replay its last input.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
// Of the sanitizers' runtime, when there is one: they end the process without a signal.
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace {

using namespace std::string_view_literals;
using Random = std::mt19937_64;

// Larger inputs cost time and find nothing that smaller ones don't.
constexpr std::size_t kInputBytesMax = 16 * 1024;
constexpr std::size_t kMutationsMax = 8;
constexpr auto kInteresting = "\0\n\r\t #<>/,.:=|-_09\x7f\x80\xff\x1b"sv;

struct Options {
  double seconds = 2;
  std::uint64_t seed = 1;
  long only = -1;
  std::vector<std::string> paths;
};

// What the process was doing, for the message of its death. Written before each input.
char replay_text[128];
std::size_t replay_size = 0;

void say_how_to_replay() {
  const auto written = ::write(STDERR_FILENO, replay_text, replay_size);
  (void)written;
}

extern "C" void on_signal(int signal) {
  say_how_to_replay();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void run(const std::string& input, std::uint64_t seed, long index) {
  const auto size = std::snprintf(replay_text, sizeof replay_text, "died; replay with --seed %llu --only %ld\n",
                                  static_cast<unsigned long long>(seed), index);
  replay_size = static_cast<std::size_t>(std::max(size, 0));
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::size_t below(Random& random, std::size_t bound) { return bound == 0 ? 0 : random() % bound; }

// A stretch of `text`: a few bytes, or whole lines.
std::string_view stretch(Random& random, std::string_view text) {
  const auto begin = below(random, text.size());
  if (below(random, 2) == 0) return text.substr(begin, 1 + below(random, 16));
  const auto line_begin = text.rfind('\n', begin) == text.npos ? 0 : text.rfind('\n', begin) + 1;
  const auto line_end = text.find('\n', begin);
  return text.substr(line_begin, line_end == text.npos ? text.npos : line_end + 1 - line_begin);
}

void mutate(Random& random, std::string& input, const std::vector<std::string>& corpus) {
  const auto at = below(random, input.size() + 1);
  const auto& other = corpus[below(random, corpus.size())];
  const char byte = kInteresting[below(random, kInteresting.size())];
  switch (below(random, 7)) {
    case 0:
      if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1 << below(random, 8)));
      break;
    case 1:
      if (at < input.size()) input[at] = byte;
      break;
    case 2: input.insert(at, 1, byte); break;
    case 3: input.erase(at, 1 + below(random, 32)); break;
    case 4: input.insert(at, stretch(random, other)); break;
    case 5: input.insert(at, 1 + below(random, 300), byte); break;
    default: input = input.substr(0, at) + other.substr(below(random, other.size() + 1)); break;
  }
  input.resize(std::min(input.size(), kInputBytesMax));
}

std::string input_of(std::uint64_t seed, long index, const std::vector<std::string>& corpus) {
  if (static_cast<std::size_t>(index) < corpus.size()) return corpus[static_cast<std::size_t>(index)];
  std::seed_seq sequence{seed, static_cast<std::uint64_t>(index)};
  Random random(sequence);
  auto input = corpus[below(random, corpus.size())];
  for (auto count = 1 + below(random, kMutationsMax); count > 0; --count) mutate(random, input, corpus);
  return input;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// In the order of the names, so that an index means the same input on every machine.
std::vector<std::string> read_corpus(const std::vector<std::string>& paths) {
  std::vector<std::filesystem::path> files;
  for (const std::filesystem::path path : paths) {
    if (!std::filesystem::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(path)) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::vector<std::string> corpus;
  std::ranges::transform(files, std::back_inserter(corpus), read_file);
  return corpus;
}

Options options_of(int argc, char** argv) {
  Options options;
  const std::vector<std::string> words(argv + 1, argv + argc);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool has_value = i + 1 < words.size();
    if (words[i] == "--seconds" && has_value) options.seconds = std::stod(words[++i]);
    else if (words[i] == "--seed" && has_value) options.seed = std::stoull(words[++i]);
    else if (words[i] == "--only" && has_value) options.only = std::stol(words[++i]);
    else options.paths.push_back(words[i]);
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = options_of(argc, argv);
  const auto corpus = read_corpus(options.paths);
  if (corpus.empty()) {
    std::fprintf(stderr, "usage: %s [--seconds S] [--seed N] [--only I] CORPUS...\n", argv[0]);
    return 2;
  }
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTERM}) std::signal(signal, on_signal);
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(say_how_to_replay);
  if (options.only >= 0) {
    run(input_of(options.seed, options.only, corpus), options.seed, options.only);
    return 0;
  }
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(options.seconds);
  long index = 0;
  const auto corpus_size = static_cast<long>(corpus.size());
  for (; index < corpus_size || std::chrono::steady_clock::now() < end; ++index)
    run(input_of(options.seed, index, corpus), options.seed, index);
  std::printf("%ld inputs of seed %llu, none died\n", index, static_cast<unsigned long long>(options.seed));
  return 0;
}
