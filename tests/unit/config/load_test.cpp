// Whole files: those that cannot be read, those that are too large, and what stays of them.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "minitor/config/cursor.hpp"
#include "tests/catch.hpp"
#include "world.hpp"

namespace minitor {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / fmt::format("minitor-config-{}", ::getpid())) {
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return (path_ / name).string();
  }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

constexpr std::string_view kMonitor = "monitors: [{name: a, command: x}]\n";

}  // namespace

TEST_CASE("a file that is not there, a folder, one that may not be read") {
  const Folder folder;
  CHECK(errors_of(load_config(folder.path() + "/none.yml", test_world())) ==
        folder.path() + "/none.yml: cannot be read: No such file or directory\n");
  CHECK(errors_of(load_config(folder.path(), test_world())) ==
        folder.path() + ": is a directory; name a file in it\n");
  const std::string secret = folder.write("secret.yml", std::string(kMonitor));
  fs::permissions(secret, fs::perms::none);
  if (::geteuid() != 0)
    CHECK(errors_of(load_config(secret, test_world())) ==
          secret + ": cannot be read: Permission denied\n");
}

TEST_CASE("a file without an end is too large") {
  CHECK(errors_of(load_config("/dev/zero", test_world())) ==
        "/dev/zero: larger than 8 MiB; split it with include:\n");
}

TEST_CASE("the file system is read when the world has no files of its own") {
  const Folder folder;
  folder.write("b.yml", "monitors: [{name: b, command: x}]\n");
  folder.write("a.yml", "monitors: [{name: a, command: x}]\n");
  folder.write("token", "value\n");
  const std::string main =
      folder.write("main.yml", "include: ['[ab].yml']\nenv: {T: '${file:token}'}\n");
  const LoadResult result = load_config(main, this_process());
  INFO(errors_of(result));
  REQUIRE(result.index() == 0);
  const auto& loaded = std::get<LoadedConfig>(result);
  CHECK(loaded.files ==
        std::vector<std::string>{main, folder.path() + "/a.yml", folder.path() + "/b.yml"});
  REQUIRE(loaded.config.monitors.size() == 2);
  CHECK(loaded.config.monitors[0].name == "a");
  CHECK(loaded.config.monitors[0].command.environment == Environment{{"T", "value"}});
}

TEST_CASE("errors come in the order of the file, and the rest of too many is counted") {
  std::string text = "monitors:\n";
  for (int i = 0; i < 300; ++i)
    text += fmt::format("  - {{name: m{}, command: x, colour: red}}\n", i);
  text += "check_interval: never\n";
  const LoadResult result = load(text);
  REQUIRE(result.index() == 1);
  const auto& errors = std::get<std::vector<ConfigError>>(result);
  REQUIRE(errors.size() == 201);
  for (std::size_t i = 0; i < 200; ++i) CHECK(errors[i].line == static_cast<int>(i) + 2);
  CHECK(errors.back().text() == "minitor.yml: and 101 more errors");
}

TEST_CASE("thousands of monitors and alerts") {
  std::string text = "alerts:\n";
  for (int i = 0; i < 3000; ++i) text += fmt::format("  a{}: {{command: x}}\n", i);
  text += "monitors:\n";
  for (int i = 0; i < 3000; ++i)
    text += fmt::format("  - {{name: m{0}, command: [x, '{0}'], alert_down: [a{0}, log]}}\n", i);
  const Config config = config_of(text);
  REQUIRE(config.monitors.size() == 3000);
  CHECK(config.alerts[config.monitors[2999].alert_down[0].value].name == "a2999");
  CHECK(config.alerts[config.monitors[2999].alert_down[1].value].name == "log");
}

TEST_CASE("every example of the documentation that is a configuration loads") {
  std::ifstream file(fs::path(PROJECT_DIR) / "docs" / "configuration.md");
  const std::string docs{std::istreambuf_iterator<char>(file), {}};
  const std::string fence = "```yaml\n";
  int found = 0;
  for (std::size_t at = docs.find(fence); at != std::string::npos; at = docs.find(fence, at + 1)) {
    const std::size_t from = at + fence.size();
    std::string text = docs.substr(from, docs.find("```", from) - from);
    if (text.find("monitors:") == std::string::npos) text += kMonitor;
    if (text.find("alerts:\n") == std::string::npos) text += "alerts: {mail: {command: mail}}\n";
    ConfigWorld world = test_world({{"/run/secrets/mail-key", "value"},
                                    {"conf.d/a.yml", "x-a: 1"},
                                    {"/etc/minitor/alerts.yml", "x-a: 1"}});
    world.matching_files = [](const std::string&) {
      return std::vector<std::string>{"conf.d/a.yml"};
    };
    INFO(text);
    CHECK(errors_of(load_config_text("minitor.yml", text, world)) == "it loads\n");
    ++found;
  }
  CHECK(found >= 4);
}

namespace config {

TEST_CASE("the word that was probably meant") {
  const std::vector<std::string_view> keys{"name", "command", "alert_up", "alert_down", "log"};
  CHECK(nearest("naem", keys) == "name");
  CHECK(nearest("NAME", keys) == "name");
  CHECK(nearest("alert-down", keys) == "alert_down");
  CHECK(nearest("comand", keys) == "command");
  CHECK(nearest("lgo", keys) == "log");
  CHECK(!nearest("xyz", keys));
  CHECK(!nearest("", keys));
  CHECK(!nearest(std::string(1000, 'n'), keys));
}

TEST_CASE("a line and a column, in characters, from an offset") {
  const auto checked = SourceText::from_bytes("dir/a.yml", 0,
                                              "\xEF\xBB\xBF"
                                              "a: \u00f6b\r\nc\rd");
  const auto* source = std::get_if<SourceText>(&checked);
  REQUIRE(source != nullptr);
  CHECK(source->text() == "a: \u00f6b\nc\nd");
  CHECK(source->position(0).column == 1);
  CHECK(source->position(5).column == 5);
  CHECK(source->position(7).line == 2);
  CHECK(source->position(9).line == 3);
  CHECK(source->position(1000).line == 3);
  CHECK(source->beside("b") == "dir/b");
  CHECK(source->beside("/b") == "/b");
}

}  // namespace config
}  // namespace minitor
