#include "checks/tracker-probe-http/bencode.hpp"

#include <string>

#include "tests/catch.hpp"
#include "tests/probes-http/vectors.hpp"

using namespace tracker_probe;
using Kind = BencodeError::Kind;
using Blemish = BencodeBlemish::Kind;

namespace {

BencodeError error_of(std::string_view body, const BencodeLimits& limits = {}) {
  const auto parsed = parse_bencode(body, limits);
  REQUIRE(parsed.has_error());
  return parsed.error();
}

std::vector<BencodeBlemish> blemishes_of(std::string_view body) {
  const auto parsed = parse_bencode(body);
  REQUIRE(parsed.has_value());
  return parsed->blemishes();
}

}  // namespace

TEST_CASE("bencode: values keep their type, bytes and place") {
  const std::string body = "d1:ai-42e1:bl3:xyzi7ee1:cd0:0:ee tail";
  const auto document = parse_bencode(body);
  REQUIRE(document.has_value());
  const auto root = document->root();
  CHECK(document->consumed() == body.size() - 5);
  CHECK(document->blemishes().empty());
  CHECK(root.type() == BencodeType::dictionary);
  CHECK(root.find("a")->integer() == -42);
  CHECK_FALSE(root.find("a")->string().has_value());
  CHECK(root.find("b")->raw() == "l3:xyzi7ee");
  CHECK(root.find("b")->offset() == 12);
  CHECK(root.find("c")->find("")->string() == "");
  CHECK_FALSE(root.find("d").has_value());
  CHECK_FALSE(root.find("a")->find("a").has_value());

  std::string seen;
  root.find("b")->for_each_item(
      [&](const BencodeValue& item) { seen += std::string(item.raw()) + ";"; });
  root.for_each_entry([&](std::string_view key, const BencodeValue& value) {
    seen += std::string(key) + "=" + std::string(value.raw()) + ";";
  });
  CHECK(seen == "3:xyz;i7e;a=i-42e;b=l3:xyzi7ee;c=d0:0:e;");
}

TEST_CASE("bencode: strings are views into the body") {
  const std::string body = "4:spam";
  const auto document = parse_bencode(body);
  REQUIRE(document.has_value());
  CHECK(document->root().string()->data() == body.data() + 2);
}

TEST_CASE("row 87 ben_depth: nesting is a limit, not a stack overflow") {
  const auto error = error_of(std::string(100'000, 'l'));
  CHECK(error.kind == Kind::limit);
  CHECK(error.offset == 32);
  CHECK(error.text == "nesting > 32");
  CHECK(parse_bencode(std::string(32, 'l') + std::string(32, 'e')).has_value());
  CHECK(error_of(std::string(33, 'l') + std::string(33, 'e')).kind == Kind::limit);
}

TEST_CASE("row 88 ben_len_overflow: a length is compared before it is believed") {
  CHECK(error_of("99999999999999999999:a").text == "a string length is out of range");
  CHECK(error_of("99999999999999999999:a").kind == Kind::invalid);
  CHECK(error_of("999999999999999999999999999:a").kind == Kind::invalid);
  CHECK(error_of("2147483648:").text == "a string of 2147483648 bytes cannot be");
  CHECK(error_of("18446744073709551615:").kind == Kind::invalid);
  CHECK(error_of("-1:").kind == Kind::invalid);
  CHECK(error_of("-1:").offset == 0);
  CHECK(error_of("5:spam").kind == Kind::truncated);
  CHECK(error_of("5:spam").text == "ends inside a string of 5 bytes, 4 of them there");
}

TEST_CASE("row 89 ben_ints: the range is 64 bit, odd spellings are noted") {
  CHECK(blemishes_of("i-0e") == std::vector<BencodeBlemish>{{Blemish::negative_zero, 0}});
  CHECK(blemishes_of("li01ee") == std::vector<BencodeBlemish>{{Blemish::leading_zero, 2}});
  CHECK(blemishes_of("i0e").empty());
  CHECK(blemishes_of("04:spam") == std::vector<BencodeBlemish>{{Blemish::leading_zero, 0}});
  CHECK(parse_bencode("i9223372036854775807e")->root().integer() == 9223372036854775807);
  CHECK(parse_bencode("i-9223372036854775808e")->root().integer() == INT64_MIN);
  CHECK(error_of("i9223372036854775808e").text == "an integer is out of range");
  CHECK(error_of("i-9223372036854775809e").kind == Kind::invalid);
  CHECK(error_of("i123456789012345678901234567890e").kind == Kind::invalid);
  CHECK(error_of("ie").text == "expected a digit of an integer, got \"e\"");
  CHECK(error_of("ie").offset == 1);
  CHECK(error_of("i--1e").offset == 2);
  CHECK(error_of("i-e").offset == 2);
  CHECK(error_of("i+5e").offset == 1);
  CHECK(error_of("i5x").text == "expected \"e\" to end an integer, got \"x\"");
  CHECK(error_of("i 5e").kind == Kind::invalid);
}

TEST_CASE("row 90 ben_keys: unsorted and duplicate keys are noted, the first counts") {
  CHECK(blemishes_of("d1:bi1e1:ai2ee") == std::vector<BencodeBlemish>{{Blemish::unsorted_keys, 7}});

  const auto doubled = parse_bencode("d1:ai1e1:ai2ee");
  REQUIRE(doubled.has_value());
  CHECK(doubled->root().find("a")->integer() == 1);
  CHECK(doubled->blemishes() == std::vector<BencodeBlemish>{{Blemish::duplicate_key, 7}});

  const auto apart = parse_bencode("d1:bi1e1:ai2e1:bi3ee");
  REQUIRE(apart.has_value());
  CHECK(apart->root().find("b")->integer() == 1);
  CHECK(apart->blemishes() ==
        std::vector<BencodeBlemish>{{Blemish::unsorted_keys, 7}, {Blemish::duplicate_key, 13}});

  CHECK(error_of("di1ei2ee").text == "expected a dictionary key, got \"i\"");
  CHECK(error_of("d1:ae").text == "dictionary ends after a key without a value");
  CHECK(error_of("d1:ae").offset == 4);
}

TEST_CASE("bencode: nested dictionaries are checked each for itself") {
  CHECK(blemishes_of("d1:ad1:zi1ee1:bd1:ai1eee").empty());
  CHECK(blemishes_of("d1:ald1:bi1e1:ai1eeee").front().kind == Blemish::unsorted_keys);
}

TEST_CASE("row 92 ben_trunc_every_byte: each prefix is an error, none is a crash") {
  for (const auto& body : {vectors::H1, vectors::H2, vectors::H8, vectors::H10})
    for (std::size_t length = 0; length < body.size(); ++length) {
      // A copy of its own, so that a sanitizer sees the first byte too far.
      const std::string prefix(body.substr(0, length));
      const auto error = error_of(prefix);
      INFO(length);
      CHECK(error.kind == Kind::truncated);
      CHECK(error.offset == length);
    }
}

TEST_CASE("row 93 ben_tokens: busy bodies stop at a limit") {
  std::string body = "d1:al";
  for (int i = 0; i < 1'000'000; ++i) body += "i1e";
  body += "ee";
  const auto error = error_of(body);
  CHECK(error.kind == Kind::limit);
  CHECK(error.text == "more than 100000 values");
  CHECK(error_of("li1ei2ee", {.depth = 32, .tokens = 2}).kind == Kind::limit);
  CHECK(parse_bencode("li1ei2ee", {.depth = 32, .tokens = 3}).has_value());
  CHECK(error_of("i1e", {.bytes = 2}).kind == Kind::limit);
}

TEST_CASE("bencode: what is wrong is shown without its control characters") {
  CHECK(error_of("\x1b[31m").text == "expected a value, got byte 0x1b");
  CHECK(error_of("|").text == "expected a value, got byte 0x7c");
  CHECK(error_of("e").text == "expected a value, got \"e\"");
  CHECK(error_of("").kind == Kind::truncated);
}
