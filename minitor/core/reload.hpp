// What a new configuration is to the one before it: which monitor and which alert is which. The
// engine goes on with what it knows of them under their new numbers.
//
// A monitor is the same when it has the same name, or says with `was` that it had it; an alert when
// it has the same name. What is gone and still has something on its way (a notice, the end of a
// command) keeps a number beyond those of the configuration, which no monitor has: it is retired.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "minitor/core/config.hpp"
#include "minitor/core/moment.hpp"
#include "minitor/core/saved_state.hpp"

namespace minitor {

class Renumbering {
 public:
  // `retired`: how many were retired before; it is counted on.
  Renumbering(const Config& before, const Config& after, std::uint32_t& retired);

  // Of a monitor of the configuration before, or of one that was retired already.
  [[nodiscard]] MonitorId operator()(MonitorId before) const;
  // None: it is gone.
  [[nodiscard]] std::optional<AlertId> operator()(AlertId before) const {
    return alerts_[before.value];
  }
  // Where a monitor of the new configuration was before; none: it is new.
  [[nodiscard]] std::optional<MonitorId> before(MonitorId after) const {
    return before_[after.value];
  }
  // Whether it is in the new configuration.
  [[nodiscard]] bool watched(MonitorId after) const { return after.value < before_.size(); }

 private:
  std::vector<MonitorId> monitors_;               // by number before
  std::vector<std::optional<MonitorId>> before_;  // by number after
  std::vector<std::optional<AlertId>> alerts_;    // by number before
};

// Old and new name of the monitors that are called otherwise now.
using Renames = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] Renames renames(const Config& before, const Config& after);
[[nodiscard]] Renames renames(const SavedState& saved, const Config& after);
// What was saved, under the new names.
void rename(SavedState& saved, const Renames& renames);

// What became of the monitors, for the log and for whoever asked.
struct ReloadSummary {
  Timestamp when;
  int added = 0;
  int removed = 0;
  int changed = 0;  // something of it is configured otherwise
  Renames renamed;
  std::vector<std::string> monitors;  // that are watched from now on
};
[[nodiscard]] ReloadSummary summarize(const Config& before, const Config& after, Timestamp when);
// "2 monitors are new, 1 is gone, 3 are changed, 1 has another name; 40 are watched"
[[nodiscard]] std::string describe(const ReloadSummary& summary);

// How the configuration was last read again.
struct ReloadReport {
  Timestamp when;  // it was read; of the first one: the start of the daemon
  bool good = true;
  std::string words;                       // what came of it, in a sentence
  std::vector<std::string> errors;         // why not, each with its place in the file
  std::vector<std::string> notes;          // what was read with a grain of salt
  std::vector<std::string> needs_restart;  // what is configured otherwise and stays as it was
  Timestamp last_good;                     // what is in force was read then
};

// Of the last one: what changes only with a restart, in words.
[[nodiscard]] std::vector<std::string> changed_for_restart(const Config& before,
                                                           const Config& after);

// Whether everything that is configured of it, its name aside, is the same, by what the names in it
// stand for.
[[nodiscard]] bool same(const Config& before, const Monitor& one, const Config& after,
                        const Monitor& other);

}  // namespace minitor
