#pragma once
// The cluster of the tests: two masters, one slave, one writer and two reader addresses.

#include <ostream>
#include <string>

#include "model/config.h"
#include "model/gtid.h"
#include "model/instruction.h"
#include "model/role.h"

namespace mmm {

// For the messages of failed tests.
inline void PrintTo(const GtidSet& set, std::ostream* out) { *out << '[' << to_string(set) << ']'; }
inline void PrintTo(HostState state, std::ostream* out) { *out << to_string(state); }

}  // namespace mmm

namespace mmm::lab {

inline const Role kWriterRole{"writer", "10.0.0.80"};
inline const Role kFirstReader{"reader", "10.0.0.90"};
inline const Role kSecondReader{"reader", "10.0.0.100"};

// With every default; `self` names the host whose agent reads it.
Config cluster(const HostName& self = "");

// Requires: a valid list of GTIDs.
GtidSet gtids(std::string_view text);

// Every host ONLINE; the writer role at `writer`, the other master in its takeover set.
Instruction instruction(std::uint64_t epoch, std::uint64_t generation, std::uint64_t version, const HostName& writer);

}  // namespace mmm::lab
