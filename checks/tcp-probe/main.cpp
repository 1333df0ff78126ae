// tcp-probe: see man/tcp-probe.1.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <memory>
#include <utility>
#include <variant>

#include "checks/endpoint/options.hpp"
#include "checks/tcp-probe/tcp_ask.hpp"

namespace {

using namespace checks;
using endpoint::Farewell;
using tcp_probe::TcpRequest;

constexpr std::string_view kProgram = "tcp-probe";

struct Raw {
  endpoint::RawCommon common;
  std::string target;
  std::string send;
  bool use_tls = false;
  std::vector<std::string> expect;
  std::vector<std::string> matches;
};

struct CommandLine {
  TcpRequest request;
  endpoint::CommonOptions common;
};

void add_options(CLI::App& app, Raw& raw) {
  app.add_option("target", raw.target, "HOST:PORT, or [IPV6]:PORT");
  app.add_flag("--tls", raw.use_tls, "Make a TLS handshake and check the certificate");
  app.add_option("--send", raw.send,
                 R"(Send this once connected; \r \n \t \0 \\ and \xNN are known)");
  app.add_option("--expect", raw.expect, "The answer must hold this text (with the same escapes)")
      ->allow_extra_args(false);
  app.add_option("--matches", raw.matches,
                 "A line of the answer must match this regular expression")
      ->allow_extra_args(false);
  endpoint::add_common(app, raw.common);
  app.footer(
      "Every address of the name is asked. Metrics for -w and -c: total dns connect tls\n"
      "first_byte cert_days bytes. Exit code: 0 ok, 1 warning, 2 critical, 3 unknown.\n"
      "When a certificate ends: tcp-probe --tls -w cert_days=21: -c cert_days=7: HOST:443");
}

// HOST:PORT into the request; false when it is none.
bool read_target(const std::string& target, TcpRequest& request) {
  const auto colon = target.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  std::string host = target.substr(0, colon);
  if (host.front() == '[') {
    if (host.size() < 3 || host.back() != ']') return false;
    host = host.substr(1, host.size() - 2);
    if (!net::parse_ip(host)) return false;
  } else if (host.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "0123456789.-_") != std::string::npos) {
    return false;
  }
  const char* end = target.data() + target.size();
  const auto parsed = std::from_chars(target.data() + colon + 1, end, request.port);
  request.host = std::move(host);
  return parsed.ec == std::errc{} && parsed.ptr == end && request.port > 0;
}

std::optional<std::string> read_request(const Raw& raw, TcpRequest& request) {
  if (raw.target.empty()) return "which host and port? Give HOST:PORT";
  if (!read_target(raw.target, request))
    return fmt::format("'{}' is no host and port; write HOST:PORT or [IPV6]:PORT", raw.target);
  request.use_tls = raw.use_tls;
  const auto send = endpoint::unescape(raw.send);
  if (!send) return fmt::format("--send: '{}' holds a \\ before what is not known", raw.send);
  request.send = *send;
  for (const std::string& text : raw.expect) {
    const auto expected = endpoint::unescape(text);
    if (!expected) return fmt::format("--expect: '{}' holds a \\ before what is not known", text);
    request.expect.contains.push_back(*expected);
  }
  for (const std::string& text : raw.matches) {
    std::string why;
    auto pattern = endpoint::Pattern::compile(text, why);
    if (!pattern) return fmt::format("--matches: '{}': {}", text, why);
    request.expect.matches.push_back(std::move(*pattern));
  }
  return std::nullopt;
}

std::variant<CommandLine, Farewell> read_command_line(int argc, char** argv) {
  Raw raw;
  CLI::App app{"Checks a TCP service: every address of its name, TLS, an answer, the times.",
               std::string(kProgram)};
  add_options(app, raw);
  if (auto farewell = endpoint::parse(app, argc, argv, kProgram)) return *farewell;
  CommandLine line;
  auto wrong = endpoint::read_common(raw.common, line.common);
  if (!wrong) wrong = read_request(raw, line.request);
  if (wrong) return endpoint::mistake(kProgram, *wrong);
  line.request.tls = line.common.tls;
  return line;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  auto read = read_command_line(argc, argv);
  if (const auto* farewell = std::get_if<Farewell>(&read)) {
    std::fputs(farewell->text.c_str(), stdout);
    return farewell->code;
  }
  auto& line = std::get<CommandLine>(read);
  const auto request = std::make_shared<const TcpRequest>(std::move(line.request));
  const bool v6 = request->host.find(':') != std::string::npos;
  endpoint::run_probe(
      "TCP", fmt::format("{}{}{}:{}", v6 ? "[" : "", request->host, v6 ? "]" : "", request->port),
      {request->host, request->port, line.common.families, line.common.address},
      [request](endpoint::AddressResult& row, endpoint::Clock::time_point deadline) {
        tcp_probe::ask_tcp(*request, row, deadline);
      },
      line.common);
}
