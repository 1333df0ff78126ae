#include "minitor/daemon/secret_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace minitor {
namespace {

constexpr const char* kEnding = ".key";
constexpr std::size_t kBytes = 32;
constexpr std::size_t kDigits = 2 * kBytes;

using Secret = std::variant<std::string, SecretTrouble>;

bool is_secret(const std::string& text) {
  return text.size() == kDigits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

SecretTrouble trouble(const std::string& file, const std::string& why) {
  return {fmt::format("{}: {}", file, why)};
}

// The error, or 0. Written aside and then given its name, so that a file of this name is always whole.
int make_secret(const std::string& file) {
  const std::string line = random_secret() + "\n";
  if (line.size() <= kDigits) return EIO;
  const std::string aside = fmt::format("{}.{}", file, getpid());
  unlink(aside.c_str());  // of a minitor of the same number that was ended in between
  const int fd = open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return errno;
  errno = 0;  // a short write has none
  const bool written =
      write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && fsync(fd) == 0;
  int error = written ? 0 : (errno != 0 ? errno : ENOSPC);
  if (close(fd) != 0 && error == 0) error = errno;
  // Another that was quicker keeps its own.
  if (error == 0 && link(aside.c_str(), file.c_str()) != 0 && errno != EEXIST) error = errno;
  unlink(aside.c_str());
  return error;
}

Secret read_open_file(const std::string& file, int fd) {
  struct stat found {};
  if (fstat(fd, &found) != 0) return trouble(file, std::strerror(errno));
  if (!S_ISREG(found.st_mode)) return trouble(file, "this is no file; remove it");
  if ((found.st_mode & 077) != 0) {
    return trouble(
        file, fmt::format("others may read it, so that it is no secret (chmod 600 {0}; or remove "
                          "it, if they did: then the addresses of heartbeats are other ones)",
                          file));
  }
  std::string text(kDigits + 2, '\0');
  const ssize_t count = pread(fd, text.data(), text.size(), 0);
  text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  if (!text.empty() && text.back() == '\n') text.pop_back();
  if (is_secret(text)) return text;
  return trouble(file, "it holds no secret; remove it, and the heartbeats have other addresses");
}

}  // namespace

std::string secret_file(const std::string& history) {
  return std::filesystem::path{history}.replace_extension(kEnding).string();
}

std::string random_secret() {
  std::array<unsigned char, kBytes> bytes{};
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got = getrandom(bytes.data() + have, bytes.size() - have, 0);
    if (got < 0 && errno != EINTR) return {};
    if (got > 0) have += static_cast<std::size_t>(got);
  }
  std::string digits;
  for (const unsigned char byte : bytes) digits += fmt::format("{:02x}", byte);
  return digits;
}

Secret read_secret(const std::string& file, MissingSecret missing) {
  const auto opened = [&] {
    return open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  };
  int fd = opened();
  if (fd < 0 && errno == ENOENT) {
    if (missing == MissingSecret::refuse)
      return trouble(file, "it is made when minitor starts for the first time");
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path{file}.parent_path(), ignored);
    if (const int error = make_secret(file); error != 0)
      return trouble(file, fmt::format("cannot be made: {}", std::strerror(error)));
    fd = opened();
  }
  if (fd < 0) return trouble(file, std::strerror(errno));
  Secret secret = read_open_file(file, fd);
  close(fd);
  return secret;
}

bool needs_heartbeat_secret(const Config& config) {
  return std::any_of(config.monitors.begin(), config.monitors.end(), [](const Monitor& monitor) {
    return monitor.heartbeat && monitor.heartbeat->token.empty();
  });
}

}  // namespace minitor
