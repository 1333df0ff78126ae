// `minitor test --now`: "Test now" on the command line.
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>

#include "minitor/core/json.hpp"
#include "minitor/daemon/ask_daemon.hpp"
#include "minitor/daemon/commands.hpp"
#include "minitor/daemon/test_report.hpp"

namespace minitor {
namespace {

constexpr int kStillRuns = 202;

Verdict verdict_of(const std::string& word) {
  for (const Verdict one : {Verdict::ok, Verdict::warning, Verdict::failure})
    if (name(one) == word) return one;
  return Verdict::unknown;
}

// All monitors that the daemon knows, or its exit code.
std::variant<std::vector<std::string>, int> all_monitors(const std::string& path) {
  const auto answer = ask_daemon(path, "GET", "/api/v1/monitors", "");
  if (const int code = settle(answer); code != kExitOk) return code;
  std::vector<std::string> names;
  const auto json = Json::parse(std::get<DaemonAnswer>(answer).body);
  if (json)
    for (const Json& one : (*json)["monitors"].array()) names.push_back(one["name"].string());
  return names;
}

}  // namespace

int test_in_daemon(const std::string& path, const TestOptions& options) {
  std::vector<std::string> monitors = options.monitors;
  if (options.all) {
    auto all = all_monitors(path);
    if (const int* code = std::get_if<int>(&all)) return *code;
    monitors = std::get<std::vector<std::string>>(std::move(all));
  }
  std::vector<TestResult> results;
  for (const std::string& monitor : monitors) {
    const auto began = std::chrono::steady_clock::now();
    const auto answer =
        ask_daemon(path, "POST", fmt::format("/api/v1/monitors/{}/test", target_part(monitor)), "");
    if (const int code = settle(answer); code != kExitOk) return code;
    const auto& [status, body] = std::get<DaemonAnswer>(answer);
    TestResult result;
    result.monitor = monitor;
    result.elapsed = std::chrono::steady_clock::now() - began;
    const Json said = Json::parse(body).value_or(Json{});
    result.verdict = verdict_of(said["verdict"].string());
    result.outcome =
        status == kStillRuns ? "still runs; the history will tell" : said["outcome"].string();
    result.output = said["output"].string();
    results.push_back(std::move(result));
  }
  const bool colour = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  fmt::print("{}", test_report(results, options.format, colour));
  return test_exit_code(results, options.format);
}

}  // namespace minitor
