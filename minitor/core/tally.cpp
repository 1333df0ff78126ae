#include "minitor/core/tally.hpp"

#include <algorithm>
#include <variant>

namespace minitor {
namespace {

// What is configured is there with its zeros.
void begin(Tally& tally, const Config& config) {
  for (const Alert& alert : config.alerts) tally.notices[alert.name];
  for (const Monitor& monitor : config.monitors) {
    if (!monitor.repairs.empty()) tally.repairs[monitor.name];
  }
}

struct Count {
  Tally& tally;
  const Config& config;

  void operator()(const RecordNotice& record) const {
    Tally::Notices& one = tally.notices[config.alerts[record.alert.value].name];
    switch (record.stage) {
      case NoticeStage::intended: ++one.intended; return;
      case NoticeStage::delivered: ++one.delivered; return;
      case NoticeStage::failed: ++one.failed; return;
      case NoticeStage::given_up: ++one.given_up; return;
      case NoticeStage::dropped: ++one.dropped; return;
    }
  }
  void operator()(const RecordRepair& record) const {
    Tally::Repairs& one = tally.repairs[config.monitors[record.monitor.value].name];
    ++(record.attempt > 0 ? one.ran : one.passed_over);
  }
  void operator()(const RecordHeld& record) const { ++tally.held[std::string{name(record.kind)}]; }
  void operator()(const RecordCheck& check) const {
    if (check.manual || config.monitors[check.monitor.value].heartbeat) return;
    const auto bound = std::find_if(kLatenessBounds.begin(), kLatenessBounds.end(),
                                    [&](Duration most) { return check.lateness <= most; });
    ++tally.lateness[static_cast<std::size_t>(bound - kLatenessBounds.begin())];
    tally.lateness_total += check.lateness;
  }
  void operator()(const RecordReload&) const { begin(tally, config); }
  template <typename Other>
  void operator()(const Other&) const {}
};

}  // namespace

Tally tally_of(const Config& config) {
  Tally tally;
  begin(tally, config);
  for (const NoticeKind kind : {NoticeKind::problem, NoticeKind::reminder, NoticeKind::recovery})
    tally.held[std::string{name(kind)}] = 0;
  return tally;
}

void count(Tally& tally, const Effect& effect, const Config& config) {
  std::visit(Count{tally, config}, effect);
}

}  // namespace minitor
