#include "minitor/store/open_history.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "minitor/core/time_zone.hpp"
#include "minitor/store/sqlite_history.hpp"

namespace minitor {
namespace {

OpenedHistory open_file(const std::string& path) {
  auto history = std::make_shared<SqliteHistory>(path, Database::Mode::write);
  SavedState state = history->load();
  return {std::move(history), std::move(state), ""};
}

// "2026-11-21T07:15:02Z" without what a file name should not hold.
std::string time_in_name(Timestamp now) {
  std::string text = format_rfc3339(now, TimeZone{});
  std::erase(text, ':');
  return text;
}

}  // namespace

OpenedHistory open_history(const std::string& path, Timestamp now) {
  std::error_code ignored;
  const auto parent = std::filesystem::path{path}.parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, ignored);
  std::string damage;
  try {
    return open_file(path);
  } catch (const DatabaseDamaged& error) {
    damage = error.what();
  }
  const std::string aside = fmt::format("{}.damaged-{}", path, time_in_name(now));
  std::error_code error;
  std::filesystem::rename(path, aside, error);
  if (error) {
    throw HistoryError(fmt::format("{} is damaged ({}) and cannot be set aside: {}", path, damage,
                                   error.message()));
  }
  for (const char* part : {"-wal", "-shm"})
    std::filesystem::rename(path + part, aside + part, ignored);
  OpenedHistory opened = open_file(path);
  opened.warning = fmt::format(
      "{} is damaged ({}); it was set aside as {} and a new history begins", path, damage, aside);
  return opened;
}

std::shared_ptr<HistoryReads> open_for_reading(const std::string& path) {
  return std::make_shared<SqliteHistory>(path, Database::Mode::read);
}

}  // namespace minitor
