#include "minitor/daemon/alert_gate.hpp"

#include <algorithm>
#include <utility>

namespace minitor {

void AlertGate::hold(StartCommand start, std::uint64_t number) {
  if (number <= written_) return open_(start);
  held_.push_back({std::move(start), number, std::chrono::steady_clock::now() + kGateTime});
  if (held_.size() == 1) wait();
}

void AlertGate::written(std::uint64_t number) {
  written_ = std::max(written_, number);
  open_due();
}

bool AlertGate::take_back(RunId run) {
  const auto found = std::find_if(held_.begin(), held_.end(),
                                  [&](const Held& held) { return held.start.run == run; });
  if (found == held_.end()) return false;
  held_.erase(found);
  return true;
}

// Those held came in the order of their numbers and of their time.
void AlertGate::open_due() {
  const auto now = std::chrono::steady_clock::now();
  while (!held_.empty() && (held_.front().number <= written_ || held_.front().until <= now)) {
    StartCommand start = std::move(held_.front().start);
    held_.pop_front();
    open_(start);
  }
  wait();
}

void AlertGate::wait() {
  timer_.cancel();
  if (held_.empty()) return;
  timer_.expires_at(held_.front().until);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) open_due();
  });
}

}  // namespace minitor
