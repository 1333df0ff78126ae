#include "tests/simulation/incidents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace minitor::simulation {
namespace {

bool is_trouble(NoticeKind kind) {
  return kind == NoticeKind::problem || kind == NoticeKind::reminder;
}

// The machine's own fault, or ours: does not count towards giving up.
bool excused(const Ending& ending) {
  if (std::holds_alternative<Stopped>(ending)) return true;
  const auto* not_started = std::get_if<NotStarted>(&ending);
  if (not_started == nullptr) return false;
  const int error = not_started->error;
  return error == EMFILE || error == ENFILE || error == EAGAIN || error == ENOMEM;
}

bool refused(const Ending& ending) {
  const auto* exited = std::get_if<Exited>(&ending);
  return exited != nullptr && exited->code == 78;
}

// What an alert command that ended with 75 asked for: Weather writes it so.
Duration asked_wait(const CommandOutcome& outcome) {
  const auto* exited = std::get_if<Exited>(&outcome.ending);
  const auto at = outcome.output.rfind("retry-after: ");
  if (exited == nullptr || exited->code != 75 || at == std::string::npos) return {};
  return std::min<Duration>(std::chrono::seconds{std::stoll(outcome.output.substr(at + 13))},
                            std::chrono::minutes{15});
}

bool worked(const Ending& ending) {
  const auto* exited = std::get_if<Exited>(&ending);
  return exited != nullptr && exited->code == 0;
}

Duration naive_wait(Duration first, int tries) {
  Duration wait = first;
  while (--tries > 0 && wait < std::chrono::minutes{5}) wait += wait;
  return std::min<Duration>(wait, std::chrono::minutes{5});
}

std::set<std::uint32_t> values(const std::vector<AlertId>& ids) {
  std::set<std::uint32_t> result;
  for (const AlertId id : ids) result.insert(id.value);
  return result;
}

std::string variable(const Environment& environment, const std::string& name) {
  for (const auto& [key, value] : environment) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace

void require(bool holds, const std::string& what) {
  if (!holds) throw Broken(what);
}

std::set<std::uint32_t> Incidents::down(int monitor) const {
  return values(config_.monitors[static_cast<std::size_t>(monitor)].alert_down);
}

std::set<std::uint32_t> Incidents::up(int monitor) const {
  return values(config_.monitors[static_cast<std::size_t>(monitor)].alert_up);
}

std::set<std::uint32_t> Incidents::reachable(std::uint32_t alert) const {
  std::set<std::uint32_t> result;
  for (const AlertId next : config_.alerts[alert].fallback) {
    result.insert(next.value);
    result.merge(reachable(next.value));
  }
  return result;
}

void Incidents::begin(Moment now, std::optional<NoticeKind> expected, int monitor,
                      const std::set<std::uint32_t>& tests) {
  ++turn_;
  now_ = now;
  expected_ = expected;
  monitor_ = monitor;
  tests_ = tests;
  fresh_ = 0;
  given_up_.clear();
  touched_.clear();
  finished_.clear();
}

// "s3-n12": the twelfth of the third life.
std::uint64_t Incidents::number_of(const std::string& id) {
  const auto dash = id.find("-n");
  require(id.starts_with("s") && dash != std::string::npos,
          "the id of a notice begins with the instance");
  constexpr std::uint64_t kOfOneLife = 1'000'000'000;
  return std::stoull(id.substr(1, dash - 1)) * kOfOneLife + std::stoull(id.substr(dash + 2));
}

void Incidents::restarted(Monotonic now) {
  for (auto& [number, book] : notices_) {
    // Of what ran and did not end, the engine knows nothing.
    for (auto& [alert, pair] : book.pairs) {
      if (pair.tries == 0) pair.first_start = 0;
    }
    if (book.kind != NoticeKind::test) continue;
    for (auto& [alert, pair] : book.pairs) {
      if (!pair.open) continue;
      pair.open = false;
      channels_.at({book.monitor, alert}).open.erase(number);
      --open_;
    }
  }
  for (auto& [channel, books] : channels_) {
    books.running.reset();
    books.ended.reset();
    if (books.retry_at && *books.retry_at <= now) books.retry_at.reset();
    if (books.open.empty()) books.retry_at.reset();
  }
  running_per_alert_.clear();
  running_ = 0;
}

Incidents::Book& Incidents::register_notice(std::uint64_t number, const Notice& notice) {
  require(number > last_number_, "the id of a new notice is new: " + notice.id);
  last_number_ = number;
  fresh_ = number;
  ++ends_.notices;
  Book& book = notices_[number];
  book.kind = notice.kind;
  book.incident = notice.incident;
  if (notice.kind == NoticeKind::test) return book;
  require(expected_ == notice.kind, fmt::format("the naive policy does not expect a {} of {}",
                                                name(notice.kind), notice.monitor));
  const auto& monitor = config_.monitors[static_cast<std::size_t>(monitor_)];
  require(monitor.name == notice.monitor, "a notice names the monitor that was checked");
  book.monitor = monitor_;
  IncidentBook& incident = incidents_[notice.incident];
  require(incident.notices.empty() || incident.monitor == monitor_,
          "an incident belongs to one monitor");
  incident.monitor = monitor_;
  incident.notices.push_back(number);
  return book;
}

void Incidents::intended(std::uint64_t number, Book& book, const Channel& channel) {
  const std::uint32_t alert = channel.second;
  require(!book.pairs.contains(alert),
          fmt::format("notice {} is intended for alert {} once", number, alert));
  Pair pair;
  const std::set<std::uint32_t> direct = book.kind == NoticeKind::test       ? tests_
                                         : book.kind == NoticeKind::recovery ? up(book.monitor)
                                                                             : down(book.monitor);
  const bool handed_on = std::any_of(given_up_.begin(), given_up_.end(), [&](const auto& gone) {
    const auto next = values(config_.alerts[gone.second].fallback);
    return gone.first == number && next.contains(alert);
  });
  if (book.kind == NoticeKind::recovery && !direct.contains(alert)) {
    require(stands_in(incidents_.at(book.incident), alert),
            "a recovery comes to a fallback only where that told the problem");
    pair.stand_in = true;
    ++ends_.stand_ins;
  } else {
    require((fresh_ == number && direct.contains(alert)) || handed_on,
            "a notice is for an alert that is named, or for a fallback of one that gave it up");
    if (handed_on) ++ends_.handed_on;
  }
  ChannelBook& books = channels_[channel];
  if (books.superseded) {
    require(book.kind == NoticeKind::reminder, "only a reminder takes a reminder's place");
    pair.tries = books.superseded->tries;
    pair.attempts = books.superseded->attempts;
    books.superseded.reset();
  }
  pair.arrived = turn_;
  book.pairs[alert] = pair;
  books.open.insert(number);
  require(books.open.size() <= 101, "a channel's queue has an end");
  ++open_;
  if (book.kind != NoticeKind::test) ++incidents_.at(book.incident).open;
}

void Incidents::on(const RecordNotice& record, bool stopping) {
  const std::uint64_t number = number_of(record.notice->id);
  const std::uint32_t alert = record.alert.value;
  const bool known = notices_.contains(number);
  require(known || record.stage == NoticeStage::intended, "the intention is recorded first");
  Book& book = known ? notices_.at(number) : register_notice(number, *record.notice);
  const Channel channel{book.monitor, alert};
  ChannelBook& books = channels_[channel];
  if (record.stage == NoticeStage::intended) {
    intended(number, book, channel);
    return;
  }
  require(book.pairs.contains(alert) && book.pairs.at(alert).open,
          fmt::format("notice {} for alert {} ends once", number, alert));
  Pair& pair = book.pairs.at(alert);
  switch (record.stage) {
    case NoticeStage::intended: break;
    case NoticeStage::delivered:
      if (std::holds_alternative<LogLine>(config_.alerts[alert].message)) {
        ++pair.tries;
      } else {
        require(books.running == number && books.ended && worked(*books.ended),
                "what is delivered is what just ran and worked");
        ++pair.tries;
      }
      require(record.attempt == pair.tries, "the attempt is counted");
      pair.told = true;
      if (is_trouble(book.kind)) incidents_.at(book.incident).by.insert(alert);
      ++ends_.delivered;
      ended(book, number, channel, pair);
      break;
    case NoticeStage::failed:
      require(books.running == number, "what failed is what just ran");
      attempt_failed(record, pair, books, stopping);
      break;
    case NoticeStage::given_up:
      given_up(number, pair, channel);
      ended(book, number, channel, pair);
      break;
    case NoticeStage::dropped:
      require(is_trouble(book.kind) ? book.kind == NoticeKind::reminder
                                    : book.kind == NoticeKind::recovery,
              "only reminders and recoveries are dropped");
      require(books.running != number, "what runs is not dropped");
      if (book.kind == NoticeKind::reminder && incidents_.at(book.incident).ended) {
        require(pair.tries == 0 && pair.first_start == 0,
                "a reminder that was tried is not dropped");
        require(incidents_.at(book.incident).by.contains(alert),
                "a reminder is not dropped where nothing was told");
        ++ends_.outlived;
      } else if (book.kind == NoticeKind::reminder) {
        books.superseded = pair;
        ++ends_.superseded;
      } else {
        require(!incidents_.at(book.incident).by.contains(alert),
                "a recovery is not dropped where the problem was told");
        ++ends_.not_told;
      }
      ended(book, number, channel, pair);
      break;
  }
}

void Incidents::attempt_failed(const RecordNotice& record, Pair& pair, ChannelBook& channel,
                               bool stopping) {
  ++ends_.failed;
  require(channel.ended && !worked(*channel.ended) && !refused(*channel.ended),
          "what failed is what just ran and did not work, but may");
  const Alert& alert = config_.alerts[record.alert.value];
  ++pair.tries;
  if (!excused(*channel.ended)) ++pair.attempts;
  require(pair.attempts < alert.attempts, "the last attempt gives up");
  require(record.attempt == pair.tries, "the attempt is counted");
  const bool again = !stopping && !std::holds_alternative<Stopped>(*channel.ended);
  require(record.next_attempt.has_value() == again, "it is tried again unless the daemon stops");
  if (!again) return;
  const Duration wait = std::max(naive_wait(alert.retry_after, pair.tries), channel.asked);
  if (channel.asked == wait) ++ends_.postponed;
  require(*record.next_attempt == later(now_, wait),
          "the wait doubles, up to five minutes, or is as long as was asked for");
  channel.retry_at = now_.monotonic + wait;
}

void Incidents::given_up(std::uint64_t number, Pair& pair, const Channel& channel) {
  const ChannelBook& books = channels_.at(channel);
  if (books.running == number) {
    require(books.ended && !worked(*books.ended), "what worked is not given up");
    ++pair.tries;
    if (!excused(*books.ended)) ++pair.attempts;
    if (refused(*books.ended)) ++ends_.refused;
    require(refused(*books.ended) || pair.attempts == config_.alerts[channel.second].attempts,
            "given up after exactly so many attempts, or at once");
  } else {
    require(books.open.size() > 100, "given up without the last attempt only when too many wait");
    ++ends_.pushed_out;
  }
  pair.failed_for_good = true;
  ++ends_.given_up;
  given_up_.emplace_back(number, channel.second);
}

void Incidents::ended(Book& book, std::uint64_t number, const Channel& channel, Pair& pair) {
  pair.open = false;
  channels_.at(channel).open.erase(number);
  --open_;
  if (book.kind == NoticeKind::test) return;
  --incidents_.at(book.incident).open;
  touched_.push_back(book.incident);
}

void Incidents::incident_ended(const std::string& incident) {
  incidents_[incident].ended = true;
  if (incidents_[incident].monitor < 0) incidents_[incident].monitor = monitor_;
  touched_.push_back(incident);
}

void Incidents::alert_ended(const Channel& channel, const CommandOutcome& outcome) {
  ChannelBook& books = channels_.at(channel);
  require(books.running.has_value(), "a run that ended was running");
  books.ended = outcome.ending;
  books.asked = asked_wait(outcome);
  --running_per_alert_[channel.second];
  --running_;
  finished_.push_back(channel);
}

bool Incidents::stands_in(const IncidentBook& book, std::uint32_t alert) const {
  const auto meant = down(book.monitor);
  if (!book.by.contains(alert) || meant.contains(alert) || !config_.alerts[alert].tells_recovery)
    return false;
  const auto told = up(book.monitor);
  return std::any_of(meant.begin(), meant.end(), [&](std::uint32_t whom) {
    return told.contains(whom) && reachable(whom).contains(alert);
  });
}

// Somebody is told now, or it is tried: is it their turn, and are they to be told at all?
void Incidents::about_to_tell(std::uint64_t number, const Channel& channel) {
  Book& book = notices_.at(number);
  Pair& pair = book.pairs.at(channel.second);
  require(pair.open, "only what is open is tried");
  if (pair.first_start == 0) pair.first_start = turn_;
  for (const std::uint64_t other : channels_.at(channel).open) {
    if (other >= number) break;
    const Pair& earlier = notices_.at(other).pairs.at(channel.second);
    require(earlier.stand_in || earlier.arrived >= pair.first_start,
            fmt::format("notice {} goes before {}", other, number));
  }
  check_may_tell(book, channel.second);
}

void Incidents::check_may_tell(const Book& book, std::uint32_t alert) const {
  if (book.kind == NoticeKind::test) return;
  const IncidentBook& incident = incidents_.at(book.incident);
  if (is_trouble(book.kind)) {
    require(book.kind != NoticeKind::reminder || !incident.ended ||
                book.pairs.at(alert).tries > 0 || !incident.by.contains(alert),
            "no reminder of what is over begins where the problem was told");
    for (const std::uint64_t other : incident.notices) {
      const Book& told = notices_.at(other);
      require(told.kind != NoticeKind::recovery || !told.pairs.contains(alert) ||
                  !told.pairs.at(alert).told,
              "nothing more is told of an incident whose end was told there");
    }
    return;
  }
  if (down(book.monitor).contains(alert)) {
    require(incident.by.contains(alert), "a recovery goes only where the problem was told");
  } else if (up(book.monitor).contains(alert)) {
    require(!incident.by.empty(), "a recovery is told when anyone was told of the problem");
  } else {
    require(stands_in(incident, alert), "a fallback is told of what it told");
  }
}

void Incidents::on(const LogNotice& log) {
  const std::uint64_t number = number_of(log.notice->id);
  require(notices_.contains(number), "the intention is recorded before the log is written");
  about_to_tell(number, {notices_.at(number).monitor, log.alert.value});
}

Channel Incidents::started(const StartCommand& start, bool stopping) {
  const Environment& environment = start.command->environment;
  const std::string id = variable(environment, "MINITOR_NOTICE_ID");
  const std::uint64_t number = number_of(id);
  const std::string alert_name = variable(environment, "MINITOR_ALERT");
  const auto alert = std::find_if(config_.alerts.begin(), config_.alerts.end(),
                                  [&](const Alert& one) { return one.name == alert_name; });
  require(alert != config_.alerts.end(), "an alert command knows its alert");
  require(notices_.contains(number), "the intention is recorded before the command starts");
  const Channel channel{notices_.at(number).monitor,
                        static_cast<std::uint32_t>(alert - config_.alerts.begin())};
  ChannelBook& books = channels_.at(channel);
  require(!books.running || (books.ended && books.running), "one run a channel");
  require(!books.retry_at || *books.retry_at <= now_.monotonic, "no attempt before its time");
  about_to_tell(number, channel);
  require(!stopping || notices_.at(number).pairs.at(channel.second).tries == 0,
          "nothing is tried again while the daemon stops");
  books.retry_at.reset();
  books.ended.reset();
  books.running = number;
  require(++running_per_alert_[channel.second] <= kMaxRunsPerAlert, "the cap of an alert's runs");
  ++running_;
  return channel;
}

std::optional<Monotonic> Incidents::next_attempt() const {
  std::optional<Monotonic> next;
  for (const auto& [channel, books] : channels_) {
    if (books.retry_at && *books.retry_at > now_.monotonic && (!next || *books.retry_at < *next))
      next = books.retry_at;
  }
  return next;
}

void Incidents::end(bool may_start) {
  for (const Channel& channel : finished_) {
    ChannelBook& books = channels_.at(channel);
    if (!books.ended) continue;  // the next one runs already
    require(!books.open.contains(*books.running) || books.retry_at || !may_start,
            "what ran and did not arrive is tried again");
    books.running.reset();
    books.ended.reset();
  }
  if (expected_) {
    const auto direct = *expected_ == NoticeKind::recovery ? up(monitor_) : down(monitor_);
    require(direct.empty() == (fresh_ == 0), "what the naive policy expects is told");
    for (const std::uint32_t alert : direct)
      require(notices_.at(fresh_).pairs.contains(alert), "every alert that is named is told");
  }
  for (const auto& [number, alert] : given_up_) {
    const Book& book = notices_.at(number);
    if (book.kind == NoticeKind::recovery) continue;
    for (const AlertId next : config_.alerts[alert].fallback)
      require(book.pairs.contains(next.value), "every fallback takes over");
  }
  for (const auto& [channel, books] : channels_) {
    require(!books.superseded, "a reminder is dropped only for a later one");
    require(!may_start || !books.retry_at || *books.retry_at > now_.monotonic ||
                running_per_alert_[channel.second] == kMaxRunsPerAlert,
            "an attempt that is due starts");
  }
  for (const std::string& incident : touched_) settle(incident);
}

// All of an incident has arrived or was given up: was its end told to exactly those who are to
// know?
void Incidents::settle(const std::string& incident) {
  const auto found = incidents_.find(incident);
  if (found == incidents_.end() || !found->second.ended || found->second.open > 0) return;
  const IncidentBook& book = found->second;
  const auto meant_down = down(book.monitor);
  const auto meant_up = up(book.monitor);
  for (std::uint32_t alert = 0; alert < config_.alerts.size(); ++alert) {
    bool wanted = stands_in(book, alert);
    if (meant_up.contains(alert))
      wanted = meant_down.contains(alert) ? book.by.contains(alert) : !book.by.empty();
    int tried = 0;
    for (const std::uint64_t number : book.notices) {
      const Book& notice = notices_.at(number);
      if (notice.kind != NoticeKind::recovery || !notice.pairs.contains(alert)) continue;
      const Pair& pair = notice.pairs.at(alert);
      if (pair.told || pair.failed_for_good) ++tried;
    }
    require(tried == (wanted ? 1 : 0),
            fmt::format("incident {}: the end is told to alert {} {} times, not {}", incident,
                        alert, tried, wanted ? 1 : 0));
  }
  for (const std::uint64_t number : book.notices) notices_.erase(number);
  incidents_.erase(found);
}

}  // namespace minitor::simulation
