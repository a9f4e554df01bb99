#pragma once
// Writes one JSON document without white space, in the order in which it is told.
//
// Boost.JSON's own serializer is not used: it writes 2000.5 as 2.0005E3, and passes bytes through that its parser then
// refuses.

#include <cstdint>
#include <string>
#include <string_view>

namespace mmm::json {

// A free text (a reason, a server's error) is cut there, so that no message outgrows a line because of one.
inline constexpr std::size_t kTextMax = 8 * 1024;

class Writer {
 public:
  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }

  void key(std::string_view name);
  void text(std::string_view value);   // cut at kTextMax
  void token(std::string_view value);  // a text that means nothing when it is cut: a GTID set, a name
  void boolean(bool value) { raw(value ? "true" : "false"); }
  void number(std::int64_t value);
  void number(std::uint64_t value);
  void real(double value);             // what is not finite is written as 0: JSON has no word for it
  void raw(std::string_view json);     // Requires: a complete JSON value

  // Requires: every object and array was ended.
  std::string take();

 private:
  void separate();
  void open(char bracket);
  void close(char bracket);

  std::string out_;
  bool comma_ = false;  // a value stands before what comes next
};

}  // namespace mmm::json
