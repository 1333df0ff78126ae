// http-probe: see man/http-probe.1.
#include <cstdio>
#include <memory>
#include <utility>

#include "checks/http-probe/command_line.hpp"

int main(int argc, char** argv) {
  using namespace checks;
  auto read = http_probe::read_command_line(argc, argv);
  if (const auto* farewell = std::get_if<endpoint::Farewell>(&read)) {
    std::fputs(farewell->text.c_str(), stdout);
    return farewell->code;
  }
  auto& line = std::get<http_probe::CommandLine>(read);
  const auto request = std::make_shared<const http_probe::HttpRequest>(std::move(line.request));
  endpoint::LookupAsk where{request->host, line.port, line.common.families, line.common.address};
  endpoint::run_probe(
      "HTTP", line.shown, where,
      [request](endpoint::AddressResult& row, endpoint::Clock::time_point deadline) {
        http_probe::ask_http(*request, row, deadline);
      },
      line.common);
}
