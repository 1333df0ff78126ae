// Records as they may be shown: without the secrets that are known now, which may not have been known
// when they were written down, and without what a monitor's `show` hides.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "minitor/core/history.hpp"
#include "minitor/core/redactor.hpp"
#include "minitor/core/web_settings.hpp"

namespace minitor {

// Why a notice was to be sent, without what may not be shown: the command lines of repairs that were
// tried stand in it, too.
[[nodiscard]] std::string shown_reason(const std::string& reason, const PageShows& shown);

// Another one's answers, without secrets. Both must outlive it.
class RedactedReads final : public HistoryReads {
 public:
  RedactedReads(HistoryReads& history, const Redactor& redactor)
      : history_(history), redactor_(redactor) {}

  SavedState load() override { return history_.load(); }
  std::vector<MonitorRow> monitors() override;
  std::vector<CheckRow> checks(const ChecksQuery& query) override;
  std::vector<IncidentRow> incidents(const IncidentsQuery& query) override;
  std::vector<NoticeRow> notices(const NoticesQuery& query) override;
  std::vector<RepairRow> repairs(const PastQuery& query) override;
  std::vector<HeldRow> held(const PastQuery& query) override { return history_.held(query); }
  std::vector<OverlayRow> overlays(const PastQuery& query) override;
  std::map<std::string, Timeline> timelines(const std::string& monitor, TimeRange range) override {
    return history_.timelines(monitor, range);
  }
  std::vector<Bucket> buckets(const std::string& monitor, TimeRange range,
                              Resolution resolution) override {
    return history_.buckets(monitor, range, resolution);
  }

 private:
  template <typename Row, typename... Text>
  [[nodiscard]] std::vector<Row> without_secrets(std::vector<Row> rows, Text... texts) const;

  HistoryReads& history_;
  const Redactor& redactor_;
};

}  // namespace minitor
