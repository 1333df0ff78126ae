#include "minitor/core/redactor.hpp"

#include "tests/catch.hpp"

using namespace minitor;

TEST_CASE("secrets are replaced wherever they stand") {
  const Redactor redactor({"hunter22", "key-123", "abc"});
  CHECK(redactor.redact("api:key-123@host") == "api:[secret]@host");
  CHECK(redactor.redact("hunter22") == "[secret]");
  CHECK(redactor.redact("hunter22hunter22") == "[secret][secret]");
  CHECK(redactor.redact("abc hunter2") == "abc hunter2");
  CHECK(redactor.redact("").empty());
  CHECK(redactor.redact("hun") == "hun");
}

TEST_CASE("secrets that overlap leave nothing of either") {
  const Redactor redactor({"abcdef", "defghi", "bcde", "abcdefgh!"});
  CHECK(redactor.redact("<abcdef>") == "<[secret]>");
  CHECK(redactor.redact("<abcdefghi>") == "<[secret]>");
  CHECK(redactor.redact("<abcdefgh!>") == "<[secret]>");
  CHECK(redactor.redact("<bcde>") == "<[secret]>");
  CHECK(Redactor({"aaaa"}).redact("aaaaaa") == "[secret]");
}

TEST_CASE("nothing to hide") {
  CHECK(Redactor().empty());
  CHECK(Redactor({"abc", ""}).empty());
  CHECK(Redactor().redact("text") == "text");
}

TEST_CASE("names of secrets") {
  for (const std::string_view name :
       {"MAILGUN_API_KEY", "DB_PASSWORD", "APIKEY", "password", "TOKEN", "GH_TOKENS",
        "SLACK_WEBHOOK_URL", "AUTH", "HTTP_AUTH_HEADER", "SENTRY_DSN", "MYSQL_PWD",
        "AWS_CREDENTIALS", "PRIVATE_THING", "SMTP_PASS", "ssh_passphrase"}) {
    INFO(name);
    CHECK(names_a_secret(name));
  }
  for (const std::string_view name :
       {"KEYBOARD_LAYOUT", "PATH", "HOME", "PWD", "OLDPWD", "AUTHOR", "TOKENIZER", "PASSENGER_ROOT",
        "", "_", "LANG", "SECRETARY"}) {
    INFO(name);
    CHECK_FALSE(names_a_secret(name));
  }
}
