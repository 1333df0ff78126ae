#include "checks/net/perfdata.hpp"

#include <set>

#include "checks/net/threshold.hpp"

namespace checks::net {

namespace {

constexpr std::size_t unique_within = 19;

std::string tidy_label(const std::string& label) {
  std::string out;
  for (const char c : label) {
    const bool plain = c > ' ' && c != '=' && c != '\'' && c != '|' && c != ';' && c < 0x7f;
    out += plain ? c : '_';
  }
  return out.empty() ? "value" : out;
}

std::string unique_label(const std::string& label, std::set<std::string>& seen) {
  std::string candidate = tidy_label(label);
  for (int n = 2; !seen.insert(candidate.substr(0, unique_within)).second; ++n) {
    const std::string suffix = "_" + std::to_string(n);
    candidate = tidy_label(label).substr(0, unique_within - suffix.size()) + suffix;
  }
  return candidate;
}

std::string item_text(const PerfValue& item, const std::string& label) {
  std::string text = label + "=";
  if (item.value) {
    text += number_text(*item.value) + item.unit;
  } else {
    text += "U";
  }
  std::string tail = ";" + item.warn + ";" + item.crit + ";";
  if (item.min) tail += number_text(*item.min);
  tail += ";";
  if (item.max) tail += number_text(*item.max);
  tail.resize(tail.find_last_not_of(';') + 1);
  return text + tail;
}

}  // namespace

std::string perfdata_text(const std::vector<PerfValue>& values, std::size_t max_bytes) {
  std::set<std::string> seen;
  std::string out;
  for (const PerfValue& value : values) {
    const std::string item = item_text(value, unique_label(value.label, seen));
    if (out.size() + item.size() + 1 > max_bytes) break;
    if (!out.empty()) out += ' ';
    out += item;
  }
  return out;
}

}  // namespace checks::net
