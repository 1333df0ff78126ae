// Any text compiles as an argument and as shell text, or is refused at a place in it. What a notice
// says never gets into the text that a shell reads.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/message_template.hpp"

namespace {

using namespace minitor;

void must(bool holds) {
  if (!holds) std::abort();
}

// Words that no template can hold by chance: too long for a fuzzer to guess.
constexpr std::string_view kMark =
    "\x01\x02\x03QzVx$(touch owned)`touch owned`';\"&|\n\x05\x06\x07";

Notice hostile(NoticeKind kind, std::string_view more) {
  Notice notice;
  notice.kind = kind;
  const std::string text = std::string(kMark) + std::string(more) + std::string(kMark);
  notice.monitor = notice.output = notice.outcome = notice.reason = text;
  notice.description = notice.group = text;
  notice.alert_count = 123454321;
  notice.failure_count = -987656789;
  return notice;
}

void check_offset(const TemplateError& error, std::string_view text) {
  must(error.offset <= text.size());
  must(!error.message.empty());
  must(valid_utf8(error.message) == error.message);
}

void check_environment(const Environment& environment) {
  for (const auto& [name, value] : environment) {
    must(name.starts_with("MINITOR_"));
    must(value.size() <= kMaxVariableBytes);
    must(valid_utf8(value) == value);
  }
}

void as_shell(std::string_view text) {
  const auto compiled = ShellTemplate::compile(text);
  if (const auto* error = std::get_if<TemplateError>(&compiled)) return check_offset(*error, text);
  const auto& shell = std::get<ShellTemplate>(compiled);
  (void)shell.tells_recovery();
  (void)shell.notes();
  for (const NoticeKind kind : {NoticeKind::problem, NoticeKind::recovery}) {
    const RenderedShell rendered = shell.render(hostile(kind, text), {});
    check_environment(rendered.environment);
    must(rendered.text.find("QzVx") == std::string::npos);
    must(rendered.text.find("123454321") == std::string::npos ||
         text.find("123454321") != std::string_view::npos);
    // The text of the shell is the same for all values of one kind.
    must(rendered.text == shell.render(hostile(kind, {}), {}).text);
  }
}

void as_argument(std::string_view text) {
  const auto compiled = ArgvTemplate::compile({"program", std::string(text)});
  if (const auto* failed = std::get_if<ArgvTemplate::Error>(&compiled)) {
    must(failed->item == 1);
    return check_offset(failed->error, text);
  }
  const auto& argv = std::get<ArgvTemplate>(compiled);
  (void)argv.tells_recovery();
  (void)argv.notes();
  const RenderedArgv rendered = argv.render(hostile(NoticeKind::reminder, text), {});
  must(rendered.argv.items.size() == 2 && rendered.environment.empty());
  must(rendered.argv.items[1].size() <= kMaxArgumentBytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (text.find("QzVx") != std::string_view::npos) return 0;
  as_shell(text);
  as_argument(text);
  return 0;
}
