#include "minitor/daemon/test_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "minitor/core/clean_text.hpp"

namespace minitor {
namespace {

constexpr std::size_t kMaxNagiosText = 200;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

std::size_t count(const std::vector<TestResult>& results, Verdict verdict) {
  return static_cast<std::size_t>(
      std::count_if(results.begin(), results.end(),
                    [verdict](const TestResult& r) { return r.verdict == verdict; }));
}

std::string human(const std::vector<TestResult>& results, bool colour) {
  std::string out;
  for (const TestResult& result : results) {
    const bool ok = result.verdict == Verdict::ok;
    out += fmt::format("{}{:<7}{} {} ({}, {})\n",
                       !colour ? ""
                       : ok    ? "\x1b[32m"
                               : "\x1b[31m",
                       name(result.verdict), colour ? "\x1b[0m" : "", one_line(result.monitor),
                       result.outcome, human_duration(result.elapsed));
    if (ok) continue;
    std::string_view rest = without_line_ends(result.output);
    const std::string shown = printable(rest);
    rest = shown;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      out += fmt::format("        {}\n", rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  out += fmt::format("{} ok, {} failed, {} unknown\n",
                     count(results, Verdict::ok) + count(results, Verdict::warning),
                     count(results, Verdict::failure), count(results, Verdict::unknown));
  return out;
}

std::string json(const std::vector<TestResult>& results) {
  std::string out = fmt::format("{{\"ok\":{},\"failed\":{},\"unknown\":{},\"results\":[",
                                count(results, Verdict::ok) + count(results, Verdict::warning),
                                count(results, Verdict::failure), count(results, Verdict::unknown));
  for (const TestResult& result : results) {
    if (&result != &results.front()) out += ',';
    out += fmt::format(
        "\n{{\"monitor\":{},\"verdict\":\"{}\",\"outcome\":{},\"seconds\":{:.6f},\"output\":{}}}",
        json_string(result.monitor), name(result.verdict), json_string(result.outcome),
        seconds(result.elapsed), json_string(result.output));
  }
  return out + "\n]}\n";
}

// Text for XML 1.0: its five special characters escaped, control characters (which it cannot hold)
// visible.
std::string xml(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&apos;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string junit(const std::vector<TestResult>& results) {
  double total = 0;
  for (const TestResult& result : results) total += seconds(result.elapsed);
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuite name=\"minitor\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{:.3f}\">\n",
      results.size(), count(results, Verdict::failure), count(results, Verdict::unknown), total);
  for (const TestResult& result : results) {
    out += fmt::format("  <testcase classname=\"minitor\" name=\"{}\" time=\"{:.3f}\"",
                       xml(one_line(result.monitor)), seconds(result.elapsed));
    if (result.verdict == Verdict::ok || result.verdict == Verdict::warning) {
      out += "/>\n";
      continue;
    }
    const std::string_view element = result.verdict == Verdict::failure ? "failure" : "error";
    out += fmt::format(">\n    <{0} message=\"{1}\">{2}</{0}>\n  </testcase>\n", element,
                       xml(result.outcome), xml(result.output));
  }
  return out + "</testsuite>\n";
}

// What Nagios reads as a separator may not come from a name or from a program.
std::string nagios_text(std::string_view text) {
  std::string out = one_line(text, kMaxNagiosText);
  std::replace(out.begin(), out.end(), '|', '/');
  return out;
}

std::string nagios(const std::vector<TestResult>& results) {
  static constexpr std::string_view kStates[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
  const std::size_t bad = count(results, Verdict::failure) + count(results, Verdict::unknown);
  std::string summary;
  for (const TestResult& result : results) {
    if (result.verdict == Verdict::ok) continue;
    summary += fmt::format("{}{}: {}", summary.empty() ? "" : ", ", nagios_text(result.monitor),
                           nagios_text(result.outcome));
  }
  if (summary.empty()) summary = fmt::format("{} of {} ok", results.size(), results.size());
  std::string out = fmt::format("MINITOR {} - {} | ok={};;;0;{} failed={};;;0;{}\n",
                                kStates[test_exit_code(results, TestFormat::nagios)], summary,
                                results.size() - bad, results.size(), bad, results.size());
  for (const TestResult& result : results) {
    out += fmt::format("{} {} ({})\n", name(result.verdict), nagios_text(result.monitor),
                       nagios_text(result.outcome));
  }
  return out;
}

}  // namespace

std::string test_report(const std::vector<TestResult>& results, TestFormat format, bool colour) {
  switch (format) {
    case TestFormat::human: return human(results, colour);
    case TestFormat::json: return json(results);
    case TestFormat::junit: return junit(results);
    case TestFormat::nagios: return nagios(results);
  }
  return {};
}

int test_exit_code(const std::vector<TestResult>& results, TestFormat format) {
  const bool failed = count(results, Verdict::failure) > 0;
  const bool unknown = count(results, Verdict::unknown) > 0;
  if (format != TestFormat::nagios) return failed || unknown ? kExitFailed : kExitOk;
  if (failed) return 2;
  if (unknown) return 3;
  return count(results, Verdict::warning) > 0 ? 1 : 0;
}

}  // namespace minitor
