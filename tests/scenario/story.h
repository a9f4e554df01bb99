#pragma once
// What happened, as lines for a reader.

#include <string>
#include <vector>

#include "base/time.h"

namespace mmm::scenario {

class Story {
 public:
  // Somebody did or noticed something.
  void add(Duration at, const std::string& who, const std::string& text);
  // Somebody said something; equal words to several one after the other are one line.
  void said(Duration at, const std::string& from, const std::string& to, const std::string& text);
  // An answer, as it would be printed.
  void print(const std::string& text);

  std::vector<std::string> take();

 private:
  void flush();

  std::vector<std::string> lines_;
  struct Said {
    std::string head, text;        // "  1.000  monitor >", ": …"
    std::string to;                // " db1 db2"
  };
  Said open_;
};

}  // namespace mmm::scenario
