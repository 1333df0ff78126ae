// bulk --resume: a file of the targets that are done, so that a run that was cut short goes on where
// it stopped. It holds passkeys as they are: only its owner may read it.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

namespace tracker_probe {

class ResumeFile {
 public:
  /// Empty: there is none, and everything below does nothing.
  explicit ResumeFile(std::string path) : path_(std::move(path)) {}
  ~ResumeFile();
  ResumeFile(const ResumeFile&) = delete;
  ResumeFile& operator=(const ResumeFile&) = delete;

  /// Reads what an earlier run left and makes ready to add. Empty, or what is wrong in words.
  [[nodiscard]] std::string open();
  [[nodiscard]] bool has(const std::string& target) const { return done_.count(target) > 0; }
  void add(std::string_view target);
  /// Writes what was added. A failure is told once on standard error: the run is worth more.
  void flush();
  /// The run is complete: the next one begins at the beginning.
  void remove();

 private:
  std::string path_;
  int fd_ = -1;
  bool failed_ = false;
  std::string pending_;
  std::unordered_set<std::string> done_;
};

}  // namespace tracker_probe
