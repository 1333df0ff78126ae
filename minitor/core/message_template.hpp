// The message tokens of an alert command, compiled when the configuration is loaded.
//
// Two dialects of tokens, as Minitor's two implementations have them, may stand in one text:
//   {monitor_name} {alert_count} {alert_message} {failure_count} {last_output} {last_success}
//   {{.MonitorName}} {{.AlertCount}} {{.FailureCount}} {{.LastCheckOutput}} {{.LastSuccess}}
//   {{.IsUp}}
//   {{if .IsUp}}…{{else}}…{{end}} and the functions of Go's templates that make sense in a message.
// Braces that are neither are text: `awk '{print $1}'` and `${x}` stay as they are.
//
// Data never becomes shell code: in shell text a token turns into a reference to an environment
// variable, quoted for the place where it stands.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "minitor/core/command.hpp"
#include "minitor/core/notice.hpp"
#include "minitor/core/overlay.hpp"
#include "minitor/core/time_zone.hpp"

namespace minitor {

// What is wrong with a template, and where: `offset` counts bytes from the start of the text.
struct TemplateError {
  std::size_t offset = 0;
  std::string message;  // what is wrong and what to write instead
};

// What rendering needs besides the notice.
struct MessageContext {
  TimeZone local;                   // the zone in which times are shown
  TimeZoneSource* zones = nullptr;  // for InTZ; null: InTZ of an unknown zone shows UTC
  // The address at which whoever gets the notice may do this about its incident; empty where there is
  // nothing to do. Depends on nothing but the notice. None: nobody can reach the page.
  std::function<std::string(OverlayKind, const Notice&)> link = {};
};
// The same, or nothing.
[[nodiscard]] inline std::string link_in(const MessageContext& context, OverlayKind action,
                                         const Notice& notice) {
  return context.link ? context.link(action, notice) : std::string{};
}

// A text longer than this is no message; compiling it is refused.
inline constexpr std::size_t kMaxTemplateBytes = 128 * 1024;
// One argument or variable larger than this would be refused by exec on Linux (MAX_ARG_STRLEN is
// 128 KiB): what is larger is cut, between characters.
inline constexpr std::size_t kMaxVariableBytes = 32 * 1024;
inline constexpr std::size_t kMaxArgumentBytes = 96 * 1024;

class MessageTemplate;  // one text, compiled; private to message_template.cpp

// Rendering gives the command and the variables that its text refers to: MINITOR_TEXT_1 and so on,
// and the standard ones with the values of notice_environment().
struct RenderedShell {
  std::string text;
  Environment environment;
};
struct RenderedArgv {
  Argv argv;
  Environment environment;  // empty but for the text of `sh -c`
};

// A list form command: every item a template of its own; data lands in argv as it is, but for NUL,
// which becomes U+FFFD. The item after `sh -c` (or another shell's) is shell text and treated as
// such.
class ArgvTemplate {
 public:
  // The error's `item` tells which one of `items` it stands in.
  struct Error {
    std::size_t item = 0;
    TemplateError error;
  };
  [[nodiscard]] static std::variant<ArgvTemplate, Error> compile(
      const std::vector<std::string>& items);

  [[nodiscard]] RenderedArgv render(const Notice& notice, const MessageContext& context) const;
  // True when the text of a recovery differs from that of a problem, or when the command reads the
  // notice from its environment (it names a MINITOR_ variable): it can be trusted to tell a
  // recovery.
  [[nodiscard]] bool tells_recovery() const;
  // Things worth telling once at load ("{monitr_name} is left as text (did you mean …?)").
  [[nodiscard]] std::vector<std::string> notes() const;

 private:
  std::vector<std::shared_ptr<const MessageTemplate>> items_;
};

// A string form command.
class ShellTemplate {
 public:
  [[nodiscard]] static std::variant<ShellTemplate, TemplateError> compile(std::string_view text);

  [[nodiscard]] RenderedShell render(const Notice& notice, const MessageContext& context) const;
  [[nodiscard]] bool tells_recovery() const;
  [[nodiscard]] std::vector<std::string> notes() const;

 private:
  std::shared_ptr<const MessageTemplate> text_;
};

}  // namespace minitor
