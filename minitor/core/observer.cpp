#include "minitor/core/observer.hpp"

#include <algorithm>
#include <map>

#include "minitor/core/config.hpp"

namespace minitor {

std::string_view name(BlindCause cause) {
  switch (cause) {
    case BlindCause::network: return "network";
    case BlindCause::late: return "late";
    case BlindCause::unstartable: return "unstartable";
  }
  return "invalid";
}

CanariesSay ask_canaries(const std::vector<CanaryState>& canaries, BlindWhen when,
                         Monotonic asked) {
  int proven = 0;
  int bad = 0;
  int old = 0;
  for (const CanaryState& canary : canaries) {
    if (!canary.proven) continue;
    ++proven;
    const bool fresh = canary.checked >= asked;
    if (!fresh) {
      ++old;
    } else if (canary.bad) {
      ++bad;
    }
  }
  if (proven == 0) return CanariesSay::see;
  const int well = proven - old - bad;
  switch (when) {
    case BlindWhen::all:
      if (well > 0) return CanariesSay::see;
      return old > 0 ? CanariesSay::ask : CanariesSay::blind;
    case BlindWhen::any:
      if (bad > 0) return CanariesSay::blind;
      return old > 0 ? CanariesSay::ask : CanariesSay::see;
  }
  return CanariesSay::see;
}

std::vector<NetworkScope> scopes_of(const Config& config) {
  std::vector<NetworkScope> scopes;
  std::map<std::string_view, std::size_t> places;
  for (MonitorIndex i = 0; i < config.monitors.size(); ++i) {
    const Monitor& monitor = config.monitors[i];
    if (!monitor.canary) continue;
    if (places.emplace(monitor.scope, scopes.size()).second)
      scopes.push_back({monitor.scope, {}, {}});
    scopes[places.at(monitor.scope)].canaries.push_back(i);
  }
  for (MonitorIndex i = 0; i < config.monitors.size(); ++i) {
    const Monitor& monitor = config.monitors[i];
    const auto place = places.find(monitor.scope);
    if (!monitor.canary && place != places.end() && monitor.scope != kLocalScope)
      scopes[place->second].covered.push_back(i);
  }
  return scopes;
}

void ScopeSight::set(std::size_t canary, const CanaryState& state) {
  canaries_[canary] = state;
  if (failing()) {
    if (since_ == Monotonic::max()) since_ = state.checked;
    return;
  }
  distrusted_ = false;
  since_ = Monotonic::max();
  well_.clear();
}

void ScopeSight::seen(MonitorIndex monitor, bool ok, Monotonic started) {
  if (!failing()) return;
  if (!ok) {
    well_.erase(monitor);
  } else if (started >= since_) {
    well_.insert(monitor);
  }
  if (well_.size() > covered_ / 2) distrusted_ = true;
}

void ScopeSight::take_over(const ScopeSight& before,
                           const std::function<std::optional<MonitorIndex>(MonitorIndex)>& number) {
  if (!failing() || !before.failing()) return;
  distrusted_ = before.distrusted_;
  since_ = before.since_;
  for (const MonitorIndex monitor : before.well_) {
    if (const auto known = number(monitor)) well_.insert(*known);
  }
  if (well_.size() > covered_ / 2) distrusted_ = true;
}

CanariesSay ScopeSight::about(Monotonic asked) const {
  return distrusted_ ? CanariesSay::see : ask_canaries(canaries_, when_, asked);
}

bool ScopeSight::failing() const {
  return ask_canaries(canaries_, when_, Monotonic::min()) == CanariesSay::blind;
}

bool ScopeSight::to_be_told() const {
  if (!blind()) return false;
  const auto told = [](const CanaryState& canary) { return !canary.proven || canary.down; };
  const auto down = [](const CanaryState& canary) { return canary.proven && canary.down; };
  return when_ == BlindWhen::all ? std::all_of(canaries_.begin(), canaries_.end(), told)
                                 : std::any_of(canaries_.begin(), canaries_.end(), down);
}

}  // namespace minitor
