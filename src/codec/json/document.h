#pragma once
// Text to a JSON object, with bounds. Nothing here throws.

#include <cstddef>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "base/result.h"

namespace mmm::json {

// Our deepest message has five levels; a newer peer may nest an unknown field somewhat deeper. A bound keeps a hostile
// line of brackets from using up memory.
inline constexpr std::size_t kDepthMax = 16;

// Errors: longer than `longest` bytes, not JSON, deeper than kDepthMax, not an object.
Result<boost::json::object> parse_object(std::string_view text, std::size_t longest);

// What stands in a field, in a few words for an error message.
std::string brief(const boost::json::value& value);

}  // namespace mmm::json
