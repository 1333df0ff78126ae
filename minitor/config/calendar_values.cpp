#include "minitor/config/calendar_values.hpp"

#include <utility>
#include <variant>

#include "minitor/config/values.hpp"

namespace minitor::config {

std::optional<CronDraft> read_cron(Reading& reading, const Cursor& value) {
  const auto text = read_text(reading, value);
  if (!text) return std::nullopt;
  auto cron = Cron::parse(*text);
  if (auto* error = std::get_if<std::string>(&cron)) {
    reading.findings.error(value.place(), std::move(*error));
    return std::nullopt;
  }
  return CronDraft{std::get<Cron>(std::move(cron)), value.place()};
}

std::optional<TextDraft> read_placed_text(Reading& reading, const Cursor& value) {
  auto text = read_text(reading, value);
  if (!text) return std::nullopt;
  return TextDraft{std::move(*text), value.place()};
}

}  // namespace minitor::config
