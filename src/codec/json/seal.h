#pragma once
// A checksum inside a JSON object that we keep in a file: a torn or hand-edited one is noticed.
//
//     {"crc32":"8c736521","format":1,…}
//
// The eight digits are the CRC-32 (IEEE 802.3, as zlib and gzip compute it) of every byte after the comma that follows
// them, up to and with the closing brace.

#include <string>
#include <string_view>

#include "base/result.h"

namespace mmm::json {

// Requires: `object` is a JSON object as Writer makes it, with at least one member.
std::string seal(std::string_view object);

// Requires: nothing; `text` without trailing white space. Errors: no checksum where it has to stand, or it differs.
Status check_seal(std::string_view text);

}  // namespace mmm::json
