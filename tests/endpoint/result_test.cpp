#include "checks/endpoint/result.hpp"

#include "checks/endpoint/report.hpp"
#include "tests/catch.hpp"

using namespace checks::endpoint;
using namespace std::chrono_literals;

namespace {

AddressResult address(const char* ip, State state, std::string words = "words") {
  AddressResult row;
  row.endpoint = {checks::net::parse_ip(ip).value(), 80};
  row.state = state;
  row.words = std::move(words);
  row.times.total = 1500ms;
  row.cert_days = 10;
  return row;
}

Target target(std::vector<AddressResult> rows) {
  Target result;
  result.shown = "host:80";
  result.addresses = std::move(rows);
  return result;
}

State of(State four, State six, Require require) {
  return overall(target({address("192.0.2.1", four), address("2001:db8::1", six)}), require);
}

}  // namespace

TEST_CASE("what two addresses make together") {
  CHECK(of(State::ok, State::ok, Require::all) == State::ok);
  CHECK(of(State::ok, State::critical, Require::all) == State::critical);
  CHECK(of(State::ok, State::critical, Require::any) == State::warning);
  CHECK(of(State::critical, State::critical, Require::any) == State::critical);
  CHECK(of(State::unknown, State::critical, Require::all) == State::critical);
  CHECK(of(State::critical, State::unknown, Require::any) == State::critical);
  CHECK(of(State::ok, State::unknown, Require::all) == State::unknown);
  CHECK(of(State::ok, State::unknown, Require::any) == State::warning);
  CHECK(of(State::warning, State::ok, Require::all) == State::warning);
  CHECK(of(State::warning, State::critical, Require::any) == State::warning);
  CHECK(of(State::ok, State::skipped, Require::all) == State::ok);
  // Nothing was asked: nothing is known, and that is not "ok".
  CHECK(of(State::skipped, State::skipped, Require::all) == State::unknown);
  CHECK(overall(target({}), Require::all) == State::unknown);
  Target failed;
  failed.failed = State::critical;
  CHECK(overall(failed, Require::any) == State::critical);
}

TEST_CASE("thresholds") {
  const auto state_with = [](const char* warn, const char* crit) {
    Target one = target({address("192.0.2.1", State::ok)});
    judge(one, {parse_threshold(warn, State::warning).value(),
                parse_threshold(crit, State::critical).value()});
    return one.addresses.front().state;
  };
  CHECK(state_with("2", "3") == State::ok);
  CHECK(state_with("1", "3") == State::warning);
  CHECK(state_with("1s", "1400ms") == State::critical);
  CHECK(state_with("total=2", "cert_days=7:") == State::ok);
  CHECK(state_with("cert_days=21:", "cert_days=7:") == State::warning);
  CHECK(state_with("cert_days=21:", "cert_days=14:") == State::critical);
  CHECK(state_with("tls=0", "connect=0") == State::ok);  // there are none of these
  for (const char* wrong : {"", "x", "total", "total=", "none=5", "=5", "5=5", "1:0"})
    CHECK_FALSE(parse_threshold(wrong, State::warning));
  Target bad = target({address("192.0.2.1", State::critical, "was bad before")});
  judge(bad, {parse_threshold("1", State::warning).value()});
  CHECK(bad.addresses.front().words == "was bad before");
}

TEST_CASE("words and figures, and nothing of a server's escapes") {
  const Target two = target({address("192.0.2.1", State::ok, "fine"),
                             address("2001:db8::1", State::critical, "\x1b[31m|evil\n=1\xff")});
  const std::string text =
      nagios_text("HTTP", two, Require::all, {parse_threshold("2", State::warning).value()});
  CHECK(text ==
        "HTTP CRITICAL - host:80: v6 2001:db8::1 \\x1b[31m\\x7cevil\\x0a=1\\xff; v4 fine | "
        "v4_total=1.5s;2;;0 v4_cert_days=10 v6_total=1.5s;2;;0 v6_cert_days=10\n"
        "OK 192.0.2.1:80: fine\n"
        "CRITICAL [2001:db8::1]:80: \\x1b[31m\\x7cevil\\x0a=1\\xff\n");
  const std::string json = json_text("HTTP", two, Require::any);
  CHECK(json.find("\"exit\":1") != std::string::npos);
  CHECK(json.find('\x1b') == std::string::npos);
  CHECK(json.find("\"tls\":null") != std::string::npos);
  CHECK(json.back() == '\n');
}
