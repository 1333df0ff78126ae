// What people lay over monitors, at random, and what must hold while they do.
#include <fmt/format.h>

#include <algorithm>

#include "minitor/core/overlay_request.hpp"
#include "tests/simulation/policy_world.hpp"

namespace minitor::simulation {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

}  // namespace

// Somebody types something.
void PolicyWorld::meddle() {
  OverlayRequest request;
  request.kind = kOverlayKinds[static_cast<std::size_t>(chance_.between(0, 2))];
  request.clear = chance_.permille(300);
  request.by = "somebody";
  // Who pauses a canary cannot see by it: that is another life than the one that is judged here.
  if (request.kind != OverlayKind::pause && chance_.permille(100)) {
    request.all = true;
  } else {
    const int last = static_cast<int>(config_->monitors.size()) - 1;
    const auto one = static_cast<std::size_t>(chance_.between(0, last));
    if (request.kind == OverlayKind::pause && config_->monitors[one].canary) return;
    request.monitors = {config_->monitors[one].name};
  }
  if (!request.clear && chance_.permille(700))
    request.length = chance_.between(Duration{minutes{1}}, Duration{hours{40}});
  auto decided = decide(request, *config_, engine_->snapshot(), now().wall);
  if (auto* set = std::get_if<SetOverlay>(&decided)) tell(std::move(*set));
  if (auto* clear = std::get_if<ClearOverlay>(&decided)) tell(std::move(*clear));
}

void PolicyWorld::take_everything_off() {
  for (const OverlayKind kind : kOverlayKinds) {
    ClearOverlay clear;
    clear.kind = kind;
    for (std::uint32_t i = 0; i < config_->monitors.size(); ++i)
      clear.monitors.push_back(MonitorId{i});
    tell(std::move(clear));
  }
  for (const auto& [number, laid] : laid_) require(!laid.any(), "what is taken off is off");
}

void PolicyWorld::on(const RecordOverlay& record) {
  const MonitorIndex number = number_of(record.monitor);
  Overlays& laid = laid_[number];
  if (const auto open = open_incident_.find(number); open != open_incident_.end())
    climbs_[open->second].laid_over = true;
  require(!record.reason.empty(), "an overlay has a reason");
  if (aloud_) say(fmt::format("m{}: {} {}", number, name(record.kind), record.reason));
  if (record.what == RecordOverlay::What::set) {
    require(record.overlay.until - now().wall <= kLongestOverlay, "no overlay is for ever");
    laid[record.kind] = record.overlay;
    if (record.kind == OverlayKind::pause) {
      was_paused_.insert(number);
      unseen_.erase(number);
    }
    ++(record.kind == OverlayKind::pause     ? counts_.pauses
       : record.kind == OverlayKind::silence ? counts_.silences
                                             : counts_.acknowledgements);
    return;
  }
  require(laid[record.kind].has_value(), "what ends has begun");
  laid[record.kind].reset();
}

void PolicyWorld::cut_short(RunId run) {
  const auto found = std::find_if(children_.begin(), children_.end(),
                                  [&](const auto& child) { return child.second.run == run; });
  if (found == children_.end()) return;
  Child child = std::move(found->second);
  children_.erase(found);
  child.outcome.ending = Stopped{};
  children_.emplace(now_ + std::chrono::milliseconds{chance_.between(0, 2000)}, std::move(child));
}

const Overlays& PolicyWorld::laid_over(MonitorIndex number) const {
  static const Overlays kNothing;
  const auto found = laid_.find(number);
  return found == laid_.end() ? kNothing : found->second;
}

void PolicyWorld::check_overlays(const RecordNotice& record) const {
  const Notice& notice = *record.notice;
  const Overlays& laid = laid_over(number_of(notice.monitor));
  const std::string what =
      fmt::format(" ({} of {}, because {})", name(notice.kind), notice.monitor, notice.reason);
  require(!laid.paused(), "nobody is told in a pause" + what);
  require(!laid[OverlayKind::silence], "nobody is told in a silence" + what);
  const bool of_an_outage = tells_of_trouble(notice.kind);
  require(!laid.acknowledged() || !of_an_outage || notice.flapping,
          "nobody is reminded of what was acknowledged" + what);
}

void PolicyWorld::check_start(const StartCommand& start, MonitorIndex monitor) const {
  if (start.purpose != RunPurpose::check) return;
  require(!laid_over(monitor).paused(), fmt::format("m{} is not checked in a pause", monitor));
}

// Whatever is laid over something now is in the engine, too, also after a restart; and its time is not over.
void PolicyWorld::no_overlay_outlives_its_time() const {
  const Snapshot snapshot = engine_->snapshot();
  for (std::size_t i = 0; i < config_->monitors.size(); ++i) {
    const MonitorIndex number = number_of(config_->monitors[i].name);
    const Overlays& laid = laid_over(number);
    for (const OverlayKind kind : kOverlayKinds) {
      require(snapshot.monitors[i].overlays[kind] == laid[kind],
              fmt::format("m{}: a {} is what was asked for", number, name(kind)));
      require(!laid[kind] || laid[kind]->until > now().wall,
              fmt::format("m{}: a {} outlives its time", number, name(kind)));
    }
    require(
        !laid.acknowledged() || (status_.contains(number) && status_.at(number) == Status::down),
        fmt::format("m{}: acknowledged, and not down", number));
  }
}

}  // namespace minitor::simulation
