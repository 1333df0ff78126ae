#include "minitor/daemon/link_secret.hpp"

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

std::string random_digits() {
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

bool is_secret(const std::string& text) {
  return text.size() == kDigits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

LinkSecret failed(const std::string& path, const std::string& why) {
  return {{}, fmt::format("{}: {}; messages carry no links", path, why)};
}

LinkSecret read_secret(const std::string& path, int file) {
  struct stat found {};
  if (fstat(file, &found) != 0) return failed(path, std::strerror(errno));
  if (!S_ISREG(found.st_mode) || (found.st_mode & 077) != 0)
    return failed(path, "others may read it, so that it is no secret any more; remove it");
  std::string text(kDigits + 1, '\0');
  const ssize_t count = pread(file, text.data(), text.size(), 0);
  text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (!is_secret(text)) return failed(path, "what stands in it is no secret of ours; remove it");
  return {std::move(text), {}};
}

}  // namespace

LinkSecret link_secret(const std::optional<std::string>& history) {
  if (!history) return {random_digits(), {}};
  const std::string path = std::filesystem::path{*history}.replace_extension(kEnding).string();
  int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file >= 0) {
    LinkSecret secret = read_secret(path, file);
    close(file);
    return secret;
  }
  if (errno != ENOENT) return failed(path, std::strerror(errno));
  // Written aside and then given its name, so that a file of this name is always whole.
  const std::string aside = path + ".new";
  const std::string digits = random_digits();
  unlink(aside.c_str());
  file = open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return failed(aside, std::strerror(errno));
  const std::string line = digits + "\n";
  const bool written = write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
                       fsync(file) == 0;
  const int error = errno;
  close(file);
  if (!written || !is_secret(digits)) return failed(aside, std::strerror(error));
  if (rename(aside.c_str(), path.c_str()) != 0) return failed(path, std::strerror(errno));
  return {digits, {}};
}

}  // namespace minitor
