#pragma once
// Messages as short texts, to be compared and read: "acknowledged 1.2.3" is epoch.generation.version.

#include <string>

#include "model/messages.h"

namespace mmm::lab {

std::string text(const Order& order);
std::string text(const HostSet& set);     // "{db1, db2}"
std::string text(const ToAgent& message);
std::string text(const FromAgent& message);

}  // namespace mmm::lab
