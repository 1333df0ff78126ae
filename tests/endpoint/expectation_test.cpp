#include "checks/endpoint/expectation.hpp"

#include "checks/endpoint/curl_connection.hpp"
#include "tests/catch.hpp"

using namespace checks::endpoint;

namespace {

Pattern pattern(const std::string& text) {
  std::string why;
  auto compiled = Pattern::compile(text, why);
  INFO(why);
  REQUIRE(compiled);
  return *compiled;
}

std::optional<std::string> json(const char* asked, std::string_view text, bool partly = false) {
  Expectations expect;
  expect.json.push_back(parse_json_expectation(asked).value());
  return unmet(expect, text, partly);
}

}  // namespace

TEST_CASE("pieces of text that must and must not be there") {
  Expectations expect;
  expect.contains = {"one", "two"};
  CHECK_FALSE(expect.settled("one"));
  CHECK(expect.settled("two one"));
  CHECK_FALSE(unmet(expect, "two one", false));
  CHECK(unmet(expect, "one", false) == "\"two\" is not there");
  CHECK(unmet(expect, "one", true) == "\"two\" is not there in what was read of it");
  expect.lacks = {"bad"};
  CHECK_FALSE(expect.settled("two one"));
  CHECK(unmet(expect, "two one bad", false) == "\"bad\" is there");
  CHECK_FALSE(unmet(Expectations{}, "", false));
  CHECK(Expectations{}.settled(""));
}

TEST_CASE("patterns") {
  CHECK(pattern("^b+$").matches("aaa\nbbb\nccc"));
  CHECK_FALSE(pattern("^b+$").matches("aaabbb"));
  CHECK(pattern("end$").matches(std::string_view("\0\0 end", 6)));
  CHECK(pattern("").matches(""));
  CHECK_FALSE(pattern("a").matches({}));
  std::string why;
  CHECK_FALSE(Pattern::compile("(", why));
  CHECK_FALSE(why.empty());
  CHECK_FALSE(Pattern::compile(R"((a)\1)", why));
  CHECK(Pattern::compile(R"(a\\1)", why));
}

TEST_CASE("values in JSON, by pointer") {
  const std::string_view text =
      R"({"status":"ok","n":[1,2.50,true,null,{"a/b":"x","c~d":7}],"":"empty","deep":{"":1}})";
  for (const char* met :
       {"/status=ok", "/status", "/n/0=1", "/n/1=2.5", "/n/1=2.50", "/n/2=true", "/n/3=null",
        "/n/4/a~1b=x", "/n/4/c~0d=7", "/=empty", "/deep/=1", "/n", ""}) {
    INFO(met);
    CHECK_FALSE(json(met, text));
  }
  CHECK(json("/status=bad", text) == "/status is ok, not bad");
  CHECK(json("/none", text) == "there is no /none in the JSON");
  CHECK(json("/n/5", text) == "there is no /n/5 in the JSON");
  for (const char* wrong : {"/n/00", "/n/-1", "/n/1x", "/n/", "/n/99999999999999999999",
                            "/status/x", "/n=1", "/n/0=1x", "=x"}) {
    INFO(wrong);
    CHECK(json(wrong, text));
  }
  CHECK(json("/a", "{").value().starts_with("the body is no JSON: line 1, column "));
  CHECK(json("/a", R"({"a":1})", true));
  CHECK(json("/a", std::string(100000, '[')));
  CHECK_FALSE(parse_json_expectation("status=ok"));
}

TEST_CASE("escapes of what is sent") {
  CHECK(unescape(R"(a\r\n\t\\\x00\xfF\0)") == std::string("a\r\n\t\\\0\xff\0", 8));
  CHECK(unescape("") == "");
  for (const char* wrong : {"\\", "\\q", "\\x", "\\x1", "\\xg0", "a\\x0"})
    CHECK_FALSE(unescape(wrong));
}

TEST_CASE("statuses") {
  const auto ranges = parse_statuses("200-299,401").value();
  CHECK(holds(ranges, 200));
  CHECK(holds(ranges, 299));
  CHECK(holds(ranges, 401));
  CHECK_FALSE(holds(ranges, 300));
  CHECK_FALSE(holds(ranges, 0));
  for (const char* wrong :
       {"", ",", "200,", "x", "99", "600", "300-200", "200-", "-200", "2e2", " 200"})
    CHECK_FALSE(parse_statuses(wrong));
}

TEST_CASE("the end of a certificate, as libcurl writes it") {
  CHECK(parse_certificate_time("Nov 21 10:00:01 2027 GMT") == 1826791201);
  CHECK(parse_certificate_time("2027-11-21 10:00:01 GMT") == 1826791201);
  CHECK(parse_certificate_time("Jan  1 00:00:00 1970 GMT") == 0);
  CHECK(parse_certificate_time("Feb 29 00:00:00 2028 GMT") == 1835395200);
  for (const char* wrong :
       {"", " GMT", "Feb 29 00:00:00 2027 GMT", "Xxx 21 10:00:01 2027 GMT", "Nov 21 10:00:01 2027",
        "Nov 21 25:00:00 2027 GMT", "Nov 21 10-00:01 2027 GMT", "2027-13-21 10:00:01 GMT",
        "2027-11-21T10:00:01 GMT", "Nov 21 10:00:01 20x7 GMT", "-027-11-21 10:00:01 GMT"}) {
    INFO(wrong);
    CHECK_FALSE(parse_certificate_time(wrong));
  }
}
