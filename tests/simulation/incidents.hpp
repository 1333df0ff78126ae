// The books of every notice: what may become of it, in which order, and to whom. Kept from the
// effects alone; every rule that is broken throws Broken.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "minitor/core/config.hpp"
#include "minitor/core/event.hpp"
#include "minitor/core/notice.hpp"

namespace minitor::simulation {

// An invariant does not hold.
class Broken : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// One alert as one monitor uses it; tests belong to no monitor (-1).
using Channel = std::pair<int, std::uint32_t>;

// How often each of the ways was gone: a simulation that never fills a channel proves nothing of it.
struct Ends {
  std::uint64_t notices = 0;
  std::uint64_t delivered = 0;
  std::uint64_t failed = 0;
  std::uint64_t given_up = 0;
  std::uint64_t pushed_out = 0;  // given up because too many waited
  std::uint64_t superseded = 0;
  std::uint64_t outlived = 0;   // reminders dropped because the monitor was up again
  std::uint64_t refused = 0;    // given up at once
  std::uint64_t postponed = 0;  // the receiver asked for a longer wait
  std::uint64_t not_told = 0;   // recoveries
  std::uint64_t handed_on = 0;
  std::uint64_t stand_ins = 0;
};

class Incidents {
 public:
  explicit Incidents(const Config& config) : config_(config) {}

  // A turn begins: what the naive policy expects to be told in it.
  void begin(Moment now, std::optional<NoticeKind> expected, int monitor,
             const std::set<std::uint32_t>& tests);
  // The daemon came back: nothing runs, and test notices are forgotten.
  void restarted(Monotonic now);
  void incident_ended(const std::string& incident);
  void alert_ended(const Channel& channel, const CommandOutcome& outcome);
  void on(const RecordNotice& record, bool stopping);
  void on(const LogNotice& log);
  // Which channel an alert command was started for.
  Channel started(const StartCommand& start, bool stopping);
  // The turn is over. `places` tells whether commands may start at all.
  void end(bool may_start);

  [[nodiscard]] int open() const { return open_; }
  [[nodiscard]] int running() const { return running_; }
  // When the next attempt is due that waits for nothing but time.
  [[nodiscard]] std::optional<Monotonic> next_attempt() const;
  [[nodiscard]] const Ends& ends() const { return ends_; }

 private:
  struct Pair {  // of a notice and an alert
    int tries = 0;
    int attempts = 0;  // our own faults left out
    bool open = true;
    bool told = false;
    bool failed_for_good = false;
    bool stand_in = false;
    std::uint64_t arrived = 0;  // turn
    std::uint64_t first_start = 0;
  };
  struct Book {
    NoticeKind kind{};
    std::string incident;
    int monitor = -1;
    std::map<std::uint32_t, Pair> pairs;
  };
  struct IncidentBook {
    int monitor = -1;
    std::set<std::uint32_t> by;  // told the problem or a reminder
    std::vector<std::uint64_t> notices;
    int open = 0;
    bool ended = false;
  };
  struct ChannelBook {
    std::set<std::uint64_t> open;
    std::optional<std::uint64_t> running;
    std::optional<Monotonic> retry_at;
    std::optional<Ending> ended;  // the run that ended in this turn
    Duration asked{};             // what it asked to wait
    std::optional<Pair> superseded;
  };

  static std::uint64_t number_of(const std::string& id);
  Book& register_notice(std::uint64_t number, const Notice& notice);
  void intended(std::uint64_t number, Book& book, const Channel& channel);
  void ended(Book& book, std::uint64_t number, const Channel& channel, Pair& pair);
  void attempt_failed(const RecordNotice& record, Pair& pair, ChannelBook& channel, bool stopping);
  void given_up(std::uint64_t number, Pair& pair, const Channel& channel);
  void about_to_tell(std::uint64_t number, const Channel& channel);
  void check_may_tell(const Book& book, std::uint32_t alert) const;
  void settle(const std::string& incident);
  [[nodiscard]] std::set<std::uint32_t> reachable(std::uint32_t alert) const;
  [[nodiscard]] std::set<std::uint32_t> down(int monitor) const;
  [[nodiscard]] std::set<std::uint32_t> up(int monitor) const;
  [[nodiscard]] bool stands_in(const IncidentBook& book, std::uint32_t alert) const;

  const Config& config_;
  std::map<std::uint64_t, Book> notices_;
  std::map<std::string, IncidentBook> incidents_;
  std::map<Channel, ChannelBook> channels_;
  std::map<std::uint32_t, int> running_per_alert_;

  // Of the present turn.
  Moment now_;
  std::optional<NoticeKind> expected_;
  int monitor_ = -1;
  std::set<std::uint32_t> tests_;
  std::uint64_t fresh_ = 0;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> given_up_;
  std::vector<std::string> touched_;
  std::vector<Channel> finished_;

  std::uint64_t turn_ = 0;
  std::uint64_t last_number_ = 0;
  Ends ends_;
  int open_ = 0;
  int running_ = 0;
};

void require(bool holds, const std::string& what);

}  // namespace minitor::simulation
