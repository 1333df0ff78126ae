#include "minitor/core/outcome.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <iterator>
#include <system_error>

#include "minitor/core/clean_text.hpp"

namespace minitor {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

// A shell reports a child that signal n ended as exit code 128+n.
constexpr int kShellSignalBase = 128;
constexpr int kShellNotExecutable = 126;
constexpr int kShellNotFound = 127;

struct SignalName {
  int number;
  std::string_view text;
};

constexpr SignalName kSignals[] = {
    {SIGHUP, "SIGHUP"},   {SIGINT, "SIGINT"},       {SIGQUIT, "SIGQUIT"},   {SIGILL, "SIGILL"},
    {SIGTRAP, "SIGTRAP"}, {SIGABRT, "SIGABRT"},     {SIGBUS, "SIGBUS"},     {SIGFPE, "SIGFPE"},
    {SIGKILL, "SIGKILL"}, {SIGUSR1, "SIGUSR1"},     {SIGSEGV, "SIGSEGV"},   {SIGUSR2, "SIGUSR2"},
    {SIGPIPE, "SIGPIPE"}, {SIGALRM, "SIGALRM"},     {SIGTERM, "SIGTERM"},   {SIGCHLD, "SIGCHLD"},
    {SIGCONT, "SIGCONT"}, {SIGSTOP, "SIGSTOP"},     {SIGTSTP, "SIGTSTP"},   {SIGTTIN, "SIGTTIN"},
    {SIGTTOU, "SIGTTOU"}, {SIGURG, "SIGURG"},       {SIGXCPU, "SIGXCPU"},   {SIGXFSZ, "SIGXFSZ"},
    {SIGPROF, "SIGPROF"}, {SIGVTALRM, "SIGVTALRM"}, {SIGWINCH, "SIGWINCH"}, {SIGIO, "SIGIO"},
    {SIGSYS, "SIGSYS"}};

std::string_view known_signal(int number) {
  for (const SignalName& signal : kSignals) {
    if (signal.number == number) return signal.text;
  }
  return {};
}

std::string signal_name(int number) {
  const std::string_view known = known_signal(number);
  return known.empty() ? fmt::format("signal {}", number) : std::string(known);
}

std::string describe_exit(int code) {
  if (code == kShellNotExecutable) return "exit 126 (not executable)";
  if (code == kShellNotFound) return "exit 127 (command not found)";
  const std::string_view signal = known_signal(code - kShellSignalBase);
  if (!signal.empty()) return fmt::format("exit {} (killed by {})", code, signal);
  return fmt::format("exit {}", code);
}

std::string describe_plugin_exit(int code) {
  static constexpr std::string_view kMeanings[] = {"ok", "warning", "critical", "unknown"};
  if (code >= 0 && static_cast<std::size_t>(code) < std::size(kMeanings))
    return code == 0 ? "exit 0" : fmt::format("exit {} ({})", code, kMeanings[code]);
  std::string words = describe_exit(code);
  if (words.find('(') == std::string::npos) words += " (not a plugin's code: 0 to 3)";
  return words;
}

std::string describe_start(const NotStarted& ending, std::string_view program) {
  const std::string why = std::generic_category().message(ending.error);
  switch (ending.stage) {
    case StartStage::pipe: return fmt::format("not started: no pipe for its output: {}", why);
    case StartStage::input: return fmt::format("not started: no stdin for it: {}", why);
    case StartStage::directory: return fmt::format("not started: its directory: {}", why);
    case StartStage::spawn: break;
  }
  if (program.empty()) return fmt::format("not started: {}", why);
  return fmt::format("not started: {}: {}", one_line(program), why);
}

}  // namespace

bool observers_fault(const Ending& ending) {
  const auto* failed = std::get_if<NotStarted>(&ending);
  if (failed == nullptr) return false;
  // What a run needs from us before anything of the target's is touched.
  if (failed->stage == StartStage::pipe || failed->stage == StartStage::input) return true;
  switch (failed->error) {
    case EMFILE:
    case ENFILE:
    case EAGAIN:
    case ENOMEM: return true;
    default: return false;
  }
}

Verdict judge(const Ending& ending, ExitCodes codes) {
  if (const auto* exited = std::get_if<Exited>(&ending)) {
    if (codes == ExitCodes::nagios && exited->code == 1) return Verdict::warning;
    if (codes == ExitCodes::nagios && exited->code == 3) return Verdict::unknown;
    return exited->code == 0 ? Verdict::ok : Verdict::failure;
  }
  if (std::holds_alternative<Stopped>(ending) || observers_fault(ending)) return Verdict::unknown;
  return Verdict::failure;
}

Verdict counts_as(Verdict verdict, const Ending& ending) {
  const bool spoken = verdict == Verdict::unknown && std::holds_alternative<Exited>(ending);
  return spoken ? Verdict::failure : verdict;
}

std::string describe(const Ending& ending, std::string_view program, ExitCodes codes) {
  return std::visit(
      Overloaded{[&](const Exited& it) {
                   return codes == ExitCodes::nagios ? describe_plugin_exit(it.code)
                                                     : describe_exit(it.code);
                 },
                 [](const Killed& it) {
                   return fmt::format("killed by {}{}", signal_name(it.signal),
                                      it.core_dumped ? " (core dumped)" : "");
                 },
                 [](const TimedOut& it) {
                   return fmt::format("timed out after {}{}", format_duration(it.limit),
                                      it.forced ? " (needed SIGKILL)" : "");
                 },
                 [](const Unkillable& it) {
                   return fmt::format("timed out after {}, and SIGKILL did not end it",
                                      format_duration(it.limit));
                 },
                 [&](const NotStarted& it) { return describe_start(it, program); },
                 [](const Stopped&) { return std::string("stopped: minitor is shutting down"); }},
      ending);
}

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok: return "ok";
    case Verdict::warning: return "warning";
    case Verdict::failure: return "failure";
    case Verdict::unknown: return "unknown";
  }
  return "invalid";
}

}  // namespace minitor
