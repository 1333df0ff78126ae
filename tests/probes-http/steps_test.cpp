// The plan of each depth, and whose announce a step makes.
#include "checks/tracker-probe-http/steps.hpp"
#include "tests/catch.hpp"

using namespace tracker_probe;

namespace {

std::deque<Step> plan(Depth depth, bool with_scrape = false, bool verify = false) {
  ProbeTask task;
  task.depth = depth;
  ProbeOptions options;
  options.with_scrape = with_scrape;
  options.verify_cleanup = verify;
  return plan_of(task, options);
}

}  // namespace

TEST_CASE("steps: each depth does this and no more") {
  using enum Step;
  using Plan = std::deque<Step>;
  CHECK(plan(Depth::connect) == Plan{connect});
  CHECK(plan(Depth::scrape) == Plan{scrape});
  CHECK(plan(Depth::stopped) == Plan{only_stopped});
  CHECK(plan(Depth::announce) == Plan{start_a, stop_a});
  CHECK(plan(Depth::announce, true) == Plan{start_a, scrape, stop_a});
  CHECK(plan(Depth::roundtrip) == Plan{start_a, start_b, stop_a, stop_b});
  CHECK(plan(Depth::roundtrip, true, true) ==
        Plan{start_a, start_b, scrape, stop_a, stop_b, verify});
}

TEST_CASE("steps: a health check is no tracker, whatever depth is asked of trackers") {
  ProbeTask task;
  task.depth = Depth::roundtrip;
  task.purpose = Purpose::health;
  CHECK(plan_of(task, ProbeOptions{}) == std::deque<Step>{Step::health});
}

TEST_CASE("steps: who is started is stopped, with the tracker's id") {
  Identity identity;
  identity.peer_a.fill('a');
  identity.peer_b.fill('b');
  identity.port_a = 1000;
  identity.port_b = 2000;
  const ProbeOptions options;
  const auto ask = [&](Step step) { return request_for(step, identity, options, "id"); };
  for (const auto& [start, stop, peer, port] :
       {std::tuple(Step::start_a, Step::stop_a, identity.peer_a, identity.port_a),
        std::tuple(Step::start_b, Step::stop_b, identity.peer_b, identity.port_b)}) {
    CHECK(ask(start).event == AnnounceEvent::started);
    CHECK(ask(stop).event == AnnounceEvent::stopped);
    for (const auto step : {start, stop}) {
      CHECK(ask(step).peer_id == peer);
      CHECK(ask(step).port == port);
      CHECK(ask(step).tracker_id ==
            (is_stop(step) ? std::optional<std::string>("id") : std::nullopt));
    }
  }
  CHECK(ask(Step::start_a).num_want == options.num_want);
  CHECK(ask(Step::start_b).num_want == options.num_want_roundtrip);
  CHECK(ask(Step::only_stopped).event == AnnounceEvent::stopped);
}
