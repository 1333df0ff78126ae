// Any reply against any expectation: the first line is what is asked for, the rest the reply.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "checks/endpoint/curl_connection.hpp"
#include "checks/endpoint/expectation.hpp"
#include "checks/endpoint/report.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace checks::endpoint;
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  const auto end = std::min(input.find('\n'), input.size());
  const std::string asked{input.substr(0, end)};
  const std::string_view reply = input.substr(std::min(end + 1, input.size()));
  Expectations expect;
  expect.contains = {asked};
  if (const auto json = parse_json_expectation(asked)) expect.json.push_back(*json);
  (void)expect.settled(reply);
  AddressResult row;
  row.words = unmet(expect, reply, false).value_or(std::string(reply));
  (void)unescape(asked);
  (void)parse_statuses(asked);
  (void)parse_certificate_time(asked);
  Target target;
  target.shown = asked;
  target.addresses = {row, row};
  if (auto threshold = parse_threshold(asked, State::warning)) judge(target, {*threshold});
  const std::string text = nagios_text("HTTP", target, Require::all, {});
  for (const char c : text)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f) __builtin_trap();
  (void)json_text("HTTP", target, Require::any);
  // A user's own pattern is no stranger's; a plain one is enough to look into strange replies.
  static const Pattern pattern = [] {
    std::string why;
    return *Pattern::compile("^([a-z]+[0-9]*)+=(on|off)?$", why);
  }();
  (void)pattern.matches(reply.substr(0, 4096));
  return 0;
}
