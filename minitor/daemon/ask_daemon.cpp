#include "minitor/daemon/ask_daemon.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/json.hpp"
#include "minitor/daemon/options.hpp"
#include "minitor/web/unix_door.hpp"
#include "minitor/web/url_text.hpp"

namespace minitor {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kReadBytes = 64 * 1024;

// One conversation: the descriptor, its end, and what went wrong.
class Conversation {
 public:
  Conversation(const std::string& path, std::chrono::milliseconds patience)
      : path_(path), until_(Clock::now() + patience) {}
  ~Conversation() {
    if (socket_ >= 0) close(socket_);
  }
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  std::optional<NoDaemon> connect() {
    if (path_.size() > kLongestSocketPath)
      return failed(fmt::format("its path is longer than {} bytes", kLongestSocketPath));
    socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket_ < 0) return failed(std::strerror(errno));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
    // EAGAIN: more wait there than may; it is no connection that is under way, as with TCP.
    while (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      switch (errno) {
        case EINTR: break;
        case EAGAIN:
          if (Clock::now() >= until_) return failed("it is busy");
          (void)poll(nullptr, 0, kBusyWait);
          break;
        case ENOENT:
        case ECONNREFUSED:
          return NoDaemon{
              NoDaemon::Kind::none_runs,
              fmt::format("no minitor runs on this configuration: nobody listens on {}", path_)};
        case EACCES:
        case EPERM:
          return NoDaemon{
              NoDaemon::Kind::not_ours,
              fmt::format("{} is open to the user as whom minitor runs, and to root, alone",
                          path_)};
        default: return failed(std::strerror(errno));
      }
    }
    return std::nullopt;
  }

  std::optional<NoDaemon> send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno == EAGAIN) {
        if (auto late = wait(POLLOUT)) return late;
      } else if (errno != EINTR) {
        return failed(std::strerror(errno));
      }
    }
    return std::nullopt;
  }

  // Everything up to the end of the connection.
  std::optional<NoDaemon> receive(std::string& all) {
    std::array<char, kReadBytes> bytes;
    while (true) {
      const ssize_t count = recv(socket_, bytes.data(), bytes.size(), 0);
      if (count == 0) return std::nullopt;
      if (count > 0) {
        all.append(bytes.data(), static_cast<std::size_t>(count));
        if (all.size() > kMostAnswerBytes) return failed("its answer has no end");
      } else if (errno == EAGAIN) {
        if (auto late = wait(POLLIN)) return late;
      } else if (errno != EINTR) {
        return failed(std::strerror(errno));
      }
    }
  }

  [[nodiscard]] NoDaemon failed(std::string_view why) const {
    return {NoDaemon::Kind::failed, fmt::format("the daemon at {} did not answer: {}", path_, why)};
  }

 private:
  static constexpr int kBusyWait = 20;  // ms

  std::optional<NoDaemon> wait(short what) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until_ - Clock::now());
    if (left.count() <= 0) return failed("it takes too long");
    pollfd one{socket_, what, 0};
    (void)poll(&one, 1, static_cast<int>(left.count()));
    return std::nullopt;
  }

  const std::string& path_;
  Clock::time_point until_;
  int socket_ = -1;
};

// "HTTP/1.1 200 OK", headers, an empty line, the body; the connection ends with it.
std::optional<DaemonAnswer> read_answer(const std::string& all) {
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  constexpr std::string_view kEnd = "\r\n\r\n";
  const std::size_t end = all.find(kEnd);
  if (!all.starts_with(kVersion) || end == std::string::npos) return std::nullopt;
  DaemonAnswer answer;
  const char* const first = all.data() + kVersion.size();
  const auto [stop, error] = std::from_chars(first, all.data() + end, answer.status);
  if (error != std::errc{} || answer.status < 100 || answer.status > 599) return std::nullopt;
  answer.body = all.substr(end + kEnd.size());
  return answer;
}

}  // namespace

std::variant<DaemonAnswer, NoDaemon> ask_daemon(const std::string& path, std::string_view method,
                                                std::string_view target, std::string_view body,
                                                std::chrono::milliseconds patience) {
  Conversation conversation(path, patience);
  if (auto no = conversation.connect()) return std::move(*no);
  const std::string request = fmt::format(
      "{} {} HTTP/1.1\r\nHost: minitor\r\nConnection: close\r\n"
      "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
      method, target, body.size(), body);
  if (auto no = conversation.send(request)) return std::move(*no);
  std::string all;
  if (auto no = conversation.receive(all)) return std::move(*no);
  if (auto answer = read_answer(all)) return std::move(*answer);
  return conversation.failed(all.empty() ? "it hung up" : "what came is no answer");
}

int exit_code(const std::variant<DaemonAnswer, NoDaemon>& answer) {
  if (const auto* none = std::get_if<NoDaemon>(&answer))
    return none->kind == NoDaemon::Kind::none_runs ? kExitNoDaemon : kExitFailed;
  const int status = std::get<DaemonAnswer>(answer).status;
  if (status >= 200 && status < 300) return kExitOk;
  return status == 400 || status == 404 ? kExitUsage : kExitFailed;
}

std::string trouble(const std::variant<DaemonAnswer, NoDaemon>& answer) {
  if (const auto* none = std::get_if<NoDaemon>(&answer)) return none->words;
  const auto& [status, body] = std::get<DaemonAnswer>(answer);
  if (status >= 200 && status < 300) return {};
  const auto problem = Json::parse(body);
  if (problem && !(*problem)["detail"].string().empty()) return (*problem)["detail"].string();
  return fmt::format("the daemon answered {}", status);
}

int settle(const std::variant<DaemonAnswer, NoDaemon>& answer) {
  if (const std::string words = trouble(answer); !words.empty())
    fmt::print(stderr, "minitor: {}\n", printable(words));
  return exit_code(answer);
}

std::string target_part(std::string_view name) { return encode_segment(name); }

}  // namespace minitor
