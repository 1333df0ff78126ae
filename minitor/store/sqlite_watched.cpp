// Which monitors are watched, and under which names: what a reload changes in the file.
#include <algorithm>
#include <set>

#include "minitor/core/time_zone.hpp"
#include "minitor/store/columns.hpp"
#include "minitor/store/sqlite_history.hpp"

namespace minitor {

std::string earlier_name(const std::string& name, Timestamp now) {
  return name + " (until " + format_rfc3339(now, TimeZone{}, true) + ")";
}

void SqliteHistory::rename(const std::string& from, const std::string& to) {
  auto one = known_.extract(from);
  if (one.empty()) return;
  one.key() = to;
  const std::int64_t id = one.mapped().id;
  known_.insert(std::move(one));
  database_.statement("UPDATE monitors SET name = ?2 WHERE id = ?1").with(id, to).run();
  database_.statement("UPDATE notices SET monitor = ?2 WHERE monitor = ?1").with(from, to).run();
}

void SqliteHistory::rename(const Renames& renames, Timestamp now) {
  for (const auto& [from, to] : renames) {
    if (!known_.contains(from)) continue;
    // Of another monitor, which had the name long ago.
    if (known_.contains(to)) rename(to, earlier_name(to, now));
    rename(from, to);
  }
}

void SqliteHistory::put(const WatchedRecord& one) {
  rename(one.renamed, one.at);
  const std::set<std::string_view> watched(one.monitors.begin(), one.monitors.end());
  database_.statement("UPDATE monitors SET watched = 0").with().run();
  for (const std::string& name : one.monitors)
    database_.statement("UPDATE monitors SET watched = 1 WHERE id = ?1").with(known(name).id).run();
  for (auto& [name, monitor] : known_) {
    if (!watched.contains(name)) open_gap(monitor, column(one.at), kNotConfigured);
  }
  end_overlays_of_the_gone(one.at);
}

// What was laid over what is gone is gone as well.
void SqliteHistory::end_overlays_of_the_gone(Timestamp now) {
  database_
      .statement(
          "UPDATE overlays SET ended = ?1, end = ?2 WHERE ended IS NULL "
          "AND monitor IN (SELECT id FROM monitors WHERE watched = 0)")
      .with(column(now), std::string_view{kNotConfigured})
      .run();
}

}  // namespace minitor
