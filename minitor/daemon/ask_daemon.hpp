// The command line's way to the daemon that runs: one request over its control socket, one answer.
// Blocks for a bounded time; never called by the daemon itself.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace minitor {

// So long an answer is waited for. Longer than a "Test now" may take (kTestPatience).
inline constexpr std::chrono::milliseconds kDaemonPatience{40'000};
// A longer answer is none of ours.
inline constexpr std::size_t kMostAnswerBytes = 64 * 1024 * 1024;

struct DaemonAnswer {
  int status = 0;  // of HTTP
  std::string body;
};

// Why there is no answer.
struct NoDaemon {
  enum class Kind : std::uint8_t {
    none_runs,
    not_ours,  // it runs as another user
    failed,    // it answered too late, or not what an answer looks like
  };
  Kind kind{};
  std::string words;  // a sentence with the path of the socket
};

// `method` and `target` as in HTTP ("POST", "/api/v1/reload"); `body` is JSON or empty.
[[nodiscard]] std::variant<DaemonAnswer, NoDaemon> ask_daemon(
    const std::string& path, std::string_view method, std::string_view target,
    std::string_view body, std::chrono::milliseconds patience = kDaemonPatience);

// The exit code for an answer: 0 done, 2 for a question that was wrong (400, 404), 1 for what was refused
// or failed, kExitNoDaemon when no daemon runs.
[[nodiscard]] int exit_code(const std::variant<DaemonAnswer, NoDaemon>& answer);

// What went wrong, in words for a person: the detail of a problem, or why nobody answered; empty when
// it was done.
[[nodiscard]] std::string trouble(const std::variant<DaemonAnswer, NoDaemon>& answer);

// Says the trouble, if any, on standard error, and returns the exit code.
[[nodiscard]] int settle(const std::variant<DaemonAnswer, NoDaemon>& answer);

// The name of a monitor as a part of a target.
[[nodiscard]] std::string target_part(std::string_view name);

}  // namespace minitor
