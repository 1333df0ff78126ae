#include "checks/tracker-probe-http/http_transfer.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace tracker_probe {

namespace {

constexpr std::size_t max_location = 8 * 1024;
constexpr std::size_t max_kept_field = 200;

std::string bracketed(const IpAddress& address) {
  auto plain = address;
  plain.scope = 0;  // the zone is put back by open_socket
  const auto text = to_text(plain);
  return address.family == Family::v6 ? "[" + text + "]" : text;
}

bool same_letters(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return std::tolower(static_cast<unsigned char>(x)) ==
                  std::tolower(static_cast<unsigned char>(y));
         });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::strchr(" \t\r\n", text.front()) != nullptr) text.remove_prefix(1);
  while (!text.empty() && std::strchr(" \t\r\n", text.back()) != nullptr) text.remove_suffix(1);
  return text;
}

long tls_minimum(std::string_view version) {
  if (version == "1.0") return CURL_SSLVERSION_TLSv1_0;
  if (version == "1.1") return CURL_SSLVERSION_TLSv1_1;
  if (version == "1.3") return CURL_SSLVERSION_TLSv1_3;
  return CURL_SSLVERSION_TLSv1_2;
}

Microseconds info_time(CURL* easy, CURLINFO which) {
  curl_off_t value = 0;
  curl_easy_getinfo(easy, which, &value);
  return Microseconds(value);
}

}  // namespace

HttpTransfer::HttpTransfer(CurlLoop& loop, const ProbeOptions& options, HttpAsk ask, Trace trace,
                           std::function<void()> sending, Done done)
    : loop_(loop),
      options_(options),
      ask_(std::move(ask)),
      trace_(std::move(trace)),
      sending_(std::move(sending)),
      done_(std::move(done)),
      witness_(std::make_shared<TlsWitness>(ask_.host)),
      easy_(loop.borrow()) {
  outcome_.https = ask_.url.starts_with("https:");
  outcome_.family = ask_.endpoint.address.family;
  set_up();
  if (outcome_.https) set_up_tls();
  set_up_pin();
  loop_.add(easy_, [this](CURLcode code) { finish(code); });
}

HttpTransfer::~HttpTransfer() {
  loop_.remove(easy_);
  loop_.give_back(easy_);
  curl_slist_free_all(connect_to_);
  curl_slist_free_all(headers_);
}

void HttpTransfer::set_up() {
  const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(easy_, option, value); };
  set(CURLOPT_URL, ask_.url.c_str());
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_PROXY, options_.proxy.c_str());
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  // Allowed so that the bytes reach us and can be shown; see body_piece().
  set(CURLOPT_HTTP09_ALLOWED, 1L);
  set(CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
  set(CURLOPT_USERAGENT, options_.user_agent.c_str());
  set(CURLOPT_TCP_NODELAY, 1L);
  set(CURLOPT_FRESH_CONNECT, ask_.fresh ? 1L : 0L);
  set(CURLOPT_FORBID_REUSE, ask_.last ? 1L : 0L);
  set(CURLOPT_CONNECT_ONLY, ask_.until == HttpAsk::Until::connected ? 1L : 0L);
  set(CURLOPT_ERRORBUFFER, error_text_);
  set(CURLOPT_HEADERFUNCTION, &HttpTransfer::on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &HttpTransfer::on_body);
  set(CURLOPT_WRITEDATA, this);
  if (!ask_.credentials.empty()) {
    set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    set(CURLOPT_USERPWD, ask_.credentials.c_str());
  }
  if (sending_) {
    set(CURLOPT_PREREQFUNCTION, &HttpTransfer::on_request);
    set(CURLOPT_PREREQDATA, this);
  }
  if (trace_) {
    set(CURLOPT_VERBOSE, 1L);
    set(CURLOPT_DEBUGFUNCTION, &HttpTransfer::on_debug);
    set(CURLOPT_DEBUGDATA, this);
  }
}

void HttpTransfer::set_up_tls() {
  const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(easy_, option, value); };
  const auto& tls = options_.tls;
  set(CURLOPT_SSLVERSION, tls_minimum(tls.min_version));
  set(CURLOPT_SSL_VERIFYPEER, tls.insecure ? 0L : 1L);
  set(CURLOPT_SSL_VERIFYHOST, tls.insecure ? 0L : 2L);
  set(CURLOPT_SSL_SESSIONID_CACHE, 0L);  // a resumed session shows no certificate
  set(CURLOPT_SSL_ENABLE_ALPN, 0L);
  set(CURLOPT_SSL_CTX_FUNCTION, &HttpTransfer::on_context);
  set(CURLOPT_SSL_CTX_DATA, this);
  // A directory of certificates would switch off libcurl's cache of the parsed file, and reading
  // the file anew costs more than the handshake.
  set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  if (!tls.ca_file.empty()) {
    set(CURLOPT_CAINFO, tls.ca_file.c_str());
  } else if (const char* file = std::getenv("SSL_CERT_FILE"); file != nullptr && *file != '\0') {
    set(CURLOPT_CAINFO, file);
  }
}

/// The connection goes to ask_.endpoint. libcurl is given an address instead of the name, so that
/// it neither resolves nor shares a connection with another address of the same name.
void HttpTransfer::set_up_pin() {
  if (!options_.proxy.empty()) return;
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETFUNCTION, &HttpTransfer::on_open);
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETDATA, this);
  if (ask_.url_port == ask_.endpoint.port &&
      checks::net::parse_ip(ask_.host) == ask_.endpoint.address)
    return;  // that is its name
  const auto target = fmt::format("::{}:{}", bracketed(ask_.endpoint.address), ask_.endpoint.port);
  connect_to_ = curl_slist_append(nullptr, target.c_str());
  curl_easy_setopt(easy_, CURLOPT_CONNECT_TO, connect_to_);
}

curl_socket_t HttpTransfer::on_open(void* self, curlsocktype, curl_sockaddr* address) {
  return static_cast<HttpTransfer*>(self)->open_socket(*address);
}

curl_socket_t HttpTransfer::open_socket(curl_sockaddr& address) {
  const auto target = to_sockaddr(ask_.endpoint);
  std::memcpy(&address.addr, target.get(),
              std::min<std::size_t>(target.length, sizeof(sockaddr_storage)));
  address.addrlen = target.length;
  address.family = target.get()->sa_family;
  const int descriptor =
      socket(address.family, address.socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address.protocol);
  const auto refused = [&] {
    outcome_.os_error = errno;
    if (descriptor >= 0) close(descriptor);
    return CURL_SOCKET_BAD;
  };
  if (descriptor < 0) return refused();
  const auto& interface = options_.interface;
  if (!interface.empty() && setsockopt(descriptor, SOL_SOCKET, SO_BINDTODEVICE, interface.c_str(),
                                       static_cast<socklen_t>(interface.size())) != 0)
    return refused();
  if (options_.source && options_.source->family == ask_.endpoint.address.family) {
    const auto source = to_sockaddr(Endpoint{*options_.source, 0});
    if (bind(descriptor, source.get(), source.length) != 0) return refused();
  }
  return descriptor;
}

CURLcode HttpTransfer::on_context(CURL*, void* context, void* self) {
  auto& transfer = *static_cast<HttpTransfer*>(self);
  transfer.tls_began_ = std::chrono::steady_clock::now();
  transfer.witness_->watch(static_cast<ssl_ctx_st*>(context));
  return CURLE_OK;
}

int HttpTransfer::on_request(void* self, char*, char*, int, int) {
  static_cast<HttpTransfer*>(self)->sending_();
  return CURL_PREREQFUNC_OK;
}

int HttpTransfer::on_debug(CURL*, curl_infotype type, char* data, std::size_t size, void* self) {
  const auto& trace = static_cast<HttpTransfer*>(self)->trace_;
  if (type == CURLINFO_HEADER_OUT) trace(true, {data, size});
  if (type == CURLINFO_HEADER_IN || type == CURLINFO_DATA_IN) trace(false, {data, size});
  return 0;
}

std::size_t HttpTransfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<HttpTransfer*>(self)->header_line({data, size * count});
}

std::size_t HttpTransfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<HttpTransfer*>(self)->body_piece({data, size * count});
}

void HttpTransfer::status_line(std::string_view line) {
  // A new header block: after 100 Continue comes another.
  outcome_.location.clear();
  outcome_.retry_after.clear();
  outcome_.encoding.clear();
  outcome_.content_length.reset();
  outcome_.header_complete = false;
  const auto rest = trimmed(line.substr(std::min(line.size(), line.find(' '))));
  outcome_.http_version = std::string(line.substr(5, line.find(' ') - 5)).substr(0, 8);
  const auto phrase = rest.substr(std::min(rest.size(), rest.find(' ')));
  outcome_.reason = std::string(trimmed(phrase).substr(0, max_kept_field));
  std::from_chars(rest.data(), rest.data() + rest.size(), outcome_.status);
}

std::size_t HttpTransfer::header_line(std::string_view line) {
  constexpr std::size_t abort = 0;
  header_bytes_ += line.size();
  if (header_bytes_ > options_.limits.max_header) {
    outcome_.stopped = HttpOutcome::Stopped::header_limit;
    return abort;
  }
  if (line.starts_with("HTTP/")) {
    status_line(line);
    return line.size();
  }
  if (trimmed(line).empty()) return header_end() ? line.size() : abort;
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return line.size();
  const auto name = line.substr(0, colon);
  const auto value = trimmed(line.substr(colon + 1));
  if (same_letters(name, "location"))
    outcome_.location = std::string(value.substr(0, max_location + 1));
  if (same_letters(name, "retry-after"))
    outcome_.retry_after = std::string(value.substr(0, max_kept_field));
  if (same_letters(name, "content-encoding"))
    outcome_.encoding = std::string(value.substr(0, max_kept_field));
  if (same_letters(name, "content-length")) {
    std::uint64_t length = 0;
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), length);
    if (parsed.ec == std::errc()) outcome_.content_length = length;
    if (parsed.ec == std::errc::result_out_of_range) outcome_.content_length = UINT64_MAX;
  }
  return line.size();
}

bool HttpTransfer::header_end() {
  if (outcome_.status < 200) return true;
  outcome_.header_complete = true;
  if (outcome_.content_length.value_or(0) <= options_.limits.max_body) return true;
  outcome_.stopped = HttpOutcome::Stopped::length_limit;
  return false;
}

std::size_t HttpTransfer::body_piece(std::string_view piece) {
  constexpr std::size_t abort = 0;
  if (outcome_.status == 0) {
    outcome_.stopped = HttpOutcome::Stopped::not_http;
    outcome_.body = std::string(piece.substr(0, 64));
    return abort;
  }
  if (outcome_.body.size() + piece.size() > options_.limits.max_body) {
    outcome_.stopped = HttpOutcome::Stopped::body_limit;
    return abort;
  }
  outcome_.body += piece;
  return piece.size();
}

void HttpTransfer::read_times() {
  long value = 0;
  curl_easy_getinfo(easy_, CURLINFO_NUM_CONNECTS, &value);
  auto connect = info_time(easy_, CURLINFO_CONNECT_TIME_T);
  // libcurl 7.88 knows the time of the TCP handshake only when TLS is done too.
  if (tls_began_) connect = std::chrono::duration_cast<Microseconds>(*tls_began_ - started_);
  const auto tls = info_time(easy_, CURLINFO_APPCONNECT_TIME_T);
  const auto sent = info_time(easy_, CURLINFO_PRETRANSFER_TIME_T);
  const auto first = info_time(easy_, CURLINFO_STARTTRANSFER_TIME_T);
  const auto total = info_time(easy_, CURLINFO_TOTAL_TIME_T);
  outcome_.request_sent = sent.count() > 0 && ask_.until == HttpAsk::Until::replied;
  outcome_.reused = outcome_.request_sent && value == 0;
  outcome_.connected = connect.count() > 0 || outcome_.reused;
  outcome_.tls_done = tls.count() > 0 || (outcome_.https && outcome_.reused);
  outcome_.connect_time = outcome_.reused ? Microseconds(0) : connect;
  if (tls > connect && !outcome_.reused) outcome_.tls_time = tls - connect;
  if (first > sent) outcome_.first_byte_time = first - sent;
  if (outcome_.request_sent) outcome_.reply_time = total - sent;
  outcome_.total_time = total;
  curl_off_t bytes = 0;
  curl_easy_getinfo(easy_, CURLINFO_SIZE_DOWNLOAD_T, &bytes);
  outcome_.wire_bytes = static_cast<std::uint64_t>(std::max<curl_off_t>(bytes, 0));
  const char* text = nullptr;
  if (curl_easy_getinfo(easy_, CURLINFO_LOCAL_IP, &text) == CURLE_OK && text != nullptr)
    outcome_.local_ip = text;
  if (curl_easy_getinfo(easy_, CURLINFO_REDIRECT_URL, &text) == CURLE_OK && text != nullptr)
    outcome_.location = std::string(text).substr(0, max_location + 1);
  if (outcome_.os_error == 0 && curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &value) == CURLE_OK)
    outcome_.os_error = static_cast<int>(value);
  outcome_.tls = witness_->sight();
  outcome_.curl_text = error_text_;
}

void HttpTransfer::finish(CURLcode code) {
  outcome_.code = code;
  read_times();
  // The callee may destroy this object.
  const auto done = std::move(done_);
  done(std::move(outcome_));
}

HttpOutcome HttpTransfer::give_up() {
  read_times();
  loop_.remove(easy_);
  outcome_.stopped = HttpOutcome::Stopped::deadline;
  // libcurl's own total is as old as its last event.
  outcome_.total_time =
      std::chrono::duration_cast<Microseconds>(std::chrono::steady_clock::now() - started_);
  return std::move(outcome_);
}

}  // namespace tracker_probe
