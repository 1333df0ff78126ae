// One message of one incident, as data. What it looks like to a channel is notice_text's business.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "minitor/core/moment.hpp"
#include "minitor/core/outcome.hpp"

namespace minitor {

enum class NoticeKind : std::uint8_t {
  problem,     // the first of an incident
  reminder,    // a later one of the same incident
  recovery,    // its end
  test,        // a sample: --startup-alerts and `minitor alert NAME`
  repaired,    // it failed and was brought back by a repair; of no incident
  escalation,  // the problem again, for those who are told when it goes on
  group,       // several notices in one message (notice_group.hpp); never in the books itself
};

// True for those that belong to an incident: it begins with one and ends with one.
[[nodiscard]] inline bool of_incident(NoticeKind kind) {
  return kind != NoticeKind::test && kind != NoticeKind::repaired && kind != NoticeKind::group;
}

// True for those that say that something is wrong.
[[nodiscard]] inline bool tells_of_trouble(NoticeKind kind) {
  return kind == NoticeKind::problem || kind == NoticeKind::reminder ||
         kind == NoticeKind::escalation;
}

[[nodiscard]] std::string_view name(NoticeKind kind);

// Everything an alert may say. Text fields hold what the world gave us, cleaned of secrets but of
// nothing else: whoever puts them somewhere quotes them for that place.
struct Notice {
  std::string id;        // unique: a receiver may drop the twin of one that it has seen
  std::string incident;  // the same for all notices of one incident
  NoticeKind kind{};
  std::string monitor;
  std::string description;  // the monitor's own, may be empty
  std::string group;
  std::vector<std::pair<std::string, std::string>> labels;
  Verdict verdict{};  // of the check that caused this notice
  int alert_count =
      0;  // notices of this incident, this one included; on recovery: all that were sent
  int failure_count = 0;  // failed checks in a row; on recovery: how many there were
  std::string output;     // what the check wrote
  std::string outcome;    // how the check ended, in words
  std::string reason;     // why this notice is sent
  Timestamp created{};
  std::optional<Timestamp> first_failure;
  std::optional<Timestamp> last_success;  // on recovery: the one before the outage
  std::string repairs;                    // what was tried before anyone was told, a line each
  std::string takes_down;  // names of monitors that depend on this one, after a comma each
  bool blind = false;      // minitor itself is blind, or sees again; `monitor` is the word for it
  bool flapping = false;   // it is told of flapping that began, or, on recovery, ended
  bool unwatched =
      false;  // a recovery only in name: the monitor was taken out of the configuration

  std::vector<std::shared_ptr<const Notice>> members;  // of a group, in the order of their making
  std::string held;  // of a group that is a digest: why its members were held back

  // A group is up when all of it is.
  [[nodiscard]] bool is_up() const;
};

[[nodiscard]] inline bool tells_of_trouble(const Notice& notice) {
  return tells_of_trouble(notice.kind);
}

}  // namespace minitor
