// What must never be shown, and what may be said about it.
#include <string>

#include "tests/catch.hpp"
#include "world.hpp"

namespace minitor {
namespace {

const std::map<std::string, std::string> kFiles{{"/run/secrets/token", "from-a-file\n"},
                                                {"/two-lines", "one line\r\nanother\r\n"},
                                                {"/empty", "\n"},
                                                {"/nul", std::string("a\0b", 3)},
                                                {"/large", std::string(70'000, 'x')}};

LoadResult load_with_files(const std::string& text) {
  return load_config_text("minitor.yml", text, test_world(kFiles));
}

Config config_with_files(const std::string& text) {
  LoadResult result = load_with_files(text);
  INFO(errors_of(result));
  REQUIRE(result.index() == 0);
  return std::get<LoadedConfig>(std::move(result)).config;
}

}  // namespace

TEST_CASE("secrets from files, from variables and from env reach the redactor") {
  const Config config = config_with_files(
      "env: {SMTP_PASSWORD: written-here, LANG: no-secret}\n"
      "monitors:\n"
      "  - {name: a, command: [x, '${NAME}', '${API_TOKEN}'], env: {A: "
      "'${file:/run/secrets/token}', GH_TOKEN: own-token}}\n"
      "alerts:\n"
      "  b: {command: x, env: {WEBHOOK_KEY: '${NOT_SET:-by-default}', C: "
      "'${OTHER_KEY:-fallen-back}'}}\n");
  CHECK(
      config.redactor.redact(
          "written-here no-secret from-a-file own-token by-default fallen-back s3cr3t-token web") ==
      "[secret] no-secret [secret] [secret] [secret] [secret] [secret] web");
}

TEST_CASE("a secret of the environment is hidden though no file names it") {
  const Config config = config_of("monitors: [{name: a, command: x}]");
  CHECK(config.redactor.redact("the token is s3cr3t-token") == "the token is [secret]");
}

TEST_CASE("an on-off switch named like a secret blanks out nothing") {
  const Config config = config_of("env: {USE_AUTH: 'true'}\nmonitors: [{name: a, command: x}]");
  CHECK(config.redactor.redact("it is true") == "it is true");
}

TEST_CASE("a file's value loses one line end and is not read again as YAML") {
  const Config config =
      config_with_files("monitors: [{name: a, command: [x, \"${file:/two-lines}\"]}]");
  CHECK(std::get<Argv>(config.monitors[0].command.program).items[1] == "one line\r\nanother");
}

TEST_CASE("files that are no value") {
  const std::string text =
      "monitors:\n"
      "  - name: a\n"
      "    command: [x, \"${file:/empty}\", \"${file:/nul}\", \"${file:/large}\", "
      "\"${file:/missing}\"]\n";
  CHECK(errors_of(load_with_files(text)) ==
        "minitor.yml:3:19: monitors[0].command[1]: the file \"/empty\" is empty\n"
        "minitor.yml:3:37: monitors[0].command[2]: the file \"/nul\" holds a NUL byte\n"
        "minitor.yml:3:53: monitors[0].command[3]: the file \"/large\" is larger than 64 KiB\n"
        "minitor.yml:3:71: monitors[0].command[4]: the file \"/missing\" cannot be read: No such "
        "file or directory\n");
}

TEST_CASE("a secret among the arguments is told of") {
  CHECK(notes_of("monitors: [{name: a, command: [curl, -u, \"me:${API_TOKEN}\"]}]") ==
        "minitor.yml:1:31: monitors[0].command: the secret ${API_TOKEN} becomes an argument, which "
        "every user of this "
        "machine can see; put it in env: where the program can read it there\n");
}

TEST_CASE("a secret is hidden before it is cut or its line ends are made visible") {
  const std::string head(100, 'h');
  const ConfigWorld world = test_world({{"/long", head + "\nsecond line of it\n"}});
  const LoadResult result = load_config_text(
      "minitor.yml",
      "monitors:\n"
      "  - {name: a, command: x, timeout: \"${file:/long}\", alert_down: [\"${file:/long}\"]}\n",
      world);
  CHECK(errors_of(result) ==
        "minitor.yml:2:36: monitors[0].timeout: \"[secret]\" is not a duration; write 30s, 5m or "
        "1h30m\n"
        "minitor.yml:2:66: monitors[0].alert_down[0]: no alert is named \"[secret]\"; define it "
        "under alerts:, "
        "or name one of those there are: log\n");
}

TEST_CASE("no line of a secret with several lines is shown") {
  const ConfigWorld world = test_world({{"/key", "first line\nsecond line\n}\n"}});
  const LoadResult result = load_config_text(
      "minitor.yml", "monitors: [{name: a, command: x, env: {A: \"${file:/key}\"}}]", world);
  REQUIRE(result.index() == 0);
  CHECK(std::get<LoadedConfig>(result).config.redactor.redact("a second line }") == "a [secret] }");
}

TEST_CASE("defaults inside each other end") {
  std::string value = "x";
  for (int i = 0; i < 20; ++i) value = "${NOT_SET:-" + value + "}";
  CHECK(errors_of("monitors: [{name: \"" + value + "\", command: x}]") ==
        "minitor.yml:1:108: monitors[0].name: defaults inside each other more than 8 deep\n");
}

}  // namespace minitor
