#pragma once
// The answers that only show something: show, checks, help. Their texts are MMM 2's.

#include <string>
#include <vector>

#include "core/monitor/commands.h"

namespace mmm {

// {"ok":…,"message":…}
Answer plain_answer(AnswerCode code, std::string text);

Answer answer_help();
// MMM 2's answer to whatever it did not understand: the words, then the list of commands.
Answer answer_invalid_command(const std::vector<std::string>& words);

Answer answer_show(const ClusterView& view);

// `checks [HOST|all [CHECK|all]]`; `arguments` are the words after "checks". Requires: at most two.
Answer answer_checks(const std::vector<std::string>& arguments, const ClusterView& view);

}  // namespace mmm
