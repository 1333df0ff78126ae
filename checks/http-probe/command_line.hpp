// What http-probe was called with.
#pragma once

#include <variant>

#include "checks/endpoint/options.hpp"
#include "checks/http-probe/http_ask.hpp"

namespace checks::http_probe {

struct CommandLine {
  std::string shown;  ///< the URL without user and password
  std::uint16_t port = 0;
  HttpRequest request;
  endpoint::CommonOptions common;
};

/// Reads files that options name, and nothing else.
[[nodiscard]] std::variant<CommandLine, endpoint::Farewell> read_command_line(int argc,
                                                                              char** argv);

}  // namespace checks::http_probe
