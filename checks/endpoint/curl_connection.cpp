#include "checks/endpoint/curl_connection.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <new>
#include <system_error>

namespace checks::endpoint {

namespace {

constexpr double kSecondsOfADay = 86400;

Microseconds between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration_cast<Microseconds>(to - from);
}

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

std::string system_words(int error) { return std::generic_category().message(error); }

// Digits and blanks to a number, nothing else.
std::optional<int> number(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  int value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() || value < 0)
    return std::nullopt;
  return value;
}

struct Date {
  std::optional<int> year;
  std::optional<int> month;
  std::optional<int> day;
};

Date date_of(std::string_view date) {
  if (date.size() == 10 && date[4] == '-' && date[7] == '-')
    return {number(date.substr(0, 4)), number(date.substr(5, 2)), number(date.substr(8, 2))};
  return {};
}

std::optional<int> month_of(std::string_view name) {
  static constexpr std::array<std::string_view, 12> kNames = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<int>(found - kNames.begin()) + 1;
}

}  // namespace

std::optional<std::int64_t> parse_certificate_time(std::string_view text) {
  constexpr std::string_view kZone = " GMT";
  if (!text.ends_with(kZone)) return std::nullopt;
  text.remove_suffix(kZone.size());
  Date date;
  std::string_view time;
  if (text.size() == 19 && text[10] == ' ') {
    date = date_of(text.substr(0, 10));
    time = text.substr(11);
  } else if (text.size() == 20 && text[3] == ' ' && text[6] == ' ' && text[15] == ' ') {
    date = {number(text.substr(16)), month_of(text.substr(0, 3)), number(text.substr(4, 2))};
    time = text.substr(7, 8);
  }
  if (!date.year || !date.month || !date.day || time.size() != 8) return std::nullopt;
  const auto hour = number(time.substr(0, 2));
  const auto minute = number(time.substr(3, 2));
  const auto second = number(time.substr(6, 2));
  const std::chrono::year_month_day day{std::chrono::year{*date.year},
                                        std::chrono::month{static_cast<unsigned>(*date.month)},
                                        std::chrono::day{static_cast<unsigned>(*date.day)}};
  if (!day.ok() || !hour || !minute || !second || time[2] != ':' || time[5] != ':')
    return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days{day}.time_since_epoch().count();
  return days * 86400 + *hour * 3600 + *minute * 60 + *second;
}

CurlConnection::CurlConnection(const ConnectionAsk& ask, Clock::time_point deadline)
    : easy_(curl_easy_init()), tls_wanted_(ask.url.starts_with("https:")) {
  if (easy_ == nullptr) throw std::bad_alloc();
  set_up(ask, deadline);
}

CurlConnection::~CurlConnection() {
  curl_easy_cleanup(easy_);
  curl_slist_free_all(connect_to_);
}

void CurlConnection::set_up(const ConnectionAsk& ask, Clock::time_point deadline) {
  set(CURLOPT_URL, ask.url.c_str());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_ERRORBUFFER, error_text_);
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
  set(CURLOPT_TIMEOUT_MS, std::max(static_cast<long>(left.count()), 1L));
  // Where redirects lead is resolved by libcurl; in this family, since it is this one that is tested.
  const bool v4 = ask.endpoint.address.family == net::Family::v4;
  set(CURLOPT_IPRESOLVE, static_cast<long>(v4 ? CURL_IPRESOLVE_V4 : CURL_IPRESOLVE_V6));
  const std::string pin =
      fmt::format("{}:{}:{}:{}", bracketed(ask.host), ask.endpoint.port,
                  bracketed(net::to_text(ask.endpoint.address)), ask.endpoint.port);
  connect_to_ = curl_slist_append(nullptr, pin.c_str());
  if (connect_to_ == nullptr) throw std::bad_alloc();
  set(CURLOPT_CONNECT_TO, connect_to_);
  set(CURLOPT_OPENSOCKETFUNCTION, &CurlConnection::on_open);
  set(CURLOPT_OPENSOCKETDATA, this);
  set(CURLOPT_PREREQFUNCTION, &CurlConnection::on_ready);
  set(CURLOPT_PREREQDATA, this);
  set(CURLOPT_SSL_CTX_FUNCTION, &CurlConnection::on_context);
  set(CURLOPT_SSL_CTX_DATA, this);
  set(CURLOPT_SSL_VERIFYPEER, ask.tls.insecure ? 0L : 1L);
  set(CURLOPT_SSL_VERIFYHOST, ask.tls.insecure ? 0L : 2L);
  set(CURLOPT_CERTINFO, 1L);
  if (!ask.tls.ca_file.empty()) set(CURLOPT_CAINFO, ask.tls.ca_file.c_str());
}

curl_socket_t CurlConnection::on_open(void* self, curlsocktype, curl_sockaddr* address) {
  auto& connection = *static_cast<CurlConnection*>(self);
  const int descriptor =
      ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (descriptor < 0) {
    connection.open_error_ = errno;
    return CURL_SOCKET_BAD;
  }
  if (!connection.opened_) connection.opened_ = Clock::now();
  return descriptor;
}

CURLcode CurlConnection::on_context(CURL*, void*, void* self) {
  auto& connection = *static_cast<CurlConnection*>(self);
  if (!connection.tls_began_ && !connection.ready_) connection.tls_began_ = Clock::now();
  return CURLE_OK;
}

int CurlConnection::on_ready(void* self, char*, char*, int, int) {
  auto& connection = *static_cast<CurlConnection*>(self);
  if (!connection.ready_) connection.ready_ = Clock::now();
  return CURL_PREREQFUNC_OK;
}

void CurlConnection::saw_first_byte() {
  if (!first_byte_) first_byte_ = Clock::now();
}

CURLcode CurlConnection::perform(AddressResult& row) {
  began_ = Clock::now();
  const CURLcode code = curl_easy_perform(easy_);
  const auto ended = Clock::now();
  // With CONNECT_ONLY nothing says that it is ready but its end.
  if (code == CURLE_OK && !ready_) ready_ = ended;
  const auto connected = tls_began_ ? tls_began_ : ready_;
  if (opened_ && connected) row.times.connect = between(*opened_, *connected);
  if (tls_began_ && ready_) row.times.tls = between(*tls_began_, *ready_);
  if (ready_ && first_byte_) row.times.first_byte = between(*ready_, *first_byte_);
  row.times.total = row.times.dns.value_or(Microseconds{0}) + between(began_, ended);
  return code;
}

void CurlConnection::read_certificate(AddressResult& row) {
  constexpr std::string_view kField = "Expire date:";
  curl_certinfo* info = nullptr;
  if (curl_easy_getinfo(easy_, CURLINFO_CERTINFO, &info) != CURLE_OK || info == nullptr) return;
  if (info->num_of_certs < 1) return;
  for (const curl_slist* line = info->certinfo[0]; line != nullptr; line = line->next) {
    const std::string_view text = line->data;
    if (!text.starts_with(kField)) continue;
    const auto end = parse_certificate_time(text.substr(kField.size()));
    if (!end) return;
    const auto now =
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch());
    // To a tenth of a day: nobody renews by the second.
    row.cert_days = static_cast<double>(static_cast<std::int64_t>(
                        (static_cast<double>(*end) - now.count()) / kSecondsOfADay * 10)) /
                    10;
    return;
  }
}

std::string CurlConnection::timed_out() const {
  if (!opened_) return "it took too long to get as far as connecting";
  if (!tls_began_ && !ready_) return "no answer to the connection in time";
  if (tls_wanted_ && !ready_) return "connected, but the TLS handshake was not done in time";
  if (!first_byte_) return "connected, but no reply came in time";
  return "the reply began, but was not over in time";
}

void CurlConnection::explain(CURLcode code, AddressResult& row) {
  row.state = State::critical;
  long os_error = open_error_;
  if (os_error == 0) curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &os_error);
  const std::string_view said = error_text_;
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT: row.words = timed_out(); return;
    case CURLE_COULDNT_CONNECT:
      if (os_error == EMFILE || os_error == ENFILE || os_error == ENOBUFS || os_error == ENOMEM)
        row.state = State::unknown;
      if (os_error != 0) {
        row.words = "cannot connect: " + system_words(static_cast<int>(os_error));
        return;
      }
      break;
    case CURLE_GOT_NOTHING: row.words = "connected, but it closed without a reply"; return;
    case CURLE_TOO_MANY_REDIRECTS: row.words = "redirected too often"; return;
    case CURLE_OUT_OF_MEMORY:
      // libcurl's word for a line longer than it takes, too; that is the server's doing.
      if (ready_) {
        row.words = "a line of the reply's head does not end";
        return;
      }
      row.state = State::unknown;
      break;
    case CURLE_FAILED_INIT:
    case CURLE_SSL_CACERT_BADFILE: row.state = State::unknown; break;
    default: break;
  }
  row.words = said.empty() ? curl_easy_strerror(code) : std::string(said);
}

}  // namespace checks::endpoint
