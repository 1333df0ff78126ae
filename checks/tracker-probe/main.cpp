// tracker-probe: probes BitTorrent trackers. See README.md beside this file for the map.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>

#include "checks/tracker-probe/modes.hpp"
#include "checks/tracker-probe/output.hpp"

namespace {

using namespace tracker_probe;

int run(const CommandLine& line) {
  switch (line.mode) {
    case Mode::check:
    case Mode::loss: return run_check(line);
    case Mode::bulk: return run_bulk(line);
    case Mode::watch: return run_watch(line);
    case Mode::decode: return run_decode(line);
  }
  return 3;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  int status = 3;
  try {
    const auto parsed = read_command_line(argc, argv);
    if (const auto* farewell = std::get_if<Farewell>(&parsed)) {
      Output output{""};
      output.write(farewell->text);
      status = output.close() ? farewell->exit_code : 3;
    } else {
      status = run(*std::get_if<CommandLine>(&parsed));
    }
  } catch (const std::exception& error) {
    status = give_up(std::string("internal error: ") + error.what());
  }
  // A lookup may still hang in a thread of its own: nothing may wait for it.
  ::_exit(status);
}
