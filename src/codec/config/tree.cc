#include "codec/config/tree.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace mmm::conf {
namespace {

// The bits that let others read or write a file; it holds passwords.
constexpr unsigned kOthersMayUse = 0006;

struct Found {
  std::string path;
  std::expected<FileContent, FileError> content;
};

std::string normal(const std::string& path) { return std::filesystem::path(path).lexically_normal().string(); }

// Two spellings of --config of the same file shall look alike in messages and in the search for loops.
std::string joined(const std::string& dir, const std::string& name) {
  return normal((std::filesystem::path(dir) / name).string());
}

std::string directory_of(const std::string& path) { return std::filesystem::path(path).parent_path().string(); }

// What follows a valid include or value on its line is meant as a comment more often than not.
std::string comment_advice(const std::string& text) {
  return text.contains('#') ? "a # starts a comment only at the beginning of a line" : "";
}

class TreeReader {
 public:
  TreeReader(const ConfigLocation& location, const FileSource& files)
      : location_(location), files_(files), dirs_(location.search_dirs) {}

  ConfigTree run() {
    const auto name = location_.main_file_name();
    const bool is_path = location_.file && name.contains('/');
    if (is_path) dirs_.insert(dirs_.begin(), directory_of(name));
    const auto main = is_path ? at(normal(name)) : search(name);
    if (!main) {
      report_main_not_found(name, is_path);
      return std::move(tree_);
    }
    take(*main);
    const auto own = at(joined(directory_of(main->path), location_.own_file_name()));
    if (own) take(*own);
    return std::move(tree_);
  }

 private:
  std::optional<Found> at(const std::string& path) const {
    Found found{path, files_.read(path)};
    if (!found.content && found.content.error().absent) return std::nullopt;
    return found;
  }

  std::optional<Found> search(const std::string& name) const {
    for (const auto& dir : dirs_)
      if (auto found = at(joined(dir, name))) return found;
    return std::nullopt;
  }

  void take(const Found& found) {
    tree_.files.push_back(found.path);
    const auto trouble = trouble_with(found);
    if (trouble) return add_incomplete(*trouble);
    chain_.push_back(found.path);
    auto parsed = parse_config_text(found.content->text, found.path);
    std::ranges::move(parsed.problems, std::back_inserter(tree_.problems));
    if (found.content->text.contains('\0')) tree_.complete = false;
    for (auto& item : parsed.items) take_item(item);
    chain_.pop_back();
  }

  static std::optional<ConfigProblem> trouble_with(const Found& found) {
    ConfigProblem problem{.file = found.path};
    if (!found.content) {
      problem.found = found.content.error().found;
      problem.expected = "a readable text file";
    } else if ((found.content->mode & kOthersMayUse) != 0) {
      problem.found = fmt::format("others may read or write it (mode {:04o}), and it holds passwords",
                                  found.content->mode);
      problem.advice = "run: chmod o-rw " + found.path;
    } else if (found.content->text.size() > kFileBytesMax) {
      problem.found = "is larger than 1 MiB";
      problem.expected = "a configuration file";
    } else {
      return std::nullopt;
    }
    return problem;
  }

  void take_item(ConfigItem& item) {
    if (auto* entry = std::get_if<ConfigEntry>(&item)) tree_.top.push_back(std::move(*entry));
    if (auto* section = std::get_if<ConfigSection>(&item)) tree_.sections.push_back(std::move(*section));
    if (auto* include = std::get_if<ConfigInclude>(&item)) take_include(*include);
  }

  void take_include(const ConfigInclude& include) {
    const auto name = with_conf_suffix(include.file);
    const auto found = name.starts_with('/') ? at(normal(name)) : search(name);
    ConfigProblem problem{.file = include.where.file, .line = include.where.line, .entry = "include"};
    if (!found) {
      problem.found = fmt::format("{} does not exist", in_quotes(name));
      problem.expected = name.starts_with('/') ? "" : "a file in " + search_path();
      problem.advice = comment_advice(include.file);
    } else if (std::ranges::find(chain_, found->path) != chain_.end()) {
      problem.found = fmt::format("the includes make a loop: {} -> {}", fmt::join(chain_, " -> "), found->path);
      problem.advice = "remove one of them";
    } else if (chain_.size() >= kIncludeDepthMax) {
      problem.found = fmt::format("includes are nested deeper than {} files", kIncludeDepthMax);
    } else if (tree_.files.size() >= kFilesMax) {
      problem.found = fmt::format("more than {} files are included", kFilesMax);
    } else {
      return take(*found);
    }
    add_incomplete(std::move(problem));
  }

  void report_main_not_found(const std::string& name, bool is_path) {
    ConfigProblem problem{.file = is_path ? normal(name) : name, .found = "does not exist"};
    if (!is_path) {
      problem.expected = "it in " + search_path();
      problem.advice = location_.file ? "for a file of the current directory write ./" + name
                                      : "create it, set MMM_CONFIG_DIR or give --config FILE";
    }
    add_incomplete(std::move(problem));
  }

  void add_incomplete(ConfigProblem problem) {
    tree_.complete = false;
    tree_.problems.push_back(std::move(problem));
  }

  std::string search_path() const { return fmt::format("{}", fmt::join(dirs_, ", ")); }

  const ConfigLocation& location_;
  const FileSource& files_;
  std::vector<std::string> dirs_;
  std::vector<std::string> chain_;  // from the main file to the one being read
  ConfigTree tree_;
};

}  // namespace

ConfigTree read_config_tree(const ConfigLocation& location, const FileSource& files) {
  return TreeReader(location, files).run();
}

ConfigTree config_tree_of(std::string_view text, const std::string& file) {
  ConfigTree tree{.files = {file}};
  auto parsed = parse_config_text(text, file);
  tree.problems = std::move(parsed.problems);
  for (auto& item : parsed.items) {
    if (auto* entry = std::get_if<ConfigEntry>(&item)) tree.top.push_back(std::move(*entry));
    if (auto* section = std::get_if<ConfigSection>(&item)) tree.sections.push_back(std::move(*section));
    if (std::get_if<ConfigInclude>(&item)) tree.complete = false;
  }
  return tree;
}

}  // namespace mmm::conf
