#pragma once
// A described struct as a sealed JSON object with a format number, for our files:
//
//     {"crc32":"8c736521","format":1,"NAME":{…}}

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/result.h"
#include "codec/json/forms.h"
#include "codec/json/seal.h"

namespace mmm::json {

// Longer than any real one: GTID sets of thousands of servers, and a few texts of kTextMax bytes.
inline constexpr std::size_t kSealedMax = 1024 * 1024;

template <class T>
std::string print_sealed(std::string_view name, std::uint64_t format, const T& from) {
  Writer out;
  out.begin_object();
  out.key("format");
  out.number(format);
  out.key(name);
  Form<T>::write(out, from);
  out.end_object();
  return seal(out.take());
}

// Requires: `text` without trailing white space.
// Errors:   the seal is broken; a format above `format` (a newer program wrote it); a field does not fit.
template <class T>
Result<T> parse_sealed(std::string_view name, std::uint64_t format, std::string_view text) try {
  if (const auto sealed = check_seal(text); !sealed) return std::unexpected(sealed.error());
  const auto object = parse_object(text, kSealedMax);
  if (!object) return std::unexpected(object.error());
  const auto* number = object->if_contains("format");
  const auto written = number == nullptr ? std::nullopt : as_unsigned(*number);
  if (!written || *written == 0) return fail("format: expected the number of a format");
  if (*written > format)
    return fail(fmt::format("a newer program wrote it: its format is {}, this program knows {}", *written, format));
  const auto* content = object->if_contains(boost::json::string_view(name.data(), name.size()));
  T into{};
  Trouble trouble;
  if (content == nullptr) return fail(fmt::format("{}: expected an object, found nothing", name));
  if (read_value(*content, into, trouble)) return into;
  prepend(trouble, name);
  return fail(to_string(trouble));
} catch (const std::exception& problem) {
  return fail(fmt::format("can't be read: {}", problem.what()));
}

}  // namespace mmm::json
