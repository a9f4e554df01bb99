#include "codec/config/syntax.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace mmm::conf {
namespace {

constexpr std::string_view kBlanks = " \t\r\f\v";
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kLineForms =
    "a variable (name, white space, value), a section line (<name>, <name label>, <name/>, </name>) or a # comment";
constexpr std::string_view kSectionForms = "<name>, <name label>, <name/>, <name label/> or </name>";
constexpr std::string_view kNameForm = "at most 64 letters, digits, _ and -";

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }
bool is_blank(char c) { return kBlanks.contains(c); }

// A tab may stand inside of a value; nothing else that steers a terminal or a protocol may.
bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

// The first word of `text` (up to a blank); what follows is left in `text`, trimmed.
std::string_view take_word(std::string_view& text) {
  const auto end = std::ranges::find_if(text, is_blank);
  const auto length = static_cast<std::size_t>(end - text.begin());
  const auto word = text.substr(0, length);
  text = trimmed(text.substr(length));
  return word;
}

// A wrong name made harmless, so that the entries of its section are still checked and named in messages.
std::string as_section_name(std::string_view label) {
  std::string name(label.substr(0, kNameBytesMax));
  std::ranges::replace_if(name, [](char c) { return !is_word(c) && c != '-'; }, '_');
  return name;
}

class Parser {
 public:
  explicit Parser(const std::string& file) : file_(file) {}

  ParsedText run(std::string_view text) {
    if (!is_text(text)) return std::move(result_);
    while (!text.empty()) {
      const auto end = std::min(text.find('\n'), text.size());
      ++line_;
      take_line(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (open_) report_open_section("is never closed");
    close();
    return std::move(result_);
  }

 private:
  bool is_text(std::string_view text) {
    if (text.contains('\0')) {
      report("is a binary file (it holds NUL bytes)", "a text file");
      return false;
    }
    if (text.starts_with(kByteOrderMark)) {
      report("begins with a byte order mark", "plain text", "save it without the mark");
      return false;
    }
    return true;
  }

  void take_line(std::string_view raw) {
    if (raw.size() > kLineBytesMax) return report("the line is longer than 64 KiB", "a shorter line");
    const auto line = trimmed(raw);
    if (line.empty() || line.starts_with('#')) return;
    if (std::ranges::any_of(line, is_control)) return report("the line holds a control character", "plain text");
    if (line.starts_with('<')) return take_section_line(line.substr(1));
    take_variable(line);
  }

  void take_variable(std::string_view line) {
    const auto end = std::ranges::find_if_not(line, is_word);
    const std::string name(line.begin(), end);
    if (name.empty() || (end != line.end() && !is_blank(*end))) {
      const bool assigned = !name.empty() && (*end == '=' || *end == ':');
      return report("the line is not understood", kLineForms, assigned ? "put a blank between name and value" : "");
    }
    const auto value = trimmed(line.substr(name.size()));
    if (name == "include") return take_include(value);
    ConfigEntry entry{name, std::string(value), here()};
    if (open_) {
      open_->entries.push_back(std::move(entry));
    } else {
      result_.items.emplace_back(std::move(entry));
    }
  }

  void take_include(std::string_view file) {
    if (open_) {
      return report("include inside of a section", "",
                    fmt::format("put it before or after <{}>", section_title()));
    }
    if (file.empty()) return report("include without a file", "include FILE");
    result_.items.emplace_back(ConfigInclude{std::string(file), here()});
  }

  // `line` is what follows the `<`.
  void take_section_line(std::string_view line) {
    if (line.ends_with('>')) {
      line.remove_suffix(1);
    } else {
      report("the section line does not end with >", kSectionForms);
    }
    line = trimmed(line);
    if (line.starts_with('/')) return take_end(trimmed(line.substr(1)));
    const bool empty_section = line.ends_with('/');
    if (empty_section) line.remove_suffix(1);
    take_start(trimmed(line));
    if (empty_section) close();
  }

  void take_start(std::string_view line) {
    if (open_) {
      report_open_section(fmt::format("is not closed before the next section begins (line {})", line_));
      close();
    }
    const auto type = take_word(line);
    const auto label = take_word(line);
    const bool type_ok = !type.empty() && std::ranges::all_of(type, is_word);
    if (!type_ok || !line.empty()) {
      report("the section line is not understood", kSectionForms);
    } else if (!label.empty() && !is_section_name(label)) {
      report(in_quotes(label) + " is not a valid name", kNameForm);
    }
    open_ = ConfigSection{std::string(type_ok ? type : ""), as_section_name(label), here(), {}};
  }

  void take_end(std::string_view type) {
    if (!open_) return report("a section ends here, but none is open");
    if (type != open_->type && !open_->type.empty()) {
      report(fmt::format("this does not close <{}>, opened in line {}", section_title(), open_->where.line),
             fmt::format("</{}>", open_->type));
    }
    close();
  }

  // A section without a type was reported when it began.
  void close() {
    if (open_ && !open_->type.empty()) result_.items.emplace_back(std::move(*open_));
    open_.reset();
  }

  std::string section_title() const { return open_->label.empty() ? open_->type : open_->type + " " + open_->label; }

  void report_open_section(std::string found) {
    result_.problems.push_back({.file = file_, .line = open_->where.line, .entry = "<" + section_title() + ">",
                                .found = std::move(found), .expected = "</" + open_->type + ">"});
  }

  void report(std::string found, std::string_view expected = "", std::string advice = "") {
    result_.problems.push_back({.file = file_, .line = line_, .found = std::move(found),
                                .expected = std::string(expected), .advice = std::move(advice)});
  }

  ConfigOrigin here() const { return {file_, line_}; }

  const std::string& file_;
  int line_ = 0;
  std::optional<ConfigSection> open_;
  ParsedText result_;
};

}  // namespace

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool is_section_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax &&
         std::ranges::all_of(name, [](char c) { return is_word(c) || c == '-'; });
}

ParsedText parse_config_text(std::string_view text, const std::string& file) { return Parser(file).run(text); }

}  // namespace mmm::conf
