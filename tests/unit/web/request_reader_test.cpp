#include "minitor/web/request_reader.hpp"

#include "tests/catch.hpp"

using namespace minitor;
using Progress = RequestReader::Progress;

namespace {

const HttpLimits kSmall = [] {
  HttpLimits limits;
  limits.header_bytes = 200;
  limits.body_bytes = 10;
  return limits;
}();

int refusal(std::string_view bytes) {
  RequestReader reader{kSmall};
  return reader.feed(bytes) == Progress::refused ? reader.refusal() : 0;
}

const std::string kPost = "POST /x?y HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nA: b\r\n\r\nhello";

}  // namespace

TEST_CASE("a request comes in any pieces") {
  for (std::size_t piece = 1; piece <= kPost.size(); ++piece) {
    RequestReader reader{kSmall};
    CHECK_FALSE(reader.started());
    Progress progress = Progress::needs_more;
    for (std::size_t at = 0; at < kPost.size(); at += piece) {
      REQUIRE(progress == Progress::needs_more);
      progress = reader.feed(std::string_view{kPost}.substr(at, piece));
      CHECK(reader.started());
    }
    REQUIRE(progress == Progress::complete);
    const HttpRequest request = reader.take();
    CHECK(request.method == "POST");
    CHECK(request.target == "/x?y");
    CHECK(request.header("a") == "b");
    CHECK(request.body == "hello");
    CHECK(reader.keep_alive());
    CHECK_FALSE(reader.started());
  }
}

TEST_CASE("requests in a row are taken one by one") {
  RequestReader reader{kSmall};
  REQUIRE(reader.feed(kPost + "\r\n\r\n" +
                      "GET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\nGE") ==
          Progress::complete);
  CHECK(reader.take().target == "/x?y");
  CHECK(reader.started());
  REQUIRE(reader.feed({}) == Progress::complete);
  CHECK(reader.take().target == "/2");
  CHECK_FALSE(reader.keep_alive());
  CHECK(reader.started());
  CHECK(reader.feed({}) == Progress::needs_more);
}

TEST_CASE("a chunked body is put together") {
  RequestReader reader{kSmall};
  REQUIRE(reader.feed("BREW / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n") == Progress::complete);
  const HttpRequest request = reader.take();
  CHECK(request.method == "BREW");
  CHECK(request.body == "abcde");
}

TEST_CASE("HTTP/1.0 needs no Host and keeps alive only when asked") {
  RequestReader reader{kSmall};
  REQUIRE(reader.feed("GET / HTTP/1.0\r\n\r\n") == Progress::complete);
  (void)reader.take();
  CHECK_FALSE(reader.keep_alive());
  REQUIRE(reader.feed("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n") == Progress::complete);
  (void)reader.take();
  CHECK(reader.keep_alive());
}

TEST_CASE("what is too large is refused before it is held") {
  CHECK(refusal("GET /" + std::string(300, 'a')) == 431);
  CHECK(refusal("GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(300, 'a')) == 431);
  CHECK(refusal("GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(300, 'a') + "\r\n\r\n") == 431);
  CHECK(refusal("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n") == 413);
  CHECK(refusal("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                "6\r\nabcdef\r\n6\r\nabcdef\r\n") == 413);
}

TEST_CASE("what could be read in two ways is refused") {
  const std::string host = "POST / HTTP/1.1\r\nHost: h\r\n";
  CHECK(refusal(host + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
  CHECK(refusal(host + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n") == 400);
  CHECK(refusal(host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n") == 400);
  CHECK(refusal(host + "Content-Length: +1\r\n\r\n") == 400);
  CHECK(refusal(host + "Content-Length: 1, 2\r\n\r\n") == 400);
  CHECK(refusal(host + "Content-Length: 99999999999999999999\r\n\r\n") == 400);
  CHECK(refusal(host + "Transfer-Encoding: gzip\r\n\r\n") == 400);
  CHECK(refusal(host + "Transfer-Encoding: chunked, gzip\r\n\r\n") == 400);
  CHECK(refusal("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
  CHECK(refusal(host + "Host: h\r\n\r\n") == 400);
  CHECK(refusal(host + "A : b\r\n\r\n") == 400);
  CHECK(refusal(host + "A: b\r\n c\r\n\r\n") == 0);  // obsolete folding reads in one way
}

TEST_CASE("what is no HTTP/1 is refused") {
  CHECK(refusal("GET / HTTP/1.1\r\n\r\n") == 400);
  CHECK(refusal("GET / HTTP/2.0\r\nHost: h\r\n\r\n") == 505);
  CHECK(refusal("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == 505);
  CHECK(refusal("GET /\r\n\r\n") == 400);
  CHECK(refusal("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03") == 400);
  CHECK(refusal(std::string(50, '\0')) == 400);
  CHECK(refusal("GET / HTTP/1.1\r\nHost: h\r\nExpect: miracles\r\n\r\n") == 417);
}

TEST_CASE("a client that waits for leave to send its body is given it once") {
  RequestReader reader{kSmall};
  CHECK(reader.feed(
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n") ==
        Progress::wants_continue);
  CHECK(reader.feed("a") == Progress::needs_more);
  CHECK(reader.feed("b") == Progress::complete);
  CHECK(
      refusal("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99\r\nExpect: 100-continue\r\n\r\n") ==
      413);
}

TEST_CASE("empty lines without end are not a request and are not kept") {
  RequestReader reader{kSmall};
  for (int i = 0; i < 1000; ++i) REQUIRE(reader.feed("\r\n\r\n\r\n") == Progress::needs_more);
  CHECK_FALSE(reader.started());
}
