// Runs scenarios and compares their stories with those that are recorded in the same files; --rewrite records them anew.

#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "inputs.h"

namespace mmm::scenario {
namespace {

std::vector<std::string> read_lines(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

bool is_input(const std::string& line) { return line.starts_with("> ") || line.starts_with("$ "); }
bool is_story(const std::string& line) { return line.starts_with("  "); }

// The file with the stories as they are now.
std::vector<std::string> play(const std::vector<std::string>& lines) {
  World world;
  std::vector<std::string> played;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto& line = lines[i];
    if (is_story(line)) continue;
    played.push_back(line);
    if (!is_input(line)) continue;
    try {
      if (line.starts_with("$ ")) {
        world.command(line.substr(2));
        world.settle();
      } else {
        happen(world, line.substr(2));
      }
    } catch (const std::runtime_error& error) {
      throw std::runtime_error("line " + std::to_string(i + 1) + ": " + line + ": " + error.what());
    }
    for (auto& told : world.story.take()) played.push_back(std::move(told));
  }
  return played;
}

// Prints the first difference. Returns true when there is none.
bool compare(const std::string& path, const std::vector<std::string>& recorded, const std::vector<std::string>& played) {
  for (std::size_t i = 0; i < std::max(recorded.size(), played.size()); ++i) {
    const std::string nothing = "(nothing)";
    const auto& before = i < recorded.size() ? recorded[i] : nothing;
    const auto& now = i < played.size() ? played[i] : nothing;
    if (before == now) continue;
    std::cout << path << ':' << i + 1 << ": the story has changed\n- " << before << "\n+ " << now
              << "\nWhere that is right: scenario_test --rewrite " << path << ", and read the diff.\n";
    return false;
  }
  return true;
}

void write(const std::string& path, const std::vector<std::string>& lines) {
  std::ofstream file(path);
  for (const auto& line : lines) file << line << '\n';
}

bool run(const std::string& path, bool rewrite) {
  const auto recorded = read_lines(path);
  const auto played = play(recorded);
  if (rewrite) write(path, played);
  return rewrite || compare(path, recorded, played);
}

}  // namespace
}  // namespace mmm::scenario

int main(int argc, char** argv) {
  bool good = true, rewrite = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--rewrite") {
      rewrite = true;
      continue;
    }
    try {
      good = mmm::scenario::run(word, rewrite) && good;
    } catch (const std::exception& error) {
      std::cout << word << ": " << error.what() << '\n';
      good = false;
    }
  }
  return good ? 0 : 1;
}
