#include "checks/tracker-probe-http/http_findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "checks/net/clean_text.hpp"
#include "checks/tracker-probe-http/reply_fields.hpp"

namespace tracker_probe {

using checks::net::clean_text;
using Stopped = HttpOutcome::Stopped;

std::string seconds_text(Microseconds time) {
  return fmt::format("{:.1f} s", static_cast<double>(time.count()) / 1e6);
}

namespace {

bool mentions(const HttpOutcome& outcome, std::string_view words) {
  return outcome.curl_text.find(words) != std::string::npos;
}

Finding unknown(std::string code, std::string text) {
  return {std::move(code), State::unknown, std::move(text), false};
}

std::string size_text(std::size_t bytes) {
  if (bytes % (1024 * 1024) == 0) return fmt::format("{} MiB", bytes / (1024 * 1024));
  if (bytes % 1024 == 0) return fmt::format("{} KiB", bytes / 1024);
  return fmt::format("{} bytes", bytes);
}

/// Where an exchange stood when it broke.
std::string_view phase(const HttpOutcome& outcome) {
  if (!outcome.connected) return "TCP connect";
  if (outcome.https && !outcome.tls_done) return "TLS";
  return outcome.header_complete ? "body" : "request";
}

Finding timeout(const HttpOutcome& outcome) {
  const auto time = seconds_text(outcome.total_time);
  if (!outcome.connected) return critical("tcp.timeout", fmt::format("no TCP answer in {}", time));
  if (outcome.https && !outcome.tls_done)
    return critical("tls.timeout", fmt::format("TCP connected but no TLS answer in {}", time));
  if (!outcome.header_complete) {
    return critical("http.timeout", outcome.status == 0
                                        ? fmt::format("HTTP: no reply in {} (connected)", time)
                                        : fmt::format("HTTP: header not complete in {} (status {})",
                                                      time, outcome.status));
  }
  return critical(
      "http.timeout",
      outcome.content_length
          ? fmt::format("HTTP: body stalled after {} of {} bytes ({})", outcome.wire_bytes,
                        *outcome.content_length, time)
          : fmt::format("HTTP: body not ended after {} bytes ({})", outcome.wire_bytes, time));
}

Finding not_http(const HttpOutcome& outcome) {
  const bool tls = outcome.body.starts_with("\x15\x03") || outcome.body.starts_with("\x16\x03");
  return critical("http.protocol",
                  fmt::format("not HTTP: {}{}", checks::net::hex_start(outcome.body),
                              tls ? " (TLS on this port?)" : ""));
}

Finding reset(const HttpOutcome& outcome) {
  return critical("tcp.reset", fmt::format("connection reset during {}", phase(outcome)));
}

Finding tls_failure(const HttpOutcome& outcome, std::string_view host, TlsSight::Time now) {
  if (outcome.os_error == ECONNRESET || mentions(outcome, "reset by peer")) return reset(outcome);
  if (const auto problem = certificate_problem(outcome.tls, host, now)) return *problem;
  if (mentions(outcome, "unexpected eof") || mentions(outcome, "SSL_ERROR_SYSCALL") ||
      mentions(outcome, "SSL_ERROR_ZERO_RETURN"))
    return critical("tls.handshake", "TLS handshake failed: the server closed the connection");
  return handshake_problem(outcome.curl_text);
}

Finding broken_transfer(const HttpOutcome& outcome) {
  if (outcome.os_error == ECONNRESET || mentions(outcome, "reset by peer")) return reset(outcome);
  if (mentions(outcome, "header") || mentions(outcome, "Header"))
    return critical("http.too_big", "header larger than 64 KiB");
  if (mentions(outcome, "hunk")) return critical("http.protocol", "malformed chunk in the body");
  return critical("http.protocol",
                  fmt::format("HTTP transfer failed: {}", clean_text(outcome.curl_text)));
}

Finding truncated(const HttpOutcome& outcome) {
  if (outcome.content_length)
    return critical("http.truncated", fmt::format("body ended after {} of {} bytes",
                                                  outcome.wire_bytes, *outcome.content_length));
  return critical("http.truncated", fmt::format("body ended after {} bytes, before its last chunk",
                                                outcome.wire_bytes));
}

Finding connect_failure(const HttpOutcome& outcome, Family family) {
  if (auto known = socket_problem(outcome.os_error, family)) return *known;
  return critical("tcp.unreachable",
                  fmt::format("cannot connect: {}", clean_text(outcome.curl_text)));
}

/// libcurl ended it.
Finding curl_problem(const HttpOutcome& outcome, std::string_view host, TlsSight::Time now,
                     Family family) {
  switch (outcome.code) {
    case CURLE_COULDNT_CONNECT: return connect_failure(outcome, family);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR: return tls_failure(outcome, host, now);
    case CURLE_SSL_CACERT_BADFILE:
      return unknown("local.ca_file", "cannot read the file of trusted certificates");
    case CURLE_GOT_NOTHING:
      return critical("http.empty", "empty HTTP reply: the server closed the connection");
    case CURLE_PARTIAL_FILE: return truncated(outcome);
    case CURLE_BAD_CONTENT_ENCODING:
      return critical("http.encoding", fmt::format("cannot decode Content-Encoding \"{}\"",
                                                   clean_text(outcome.encoding)));
    case CURLE_OUT_OF_MEMORY:
      // So libcurl calls one header line of more than 100 KiB.
      if (outcome.request_sent && !outcome.header_complete)
        return critical("http.too_big", "header larger than 64 KiB");
      return unknown("local.resources", "out of memory");
    case CURLE_WEIRD_SERVER_REPLY:
      return critical("http.protocol",
                      fmt::format("invalid HTTP header: {}", clean_text(outcome.curl_text)));
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR: return broken_transfer(outcome);
    case CURLE_COULDNT_RESOLVE_PROXY: return unknown("local.proxy", "cannot resolve the proxy");
    default:
      return critical("http.protocol", fmt::format("{}: {}", curl_easy_strerror(outcome.code),
                                                   clean_text(outcome.curl_text)));
  }
}

}  // namespace

std::optional<Finding> socket_problem(int os_error, Family family) {
  switch (os_error) {
    case ECONNREFUSED: return critical("tcp.refused", "connection refused");
    case EHOSTUNREACH: return critical("tcp.unreachable", "no route to host");
    case ETIMEDOUT: return critical("tcp.timeout", "no TCP answer (the kernel gave up)");
    case ECONNRESET: return critical("tcp.reset", "connection reset during TCP connect");
    case ENETUNREACH:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
      return Finding{
          "local.no_route", State::skipped,
          fmt::format("no {0} route on this host: {0} not tested", checks::net::name_of(family)),
          false};
    case EPERM:
    case EACCES:
      return unknown("local.denied",
                     fmt::format("sending refused by this host ({}: local firewall?)",
                                 os_error == EPERM ? "EPERM" : "EACCES"));
    case EMFILE:
    case ENFILE: return unknown("local.resources", "out of file descriptors");
    case ENOBUFS:
    case ENOMEM: return unknown("local.resources", "out of buffers (ENOBUFS)");
    case ENODEV: return unknown("local.denied", "no such network interface");
    default: return std::nullopt;
  }
}

std::optional<Finding> exchange_problem(const HttpOutcome& outcome, const ProbeOptions& options,
                                        std::string_view host, TlsSight::Time now) {
  const auto family = outcome.family;
  switch (outcome.stopped) {
    case Stopped::no: break;
    case Stopped::deadline: return timeout(outcome);
    case Stopped::not_http: return not_http(outcome);
    case Stopped::body_limit:
      return critical("http.too_big", fmt::format("body larger than {} (decompressed)",
                                                  size_text(options.limits.max_body)));
    case Stopped::length_limit:
      return critical(
          "http.too_big",
          outcome.content_length.value_or(UINT64_MAX) == UINT64_MAX
              ? fmt::format("body larger than {} announced", size_text(options.limits.max_body))
              : fmt::format("body of {} bytes announced, limit {}", *outcome.content_length,
                            size_text(options.limits.max_body)));
    case Stopped::header_limit:
      return critical("http.too_big",
                      fmt::format("header larger than {}", size_text(options.limits.max_header)));
  }
  if (outcome.code == CURLE_OK && outcome.status != 0 && !outcome.header_complete)
    return critical("http.truncated",
                    fmt::format("connection closed inside the header (status {})", outcome.status));
  if (outcome.code == CURLE_OK) return std::nullopt;
  return curl_problem(outcome, host, now, family);
}

Finding refusal(int status, const std::string& failure,
                const std::optional<std::string>& retry_in) {
  std::string text = status == 200 ? std::string() : fmt::format("HTTP {}, ", status);
  text += failure.empty() ? std::string("failure reason without text")
                          : fmt::format("failure reason: \"{}\"", clean_text(failure));
  if (!retry_in) return critical("tracker.failure", std::move(text));
  text += *retry_in == "never" ? ", retry never" : fmt::format(", retry in {} min", *retry_in);
  return critical("tracker.retry", std::move(text));
}

std::string status_text(const HttpOutcome& outcome) {
  return fmt::format("HTTP {}{}{}", outcome.status, outcome.reason.empty() ? "" : " ",
                     clean_text(outcome.reason));
}

Finding status_problem(const HttpOutcome& outcome) {
  const auto status = status_text(outcome);
  if (outcome.status == 429 || outcome.status == 503) {
    if (outcome.retry_after.empty()) return critical("http.status_busy", status);
    const bool seconds = outcome.retry_after.find_first_not_of("0123456789") == std::string::npos;
    return critical("http.status_busy",
                    fmt::format("{}, Retry-After {}{}", status, clean_text(outcome.retry_after),
                                seconds ? " s" : ""));
  }
  return critical("http.status", fmt::format("{} (body is not a tracker reply)", status));
}

}  // namespace tracker_probe
