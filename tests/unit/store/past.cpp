#include "tests/unit/store/past.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace minitor::store_test {

void Past::begin(const std::vector<History*>& histories) {
  ++lives_;
  for (History* history : histories)
    history->begin({fmt::format("life {}", lives_), "test", now_, names_});
  // From the last sign of life on nobody looked.
  for (auto& [name, one] : monitors_) one.facts.push_back({alive_, Stretch::Kind::unobserved});
  alive_ = now_;
}

void Past::flush(const std::vector<History*>& histories, HistoryBatch& batch) {
  batch.now = now_;
  batch.firm = number(0, 3) == 0;
  for (History* history : histories) history->write(batch);
  batch = {};
  alive_ = now_;
}

void Past::check(const std::string& name, HistoryBatch& batch) {
  One& one = monitors_[name];
  const int luck = number(0, 99);
  const Verdict counted = luck < 60   ? Verdict::ok
                          : luck < 65 ? Verdict::warning
                          : luck < 93 ? Verdict::failure
                                      : Verdict::unknown;
  CheckRecord check;
  check.monitor = name;
  check.at = now_;
  check.took = std::chrono::microseconds{number(500, 900'000)};
  check.verdict = check.counted = counted;
  check.outcome = counted == Verdict::failure ? "exit 1" : "exit 0";
  check.output = fmt::format("it said {} | load={};1;2\nmore\n", luck, luck) +
                 std::string(static_cast<std::size_t>(number(0, 600)), 'x');
  check.output_cut = number(0, 9) == 0;
  batch.records.emplace_back(check);
  if (counted == Verdict::unknown) {
    one.facts.push_back({now_, Stretch::Kind::unobserved});
    return;
  }
  const Status before = one.status;
  if (counted == Verdict::failure) {
    if (one.failures++ == 0) one.first_failure = now_;
    one.status = one.failures >= 2 ? Status::down : Status::failing;
    one.facts.push_back({now_, Stretch::Kind::down});
  } else {
    one.failures = 0;
    one.status = Status::up;
    one.facts.push_back({now_, Stretch::Kind::up});
  }
  if (counted == Verdict::failure && number(0, 15) == 0) {
    batch.records.emplace_back(RepairRecord{name, now_, std::chrono::milliseconds{number(1, 9000)},
                                            number(1, 3), number(0, 2), "exit 0", "mended it\n"});
    batch.records.emplace_back(
        HeldRecord{name, now_, NoticeKind::problem, one.incident, "a repair is tried first"});
  }
  if (one.status == before) return;
  if (one.status == Status::down) one.incident = fmt::format("i{}", ++incidents_);
  TransitionRecord transition{name, now_, before, one.status, "so it was", "", {}, ""};
  if (one.status == Status::down || before == Status::down) transition.incident = one.incident;
  if (one.status == Status::down) {
    transition.first_failure = one.first_failure;
    transition.cause = "exit 1: it said no";
  }
  batch.records.emplace_back(transition);
  if (one.status != Status::down && before != Status::down) return;
  auto notice = std::make_shared<Notice>();
  notice->id = fmt::format("n{}-{}", one.incident, minitor::name(one.status));
  notice->incident = one.incident;
  notice->monitor = name;
  notice->kind = one.status == Status::down ? NoticeKind::problem : NoticeKind::recovery;
  notice->reason = "because";
  notice->created = now_;
  const int fate = number(0, 3);
  batch.records.emplace_back(
      NoticeRecord{notice, "mail", NoticeStage::intended, 0, "because", now_, std::nullopt});
  if (fate > 0) {
    batch.records.emplace_back(NoticeRecord{notice, "mail", NoticeStage::failed, 1, "exit 1", now_,
                                            now_ + std::chrono::seconds{5}});
  }
  if (fate > 1) {
    batch.records.emplace_back(
        NoticeRecord{notice, "mail", NoticeStage::delivered, 2, "", now_, std::nullopt});
  }
}

void Past::live(const std::vector<History*>& histories, int checks) {
  begin(histories);
  HistoryBatch batch;
  for (int i = 0; i < checks; ++i) {
    now_ += std::chrono::milliseconds{number(1, 40'000)};
    check(names_[static_cast<std::size_t>(number(0, static_cast<int>(names_.size()) - 1))], batch);
    if (number(0, 5) == 0) flush(histories, batch);
    if (number(0, 60) == 0) {
      flush(histories, batch);
      now_ += std::chrono::seconds{number(0, 90'000)};
      begin(histories);
    }
  }
  flush(histories, batch);
}

Uptime Past::naive_uptime(const std::string& monitor, TimeRange range) const {
  Uptime result;
  const auto add = [&](Timestamp from, Timestamp to, Stretch::Kind kind) {
    from = std::max(from, range.from);
    to = std::min(to, range.to);
    if (from >= to) return;
    if (kind == Stretch::Kind::up) result.up += to - from;
    if (kind == Stretch::Kind::down) result.down += to - from;
    if (kind == Stretch::Kind::unobserved) result.unobserved += to - from;
  };
  Timestamp at = range.from;
  Stretch::Kind kind = Stretch::Kind::unobserved;
  const auto found = monitors_.find(monitor);
  if (found != monitors_.end()) {
    for (const Fact& fact : found->second.facts) {
      if (fact.at > at) {
        add(at, fact.at, kind);
        at = std::max(at, fact.at);
      }
      kind = fact.kind;
    }
  }
  const Timestamp known = std::max(at, alive_);
  add(at, known, kind);
  add(known, range.to, Stretch::Kind::unobserved);
  return result;
}

}  // namespace minitor::store_test
