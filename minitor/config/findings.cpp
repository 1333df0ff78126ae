#include "minitor/config/findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <tuple>
#include <utility>

#include "minitor/core/clean_text.hpp"

namespace minitor {

std::string ConfigError::text() const {
  std::string where = file;
  if (line > 0) where += fmt::format(":{}:{}", line, column);
  if (!path.empty()) where += ": " + path;
  return where.empty() ? message : where + ": " + message;
}

}  // namespace minitor

namespace minitor::config {

namespace {

constexpr std::size_t kQuotedBytes = 80;

}  // namespace

std::string describe(const Place& place) {
  const Position position = place.source->position(place.offset);
  return fmt::format("{}:{}:{}", place.source->name(), position.line, position.column);
}

std::string quoted(std::string_view text) { return "\"" + one_line(text, kQuotedBytes) + "\""; }

void Findings::hide(const std::string& secret) {
  secrets_.insert(secret);
  if (secret.find('\n') == std::string::npos) return;
  std::istringstream lines(secret);
  for (std::string line; std::getline(lines, line);)
    if (line.size() >= kShortestSecretLine) secrets_.insert(line);
}

const Redactor& Findings::redactor() const {
  if (redacted_ != secrets_.size()) redactor_ = Redactor({secrets_.begin(), secrets_.end()});
  redacted_ = secrets_.size();
  return redactor_;
}

std::string Findings::quoted(std::string_view text) const {
  return config::quoted(redactor().redact(text));
}

void Findings::error(const Place& place, std::string message) {
  if (!seen_.emplace(place.source->order(), place.offset, message).second) return;
  const Position position = place.source->position(place.offset);
  errors_.push_back(
      {place.source->order(),
       0,
       {place.source->name(), position.line, position.column, place.path, std::move(message)}});
}

void Findings::file_error(const std::string& file, std::size_t order, Position position,
                          std::string message) {
  errors_.push_back({order, 0, {file, position.line, position.column, "", std::move(message)}});
}

void Findings::note(const Place& place, const std::string& kind, std::string message) {
  const auto [known, first] = note_of_kind_.emplace(kind, notes_.size());
  if (!first) {
    ++notes_[known->second].others;
    return;
  }
  const Position position = place.source->position(place.offset);
  notes_.push_back(
      {place.source->order(),
       0,
       {place.source->name(), position.line, position.column, place.path, std::move(message)}});
}

std::vector<ConfigError> Findings::in_order(std::vector<Finding> findings) const {
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.order, a.what.line, a.what.column) <
           std::tie(b.order, b.what.line, b.what.column);
  });
  std::vector<ConfigError> sorted;
  sorted.reserve(findings.size());
  for (Finding& finding : findings) {
    if (finding.others > 0)
      finding.what.message +=
          fmt::format(" (and in {} more place{})", finding.others, finding.others == 1 ? "" : "s");
    finding.what.message = redactor().redact(finding.what.message);
    finding.what.path = redactor().redact(finding.what.path);
    sorted.push_back(std::move(finding.what));
  }
  return sorted;
}

std::vector<ConfigError> Findings::errors() const {
  std::vector<ConfigError> sorted = in_order(errors_);
  if (sorted.size() > kMaxErrors) {
    const std::size_t left_out = sorted.size() - kMaxErrors;
    sorted.resize(kMaxErrors);
    sorted.push_back({sorted.back().file, 0, 0, "",
                      fmt::format("and {} more error{}", left_out, left_out == 1 ? "" : "s")});
  }
  return sorted;
}

std::vector<ConfigError> Findings::notes() const { return in_order(notes_); }

}  // namespace minitor::config
