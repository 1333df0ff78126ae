#include "checks/http-probe/http_ask.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <new>

#include "checks/net/threshold.hpp"

namespace checks::http_probe {

namespace {

using endpoint::AddressResult;
using endpoint::State;

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool same_letters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

// Why we ended the transfer ourselves.
enum class Enough { no, seen, body, header };

class Exchange {
 public:
  Exchange(const HttpRequest& request, AddressResult& row, endpoint::Clock::time_point deadline)
      : request_(request),
        row_(row),
        connection_({request.url, request.host, row.endpoint, request.tls}, deadline) {
    set_up();
  }
  ~Exchange() { curl_slist_free_all(headers_); }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  void run() {
    const CURLcode code = connection_.perform(row_);
    read_info();
    if (code != CURLE_OK && enough_ != Enough::seen && enough_ != Enough::body) return fail(code);
    verdict();
  }

 private:
  void set_up() {
    auto& c = connection_;
    c.set(CURLOPT_USERAGENT, request_.user_agent.c_str());
    c.set(CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
    c.set(CURLOPT_FOLLOWLOCATION, request_.redirects > 0 ? 1L : 0L);
    c.set(CURLOPT_MAXREDIRS, static_cast<long>(request_.redirects));
    if (request_.data) {
      c.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.data->size()));
      c.set(CURLOPT_POSTFIELDS, request_.data->data());
    }
    if (request_.method == "HEAD")
      c.set(CURLOPT_NOBODY, 1L);
    else if (!request_.method.empty())
      c.set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
    for (const std::string& header : request_.headers) {
      curl_slist* longer = curl_slist_append(headers_, header.c_str());
      if (longer == nullptr) throw std::bad_alloc();
      headers_ = longer;
    }
    c.set(CURLOPT_HTTPHEADER, headers_);
    c.set(CURLOPT_HEADERFUNCTION, &Exchange::on_header);
    c.set(CURLOPT_HEADERDATA, this);
    c.set(CURLOPT_WRITEFUNCTION, &Exchange::on_body);
    c.set(CURLOPT_WRITEDATA, this);
  }

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self) {
    return static_cast<Exchange*>(self)->header({data, size * count}) ? size * count : 0;
  }
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) {
    return static_cast<Exchange*>(self)->body({data, size * count}) ? size * count : 0;
  }

  // libcurl has a limit for each line, but the lines of a hostile server never end.
  bool header(std::string_view line) {
    connection_.saw_first_byte();
    header_bytes_ += line.size();
    if (header_bytes_ > kMostHeader) {
      enough_ = Enough::header;
      return false;
    }
    if (line.starts_with("HTTP/")) received_.clear();
    // The certificate of the address itself, not that of where a redirect leads.
    if (trimmed(line).empty() && !row_.cert_days) connection_.read_certificate(row_);
    const auto colon = line.find(':');
    if (colon != std::string_view::npos)
      received_.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
    return true;
  }

  bool body(std::string_view piece) {
    read_ += piece.size();
    const bool wanted = !request_.expect.empty();
    if (wanted)
      body_ += piece.substr(0, request_.max_body - std::min(body_.size(), request_.max_body));
    if (read_ > request_.max_body) {
      enough_ = Enough::body;
      return false;
    }
    if (!request_.whole && request_.expect.settled(body_)) {
      enough_ = Enough::seen;
      return false;
    }
    return true;
  }

  void read_info() {
    long value = 0;
    curl_easy_getinfo(connection_.handle(), CURLINFO_RESPONSE_CODE, &value);
    if (value > 0) row_.status = static_cast<int>(value);
    curl_easy_getinfo(connection_.handle(), CURLINFO_REDIRECT_COUNT, &value);
    if (row_.status) row_.redirects = static_cast<int>(value);
    if (row_.status) row_.bytes = read_;
  }

  void fail(CURLcode code) {
    if (enough_ == Enough::header) {
      row_.state = State::critical;
      row_.words = fmt::format("more than {} bytes of headers", kMostHeader);
      return;
    }
    connection_.explain(code, row_);
    if (code == CURLE_TOO_MANY_REDIRECTS)
      row_.words = fmt::format("redirected more than {} times", request_.redirects);
    else if (row_.status && code == CURLE_OPERATION_TIMEDOUT)
      row_.words = fmt::format("HTTP {}, but its body was not over in time", *row_.status);
  }

  void verdict() {
    row_.state = State::critical;
    if (!row_.status) {
      row_.words = "no HTTP reply";
    } else if (!endpoint::holds(request_.statuses, *row_.status)) {
      row_.words = fmt::format("HTTP {}{}", *row_.status, after_redirects());
    } else if (auto header = unmet_header()) {
      row_.words = fmt::format("HTTP {}, but {}", *row_.status, *header);
    } else if (auto why = endpoint::unmet(request_.expect, body_, enough_ == Enough::body)) {
      row_.words = fmt::format("HTTP {}, but {}", *row_.status, *why);
    } else {
      row_.state = State::ok;
      row_.words = fmt::format("HTTP {}{} in {}", *row_.status, after_redirects(),
                               net::describe(row_.times.total.value_or(endpoint::Microseconds{0})));
    }
  }

  [[nodiscard]] std::string after_redirects() const {
    const int count = row_.redirects.value_or(0);
    if (count == 0) return {};
    return fmt::format(" after {} redirect{}", count, count == 1 ? "" : "s");
  }

  [[nodiscard]] std::optional<std::string> unmet_header() const {
    for (const HeaderExpectation& asked : request_.expect_headers) {
      bool there = false;
      bool holds = false;
      for (const auto& [name, value] : received_) {
        if (!same_letters(name, asked.name)) continue;
        there = true;
        holds = holds || value.find(asked.contains) != std::string::npos;
      }
      if (!there) return fmt::format("there is no header {}", asked.name);
      if (!holds) return fmt::format("{} does not hold \"{}\"", asked.name, asked.contains);
    }
    return std::nullopt;
  }

  const HttpRequest& request_;
  AddressResult& row_;
  endpoint::CurlConnection connection_;
  curl_slist* headers_ = nullptr;
  std::vector<std::pair<std::string, std::string>> received_;  // of the last reply
  std::size_t header_bytes_ = 0;
  std::string body_;
  std::uint64_t read_ = 0;
  Enough enough_ = Enough::no;
};

}  // namespace

void ask_http(const HttpRequest& request, AddressResult& row,
              endpoint::Clock::time_point deadline) {
  try {
    Exchange{request, row, deadline}.run();
  } catch (const std::bad_alloc&) {
    row.state = State::unknown;
    row.words = "this machine has no memory to spare";
  }
}

}  // namespace checks::http_probe
