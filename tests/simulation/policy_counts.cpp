#include "tests/simulation/policy_counts.hpp"

#include <fmt/format.h>

#include <array>

namespace minitor::simulation {
namespace {

struct Count {
  std::string_view name;
  std::uint64_t PolicyCounts::*number;
};

constexpr std::array kAll{
    Count{"checks", &PolicyCounts::checks},
    Count{"problems", &PolicyCounts::problems},
    Count{"reminders", &PolicyCounts::reminders},
    Count{"recoveries", &PolicyCounts::recoveries},
    Count{"times held", &PolicyCounts::held},
    Count{"repairs", &PolicyCounts::repairs},
    Count{"passed over", &PolicyCounts::passed_over},
    Count{"repaired", &PolicyCounts::repaired},
    Count{"gates", &PolicyCounts::gates},
    Count{"flapping", &PolicyCounts::flaps},
    Count{"escalations", &PolicyCounts::escalations},
    Count{"times blind", &PolicyCounts::blind},
    Count{"checks that did not count", &PolicyCounts::uncounted},
    Count{"results that waited for canaries", &PolicyCounts::doubts},
    Count{"of them through a reload", &PolicyCounts::doubts_reloaded},
    Count{"of them cut off by a restart", &PolicyCounts::doubts_lost},
    Count{"sleeps", &PolicyCounts::sleeps},
    Count{"warnings", &PolicyCounts::warnings},
    Count{"pauses", &PolicyCounts::pauses},
    Count{"silences", &PolicyCounts::silences},
    Count{"acknowledgements", &PolicyCounts::acknowledgements},
    Count{"runs of alerts", &PolicyCounts::runs},
    Count{"of them failed", &PolicyCounts::failed_runs},
    Count{"the last that a rate allows", &PolicyCounts::capped},
    Count{"groups", &PolicyCounts::groups},
    Count{"notices in them", &PolicyCounts::grouped},
    Count{"digests", &PolicyCounts::digests},
    Count{"given up", &PolicyCounts::given_up},
    Count{"dropped", &PolicyCounts::dropped},
    Count{"restarts", &PolicyCounts::restarts},
    Count{"notices cut off by them", &PolicyCounts::cut_off},
    Count{"reloads", &PolicyCounts::reloads},
    Count{"monitors removed", &PolicyCounts::removed},
    Count{"monitors renamed", &PolicyCounts::renamed},
    Count{"incidents closed", &PolicyCounts::closed},
    Count{"told of that", &PolicyCounts::unwatched},
    Count{"notices whose alert was gone", &PolicyCounts::rehoused},
};

}  // namespace

void PolicyCounts::add(const PolicyCounts& other) {
  monitor_years += other.monitor_years;
  for (const Count& one : kAll) this->*one.number += other.*one.number;
}

std::string PolicyCounts::words() const {
  constexpr std::size_t kWidth = 100;
  std::string text;
  std::size_t line = 0;
  for (const Count& one : kAll) {
    const std::string word = fmt::format("{} {}", this->*one.number, one.name);
    const bool breaks = line + word.size() > kWidth;
    text += text.empty() ? "" : breaks ? ",\n" : ", ";
    line = breaks ? word.size() : line + word.size() + 2;
    text += word;
  }
  return text;
}

std::string_view PolicyCounts::missing() const {
  for (const Count& one : kAll) {
    if (this->*one.number == 0) return one.name;
  }
  return {};
}

}  // namespace minitor::simulation
