// What people lay over monitors, at random, and what must hold while they do.
#include <fmt/format.h>

#include <algorithm>

#include "minitor/core/overlay_request.hpp"
#include "tests/simulation/policy_world.hpp"

namespace minitor::simulation {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

void require(bool holds, const std::string& what) {
  if (!holds) throw PolicyBroken(what);
}

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
  for (const Overlays& laid : laid_) require(!laid.any(), "what is taken off is off");
}

void PolicyWorld::on(const RecordOverlay& record) {
  Overlays& laid = laid_[record.monitor.value];
  if (const auto open = open_incident_.find(record.monitor.value); open != open_incident_.end())
    climbs_[open->second].laid_over = true;
  require(!record.reason.empty(), "an overlay has a reason");
  if (record.what == RecordOverlay::What::set) {
    require(record.overlay.until - now().wall <= kLongestOverlay, "no overlay is for ever");
    laid[record.kind] = record.overlay;
    if (record.kind == OverlayKind::pause) {
      was_paused_[record.monitor.value] = true;
      unseen_.erase(record.monitor.value);
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

void PolicyWorld::check_overlays(const RecordNotice& record) const {
  const Notice& notice = *record.notice;
  const Overlays& laid = laid_[index_of(notice.monitor)];
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
  require(!laid_[monitor].paused(), fmt::format("m{} is not checked in a pause", monitor));
}

// Whatever is laid over something now is in the engine, too, also after a restart; and its time is not over.
void PolicyWorld::no_overlay_outlives_its_time() const {
  const Snapshot snapshot = engine_->snapshot();
  for (std::size_t i = 0; i < laid_.size(); ++i) {
    for (const OverlayKind kind : kOverlayKinds) {
      require(snapshot.monitors[i].overlays[kind] == laid_[i][kind],
              fmt::format("m{}: a {} is what was asked for", i, name(kind)));
      require(!laid_[i][kind] || laid_[i][kind]->until > now().wall,
              fmt::format("m{}: a {} outlives its time", i, name(kind)));
    }
    require(!laid_[i].acknowledged() || status_[i] == Status::down,
            fmt::format("m{}: acknowledged, and not down", i));
  }
}

}  // namespace minitor::simulation
