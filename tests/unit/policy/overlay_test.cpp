// What a person may ask for, and what becomes of it.
#include "minitor/core/overlay.hpp"

#include "minitor/core/agenda.hpp"
#include "minitor/core/overlay_request.hpp"
#include "tests/catch.hpp"

using namespace minitor;
using namespace std::chrono_literals;

namespace {

const Timestamp kNow{std::chrono::seconds{1795219200}};  // 2026-11-21T00:00:00Z

struct World {
  Config config;
  Snapshot snapshot;

  World() {
    add("web", "Sites", Status::up);
    add("shop", "Sites", Status::down);
    add("backup", "", Status::down);
    add("a*", "Odd", Status::up);
  }
  void add(const std::string& name, const std::string& group, Status status) {
    Monitor monitor;
    monitor.name = name;
    monitor.group = group;
    config.monitors.push_back(std::move(monitor));
    MonitorSnapshot state;
    state.name = name;
    state.status = status;
    snapshot.monitors.push_back(std::move(state));
  }
  // The numbers of the monitors, or why not.
  std::string ask(const OverlayRequest& request) const {
    const auto made = decide(request, config, snapshot, kNow);
    if (const auto* refusal = std::get_if<OverlayRefusal>(&made)) return refusal->words;
    const auto& monitors = std::holds_alternative<SetOverlay>(made)
                               ? std::get<SetOverlay>(made).monitors
                               : std::get<ClearOverlay>(made).monitors;
    std::string numbers;
    for (const MonitorId id : monitors) numbers += std::to_string(id.value);
    return numbers;
  }
};

OverlayRequest of(std::vector<std::string> monitors, OverlayKind kind = OverlayKind::silence) {
  OverlayRequest request;
  request.kind = kind;
  request.monitors = std::move(monitors);
  return request;
}

}  // namespace

TEST_CASE("monitors are meant by name, by pattern, by group, or all") {
  World world;
  CHECK(world.ask(of({"web"})) == "0");
  CHECK(world.ask(of({"*p"})) == "12");
  CHECK(world.ask(of({"s?op", "web"})) == "01");
  CHECK(world.ask(of({"a*"})) == "3");  // its name, and no pattern
  OverlayRequest group;
  group.groups = {"Sit*"};
  CHECK(world.ask(group) == "01");
  OverlayRequest all;
  all.all = true;
  CHECK(world.ask(all) == "0123");
  CHECK(world.ask(of({})) == "name monitors or groups, or say that all are meant");
  all.monitors = {"web"};
  CHECK(world.ask(all) == "either all are meant or those that are named, not both");
  CHECK(world.ask(of({"web", "wbe\x1b"})) == "no monitor is named \"wbe\\x1b\"");
  group.groups = {"Nobody"};
  CHECK(world.ask(group) == "no monitor is in a group \"Nobody\"");
}

TEST_CASE("nothing is silent for ever, nor for no time") {
  World world;
  OverlayRequest request = of({"web"});
  const auto until = [&] {
    return std::get<SetOverlay>(decide(request, world.config, world.snapshot, kNow)).until;
  };
  CHECK(until() == kNow + kDefaultOverlay);
  request.length = kLongestOverlay;
  CHECK(until() == kNow + kLongestOverlay);
  request.length = kLongestOverlay + 1s;
  CHECK(world.ask(request) ==
        "a silence may last 31d at most, so that nothing is silent for ever by accident");
  request.length = Duration::max();
  CHECK(world.ask(request).starts_with("a silence may last"));
  request.length = 0s;
  CHECK(world.ask(request) == "it has to last a second at least");
  request.length.reset();
  request.until = kNow - 1s;
  CHECK(world.ask(request) == "the end lies in the past");
  request.until = kNow + 3h;
  CHECK(until() == kNow + 3h);
  request.length = 1h;
  CHECK(world.ask(request) == "either for a duration or until an instant, not both");
}

TEST_CASE("what is not down is not acknowledged; of several, those that are") {
  World world;
  CHECK(world.ask(of({"web"}, OverlayKind::acknowledge)) ==
        "web is not down: there is nothing to acknowledge");
  CHECK(world.ask(of({"shop"}, OverlayKind::acknowledge)) == "1");
  CHECK(world.ask(of({"*"}, OverlayKind::acknowledge)) == "12");
}

TEST_CASE("what is not there is ended without a word") {
  World world;
  OverlayRequest request = of({"*"});
  request.clear = true;
  CHECK(world.ask(request).empty());
  world.snapshot.monitors[2].overlays[OverlayKind::silence] = Overlay{kNow, kNow + 1h, "", ""};
  CHECK(world.ask(request) == "2");
  request.length = 1h;
  CHECK(world.ask(request) == "what ends now has no duration");
}

TEST_CASE("names and notes are one line, and not long") {
  World world;
  OverlayRequest request = of({"web"});
  request.by = std::string(5000, 'x');
  request.note = "a\nb\x1b[31m" + std::string(5000, 'y');
  const auto set = std::get<SetOverlay>(decide(request, world.config, world.snapshot, kNow));
  CHECK(set.by.size() <= kLongestBy);
  CHECK(set.note.size() <= kLongestNote);
  CHECK(set.note.starts_with("a\\nb\\x1b[31m"));
}

TEST_CASE("a pattern is matched to its end, and costs no more than it is long") {
  CHECK(fits_pattern("", ""));
  CHECK(fits_pattern("", "**"));
  CHECK_FALSE(fits_pattern("", "?"));
  CHECK(fits_pattern("abcabd", "*abd"));
  CHECK_FALSE(fits_pattern("abcabdx", "*abd"));
  CHECK(fits_pattern("a.b", "a.b"));
  CHECK_FALSE(fits_pattern("axb", "a.b"));
  std::string stars;
  for (int i = 0; i < 2000; ++i) stars += "*a";
  CHECK_FALSE(fits_pattern(std::string(5000, 'a'), stars + "b"));
}

TEST_CASE("an overlay is over at its end, and when the clock was set back too far") {
  const Overlay overlay{kNow, kNow + 2h, "Ada", "disk"};
  CHECK_FALSE(is_over(overlay, kNow));
  CHECK_FALSE(is_over(overlay, kNow - 24h));
  CHECK(is_over(overlay, kNow + 2h));
  CHECK(is_over(overlay, kNow - 24h * 365));
  CHECK(describe(OverlayKind::silence, overlay) ==
        "silenced by Ada until 2026-11-21T02:00:00Z: disk");
  CHECK(describe_to_all(OverlayKind::silence, overlay) == "silenced until 2026-11-21T02:00:00Z");
  CHECK(describe_to_all(OverlayKind::acknowledge, overlay) == "acknowledged");
}

TEST_CASE("what is paused is not run, asked for or not, and missed nothing") {
  constexpr Monotonic start{1000h};
  const MonitorId one{0};
  Agenda agenda({10s}, 4, start);
  REQUIRE(agenda.take(start));
  agenda.pause(one);
  agenda.finished(one, start + 1s);
  CHECK_FALSE(agenda.next());
  agenda.check_now(one, start + 2s);
  CHECK_FALSE(agenda.take(start + 25s));
  agenda.resume(one, start + 26s);
  CHECK(agenda.next() == start + 26s);
  const auto run = agenda.take(start + 26s);
  REQUIRE(run);
  CHECK(run->missed == 0);
  CHECK(run->lateness == Duration::zero());
  agenda.finished(one, start + 27s);
  CHECK(agenda.next() == start + 30s);  // as before
  CHECK(agenda.take(start + 30s)->missed == 0);
}

TEST_CASE("what is paused leaves its place to others") {
  constexpr Monotonic start{1000h};
  Agenda agenda({10s, 10s}, 1, start);
  agenda.pause(MonitorId{0});
  const auto run = agenda.take(start + 1s);
  REQUIRE(run);
  CHECK(run->monitor == MonitorId{1});
  agenda.resume(MonitorId{0}, start + 1s);
  agenda.finished(MonitorId{1}, start + 2s);
  CHECK(agenda.take(start + 2s)->monitor == MonitorId{0});
}

TEST_CASE("resumed while its last run is still being ended, it is checked when that is over") {
  constexpr Monotonic start{1000h};
  Agenda agenda({10s}, 4, start);
  REQUIRE(agenda.take(start));
  agenda.pause(MonitorId{0});
  agenda.resume(MonitorId{0}, start + 1s);
  CHECK_FALSE(agenda.next());
  agenda.finished(MonitorId{0}, start + 2s);
  CHECK(agenda.next() == start + 2s);
}
