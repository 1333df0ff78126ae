// The command line, parsed and checked: everything the modes need. The one place that knows CLI11
// is command_line.cpp.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "checks/tracker-probe/probe_options.hpp"
#include "checks/tracker-probe/report.hpp"
#include "checks/tracker-probe/target_probe.hpp"

namespace tracker_probe {

enum class Mode { check, bulk, loss, watch, decode };
enum class Order { input, completion, latency, name };
enum class Show { all, up, down };

struct BulkOptions {
  std::size_t parallel = 512;
  double rate = 2000;    // packets a second, 0: no limit
  double per_host = 50;  // probes a second to one address, 0: no limit
  Order order = Order::input;
  Show show = Show::all;
  bool summary = false;
  bool no_progress = false;
  std::string fail_if = "any";  // any, never, down>=N, down>=P%
  std::string write_working;    // file for the targets that work
  unsigned retry_failed = 0;    // passes over those that failed
  bool shuffle = false;         // the order of probing, not that of the output
  std::string resume;           // file with the targets that are done
};

struct WatchOptions {
  std::chrono::milliseconds every{60000};
  std::chrono::milliseconds length{0};  // 0: until stopped
  unsigned fall = 3;
  unsigned rise = 1;
  bool changes_only = false;
  std::string on_change;  // shell text to run when a target goes up or down
};

struct CommandLine {
  Mode mode = Mode::check;
  std::vector<std::string> targets;  // URLs, files of bulk, hex of decode
  std::string config_file;           // of Torrust's checker
  Scheme default_scheme = Scheme::udp;
  ProbeOptions probe;
  TargetOptions target;
  std::optional<InfoHash> info_hash;
  std::string peer_id_prefix = "-TP0010-";
  std::uint16_t announced_port = 0;  // 0: random
  bool join_swarm = false;
  std::optional<Depth> depth;  // as asked for
  Format format = Format::human;
  std::string output_file;  // instead of standard output; written beside and renamed
  bool no_colour = false;
  int verbose = 0;
  std::size_t resolvers = 8;
  int warning_exit = 1;
  int unknown_exit = 3;
  BulkOptions bulk;
  WatchOptions watch;
  Identity identity;  // filled in by make_identity
};

/// The program ends here: help, version, or a mistake in words.
struct Farewell {
  int exit_code = 0;
  std::string text;
  bool to_stderr = false;
};

[[nodiscard]] std::variant<CommandLine, Farewell> read_command_line(int argc, char** argv);

/// Random peer ids, ports, key and, unless one was given, info-hash.
[[nodiscard]] Identity make_identity(const CommandLine& line);

}  // namespace tracker_probe
