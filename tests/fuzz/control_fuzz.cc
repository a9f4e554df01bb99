// Any bytes as a line of the control port, and as an answer to one: no crash; what is accepted comes back the same.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "codec/control/control.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace control = mmm::control;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto request = control::decode_request(bytes)) {
    MMM_CHECK(request->form == control::form_of(bytes));
    auto line = control::encode_request(*request);
    if (line) {
      MMM_CHECK(line->ends_with('\n'));
      line->pop_back();
      MMM_CHECK(control::decode_request(*line) == *request);
    } else {
      MMM_CHECK(request->words.front().starts_with("MMM3|"));  // "  MMM3|text|show" was one odd classic word
    }
  }
  const auto progress = control::decode_answer(bytes);
  if (!progress) return 0;
  if (const auto* answer = std::get_if<control::Answer>(&*progress)) {
    const auto again = control::encode_answer(control::Form::text, answer->code, answer->text);
    MMM_CHECK(control::decode_answer(again) == *progress);
  }
  return 0;
}
