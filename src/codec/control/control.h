#pragma once
// The control port, both ends: lines to requests, answers to bytes (docs/protocol.md, "The control port").
//
//     move_role writer db2            MMM 2's form. The answer is sent as it is; it has no end but its own text.
//     MMM3|text|move_role writer db2  ours. The answer is framed: MMM3|CODE|LENGTH, a newline, LENGTH bytes.
//     MMM3|json|show                  the same, the answer as JSON.
//     quit                            ends the connection, without an answer.

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace mmm::control {

// Longer than any command; what is longer is not one.
inline constexpr std::size_t kMaxLine = 4 * 1024;
// The longest answer that is read: `show` and `checks` of hundreds of hosts, a long `why`.
inline constexpr std::size_t kMaxAnswer = 16 * 1024 * 1024;

enum class Form { classic, text, json };

struct Request {
  Form form = Form::classic;
  std::vector<std::string> words;  // none on an empty line: an invalid command like any other

  bool operator==(const Request&) const = default;
};

bool is_quit(const Request& request);

// ---- the monitor's end ------------------------------------------------------------------------------------------

// Requires: `line` without its newline; a carriage return at its end is dropped.
// Errors:   too long, a byte that is no printable ASCII, an unknown form. Answer with `form_of(line)`.
Result<Request> decode_request(std::string_view line);

// How to answer `line`, decodable or not.
Form form_of(std::string_view line);

// The bytes to send. `code`: mmm_control's exit code; MMM 2's form has no place for it.
//
// Requires: `text` without a final newline of mmm_control's own; 0 <= code <= 255.
std::string encode_answer(Form form, int code, std::string_view text);

// ---- mmm_control's end ------------------------------------------------------------------------------------------

// With its newline. A blank in a word separates words, as in MMM 2.
//
// Errors: a word with a byte that is no printable ASCII (a newline would start a second command); longer than
// kMaxLine; a classic command that would look like one of our form.
Result<std::string> encode_request(const Request& request);

struct Incomplete {  // the answer goes on: read more
  bool operator==(const Incomplete&) const = default;
};
struct ClassicPeer {  // an MMM 2 monitor: it took our line for an unknown command. Connect again, ask in its form.
  bool operator==(const ClassicPeer&) const = default;
};
struct Answer {
  int code = 0;
  std::string text;
  bool operator==(const Answer&) const = default;
};
using AnswerProgress = std::variant<Incomplete, ClassicPeer, Answer>;

// Looks at the bytes received so far in answer to one request in our form.
//
// Errors: a frame that is none, or longer than kMaxAnswer; bytes after its end (nobody asked for more).
Result<AnswerProgress> decode_answer(std::string_view bytes);

}  // namespace mmm::control
