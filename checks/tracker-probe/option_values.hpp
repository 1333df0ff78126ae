// What the command line says as text, turned into values; every mistake in words that say what to
// write. Knows nothing of CLI11.
#pragma once

#include <string>
#include <vector>

#include "checks/tracker-probe/command_line.hpp"

namespace tracker_probe {

/// What CLI11 fills in as text and read_command_line turns into values.
struct RawOptions {
  std::string depth, timeout, info_hash, info_hash_seed, require, default_scheme,
      format = "human", order = "input", only = "all", every, length, gap, source;
  std::vector<std::string> warn, crit, expect, addresses, resolve;
  bool v4 = false, v6 = false, any = false, all = false, roundtrip = false, json = false,
       nagios = false, with_scrape = false, no_bep41 = false;
};

/// Fills `line` from the text. Empty, or the first mistake.
[[nodiscard]] std::string read_option_values(RawOptions& raw, CommandLine& line);

}  // namespace tracker_probe
