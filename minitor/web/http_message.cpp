#include "minitor/web/http_message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace minitor {
namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

// RFC 9112 3.2.2: a server must take the absolute form, "GET http://host/path".
std::string_view without_origin(std::string_view target) {
  constexpr std::string_view kScheme = "http://";
  if (!same_name(target.substr(0, kScheme.size()), kScheme)) return target;
  const std::size_t end = target.find_first_of("/?", kScheme.size());
  return end == std::string_view::npos ? std::string_view{"/"} : target.substr(end);
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  const auto append = [&out](std::string_view text) {
    std::copy_if(text.begin(), text.end(), std::back_inserter(out),
                 [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '\x7f'; });
  };
  append(name);
  out += ": ";
  append(value);
  out += "\r\n";
}

}  // namespace

std::string_view HttpRequest::path() const {
  const std::string_view local = without_origin(target);
  return local.substr(0, local.find('?'));
}

std::string_view HttpRequest::query() const {
  const std::string_view local = without_origin(target);
  const std::size_t mark = local.find('?');
  return mark == std::string_view::npos ? std::string_view{} : local.substr(mark + 1);
}

std::string_view HttpRequest::header(std::string_view name) const {
  for (const HttpHeader& header : headers)
    if (same_name(header.name, name)) return header.value;
  return {};
}

HttpResponse plain_status(int status) {
  HttpResponse response;
  response.status = status;
  response.body = fmt::format("{} {}\n", status, status_words(status));
  return response;
}

std::string_view status_words(int status) {
  switch (status) {
    case 200: return "OK";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Unknown";
  }
}

std::string response_head(const HttpResponse& response, bool keep_alive) {
  std::string head =
      fmt::format("HTTP/1.1 {} {}\r\n", response.status, status_words(response.status));
  if (response.status != 204 && response.status != 304) {
    append_header(head, "Content-Type", response.content_type);
    if (!response.live) append_header(head, "Content-Length", fmt::to_string(response.body.size()));
  }
  for (const HttpHeader& header : response.headers) append_header(head, header.name, header.value);
  append_header(head, "Connection", keep_alive ? "keep-alive" : "close");
  head += "\r\n";
  return head;
}

}  // namespace minitor
