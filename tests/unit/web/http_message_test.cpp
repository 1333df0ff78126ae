#include "minitor/web/http_message.hpp"

#include "tests/catch.hpp"

using namespace minitor;

TEST_CASE("a target has a path and a query") {
  const auto parts = [](const char* target) {
    const HttpRequest request{"GET", target, {}, {}};
    return std::string{request.path()} + "|" + std::string{request.query()};
  };
  CHECK(parts("/a/b?c=d?e") == "/a/b|c=d?e");
  CHECK(parts("/a") == "/a|");
  CHECK(parts("?x") == "|x");
  CHECK(parts("") == "|");
  CHECK(parts("HTTP://host:1/a?b") == "/a|b");
  CHECK(parts("http://host?b") == "|b");
  CHECK(parts("http://") == "/|");
}

TEST_CASE("headers are found in any case, the first of a name") {
  const HttpRequest request{"GET", "/", {{"X-A", "1"}, {"x-a", "2"}}, {}};
  CHECK(request.header("x-A") == "1");
  CHECK(request.header("x") == "");
}

TEST_CASE("the head of a response") {
  HttpResponse response = plain_status(404);
  CHECK(
      response_head(response, true) ==
      "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 14\r\n"
      "Connection: keep-alive\r\n\r\n");
  response = {204, "", {{"X", "a\r\nSet-Cookie: b\x7f"}}, ""};
  CHECK(response_head(response, false) ==
        "HTTP/1.1 204 No Content\r\nX: aSet-Cookie: b\r\nConnection: close\r\n\r\n");
}
