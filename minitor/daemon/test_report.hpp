// The results of `minitor test`, for a person, a program, CI or Nagios.
#pragma once

#include <string>
#include <vector>

#include "minitor/core/moment.hpp"
#include "minitor/core/outcome.hpp"
#include "minitor/daemon/options.hpp"

namespace minitor {

struct TestResult {
  std::string monitor;
  Verdict verdict{};
  std::string outcome;  // in words
  std::string output;   // cleaned of secrets
  Duration elapsed{};
};

// The report, with a newline at its end. `colour` matters to the human form only.
[[nodiscard]] std::string test_report(const std::vector<TestResult>& results, TestFormat format,
                                      bool colour);

// 0 when all are ok, else 1; for Nagios the plugin codes: 0 ok, 1 warning, 2 critical, 3 unknown,
// the worst of all.
[[nodiscard]] int test_exit_code(const std::vector<TestResult>& results, TestFormat format);

}  // namespace minitor
