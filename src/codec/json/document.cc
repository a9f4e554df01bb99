#include "codec/json/document.h"

#include <exception>

#include <fmt/format.h>

#include "codec/json/text.h"

namespace mmm::json {

Result<boost::json::object> parse_object(std::string_view text, std::size_t longest) try {
  if (text.size() > longest)
    return fail(fmt::format("{} bytes are too long; at most {} are read", text.size(), longest));
  boost::json::parse_options options;
  options.max_depth = kDepthMax;
  boost::json::error_code error;
  auto value = boost::json::parse(boost::json::string_view(text.data(), text.size()), error, {}, options);
  if (error) return fail(fmt::format("not valid JSON: {}", error.message()));
  if (!value.is_object()) return fail(fmt::format("expected a JSON object, found {}", brief(value)));
  return std::move(value.as_object());
} catch (const std::exception& problem) {
  return fail(fmt::format("can't read JSON: {}", problem.what()));
}

std::string brief(const boost::json::value& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  if (!value.is_string()) return boost::json::serialize(value);
  constexpr std::size_t kShown = 40;  // enough to recognise it, short enough for a line of the log
  std::string shown;
  append_quoted(shown, std::string_view(value.as_string().data(), value.as_string().size()), kShown);
  return shown;
}

}  // namespace mmm::json
