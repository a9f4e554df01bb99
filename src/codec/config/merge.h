#pragma once
// One section a name: repeated sections are merged, templates applied, names checked against the table.

#include <string>
#include <vector>

#include "codec/config/problem.h"
#include "codec/config/table.h"
#include "codec/config/tree.h"

namespace mmm::conf {

struct MergedSection {
  const SectionType* type = nullptr;
  std::string label;
  ConfigOrigin opened;  // where it first appears; a default when nobody wrote it (<check …>, <socket>)
  GivenValues values;
};

struct MergedConfig {
  GivenValues top;
  std::vector<MergedSection> sections;  // in the order of first appearance, without templates
  ConfigProblems problems;              // unknown names, names without a value
};

MergedConfig merge(const ConfigTree& tree);

std::string title(std::string_view type, std::string_view label);                         // "<host db1>"
std::string entry_name(std::string_view section_title, std::string_view variable);        // "<host db1> ip"

}  // namespace mmm::conf
