// mmm_control: the administrator's command line.

#include <cstdlib>
#include <iostream>

#include "apps/common/flags.h"
#include "base/json_text.h"
#include "codec/config/load.h"
#include "codec/control/control.h"
#include "io/wire/line_stream.h"

namespace mmm {

namespace {

constexpr int kRefused = 1, kUnknown = 3;
constexpr Duration kConnectLimit = 3s;
constexpr Duration kAnswerLimit = 40s;  // the monitor answers within 15 s even when a hand-over is stuck

constexpr auto kAbout =
    "Tells the monitor of MMM what to do, and shows what it knows. 'mmm_control help' lists the commands.\n\n"
    "Usage: mmm_control [@CLUSTER] [OPTIONS] COMMAND [WORDS]\n\n"
    "Exit: 0 done, 1 refused or the monitor is not reachable, 2 wrong usage, 3 the outcome is not known.";

Flags with_habits(Flags flags) {
  // `mmm_control show --json` is what people type.
  if (!flags.words.empty() && flags.words.back() == "--json") {
    flags.json = true;
    flags.words.pop_back();
  }
  if (flags.words.empty()) flags.words = {"help"};
  return flags;
}

struct Outcome {
  int code = 0;
  std::string text;
  std::string why = "";   // for standard error only: scripts know the text as MMM 2 has it
  bool answered = false;  // the text is the monitor's, in the form that was asked for
};

Outcome not_connected(const Error& error) { return {kRefused, "ERROR: Can't connect to monitor daemon!", error.text}; }

void print(const Outcome& outcome, bool json) {
  const bool wrap = json && !outcome.answered;
  std::cout << (wrap ? JsonObject{}.add("ok", outcome.code == 0).add("message", outcome.text).done().text : outcome.text) << "\n";
  if (!outcome.why.empty()) std::cerr << "mmm_control: " << outcome.why << "\n";
}

Task<std::variant<control::Answer, control::ClassicPeer, Error>> ask(LineStream& monitor, std::string request) {
  const auto deadline = Deadline::in(kAnswerLimit);
  const auto sent = co_await monitor.write(std::move(request), deadline);
  if (!sent) co_return sent.error();
  std::string bytes;
  while (true) {
    const auto more = co_await monitor.read_some(deadline);
    if (!more) co_return Error{more.error().text, Certainty::unknown};
    bytes += *more;
    auto progress = control::decode_answer(bytes);
    if (!progress) co_return Error{progress.error().text, Certainty::unknown};
    if (auto* answer = std::get_if<control::Answer>(&*progress)) co_return std::move(*answer);
    if (std::holds_alternative<control::ClassicPeer>(*progress)) co_return control::ClassicPeer{};
  }
}

// MMM 2's monitor: its answer ends when it closes after our quit.
Task<Outcome> ask_classic(const MonitorConfig& monitor, std::string request) {
  auto stream = co_await LineStream::connect(monitor.ip, monitor.port, Deadline::in(kConnectLimit));
  if (!stream) co_return not_connected(stream.error());
  const auto deadline = Deadline::in(kAnswerLimit);
  const auto sent = co_await stream->write(request + "quit\n", deadline);
  if (!sent) co_return Outcome{kUnknown, "ERROR: " + sent.error().text};
  std::string text;
  while (true) {
    const auto more = co_await stream->read_some(deadline);
    if (!more) break;
    text += *more;
  }
  const bool refused = text.starts_with("ERROR") || text.starts_with("Invalid command");
  co_return Outcome{refused ? kRefused : 0, text};
}

Task<void> run(const MonitorConfig& monitor, Flags flags, Outcome& outcome) {
  const control::Request ours{flags.json ? control::Form::json : control::Form::text, flags.words};
  auto line = control::encode_request(ours);
  if (!line) {
    outcome = {kExitUsage, "ERROR: " + line.error().text};
    co_return;
  }
  auto stream = co_await LineStream::connect(monitor.ip, monitor.port, Deadline::in(kConnectLimit));
  if (!stream) {
    outcome = not_connected(stream.error());
    co_return;
  }
  const auto answer = co_await ask(*stream, std::move(*line));
  if (const auto* done = std::get_if<control::Answer>(&answer)) {
    outcome = {.code = done->code, .text = done->text, .answered = true};
  } else if (const auto* error = std::get_if<Error>(&answer)) {
    outcome = {kUnknown, "ERROR: The monitor's answer did not come: " + error->text +
                             ". The command may have been carried out; look at 'mmm_control show'."};
  } else {
    const control::Request classic{control::Form::classic, flags.words};
    outcome = co_await ask_classic(monitor, control::encode_request(classic).value_or("\n"));
  }
}

// Before anybody was asked: nothing on standard output, except JSON to whoever wants JSON.
int give_up(const Flags& flags, int code, std::string why) {
  if (why.ends_with('\n')) why.pop_back();
  if (flags.json) print({code, "ERROR: " + why}, true);
  std::cerr << (code == kExitUsage ? "mmm_control: " : "") << why << "\n";
  return code;
}

int main_control(int argc, char** argv) {
  const auto parsed = parse_flags({"mmm_control", kAbout, CommandLine::control}, argc, argv);
  if (const auto* code = std::get_if<int>(&parsed)) return *code;
  const auto flags = with_habits(std::get<Flags>(parsed));
  const auto location = config_location(Program::control, std::getenv("MMM_CONFIG_DIR"), flags.config, flags.cluster);
  if (!location) {
    return give_up(flags, kExitUsage, location.error().text);
  }
  const auto loaded = load_config(Program::control, *location);
  if (!loaded) {
    return give_up(flags, kRefused, format_problems(loaded.error()));
  }
  asio::io_context loop(1);
  Outcome outcome{kUnknown, "ERROR: no answer"};
  asio::co_spawn(loop, run(loaded->config.monitor, flags, outcome), asio::detached);
  loop.run();
  print(outcome, flags.json);
  return outcome.code;
}

}  // namespace

}  // namespace mmm

int main(int argc, char** argv) { return mmm::main_control(argc, argv); }
