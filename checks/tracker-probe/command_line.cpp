#include "checks/tracker-probe/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <regex>

#include "checks/net/clean_text.hpp"
#include "checks/net/random.hpp"
#include "checks/net/threshold.hpp"
#include "checks/tracker-probe/info_hash.hpp"

namespace tracker_probe {

namespace {

/// What CLI11 fills in as text and read_command_line turns into values.
struct RawOptions {
  std::string depth, timeout, info_hash, require, default_scheme,
      format = "human", order = "input", only = "all", every, length, gap, source;
  std::vector<std::string> warn, crit, expect, addresses, resolve;
  bool v4 = false, v6 = false, any = false, all = false, roundtrip = false, json = false,
       nagios = false, with_scrape = false, no_bep41 = false;
};

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
    "or @FILE with one target a line.\n";

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
  app.add_option("--source", raw.source, "UDP: send from this address");
  app.add_option("--interface", line.probe.interface, "UDP: send through this interface");
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
  app.add_option("-j,--parallel", line.bulk.parallel, "bulk: targets in flight (512)");
  app.add_option("--rate", line.bulk.rate, "bulk: packets a second, 0 for no limit (2000)");
  app.add_option("--per-host", line.bulk.per_host,
                 "bulk: probes a second to one address, 0 for no limit (50)");
  app.add_option("--order", raw.order, "bulk: input (default) or completion");
  app.add_option("--only", raw.only, "bulk: print all, up or down");
  app.add_flag("--summary", line.bulk.summary, "bulk: counts at the end");
  app.add_flag("--no-progress", line.bulk.no_progress, "bulk: no progress on the terminal");
  app.add_option("--fail-if", line.bulk.fail_if, "bulk: any (default), never, down>=N or down>=P%");
  app.add_option("--write-working", line.bulk.write_working,
                 "bulk: file for the targets that work");
}

class Reader {
 public:
  explicit Reader(CommandLine& line, RawOptions& raw) : line_(line), raw_(raw) {}

  /// Empty, or what is wrong.
  std::string read() {
    read_simple();
    read_families();
    read_lists();
    read_depth();
    return problem_;
  }

 private:
  void wrong(std::string text) {
    if (problem_.empty()) problem_ = std::move(text);
  }

  template <typename Value>
  void choose(std::string_view option, const std::string& text,
              std::initializer_list<std::pair<std::string_view, Value>> choices, Value& value) {
    if (text.empty()) return;
    std::string names;
    for (const auto& [name, choice] : choices) {
      if (name == text) {
        value = choice;
        return;
      }
      names += (names.empty() ? "" : ", ") + std::string(name);
    }
    wrong(fmt::format("{}: \"{}\" is not one of {}", option, checks::net::clean_text(text, 40),
                      names));
  }

  void duration(std::string_view option, const std::string& text, std::chrono::milliseconds& value,
                std::chrono::milliseconds least) {
    if (text.empty()) return;
    const auto parsed = checks::net::parse_duration(text);
    if (!parsed || *parsed < least) {
      return wrong(
          fmt::format("{}: \"{}\" is not a duration of at least {}; write 500ms, 10s or 5m", option,
                      checks::net::clean_text(text, 40), checks::net::describe(least)));
    }
    value = std::chrono::duration_cast<std::chrono::milliseconds>(*parsed);
  }

  void read_simple() {
    using namespace std::chrono_literals;
    duration("--timeout", raw_.timeout, line_.probe.timeout, 100ms);
    duration("--gap", raw_.gap, line_.probe.loss_gap, 1ms);
    duration("--every", raw_.every, line_.watch.every, 100ms);
    duration("--for", raw_.length, line_.watch.length, 0ms);
    choose<Scheme>("--default-scheme", raw_.default_scheme,
                   {{"udp", Scheme::udp},
                    {"http", Scheme::http},
                    {"https", Scheme::https},
                    {"ws", Scheme::ws},
                    {"wss", Scheme::wss}},
                   line_.default_scheme);
    if (raw_.json) raw_.format = "json";
    if (raw_.nagios) raw_.format = "nagios";
    choose<Format>("--output", raw_.format,
                   {{"human", Format::human},
                    {"nagios", Format::nagios},
                    {"json", Format::json},
                    {"jsonl", Format::jsonl},
                    {"prom", Format::prom},
                    {"tracker-checker", Format::tracker_checker},
                    {"quiet", Format::quiet}},
                   line_.format);
    choose<Order>("--order", raw_.order,
                  {{"input", Order::input}, {"completion", Order::completion}}, line_.bulk.order);
    choose<Show>("--only", raw_.only, {{"all", Show::all}, {"up", Show::up}, {"down", Show::down}},
                 line_.bulk.show);
    line_.probe.with_scrape = raw_.with_scrape;
    line_.probe.url_data = !raw_.no_bep41;
    line_.probe.trace = line_.verbose > 0;
    if (line_.mode == Mode::loss && line_.probe.loss_count == 0) line_.probe.loss_count = 20;
    if (line_.probe.loss_count > 0) {
      if (line_.mode == Mode::check) line_.mode = Mode::loss;
      if (line_.probe.loss_count > 100000) wrong("--count: at most 100000");
    }
    for (const int code : {line_.warning_exit, line_.unknown_exit}) {
      if (code < 0 || code > 255) wrong("an exit status is between 0 and 255");
    }
    if (line_.bulk.parallel == 0 || line_.bulk.parallel > 100000) wrong("-j: between 1 and 100000");
    if (line_.bulk.rate < 0 || line_.bulk.per_host < 0) wrong("a rate cannot be negative");
    if (line_.probe.limits.max_addresses == 0) wrong("--max-addresses: at least 1");
    if (!std::regex_match(line_.bulk.fail_if, std::regex("any|never|down>=[0-9]{1,9}%?"))) {
      wrong("--fail-if: write any, never, down>=N or down>=P%");
    }
  }

  void read_families() {
    if (raw_.v4 && raw_.v6) wrong("-4 and -6 exclude each other");
    if (raw_.any && raw_.all) wrong("--any and --all exclude each other");
    if (raw_.v4) line_.target.families = Families::v4;
    if (raw_.v6) line_.target.families = Families::v6;
    VerdictOptions& verdict = line_.target.verdict;
    if (raw_.any) verdict.policy = Policy::any;
    if (raw_.all) verdict.policy = Policy::all;
    if (raw_.require == "any") {
      verdict.policy = Policy::any;
    } else if (raw_.require == "all") {
      verdict.policy = Policy::all;
    } else {
      choose<Require>("--require", raw_.require,
                      {{"v4", Require::v4},
                       {"v6", Require::v6},
                       {"4", Require::v4},
                       {"6", Require::v6},
                       {"both", Require::both}},
                      verdict.require);
    }
  }

  IpAddress address(std::string_view option, const std::string& text) {
    const auto parsed = checks::net::parse_ip(text);
    if (!parsed)
      wrong(fmt::format("{}: \"{}\" is not an IP address", option,
                        checks::net::clean_text(text, 60)));
    return parsed.value_or(IpAddress{});
  }

  void read_lists() {
    if (!raw_.source.empty()) line_.probe.source = address("--source", raw_.source);
    for (const std::string& text : raw_.addresses)
      line_.target.pinned.push_back(address("--address", text));
    for (const std::string& text : raw_.resolve) {
      const auto colon = text.find(':');
      if (colon == std::string::npos) return wrong("--resolve: write HOST:ADDRESS[,ADDRESS]");
      auto& list = line_.target.fixed_addresses[text.substr(0, colon)];
      std::istringstream rest(text.substr(colon + 1));
      for (std::string item; std::getline(rest, item, ',');)
        list.push_back(address("--resolve", item));
    }
    for (const std::string& text : raw_.crit) threshold(text, State::critical);
    for (const std::string& text : raw_.warn) threshold(text, State::warning);
    for (const std::string& text : raw_.expect) expectation(text);
    if (!line_.target.verdict.expect_error.empty()) {
      try {
        const std::regex check(line_.target.verdict.expect_error);
      } catch (const std::regex_error&) {
        wrong("--expect-error: not a regular expression");
      }
    }
  }

  void threshold(const std::string& text, State state) {
    const auto equals = text.find('=');
    Threshold threshold;
    threshold.metric = equals == std::string::npos ? "latency" : text.substr(0, equals);
    threshold.state = state;
    const auto range =
        checks::net::parse_range(equals == std::string::npos ? text : text.substr(equals + 1));
    const auto& names = metric_names();
    if (std::find(names.begin(), names.end(), threshold.metric) == names.end()) {
      return wrong(fmt::format("\"{}\" is not a metric; known: {}",
                               checks::net::clean_text(threshold.metric, 40),
                               fmt::join(names, " ")));
    }
    if (!range)
      return wrong(fmt::format("\"{}\" is not a range", checks::net::clean_text(text, 60)));
    threshold.range = *range;
    line_.target.verdict.thresholds.push_back(std::move(threshold));
  }

  void expectation(const std::string& text) {
    if (text.substr(0, 8) == "failure~") {
      line_.target.verdict.expect_error = text.substr(8);
      return;
    }
    const auto parsed = parse_expectation(text);
    if (!parsed)
      return wrong(fmt::format("--expect: \"{}\" is not METRIC>=N, METRIC<=N or METRIC=N",
                               checks::net::clean_text(text, 60)));
    line_.target.verdict.expectations.push_back(*parsed);
  }

  void read_depth() {
    if (raw_.roundtrip) raw_.depth = "roundtrip";
    Depth depth = Depth::announce;
    choose<Depth>("--depth", raw_.depth,
                  {{"connect", Depth::connect},
                   {"scrape", Depth::scrape},
                   {"stopped", Depth::stopped},
                   {"announce", Depth::announce},
                   {"roundtrip", Depth::roundtrip}},
                  depth);
    if (!raw_.depth.empty()) line_.depth = depth;
    if (!raw_.info_hash.empty()) {
      line_.info_hash = parse_info_hash(raw_.info_hash);
      if (!line_.info_hash) return wrong("--info-hash: write 40 hex, 32 base32 or 64 hex digits");
    }
    take_hash_of_magnets();
    line_.target.verdict.random_hash = !line_.info_hash;
    if (line_.info_hash && !line_.join_swarm) {
      if (!line_.depth) depth = Depth::stopped;
      if (depth == Depth::announce || depth == Depth::roundtrip) {
        wrong(
            "announcing to a given info-hash joins its swarm: add --join-swarm, or use --depth "
            "stopped");
      }
    }
    line_.probe.depth = depth;
  }

  void take_hash_of_magnets() {
    std::vector<std::string> targets;
    for (const std::string& target : line_.targets) {
      if (target.substr(0, 7) != "magnet:") {
        targets.push_back(target);
        continue;
      }
      const auto magnet = parse_magnet(target);
      if (!magnet || magnet->trackers.empty()) return wrong("not a magnet link with trackers");
      if (!line_.info_hash) line_.info_hash = magnet->info_hash;
      targets.insert(targets.end(), magnet->trackers.begin(), magnet->trackers.end());
    }
    line_.targets = std::move(targets);
  }

  CommandLine& line_;
  RawOptions& raw_;
  std::string problem_;
};

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
  if (auto problem = Reader(line, raw).read(); !problem.empty()) return mistake(problem);
  if (line.peer_id_prefix.size() > 12) return mistake("--peer-id-prefix: at most 12 characters");
  line.identity = make_identity(line);
  return line;
}

Identity make_identity(const CommandLine& line) {
  checks::net::Random random;
  Identity identity;
  identity.random_hash = !line.info_hash.has_value();
  if (line.info_hash) {
    identity.info_hash = *line.info_hash;
  } else {
    random.fill(identity.info_hash);
  }
  std::array<std::uint8_t, 12> bytes{};
  random.fill(bytes);
  identity.peer_a = make_peer_id(line.peer_id_prefix, bytes);
  random.fill(bytes);
  identity.peer_b = make_peer_id(line.peer_id_prefix, bytes);
  identity.key = random.number();
  const std::uint32_t free_port = 49152 + random.number() % (65534 - 49152);
  identity.port_a =
      line.announced_port != 0 ? line.announced_port : static_cast<std::uint16_t>(free_port);
  identity.port_b =
      static_cast<std::uint16_t>(identity.port_a == 65535 ? 65534 : identity.port_a + 1);
  return identity;
}

}  // namespace tracker_probe
