#include "minitor/core/heartbeat.hpp"

#include <chrono>

#include "minitor/core/heartbeat_tokens.hpp"
#include "tests/catch.hpp"

namespace minitor {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPeriod = 24h;
const Monotonic kThen{1000h};

HeartbeatState heard_at(Monotonic when) {
  HeartbeatState state;
  state.last = {when, Timestamp{when.time_since_epoch()}};
  state.heard = true;
  return state;
}

}  // namespace

TEST_CASE("what stands behind a token") {
  CHECK(parse_sign("") == Sign{});
  CHECK(parse_sign("start") == Sign{Sign::Kind::start, 0});
  CHECK(parse_sign("fail") == Sign{Sign::Kind::failure, 1});
  CHECK(parse_sign("0") == Sign{Sign::Kind::code, 0});
  CHECK(parse_sign("255") == Sign{Sign::Kind::code, 255});
  for (const char* wrong :
       {"256", "-1", "+1", "1x", "x1", " 1", "1 ", "0000", "Start", "failed", "1.5", "%31"})
    CHECK_FALSE(parse_sign(wrong));
}

TEST_CASE("it is missed when its grace is over, or when a run takes too long") {
  HeartbeatRules rules;
  rules.grace = 1h;
  HeartbeatState state = heard_at(kThen);
  CHECK(missed_at(rules, kPeriod, state) == kThen + 25h);
  state.started = state.last;
  CHECK(missed_at(rules, kPeriod, state) == kThen + 1h);
  rules.limit = 3h;
  CHECK(missed_at(rules, kPeriod, state) == kThen + 3h);
}

TEST_CASE("after a time in which nobody listened it has until the next that is expected, once") {
  HeartbeatRules rules;
  rules.grace = 1h;
  // Whenever the daemon comes back within a fortnight.
  for (Duration away = 0h; away < 24h * 14; away += 17min) {
    HeartbeatState state = heard_at(kThen);
    const Monotonic now = kThen + away;
    const Monotonic due = resumed(rules, kPeriod, state, kThen + 25h, now);
    INFO(away / 1min);
    if (away <= kPeriod) {
      CHECK(due == kThen + 25h);
      CHECK_FALSE(state.excused);
      continue;
    }
    CHECK(state.excused);
    CHECK(due >= now + rules.grace);
    CHECK(due <= now + kPeriod + rules.grace);
    // In the phase in which it was heard.
    CHECK((due - rules.grace - kThen) % kPeriod == Duration::zero());
    // A second restart gives no more.
    CHECK(resumed(rules, kPeriod, state, due, now + 1min) == std::max(due, now + 1min + 2s));
    CHECK(resumed(rules, kPeriod, state, due, due + 5h) == due + 5h + kHeartbeatSecondLook);
  }
}

TEST_CASE("a burst is taken, a flood is not, and it passes") {
  HeartbeatPace pace;
  Monotonic now = kThen;
  int taken = 0;
  for (int i = 0; i < 1000; ++i) taken += pace.take(now) ? 1 : 0;
  CHECK(taken == kHeartbeatBurst);
  taken = 0;
  for (int i = 0; i < 10'000; ++i) taken += pace.take(now += 1ms) ? 1 : 0;
  CHECK(taken == 10);
  now += 1h;
  taken = 0;
  for (int i = 0; i < 1000; ++i) taken += pace.take(now) ? 1 : 0;
  CHECK(taken == kHeartbeatBurst);
}

TEST_CASE("of a long body the first and the last half are kept") {
  CHECK(kept_body("abc", 3) == "abc");
  CHECK(kept_body("abcdef", 4) == "abef");
  CHECK(kept_body("abcdef", 5) == "abcef");
  CHECK(kept_body("abcdef", 1) == "a");
}

TEST_CASE("tokens are hard to guess, stay the same, and name one monitor") {
  auto config = std::make_shared<Config>();
  for (const char* name : {"web", "backup", "report", "own"}) {
    config->monitors.emplace_back().name = name;
    if (config->monitors.back().name != "web") config->monitors.back().heartbeat.emplace();
  }
  config->monitors[3].heartbeat->token = "a-token-of-its-own";
  const std::string backup = heartbeat_token(config->monitors[1], "secret");
  CHECK(backup.size() == kDerivedToken);
  CHECK(backup == heartbeat_token(config->monitors[1], "secret"));
  CHECK(backup != heartbeat_token(config->monitors[1], "Secret"));
  CHECK(backup != heartbeat_token(config->monitors[2], "secret"));
  HeartbeatTokens tokens("secret");
  CHECK(tokens.find(config, backup) == MonitorId{1});
  CHECK(tokens.find(config, "a-token-of-its-own") == MonitorId{3});
  for (const std::string& wrong :
       {std::string{}, backup.substr(1), backup + "0", std::string{"web"}})
    CHECK_FALSE(tokens.find(config, wrong));
  // Another configuration is asked anew.
  auto other = std::make_shared<Config>(*config);
  other->monitors.erase(other->monitors.begin());
  CHECK(tokens.find(other, backup) == MonitorId{0});
  // Without a secret only tokens of their own are known.
  HeartbeatTokens none("");
  CHECK_FALSE(none.find(config, heartbeat_token(config->monitors[1], "")));
  CHECK(none.find(config, "a-token-of-its-own") == MonitorId{3});
}

}  // namespace minitor
