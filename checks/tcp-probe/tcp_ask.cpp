#include "checks/tcp-probe/tcp_ask.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <new>

#include "checks/net/clean_text.hpp"
#include "checks/net/threshold.hpp"

namespace checks::tcp_probe {

namespace {

using endpoint::AddressResult;
using endpoint::Clock;
using endpoint::Microseconds;
using endpoint::State;

std::string url_of(const TcpRequest& request) {
  const bool literal = request.host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}/", request.use_tls ? "https" : "http", literal ? "[" : "",
                     request.host, literal ? "]" : "", request.port);
}

class Conversation {
 public:
  Conversation(const TcpRequest& request, AddressResult& row, Clock::time_point deadline)
      : request_(request),
        row_(row),
        deadline_(deadline),
        connection_({url_of(request), request.host, row.endpoint, request.tls}, deadline) {
    connection_.set(CURLOPT_CONNECT_ONLY, 1L);
    connection_.set(CURLOPT_SSL_ENABLE_ALPN, 0L);
  }

  void run() {
    if (const CURLcode code = connection_.perform(row_); code != CURLE_OK)
      return connection_.explain(code, row_);
    connection_.read_certificate(row_);
    const auto connected = Clock::now();
    talk(connected);
    const auto spent = std::chrono::duration_cast<Microseconds>(Clock::now() - connected);
    row_.times.total = row_.times.total.value_or(Microseconds{0}) + spent;
    if (row_.state == State::ok)
      row_.words = fmt::format("{} in {}", good_words(), net::describe(*row_.times.total));
  }

 private:
  void fail(std::string words) {
    row_.state = State::critical;
    row_.words = std::move(words);
  }

  void talk(Clock::time_point began) {
    row_.state = State::ok;
    if (!say()) return;
    if (!request_.expect.empty()) listen(began);
  }

  // True when the socket is ready for it before the deadline.
  bool wait_for(short events) {
    curl_socket_t descriptor = CURL_SOCKET_BAD;
    curl_easy_getinfo(connection_.handle(), CURLINFO_ACTIVESOCKET, &descriptor);
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
    pollfd waiting{descriptor, events, 0};
    return left > 0 && ::poll(&waiting, 1, static_cast<int>(left)) > 0;
  }

  bool say() {
    std::string_view rest = request_.send;
    while (!rest.empty()) {
      std::size_t sent = 0;
      const CURLcode code = curl_easy_send(connection_.handle(), rest.data(), rest.size(), &sent);
      if (code == CURLE_OK) {
        rest.remove_prefix(sent);
      } else if (code != CURLE_AGAIN) {
        fail("connected, but the connection broke while sending");
        return false;
      } else if (!wait_for(POLLOUT)) {
        fail("connected, but what was to be sent was not taken in time");
        return false;
      }
    }
    return true;
  }

  void listen(Clock::time_point began) {
    std::string answer;
    std::array<char, 4096> buffer{};
    std::string_view end;
    while (end.empty() && !request_.expect.settled(answer)) {
      std::size_t got = 0;
      const CURLcode code =
          curl_easy_recv(connection_.handle(), buffer.data(), buffer.size(), &got);
      if (code == CURLE_AGAIN) {
        if (!wait_for(POLLIN)) end = "in time";
        continue;
      }
      if (code != CURLE_OK || got == 0) {
        end = code == CURLE_OK ? "before it closed" : "before the connection broke";
        continue;
      }
      if (answer.empty())
        row_.times.first_byte = std::chrono::duration_cast<Microseconds>(Clock::now() - began);
      answer.append(buffer.data(), std::min(got, kMostAnswer - answer.size()));
      // Patterns are looked for as soon as there is more to look into.
      if (!endpoint::unmet(request_.expect, answer, false) && request_.expect.lacks.empty()) break;
      if (answer.size() == kMostAnswer) end = "in its first 64 KiB";
    }
    row_.bytes = answer.size();
    if (answer.empty() && !end.empty())
      return fail(fmt::format("connected, but nothing came {}", end));
    if (const auto why = endpoint::unmet(request_.expect, answer, false)) {
      constexpr std::size_t kShown = 60;
      fail(fmt::format("{} {}; it said \"{}\"", *why, end, net::cut_utf8(answer, kShown)));
    }
  }

  [[nodiscard]] std::string_view good_words() const {
    if (!request_.expect.empty()) return "answered";
    return request_.use_tls ? "connected with TLS" : "connected";
  }

  const TcpRequest& request_;
  AddressResult& row_;
  Clock::time_point deadline_;
  endpoint::CurlConnection connection_;
};

}  // namespace

void ask_tcp(const TcpRequest& request, AddressResult& row, Clock::time_point deadline) {
  try {
    Conversation{request, row, deadline}.run();
  } catch (const std::bad_alloc&) {
    row.state = State::unknown;
    row.words = "this machine has no memory to spare";
  }
}

}  // namespace checks::tcp_probe
