#include "codec/control/control.h"

#include <random>
#include <tuple>

#include <gtest/gtest.h>

namespace mmm::control {
namespace {

Request request(Form form, std::vector<std::string> words) { return {.form = form, .words = std::move(words)}; }

TEST(ControlRequest, WordsOfTheClassicForm) {
  EXPECT_EQ(decode_request("move_role --force writer db2"), request(Form::classic, {"move_role", "--force", "writer", "db2"}));
  EXPECT_EQ(decode_request("  show\t "), request(Form::classic, {"show"}));
  EXPECT_EQ(decode_request("show\r"), request(Form::classic, {"show"}));
}

TEST(ControlRequest, WordsOfOurForm) {
  EXPECT_EQ(decode_request("MMM3|text|set_online db1"), request(Form::text, {"set_online", "db1"}));
  EXPECT_EQ(decode_request("MMM3|json|show\r"), request(Form::json, {"show"}));
}

// An empty line hangs every later command of an MMM 2 monitor. Here it is a command without a word.
TEST(ControlRequest, AnEmptyLineHasNoWords) {
  for (const auto* line : {"", "\r", "   "}) EXPECT_EQ(decode_request(line), request(Form::classic, {}));
  EXPECT_EQ(decode_request("MMM3|text|"), request(Form::text, {}));
}

TEST(ControlRequest, QuitIsAWordOfItsOwn) {
  EXPECT_TRUE(is_quit(*decode_request("quit\r")));
  EXPECT_TRUE(is_quit(*decode_request("MMM3|text|quit")));
  EXPECT_FALSE(is_quit(*decode_request("quit now")));
  EXPECT_FALSE(is_quit(*decode_request("")));
}

TEST(ControlRequest, GarbageIsAnErrorText) {
  EXPECT_EQ(decode_request(std::string(kMaxLine + 1, 'x')).error().text, "The command is too long; 4096 bytes are the most");
  EXPECT_TRUE(decode_request(std::string(kMaxLine, 'x')));
  for (const auto* line : {"\x16\x03\x01", "show\x7f", "show d\xC3\xBC", "a\rb", "a\nb"}) {
    const auto decoded = decode_request(line);
    ASSERT_FALSE(decoded) << line;
    EXPECT_EQ(decoded.error().text, "The command has characters that are not printable ASCII");
  }
  EXPECT_FALSE(decode_request(std::string_view("show\0", 5)));
  for (const auto* line : {"MMM3|", "MMM3|text", "MMM3|xml|show", "MMM3||show", "MMM3|TEXT|show"})
    EXPECT_EQ(decode_request(line).error().text, "Expected MMM3|text|COMMAND or MMM3|json|COMMAND") << line;
}

TEST(ControlRequest, ALineTellsHowToAnswerItEvenWhenItIsBad) {
  EXPECT_EQ(form_of("show"), Form::classic);
  EXPECT_EQ(form_of("MMM3"), Form::classic);
  EXPECT_EQ(form_of("MMM3|xml|show"), Form::text);
  EXPECT_EQ(form_of("MMM3|"), Form::text);
  EXPECT_EQ(form_of("MMM3|json|\x01"), Form::json);
  EXPECT_EQ(form_of("MMM3|json"), Form::json);
}

TEST(ControlRequest, EncodesWhatItDecodes) {
  EXPECT_EQ(encode_request(request(Form::classic, {"set_online", "db1"})), "set_online db1\n");
  EXPECT_EQ(encode_request(request(Form::text, {"show"})), "MMM3|text|show\n");
  EXPECT_EQ(encode_request(request(Form::json, {"checks", "all"})), "MMM3|json|checks all\n");
  for (const auto form : {Form::classic, Form::text, Form::json}) {
    const auto sent = request(form, {"move_role", "writer", "db2"});
    auto line = *encode_request(sent);
    line.pop_back();
    EXPECT_EQ(decode_request(line), sent);
  }
}

// Goal: an argument of mmm_control can't become a second command.
TEST(ControlRequest, ANewlineInAWordIsRefused) {
  EXPECT_FALSE(encode_request(request(Form::text, {"set_online", "db1\nset_offline db2"})));
  EXPECT_FALSE(encode_request(request(Form::classic, {"show\r"})));
  EXPECT_FALSE(encode_request(request(Form::text, {std::string(kMaxLine, 'x')})));
}

TEST(ControlRequest, AClassicCommandCantTurnIntoOurForm) {
  EXPECT_EQ(encode_request(request(Form::classic, {"MMM3|json|show"})).error().text, "No command begins with MMM3|");
}

TEST(ControlAnswer, TheClassicFormIsSentAsItIs) {
  EXPECT_EQ(encode_answer(Form::classic, 1, "ERROR: Invalid command 'x'\n"), "ERROR: Invalid command 'x'\n");
}

TEST(ControlAnswer, OursIsFramed) {
  EXPECT_EQ(encode_answer(Form::text, 1, "ERROR: no"), "MMM3|1|9\nERROR: no");
  EXPECT_EQ(encode_answer(Form::json, 0, ""), "MMM3|0|0\n");
}

TEST(ControlAnswer, IsCompleteWithItsLastByteOnly) {
  const Answer answer{.code = 3, .text = "line one\nMMM3|0|1\nüx"};
  const auto bytes = encode_answer(Form::text, answer.code, answer.text);
  for (std::size_t length = 0; length < bytes.size(); ++length)
    ASSERT_EQ(decode_answer(bytes.substr(0, length)), AnswerProgress(Incomplete{})) << length;
  EXPECT_EQ(decode_answer(bytes), AnswerProgress(answer));
  EXPECT_FALSE(decode_answer(bytes + "x"));
}

TEST(ControlAnswer, AnMmm2MonitorIsRecognisedByItsAnswer) {
  for (const auto* bytes : {"E", "ERROR: Invalid command 'MMM3|text|show'\n\nValid commands are:", "MMM2|", "M\n"})
    EXPECT_EQ(decode_answer(bytes), AnswerProgress(ClassicPeer{})) << bytes;
}

TEST(ControlAnswer, BadFramesAreErrors) {
  for (const auto* bytes : {"MMM3|\n", "MMM3|0\n", "MMM3|0|\n", "MMM3|x|1\n", "MMM3|256|1\n", "MMM3|-1|1\n", "MMM3|0|-1\n",
                            "MMM3|0|16777217\n", "MMM3|0|99999999999999999999999\n", "MMM3|0|1 \n", "MMM3|0|1|2\n",
                            "MMM3|0000000000000000000000000000000000000|1\n"})
    EXPECT_FALSE(decode_answer(bytes)) << bytes;
}

TEST(ControlCodec, ChangedBytesNeverCrash) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = i % 2 == 0 ? "MMM3|text|move_role writer db2" : encode_answer(Form::json, 2, "{\"a\":1}");
    for (int n = 0; n < 2; ++n) bytes[random() % bytes.size()] = static_cast<char>(random());
    if (const auto decoded = decode_request(bytes)) encode_request(*decoded).value();
    EXPECT_NO_THROW(std::ignore = decode_answer(bytes));
  }
}

}  // namespace
}  // namespace mmm::control
