// The daemon's log: one line an event, on stderr. Whatever is logged was made safe here: secrets
// are replaced, control characters made visible.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "minitor/core/moment.hpp"
#include "minitor/core/redactor.hpp"
#include "minitor/core/time_zone.hpp"

namespace minitor {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

enum class LogFormat : std::uint8_t {
  terminal,  // for a person: local time, level, sentence
  logfmt,    // time=… level=… msg=… key=value
  json,      // one object a line
};

// Lines that a reader of stderr does not take are kept up to this many bytes; what comes after
// that is left out and counted. The daemon never waits for the reader of its log.
inline constexpr std::size_t kMaxLogBacklog = 1024 * 1024;
// One value in a line is cut to this many bytes.
inline constexpr std::size_t kMaxLogValue = 1024;

class Log {
 public:
  struct Field {
    std::string_view key;
    std::string value;
  };
  struct Settings {
    LogFormat format = LogFormat::terminal;
    LogLevel level = LogLevel::info;
    bool colour = false;
    TimeZone zone;
  };

  // Writes to `descriptor`, which stays the caller's.
  Log(int descriptor, Settings settings)
      : descriptor_(descriptor), settings_(std::move(settings)) {}
  ~Log() { flush(); }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // From now on these secrets are replaced in everything that is logged.
  void hide(Redactor redactor) { redactor_ = std::move(redactor); }

  [[nodiscard]] bool shows(LogLevel level) const { return level >= settings_.level; }

  // `message` is a sentence for a person; the fields are for machines, and left out on a terminal
  // where the sentence says it all.
  void write(LogLevel level, Timestamp when, std::string_view message,
             std::initializer_list<Field> fields = {});

  // Writes what the reader will take of the backlog, without waiting. True when nothing is left.
  bool flush();

 private:
  [[nodiscard]] std::string line(LogLevel level, Timestamp when, std::string_view message,
                                 std::initializer_list<Field> fields) const;

  int descriptor_;
  Settings settings_;
  Redactor redactor_;
  std::string backlog_;
  std::uint64_t left_out_ = 0;
};

[[nodiscard]] std::string_view name(LogLevel level);

}  // namespace minitor
