#include "checks/endpoint/options.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cctype>
#include <cstdio>

#include "checks/endpoint/report.hpp"
#include "checks/net/clean_text.hpp"
#include "checks/net/watchdog.hpp"

namespace checks::endpoint {

namespace {

constexpr int kCritical = 2;
// What the probe itself needs to say that the time is over.
constexpr auto kLastWords = std::chrono::seconds{1};

std::optional<std::string> read_thresholds(const std::vector<std::string>& texts, State state,
                                           CommonOptions& options) {
  for (const std::string& text : texts) {
    auto threshold = parse_threshold(text, state);
    if (!threshold)
      return fmt::format(
          "'{}' is no threshold; write 1.5, 200ms or METRIC=RANGE, as in cert_days=21: "
          "(metrics: total dns connect tls first_byte cert_days bytes redirects)",
          text);
    options.thresholds.push_back(std::move(*threshold));
  }
  return std::nullopt;
}

}  // namespace

void add_common(CLI::App& app, RawCommon& raw) {
  app.add_option("-w,--warning", raw.warning,
                 "Warn outside of a range: RANGE of the total seconds, or METRIC=RANGE")
      ->allow_extra_args(false);
  app.add_option("-c,--critical", raw.critical, "Fail outside of a range, as above")
      ->allow_extra_args(false);
  app.add_option("-t,--timeout", raw.timeout, "For everything, DNS too (default: 10s)");
  app.add_flag("-4,--ipv4", raw.only_v4, "IPv4 only");
  app.add_flag("-6,--ipv6", raw.only_v6, "IPv6 only");
  app.add_option("--require", raw.require,
                 "all (default): every address must be well; any: one that is not is a warning");
  app.add_option("--address", raw.address, "Connect to this address, whatever the name says");
  app.add_option("--ca-file", raw.ca_file, "Trust the certificates in this file");
  app.add_flag("--insecure", raw.insecure, "Accept any certificate");
  app.add_flag("--json", raw.json, "One JSON object instead of words");
}

std::optional<std::string> read_common(const RawCommon& raw, CommonOptions& options) {
  if (raw.only_v4 && raw.only_v6) return "give -4 or -6, not both; both are asked without them";
  if (raw.only_v4) options.families = {net::Family::v4};
  if (raw.only_v6) options.families = {net::Family::v6};
  if (raw.require != "all" && raw.require != "any")
    return fmt::format("--require: '{}' is neither all nor any", raw.require);
  options.require = raw.require == "any" ? Require::any : Require::all;
  if (!raw.address.empty()) {
    options.address = net::parse_ip(raw.address);
    if (!options.address) return fmt::format("--address: '{}' is not an IP address", raw.address);
  }
  if (!raw.ca_file.empty() && ::access(raw.ca_file.c_str(), R_OK) != 0)
    return fmt::format("--ca-file: '{}' cannot be read", raw.ca_file);
  options.tls = {raw.insecure, raw.ca_file};
  options.json = raw.json;
  if (!raw.timeout.empty()) {
    const auto timeout = net::parse_duration(raw.timeout);
    if (!timeout || timeout->count() < 1000 || *timeout > kLongestTimeout)
      return fmt::format("--timeout: '{}' is not a time; write 500ms, 10s or 1m, up to 1h",
                         raw.timeout);
    options.timeout = *timeout;
  }
  if (auto wrong = read_thresholds(raw.warning, State::warning, options)) return wrong;
  return read_thresholds(raw.critical, State::critical, options);
}

Farewell mistake(std::string_view program, std::string_view words) {
  std::string check{program.substr(0, program.find('-'))};
  for (char& c : check) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return {3,
          fmt::format("{} UNKNOWN - {} (see {} --help)\n", check, net::clean_text(words), program)};
}

std::optional<Farewell> parse(CLI::App& app, int argc, char** argv, std::string_view program) {
  app.set_help_flag("-h,--help", "This text");
  app.set_version_flag("--version", fmt::format("{} {}", program, MINITOR_VERSION));
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::CallForHelp&) {
    return Farewell{0, app.help()};
  } catch (const CLI::CallForVersion&) {
    return Farewell{0, fmt::format("{} {}\n", program, MINITOR_VERSION)};
  } catch (const CLI::ParseError& error) {
    return mistake(program, error.what());
  }
}

void run_probe(std::string_view check, std::string shown, const LookupAsk& where,
               const AskAddress& ask, const CommonOptions& options) {
  const auto deadline = Clock::now() + options.timeout;
  net::end_process_at(
      deadline + kLastWords, kCritical,
      fmt::format("{} CRITICAL - {}: no end in time\n", check, net::clean_text(shown)));
  curl_global_init(CURL_GLOBAL_DEFAULT);
  Target target = look_up(where, deadline);
  target.shown = std::move(shown);
  ask_all(target, ask, deadline);
  judge(target, options.thresholds);
  const std::string text = options.json
                               ? json_text(check, target, options.require)
                               : nagios_text(check, target, options.require, options.thresholds);
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
  // Without destructors: a thread that hangs in a resolver may still use what they would take away.
  ::_exit(static_cast<int>(overall(target, options.require)));
}

}  // namespace checks::endpoint
