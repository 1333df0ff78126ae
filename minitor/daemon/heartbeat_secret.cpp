#include "minitor/daemon/heartbeat_secret.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace minitor {
namespace {

constexpr std::size_t kSecretBytes = 32;

SecretTrouble trouble(const std::string& file, const char* what, int error) {
  return {fmt::format("the secret of the heartbeats' addresses, {}, cannot be {}: {}", file, what,
                      std::strerror(error))};
}

// Whole or not at all: what is half written is no secret, and the addresses must not change.
int write_secret(const std::string& file, const std::string& text) {
  const std::string half = fmt::format("{}.{}", file, getpid());
  const int fd = open(half.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return errno;
  const bool written =
      write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(fd) == 0;
  int error = written ? 0 : errno;
  if (close(fd) != 0 && error == 0) error = errno;
  // Another that was quicker keeps its own.
  if (error == 0 && link(half.c_str(), file.c_str()) != 0 && errno != EEXIST) error = errno;
  unlink(half.c_str());
  return error;
}

}  // namespace

bool needs_heartbeat_secret(const Config& config) {
  return std::any_of(config.monitors.begin(), config.monitors.end(), [](const Monitor& monitor) {
    return monitor.heartbeat && monitor.heartbeat->token.empty();
  });
}

std::string heartbeat_secret_file(const std::string& history) {
  return std::filesystem::path{history}.replace_extension(".key").string();
}

std::variant<std::string, SecretTrouble> heartbeat_secret(const std::string& file,
                                                          MissingSecret missing) {
  std::error_code ignored;
  const bool there = std::filesystem::exists(file, ignored);
  if (!there && missing == MissingSecret::refuse)
    return SecretTrouble{fmt::format(
        "the addresses of the heartbeats are made when minitor starts for the first time ({})",
        file)};
  if (!there) {
    std::filesystem::create_directories(std::filesystem::path{file}.parent_path(), ignored);
    std::array<unsigned char, kSecretBytes> random{};
    if (getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
      return trouble(file, "made", errno);
    std::string text;
    for (const unsigned char byte : random) text += fmt::format("{:02x}", byte);
    if (const int error = write_secret(file, text + "\n"); error != 0)
      return trouble(file, "written", error);
  }
  std::ifstream stream(file);
  std::string text;
  if (!stream || !std::getline(stream, text)) return trouble(file, "read", errno);
  if (text.size() < 2 * kSecretBytes)
    return SecretTrouble{
        fmt::format("{} holds no secret; remove it, and the heartbeats have other "
                    "addresses (minitor heartbeats)",
                    file)};
  return text;
}

}  // namespace minitor
