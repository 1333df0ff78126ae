#include "minitor/store/open_history.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "minitor/core/time_zone.hpp"
#include "minitor/store/sqlite_history.hpp"

namespace minitor {
namespace {

// Two daemons on one history would close each other's incidents. A POSIX lock, which the kernel lets go
// of however the process ends, and which a child that was born in its last instant does not hold on to.
class FileLock {
 public:
  explicit FileLock(const std::string& path)
      : descriptor_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
    // Without the right to create it, SQLite will say what is wrong.
    struct flock whole {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    if (descriptor_ >= 0 && fcntl(descriptor_, F_SETLK, &whole) != 0 &&
        (errno == EACCES || errno == EAGAIN)) {
      close(descriptor_);
      throw HistoryRefused(
          "another minitor keeps its history there; give each its own with `history:`");
    }
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock() {
    if (descriptor_ >= 0) close(descriptor_);
  }

 private:
  int descriptor_;
};

struct Locked {
  explicit Locked(const std::string& path)
      : lock(path + "-lock"), history(path, Database::Mode::write) {}
  FileLock lock;
  SqliteHistory history;
};

OpenedHistory open_file(const std::string& path) {
  const auto locked = std::make_shared<Locked>(path);
  SavedState state = locked->history.load();
  return {std::shared_ptr<History>(locked, &locked->history), std::move(state), ""};
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
  if (!std::filesystem::exists(path)) {
    throw HistoryError(fmt::format("there is no history at {}", path));
  }
  try {
    return std::make_shared<SqliteHistory>(path, Database::Mode::read);
  } catch (const HistoryRefused&) {
    throw;
  } catch (const HistoryError&) {
    // A reader wants to write beside the file, too, where it may not and no daemon did.
    return std::make_shared<SqliteHistory>(path, Database::Mode::read_still);
  }
}

}  // namespace minitor
