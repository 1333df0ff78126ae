// Standard output, or a file that appears whole. A failed write is an error, never a signal.
#pragma once

#include <string>
#include <string_view>

namespace tracker_probe {

class Output {
 public:
  /// Empty: standard output.
  explicit Output(std::string path) : path_(std::move(path)) {}
  void write(std::string_view text);
  void flush();
  /// Flushes and, for a file, renames it into place. False when anything went wrong on the way.
  [[nodiscard]] bool close();

 private:
  std::string path_;
  std::string pending_;
  bool failed_ = false;
};

/// Waits for a pipe that is full. False when the text could not be written.
[[nodiscard]] bool write_all(int fd, std::string_view text);

/// A file beside `path`, then renamed over it.
[[nodiscard]] bool replace_file(const std::string& path, std::string_view text);

}  // namespace tracker_probe
