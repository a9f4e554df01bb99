#pragma once
// Text inside JSON: what we write is valid UTF-8 without a raw control character, whatever bytes came in. A server's
// error message may be in any character set, and one bad byte must not cost the whole message.

#include <cstddef>
#include <string>
#include <string_view>

namespace mmm::json {

// No limit for append_quoted.
inline constexpr std::size_t kUncut = static_cast<std::size_t>(-1);

// Appends `text` as a JSON string, quotes included. A byte that is no UTF-8 becomes U+FFFD. Of a text longer than
// `longest` bytes the first `longest` are kept (fewer when that would split a character), followed by "…".
void append_quoted(std::string& out, std::string_view text, std::size_t longest = kUncut);

}  // namespace mmm::json
