// What a page or an answer of the API is made of: what is configured, what is known now, and the
// instant at which it was asked. Plain data: it may be read on another thread than it was made on.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "minitor/core/config.hpp"
#include "minitor/core/history.hpp"
#include "minitor/core/moment.hpp"
#include "minitor/core/reload.hpp"
#include "minitor/core/snapshot.hpp"
#include "minitor/core/time_zone.hpp"
#include "minitor/web/build_info.hpp"

namespace minitor {

struct Site {
  std::shared_ptr<const Config> config;
  Snapshot snapshot;  // its monitors in the order of the configuration
  BuildInfo build;
  Moment now;
  TimeZone zone;
  std::string boot;             // tells this boot of the machine from every other
  bool may_write = false;       // a token is configured
  ReloadReport reload = {};     // how the configuration was last read again
  std::string history_trouble;  // why the history is not there; empty: it is, or none is kept
  std::string unwritten;        // what of it is missing, and why; empty: nothing

  [[nodiscard]] std::size_t size() const { return config->monitors.size(); }
  [[nodiscard]] const Monitor& monitor(std::size_t index) const { return config->monitors[index]; }
  [[nodiscard]] const MonitorSnapshot& state(std::size_t index) const {
    return snapshot.monitors[index];
  }
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;
};

// A monitor as it is now: what this life of the daemon knows of it, and what the history says where
// that is nothing yet.
struct MonitorNow {
  Status status{};
  bool warning = false;
  std::optional<Timestamp> since;
  std::optional<Timestamp> last_check;
  std::optional<Timestamp> last_success;
  std::optional<Duration> last_took;
  std::string last_outcome;
};
[[nodiscard]] MonitorNow monitor_now(const MonitorSnapshot& state, const MonitorRow* row);

// How long a check of this monitor has been due without coming to an end, beyond all that it may take;
// zero when it is in time. The daemon itself is in trouble then.
[[nodiscard]] Duration overdue(const Monitor& monitor, const MonitorSnapshot& state, Moment now);
// Beyond the interval and the timeout of a check.
inline constexpr Duration kOverdueGrace = std::chrono::minutes{1};

// The history where none is kept: empty. Or one that cannot be read: each question fails with `error`.
class NoHistory final : public HistoryReads {
 public:
  explicit NoHistory(std::string error = {}) : error_(std::move(error)) {}

  std::vector<MonitorRow> monitors() override { return nothing(); }
  std::vector<CheckRow> checks(const ChecksQuery&) override { return nothing(); }
  std::vector<IncidentRow> incidents(const IncidentsQuery&) override { return nothing(); }
  std::vector<NoticeRow> notices(const NoticesQuery&) override { return nothing(); }
  std::vector<RepairRow> repairs(const PastQuery&) override { return nothing(); }
  std::vector<HeldRow> held(const PastQuery&) override { return nothing(); }
  std::vector<OverlayRow> overlays(const PastQuery&) override { return nothing(); }
  std::map<std::string, Timeline> timelines(const std::string&, TimeRange) override {
    return nothing();
  }
  std::vector<Bucket> buckets(const std::string&, TimeRange, Resolution) override {
    return nothing();
  }

 private:
  struct Nothing {
    template <typename Rows>
    operator Rows() const {  // NOLINT(google-explicit-constructor): stands for any empty answer
      return {};
    }
  };
  [[nodiscard]] Nothing nothing() const {
    if (!error_.empty()) throw HistoryError(error_);
    return {};
  }
  std::string error_;
};

}  // namespace minitor
