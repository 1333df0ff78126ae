// What the program does in each mode, from targets to the exit status.
#pragma once

#include "checks/tracker-probe/command_line.hpp"

namespace tracker_probe {

[[nodiscard]] int run_check(const CommandLine& line);
[[nodiscard]] int run_bulk(const CommandLine& line);
[[nodiscard]] int run_watch(const CommandLine& line);
[[nodiscard]] int run_decode(const CommandLine& line);

/// Target texts from the command line, @files, --config and Torrust's variables; a problem in words
/// goes to `problem`.
[[nodiscard]] std::vector<TargetSpec> gather_targets(const CommandLine& line, std::string& problem);
[[nodiscard]] int exit_status(State state, const CommandLine& line);
/// A last line and status 3.
[[nodiscard]] int give_up(const std::string& problem);
[[nodiscard]] ReportOptions report_options(const CommandLine& line);

}  // namespace tracker_probe
