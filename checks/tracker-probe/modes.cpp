// Check, loss and decode; bulk and watch have files of their own.
#include "checks/tracker-probe/modes.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "checks/net/clean_text.hpp"
#include "checks/net/watchdog.hpp"
#include "checks/tracker-probe/output.hpp"
#include "checks/tracker-probe/session.hpp"
#include "checks/tracker-probe/target_list.hpp"
#include "checks/tracker-probe/udp_messages.hpp"

namespace tracker_probe {

namespace {

// What a check may take beyond its deadline: the verdict is out at once, the clean-up ends by the
// first of these, the process by the second.
constexpr std::chrono::milliseconds clean_up_margin{100};
constexpr std::chrono::milliseconds watchdog_margin{220};

/// --config, or Torrust's two variables when nothing else names a target.
std::string read_config_text(const CommandLine& line, std::string& text) {
  std::string path = line.config_file;
  if (path.empty() && line.targets.empty()) {
    if (const char* content = std::getenv("TORRUST_CHECKER_CONFIG");
        content != nullptr && *content != '\0') {
      text = content;
      return {};
    }
    if (const char* name = std::getenv("TORRUST_CHECKER_CONFIG_PATH"); name != nullptr) path = name;
  }
  if (path.empty()) return {};
  FileText file = read_file(path, max_config_bytes);
  text = std::move(file.text);
  return file.error;
}

std::string add_config_targets(const CommandLine& line, std::vector<TargetSpec>& targets) {
  std::string text;
  if (auto problem = read_config_text(line, text); !problem.empty()) return problem;
  if (text.empty()) return line.config_file.empty() ? "" : "the configuration is empty";
  const auto config = read_checker_config(text);
  if (const auto* problem = std::get_if<std::string>(&config)) return "configuration:" + *problem;
  for (const ConfigTarget& target : *std::get_if<std::vector<ConfigTarget>>(&config)) {
    const bool udp = target.kind == ConfigTarget::Kind::udp;
    targets.push_back(
        target.kind == ConfigTarget::Kind::health
            ? make_health_target(target.text, targets.size())
            : make_target(target.text, udp ? Scheme::udp : Scheme::http, targets.size()));
  }
  return {};
}

std::string print_results(const CommandLine& line, const std::vector<TargetResult>& results) {
  const ReportOptions options = report_options(line);
  std::string out;
  switch (line.format) {
    case Format::nagios: return nagios_text(results, options);
    case Format::prom: return prometheus_text(results);
    case Format::tracker_checker: return tracker_checker_text(results);
    case Format::quiet: return {};
    case Format::human:
    case Format::json:
    case Format::jsonl:
      for (const TargetResult& result : results) {
        const bool loss = line.mode == Mode::loss;
        out += line.format != Format::human ? json_text(result, options) + "\n"
               : loss                       ? loss_text(result)
                                            : human_text(result, options);
      }
      return out;
  }
  return out;
}

/// Writes what was found; the exit status.
int tell_verdict(const CommandLine& line, const std::vector<TargetResult>& results,
                 bool interrupted) {
  Output output(line.output_file);
  output.write(interrupted ? "UNKNOWN: interrupted\n" : print_results(line, results));
  if (!output.close() || interrupted) return 3;
  return exit_status(overall(results), line);
}

}  // namespace

ReportOptions report_options(const CommandLine& line) {
  ReportOptions options;
  options.depth = line.probe.depth;
  options.thresholds = line.target.verdict.thresholds;
  options.timeout = line.probe.timeout;
  options.colour = !line.no_colour && line.output_file.empty() && ::isatty(STDOUT_FILENO) == 1 &&
                   std::getenv("NO_COLOR") == nullptr;
  return options;
}

int exit_status(State state, const CommandLine& line) {
  switch (state) {
    case State::ok: return 0;
    case State::warning: return line.warning_exit;
    case State::critical: return 2;
    case State::unknown:
    case State::skipped: return line.unknown_exit;
  }
  return 3;
}

int give_up(const std::string& problem) {
  Output output{""};
  output.write("UNKNOWN: " + problem + "\n");
  (void)output.close();
  return 3;
}

std::vector<TargetSpec> gather_targets(const CommandLine& line, std::string& problem) {
  std::vector<TargetSpec> targets;
  for (const std::string& text : line.targets) {
    const bool list = line.mode == Mode::bulk || text.substr(0, 1) == "@";
    if (!list) {
      targets.push_back(make_target(text, line.default_scheme, targets.size()));
      continue;
    }
    const FileText file =
        read_file(text.substr(0, 1) == "@" ? text.substr(1) : text, max_list_bytes);
    if (!file.error.empty()) problem = file.error;
    read_list(file.text, line.default_scheme, [&](ListedTarget entry) {
      targets.push_back({std::move(entry.text), std::move(entry.url), targets.size()});
    });
  }
  if (auto trouble = add_config_targets(line, targets); !trouble.empty()) problem = trouble;
  if (problem.empty() && targets.empty()) problem = "no target given";
  return targets;
}

int run_check(const CommandLine& line) {
  std::string problem;
  const std::vector<TargetSpec> targets = gather_targets(line, problem);
  if (!problem.empty()) return give_up(problem);
  auto limit = line.probe.timeout;
  if (line.mode == Mode::loss) limit += line.probe.loss_gap * line.probe.loss_count;
  const auto rounds =
      static_cast<int>((targets.size() + line.bulk.parallel - 1) / line.bulk.parallel);
  const Instant deadline = std::chrono::steady_clock::now() + limit * rounds;
  checks::net::end_process_at(deadline + watchdog_margin * rounds, line.unknown_exit,
                              "UNKNOWN: internal: no verdict before the deadline\n");
  Session session(line);
  const std::vector<TargetResult> results = session.probe_all(targets, line.bulk.parallel);
  checks::net::begin_verdict();
  const int status = tell_verdict(line, results, session.interrupted());
  checks::net::end_verdict(status);
  session.finish_clean_up(deadline + clean_up_margin * rounds);
  return status;
}

int run_decode(const CommandLine& line) {
  Output output(line.output_file);
  if (line.targets.empty()) return give_up("decode needs hex text");
  for (const std::string& text : line.targets) {
    std::vector<std::uint8_t> bytes;
    std::string digits;
    for (const char c : text) {
      if (c != ' ' && c != '\n' && c != ':') digits += c;
    }
    bool good = digits.size() % 2 == 0 && !digits.empty();
    for (std::size_t i = 0; good && i < digits.size(); i += 2) {
      char* end = nullptr;
      const std::string pair = digits.substr(i, 2);
      const auto value = std::strtoul(pair.c_str(), &end, 16);
      good = end == pair.c_str() + 2 && pair.find_first_of("+-xX") == std::string::npos;
      bytes.push_back(static_cast<std::uint8_t>(value));
    }
    if (!good) return give_up(fmt::format("\"{}\" is not hex", checks::net::clean_text(text, 40)));
    const Family family = line.target.families == Families::v6 ? Family::v6 : Family::v4;
    output.write(describe_datagram(bytes, Wire::reply, family) + "\n");
    const auto reply = read_announce_reply(bytes, family);
    const auto header = read_header(bytes);
    for (std::size_t i = 0; reply && header && header->action == 1 && i < reply->peers && i < 200;
         ++i) {
      output.write("  peer " + checks::net::to_text(peer_at(*reply, family, i)) + "\n");
    }
  }
  return output.close() ? 0 : 3;
}

}  // namespace tracker_probe
