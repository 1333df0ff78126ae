#include "checks/tracker-probe/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "checks/net/clean_text.hpp"
#include "checks/tracker-probe/option_values.hpp"

namespace tracker_probe {

namespace {

struct ModeWord {
  std::string_view word;
  Mode mode;
  const char* depth;  // or null
};

constexpr ModeWord mode_words[] = {
    {"check", Mode::check, nullptr},         {"connect", Mode::check, "connect"},
    {"scrape", Mode::check, "scrape"},       {"announce", Mode::check, "announce"},
    {"roundtrip", Mode::check, "roundtrip"}, {"bulk", Mode::bulk, nullptr},
    {"loss", Mode::loss, nullptr},           {"watch", Mode::watch, nullptr},
    {"decode", Mode::decode, nullptr},
};

const char* const about =
    "Probes BitTorrent trackers with real announces and scrapes and says what is wrong.\n"
    "Exit status: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN (mistake, bad target, local fault).\n"
    "\n"
    "  tracker-probe [check] [OPTIONS] TARGET...   one or more targets, one verdict\n"
    "  tracker-probe connect|scrape|announce|roundtrip TARGET...   the same at that depth\n"
    "  tracker-probe bulk [OPTIONS] [FILE|-]...    thousands of targets, one line each\n"
    "  tracker-probe loss [OPTIONS] TARGET         UDP loss and round trips, connects only\n"
    "  tracker-probe watch [OPTIONS] TARGET...     repeat until stopped\n"
    "  tracker-probe decode HEX...                 explain captured UDP tracker replies\n"
    "\n"
    "TARGET is udp://host:port/path, http(s)://..., ws(s)://..., host:port (UDP), a magnet link,\n"
    "FILE.torrent, or @FILE with one target a line.\n";

void add_probe_options(CLI::App& app, CommandLine& line, RawOptions& raw) {
  app.add_option("-d,--depth", raw.depth,
                 "connect, scrape, stopped, announce (default) or roundtrip");
  app.add_flag("--roundtrip", raw.roundtrip,
               "Announce as two peers and expect each to be told of the other");
  app.add_flag("--with-scrape", raw.with_scrape, "Scrape after the announce");
  app.add_flag("--verify-cleanup", line.probe.verify_cleanup,
               "After a round trip, expect both peers gone");
  app.add_option("-t,--timeout", raw.timeout,
                 "Everything for one target, DNS included (default 10s)");
  app.add_option("--info-hash", raw.info_hash,
                 "40 hex, 32 base32 or 64 hex digits (default: random)");
  app.add_option("--info-hash-seed", raw.info_hash_seed,
                 "TEXT whose SHA-1 is the info-hash: a stable one that is nobody's");
  app.add_flag("--join-swarm", line.join_swarm, "With --info-hash: really announce started there");
  app.add_option("--peer-id-prefix", line.peer_id_prefix,
                 "Start of the peer id (default -TP0010-)");
  app.add_option("--port", line.announced_port, "Port that is announced (default: random)");
  app.add_flag("--no-bep41", raw.no_bep41, "UDP: do not send the path");
  app.add_flag("-4,--ipv4", raw.v4, "IPv4 only");
  app.add_flag("-6,--ipv6", raw.v6, "IPv6 only");
  app.add_option("--address", raw.addresses, "Probe this address instead of asking DNS")
      ->allow_extra_args(false);
  app.add_option("--resolve", raw.resolve, "HOST:ADDRESS[,ADDRESS]: answer for DNS")
      ->allow_extra_args(false);
  app.add_option("--source", raw.source, "Send from this address");
  app.add_option("--interface", line.probe.interface, "Send through this interface");
  app.add_option("--max-addresses", line.probe.limits.max_addresses,
                 "Addresses probed for one host (16)");
  app.add_option("--default-scheme", raw.default_scheme,
                 "For host:port: udp (default), http, https, ws, wss");
  app.add_option("--resolvers", line.resolvers, "Threads for DNS (default 8, bulk 32)");
  app.add_option("--user-agent", line.probe.user_agent, "HTTP and WebSocket: User-Agent");
  app.add_option("--proxy", line.probe.proxy, "HTTP: proxy URL (the environment is ignored)");
  app.add_option("--cacert", line.probe.tls.ca_file, "TLS: file with trusted certificates");
  app.add_flag("--insecure", line.probe.tls.insecure, "TLS: accept any certificate, with a note");
  app.add_option("--tls-min", line.probe.tls.min_version,
                 "TLS: least version, 1.0 to 1.3 (default 1.2)");
  app.add_option("--cert-days", line.probe.tls.warn_days,
                 "TLS: warn when the certificate ends sooner");
  app.add_option("--max-body", line.probe.limits.max_body,
                 "HTTP: bytes of a reply, decoded (1 MiB)");
}

void add_verdict_options(CLI::App& app, CommandLine& line, RawOptions& raw) {
  VerdictOptions& verdict = line.target.verdict;
  app.add_flag("--any", raw.any, "One working address is enough");
  app.add_flag("--all", raw.all, "Any failed address is CRITICAL");
  app.add_option("--require", raw.require, "any, all, v4, v6 or both (families that must work)");
  app.add_option("-w,--warning", raw.warn, "VALUE (latency) or METRIC=RANGE")
      ->allow_extra_args(false);
  app.add_option("-c,--critical", raw.crit, "VALUE (latency) or METRIC=RANGE")
      ->allow_extra_args(false);
  app.add_option("--expect", raw.expect, "METRIC>=N, METRIC<=N, METRIC=N or failure~REGEX")
      ->allow_extra_args(false);
  app.add_option("--expect-error", verdict.expect_error,
                 "OK only if the tracker refuses with this text (REGEX)");
  app.add_flag("--accept-refusal", verdict.accept_refusal,
               "A clean refusal of our info-hash is OK (private tracker)");
  app.add_flag("--strict", verdict.strict, "Protocol blemishes are WARNING");
  app.add_flag("--warn-on-warning", verdict.warn_on_warning,
               "A tracker's warning message is WARNING");
  app.add_flag("--dns-temp-critical", verdict.dns_temporary_is_critical,
               "A failing resolver is CRITICAL, not UNKNOWN");
  app.add_option("--warning-exit", line.warning_exit, "Exit status for WARNING (default 1)");
  app.add_option("--unknown-exit", line.unknown_exit, "Exit status for UNKNOWN (default 3)");
}

void add_output_options(CLI::App& app, CommandLine& line, RawOptions& raw) {
  app.add_option("-o,--output", raw.format,
                 "human, nagios, json, jsonl, prom, tracker-checker or quiet; human by default");
  app.add_flag("--json", raw.json, "Same as -o json");
  app.add_flag("--nagios", raw.nagios, "Same as -o nagios");
  app.add_option("--output-file", line.output_file, "Write there instead, atomically");
  app.add_flag("-v,--verbose", line.verbose, "Packets in hex with their fields, on standard error");
  app.add_flag("--show-secrets", line.probe.show_secrets, "Do not hide passkeys");
  app.add_flag("--no-color", line.no_colour, "Never colour");
}

void add_mode_options(CLI::App& app, CommandLine& line, RawOptions& raw) {
  app.add_option("--config", line.config_file, "Targets from a tracker_checker.json of Torrust");
  app.add_option("--count", line.probe.loss_count, "loss: connects to send (20)");
  app.add_option("--gap", raw.gap, "loss: time between them (250ms)");
  app.add_option("--every", raw.every, "watch: time between checks (60s)");
  app.add_option("--for", raw.length, "watch: stop after this long");
  app.add_option("--fall", line.watch.fall, "watch: failures until DOWN (3)");
  app.add_option("--rise", line.watch.rise, "watch: successes until UP (1)");
  app.add_flag("--changes", line.watch.changes_only, "watch: print only changes");
  app.add_option("--on-change", line.watch.on_change,
                 "watch: shell command for each change; TRACKER_PROBE_* say which");
  app.add_option("-j,--parallel", line.bulk.parallel, "bulk: targets in flight (512)");
  app.add_option("--rate", line.bulk.rate, "bulk: packets a second, 0 for no limit (2000)");
  app.add_option("--per-host", line.bulk.per_host,
                 "bulk: probes a second to one address, 0 for no limit (50)");
  app.add_option("--order,--sort", raw.order, "bulk: input (default), completion, latency or name");
  app.add_option("--retry-failed", line.bulk.retry_failed,
                 "bulk: passes over those that failed (0)");
  app.add_flag("--shuffle", line.bulk.shuffle, "bulk: probe in random order");
  app.add_option("--resume", line.bulk.resume,
                 "bulk: file that remembers what is done if the run is cut short");
  app.add_option("--only", raw.only, "bulk: print all, up or down");
  app.add_flag("--summary", line.bulk.summary, "bulk: counts at the end");
  app.add_flag("--no-progress", line.bulk.no_progress, "bulk: no progress on the terminal");
  app.add_option("--fail-if", line.bulk.fail_if, "bulk: any (default), never, down>=N or down>=P%");
  app.add_option("--write-working", line.bulk.write_working,
                 "bulk: file for the targets that work");
}

Farewell mistake(const std::string& text) {
  return {3, fmt::format("UNKNOWN: {}\nTry tracker-probe --help\n", text), false};
}

}  // namespace

std::variant<CommandLine, Farewell> read_command_line(int argc, char** argv) {
  CommandLine line;
  RawOptions raw;
  std::vector<std::string> words(argv + 1, argv + argc);
  if (!words.empty()) {
    for (const ModeWord& known : mode_words) {
      if (known.word != words.front()) continue;
      line.mode = known.mode;
      if (known.depth != nullptr) raw.depth = known.depth;
      words.erase(words.begin());
      break;
    }
  }
  if (line.mode == Mode::bulk) {
    line.resolvers = 32;
    line.probe.limits.udp_buffer = 16384;
  }
  CLI::App app{about, "tracker-probe"};
  app.set_help_flag("-h,--help", "This text");
  app.set_version_flag("-V,--version", "tracker-probe " MINITOR_VERSION);
  add_probe_options(app, line, raw);
  add_verdict_options(app, line, raw);
  add_output_options(app, line, raw);
  add_mode_options(app, line, raw);
  app.add_option("TARGET", line.targets, "Targets");
  try {
    std::reverse(words.begin(), words.end());
    app.parse(words);
  } catch (const CLI::CallForHelp&) {
    return Farewell{0, app.help(), false};
  } catch (const CLI::CallForVersion&) {
    return Farewell{0, "tracker-probe " MINITOR_VERSION "\n", false};
  } catch (const CLI::ParseError& error) {
    return mistake(checks::net::clean_text(error.what()));
  }
  if (auto problem = read_option_values(raw, line); !problem.empty()) return mistake(problem);
  if (line.peer_id_prefix.size() > 12) return mistake("--peer-id-prefix: at most 12 characters");
  line.identity = make_identity(line);
  return line;
}

}  // namespace tracker_probe
