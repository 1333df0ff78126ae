#include "minitor/core/clean_text.hpp"

#include "tests/catch.hpp"

using namespace minitor;
using namespace std::string_literals;

TEST_CASE("what is no UTF-8 becomes U+FFFD, byte by byte") {
  CHECK(valid_utf8("plain\n\x1b[1m") == "plain\n\x1b[1m");
  CHECK(valid_utf8("grün 日本 😀") == "grün 日本 😀");
  CHECK(valid_utf8("a\0b"s) == "a\uFFFDb");
  CHECK(valid_utf8("\xff|\xc3") == "\uFFFD|\uFFFD");
  CHECK(valid_utf8("\xc0\xaf") == "\uFFFD\uFFFD");                      // overlong
  CHECK(valid_utf8("\xed\xa0\x80") == "\uFFFD\uFFFD\uFFFD");            // a surrogate
  CHECK(valid_utf8("\xf4\x90\x80\x80") == "\uFFFD\uFFFD\uFFFD\uFFFD");  // above U+10FFFF
  CHECK(valid_utf8("\xe6\x97x") == "\uFFFD\uFFFDx");
}

TEST_CASE("one line shows what a terminal would obey") {
  CHECK(one_line("a\nb\tc\rd") == "a\\nb\\tc\\rd");
  CHECK(one_line("\x1b[31mred\x7f") == "\\x1b[31mred\\x7f");
  CHECK(one_line("\xc2\x9b"
                 "31m") == "\\u009b31m");
  CHECK(one_line("abc\u202Edef\u2066\u2028") == "abc\\u202edef\\u2066\\u2028");
  CHECK(one_line("\0\xff"s) == "\uFFFD\uFFFD");
  CHECK(one_line("grün 日本 😀") == "grün 日本 😀");
}

TEST_CASE("one line is cut between characters") {
  CHECK(one_line("abcdef", 6) == "abcdef");
  CHECK(one_line("abcdefg", 6) == "abc…");
  CHECK(one_line("日本語", 9) == "日本語");
  CHECK(one_line("日本語x", 9) == "日本…");
  CHECK(one_line("ab\ncdef", 6) == "ab…");  // no half of an escape
  CHECK(one_line("abc", 2).empty());
  CHECK(one_line(std::string(100000, 'x')).size() == 512);
}

TEST_CASE("printable text keeps its lines") {
  CHECK(printable("a\n\tb\r\x1b[2J\n") == "a\n\tb\\r\\x1b[2J\n");
}

TEST_CASE("JSON strings") {
  CHECK(json_string("a\"b\\c\n\t\r\x01") == R"("a\"b\\c\n\t\r\u0001")");
  CHECK(json_string("日\xff\0"s) == "\"日\uFFFD\uFFFD\"");
}

TEST_CASE("words for a shell are quoted where they need it") {
  CHECK(shell_word("curl") == "curl");
  CHECK(shell_word("https://example.org/a-b_c.d") == "https://example.org/a-b_c.d");
  CHECK(shell_word("--url=x") == "--url=x");
  CHECK(shell_word("A=b") == "'A=b'");
  CHECK(shell_word("").size() == 2);
  CHECK(shell_word("it's $x") == "'it'\\''s $x'");
  CHECK(shell_word("*") == "'*'");
  CHECK(shell_word("~") == "'~'");
}
