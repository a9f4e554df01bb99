#include "runtime/segment_answer.h"

namespace mmm {

namespace {

constexpr Duration kResolveFor = 200ms;   // who answers later has other things to do; the question is repeated meanwhile

}  // namespace

Task<Resolved> answer_of(Segment& segment, const Resolve& question) {
  Resolved answer{.number = question.number, .ip = question.ip, .macs = {}, .problem = ""};
  const auto macs = co_await segment.resolve_all(question.ip, Deadline::in(kResolveFor));
  if (!macs) answer.problem = macs.error().text;
  else for (const auto& mac : *macs) answer.macs.push_back(to_string(mac));
  co_return answer;
}

}  // namespace mmm
