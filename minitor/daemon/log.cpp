#include "minitor/daemon/log.hpp"

#include <fmt/format.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>

#include "minitor/core/clean_text.hpp"

namespace minitor {
namespace {

std::string_view colour_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "\x1b[2m";
    case LogLevel::info: return "\x1b[32m";
    case LogLevel::warning: return "\x1b[33m";
    case LogLevel::error: return "\x1b[31m";
  }
  return "";
}

// A logfmt value: bare where that is unambiguous, else a JSON string.
std::string logfmt_value(std::string_view text) {
  const bool bare = !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view{"-_./:+,@%"}.find(static_cast<char>(c)) != std::string_view::npos;
  });
  return bare ? std::string{text} : json_string(text);
}

// True when `descriptor` takes PIPE_BUF bytes without making us wait.
bool takes_more(int descriptor) {
  pollfd poll_one{descriptor, POLLOUT, 0};
  return poll(&poll_one, 1, 0) == 1 && (poll_one.revents & POLLOUT) != 0;
}

}  // namespace

std::string_view name(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    case LogLevel::error: return "error";
  }
  return "invalid";
}

std::string Log::line(LogLevel level, Timestamp when, std::string_view message,
                      std::initializer_list<Field> fields) const {
  const auto clean = [this](std::string_view text) {
    return one_line(redactor_.redact(text), kMaxLogValue);
  };
  std::string out;
  switch (settings_.format) {
    case LogFormat::terminal:
      out = fmt::format("{} {}{:<7}{} {}", format_local(when, settings_.zone),
                        settings_.colour ? colour_of(level) : "", name(level),
                        settings_.colour ? "\x1b[0m" : "", clean(message));
      break;
    case LogFormat::logfmt:
      out = fmt::format("time={} level={} msg={}", format_rfc3339(when, settings_.zone, true),
                        name(level), logfmt_value(clean(message)));
      for (const Field& field : fields)
        out += fmt::format(" {}={}", field.key, logfmt_value(clean(field.value)));
      break;
    case LogFormat::json:
      out = fmt::format("{{\"time\":\"{}\",\"level\":\"{}\",\"msg\":{}",
                        format_rfc3339(when, settings_.zone, true), name(level),
                        json_string(clean(message)));
      for (const Field& field : fields) {
        out += fmt::format(",{}:{}", json_string(field.key), json_string(clean(field.value)));
      }
      out += '}';
      break;
  }
  out += '\n';
  return out;
}

void Log::write(LogLevel level, Timestamp when, std::string_view message,
                std::initializer_list<Field> fields) {
  if (!shows(level)) return;
  if (backlog_.size() > kMaxLogBacklog) {
    ++left_out_;
    flush();
    return;
  }
  if (left_out_ > 0) {
    backlog_ +=
        line(LogLevel::warning, when,
             fmt::format("{} log lines were left out: nobody read them in time", left_out_), {});
    left_out_ = 0;
  }
  backlog_ += line(level, when, message, fields);
  flush();
}

bool Log::flush() {
  std::size_t written = 0;
  while (written < backlog_.size() && takes_more(descriptor_)) {
    // Whole lines where they fit, so that lines of two programs do not mix in one pipe.
    std::size_t length = std::min<std::size_t>(backlog_.size() - written, PIPE_BUF);
    const std::size_t end = backlog_.rfind('\n', written + length - 1);
    if (end != std::string::npos && end >= written) length = end - written + 1;
    const ssize_t taken = ::write(descriptor_, backlog_.data() + written, length);
    if (taken < 0 && errno == EINTR) continue;
    if (taken < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    // A full disk or a closed pipe takes nothing more, ever: the line is lost, the daemon is not.
    written += taken > 0 ? static_cast<std::size_t>(taken) : length;
  }
  backlog_.erase(0, written);
  return backlog_.empty();
}

}  // namespace minitor
