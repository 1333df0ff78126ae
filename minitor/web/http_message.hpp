// A request and its response as plain data: what the server and the routes say to each other.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace minitor {

struct HttpHeader {
  std::string name;
  std::string value;
};

struct HttpRequest {
  std::string method;  // as sent: methods are case-sensitive
  std::string target;  // as sent, never decoded: "/metrics?x=1"
  std::vector<HttpHeader> headers;
  std::string body;
  bool body_cut = false;  // it was longer, and the rest of it is not here
  std::string peer =
      {};  // the address of who connected; empty: unknown, or of this machine's own door

  // What stands before the "?", without "http://host" where a proxy's form was sent. Not decoded and
  // not normalised: a path is only ever compared.
  [[nodiscard]] std::string_view path() const;
  // What stands after the "?", not decoded; empty when there is none.
  [[nodiscard]] std::string_view query() const;
  // The first header of this name, in any case; empty when there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

// The server adds Content-Length and Connection, and leaves the body out of the answer to a HEAD.
struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::vector<HttpHeader> headers;
  std::string body;
  // Without an end: after the body comes whatever HttpServer::publish() is given.
  bool live = false;
};

// A short answer in plain text: "404 Not Found".
[[nodiscard]] HttpResponse plain_status(int status);

// The words that belong to a status: "Not Found"; "Unknown" for one that we never send.
[[nodiscard]] std::string_view status_words(int status);

// Status line and headers up to the empty line. What could end a header early is left out of names
// and values.
[[nodiscard]] std::string response_head(const HttpResponse& response, bool keep_alive);

}  // namespace minitor
