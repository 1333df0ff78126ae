#include "checks/tracker-probe-http/conversation.hpp"

#include <utility>

namespace tracker_probe {

namespace {

/// Worse is larger.
int weight(State state) {
  switch (state) {
    case State::ok: return 0;
    case State::skipped: return 1;
    case State::warning: return 2;
    case State::unknown: return 3;
    case State::critical: return 4;
  }
  return 0;
}

}  // namespace

void Alarm::set(Instant when) {
  const auto setting = ++*setting_;
  timer_.expires_at(when);
  timer_.async_wait([this, setting, weak = std::weak_ptr<std::uint64_t>(setting_)](
                        const boost::system::error_code& error) {
    const auto current = weak.lock();
    if (!error && current && *current == setting) ring_();
  });
}

void Alarm::cancel() {
  ++*setting_;
  timer_.cancel();
}

void Verdict::add(Finding finding) { findings_.push_back(std::move(finding)); }

void Verdict::add(std::vector<Finding> findings) {
  for (auto& finding : findings) findings_.push_back(std::move(finding));
}

bool Verdict::failed() const {
  for (const auto& finding : findings_)
    if (weight(finding.state) > weight(State::warning) || finding.state == State::skipped)
      return true;
  return false;
}

AddressResult Verdict::take() {
  result.state = State::ok;
  const Finding* worst = nullptr;
  for (const auto& finding : findings_)
    if (weight(finding.state) > weight(result.state)) {
      result.state = finding.state;
      worst = &finding;
    }
  for (auto& finding : findings_) {
    if (&finding == worst) {
      result.error = finding;
    } else {
      result.notes.push_back(std::move(finding));
    }
  }
  return std::move(result);
}

}  // namespace tracker_probe
