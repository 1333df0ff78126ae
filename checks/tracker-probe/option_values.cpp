#include "checks/tracker-probe/option_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <regex>
#include <sstream>

#include "checks/net/clean_text.hpp"
#include "checks/net/digest.hpp"
#include "checks/net/host_name.hpp"
#include "checks/net/random.hpp"
#include "checks/net/threshold.hpp"
#include "checks/tracker-probe/info_hash.hpp"
#include "checks/tracker-probe/target_list.hpp"
#include "checks/tracker-probe/torrent_file.hpp"

namespace tracker_probe {

namespace {

bool is_torrent_name(const std::string& target) {
  constexpr std::string_view ending = ".torrent";
  return target.size() > ending.size() && target.find("://") == std::string::npos &&
         target.substr(target.size() - ending.size()) == ending;
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
                  {{"input", Order::input},
                   {"completion", Order::completion},
                   {"latency", Order::latency},
                   {"name", Order::name}},
                  line_.bulk.order);
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
      const checks::net::AsciiHost host = checks::net::to_ascii_host(text.substr(0, colon));
      if (!host.error.empty()) return wrong("--resolve: " + host.error);
      auto& list = line_.target.fixed_addresses[host.host];
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
    if (!raw_.info_hash_seed.empty()) {
      if (line_.info_hash) return wrong("--info-hash and --info-hash-seed exclude each other");
      line_.info_hash = checks::net::sha1(raw_.info_hash_seed);
    }
    if (line_.mode != Mode::decode) take_torrents_apart();
    line_.target.verdict.random_hash = !line_.info_hash;
    if (line_.info_hash && !line_.join_swarm && raw_.info_hash_seed.empty()) {
      if (!line_.depth) depth = Depth::stopped;
      if (depth == Depth::announce || depth == Depth::roundtrip) {
        wrong(
            "announcing to a given info-hash joins its swarm: add --join-swarm, or use --depth "
            "stopped");
      }
    }
    line_.probe.depth = depth;
  }

  /// Magnet links and .torrent files are replaced by their trackers, and name the info-hash.
  void take_torrents_apart() {
    std::vector<std::string> targets;
    const auto add = [&](const std::vector<std::string>& trackers,
                         const std::optional<InfoHash>& hash) {
      if (!line_.info_hash) line_.info_hash = hash;
      targets.insert(targets.end(), trackers.begin(), trackers.end());
    };
    for (const std::string& target : line_.targets) {
      const bool magnet_link = target.substr(0, 7) == "magnet:";
      if (line_.mode == Mode::bulk && (magnet_link || is_torrent_name(target)))
        return wrong("bulk reads lists of trackers: give magnet links and torrents to check");
      if (magnet_link) {
        const auto magnet = parse_magnet(target);
        if (!magnet || magnet->trackers.empty()) return wrong("not a magnet link with trackers");
        add(magnet->trackers, magnet->info_hash);
      } else if (is_torrent_name(target)) {
        const FileText file = read_file(target, max_torrent_bytes);
        if (!file.error.empty()) return wrong(file.error);
        const auto read = read_torrent(file.text);
        if (const auto* problem = std::get_if<std::string>(&read))
          return wrong(checks::net::clean_text(target) + ": " + *problem);
        const auto& torrent = *std::get_if<Torrent>(&read);
        add(torrent.trackers, torrent.info_hash);
      } else {
        targets.push_back(target);
      }
    }
    line_.targets = std::move(targets);
  }

  CommandLine& line_;
  RawOptions& raw_;
  std::string problem_;
};

}  // namespace

std::string read_option_values(RawOptions& raw, CommandLine& line) {
  return Reader(line, raw).read();
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
