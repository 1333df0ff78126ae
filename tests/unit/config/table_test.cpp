// The table of keys against everything that is made of it.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "minitor/config/key_table.hpp"
#include "tests/catch.hpp"
#include "world.hpp"

namespace minitor::config {
namespace {

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string_view heading(Block block) {
  switch (block) {
    case Block::top: return "At the top";
    case Block::monitor: return "A monitor";
    case Block::alert: return "An alert";
    case Block::repair: return "A repair";
    case Block::escalation: return "A step of escalate";
    case Block::window: return "A window";
    case Block::web: return "The page";
  }
  return "";
}

// A file in which `key` has the value of its example.
std::string example(Block block, const KeyInfo& key) {
  const bool shell = key.name == "shell_command";
  const std::string command = shell || key.name == "command" ? "" : "command: x";
  const bool has_windows = block == Block::window || key.name == "windows";
  const std::string windows =
      has_windows ? "" : "windows: {nightly: {schedule: '@daily', for: 1h}}\n";
  const std::string router = "{name: router, command: x}";
  std::string text =
      windows + "alerts:\n  log: {command: x}\n  mail: {command: x}\n  sms: {command: x}\n";
  const std::string line = fmt::format("{}: {}\n", key.name, key.example);
  switch (block) {
    case Block::top:
      if (key.name == "alerts") return line + "monitors: [{name: a, command: x}]\n";
      return text + line + (key.name == "monitors" ? "" : "monitors: [{name: a, command: x}]\n");
    case Block::monitor:
      if ((key.name == "kind" && !key.example.empty()) || key.name == "period" ||
          key.name == "grace" || key.name == "token")
        return text + "monitors:\n  - name: a\n    " + line +
               (key.name == "kind" ? "" : "    kind: heartbeat\n") +
               (key.name == "period" ? "" : "    period: 1h\n");
      return text + "monitors:\n  - " + line + (key.name == "name" ? "" : "    name: a\n") +
             (command.empty() ? "" : "    " + command + "\n") + "  - " + router + "\n";
    case Block::repair:
      return text + "monitors:\n  - name: a\n    command: x\n    recover:\n      - " + line +
             (command.empty() ? "" : "        " + command + "\n");
    case Block::escalation:
      return text + "monitors:\n  - name: a\n    command: x\n    escalate:\n      - " + line +
             (key.name == "after" ? "        alerts: [sms]\n" : "        after: 1h\n");
    case Block::window: {
      const bool once = key.name == "from" || key.name == "to";
      std::string rest;
      if (key.name == "schedule") rest = "    for: 1h\n";
      if (key.name == "for") rest = "    schedule: '@daily'\n";
      if (key.name == "from") rest = "    to: 2026-12-02 00:00\n";
      if (key.name == "to") rest = "    from: 2026-12-01 23:00\n";
      if (rest.empty() && !once) rest = "    schedule: '@daily'\n    for: 1h\n";
      return text + "monitors: [{name: a, command: x}]\nwindows:\n  it:\n    " + line + rest;
    }
    case Block::alert:
      return text + "  it:\n    " + line + (command.empty() ? "" : "    " + command + "\n") +
             "monitors: [{name: a, command: x, alerts: [it]}]\n";
    case Block::web: return text + "web:\n  " + line + "monitors: [{name: a, command: x}]\n";
  }
  return "";
}

}  // namespace

TEST_CASE("every key of the table is in the schema, with what it means") {
  const std::string schema = config_schema();
  for (const Block block : kBlocks) {
    std::set<std::string_view> names;
    for (const KeyInfo& key : key_infos(block)) {
      INFO(key.name);
      CHECK(names.insert(key.name).second);
      CHECK(schema.find(fmt::format("\"{}\": {{\"description\": \"", key.name)) !=
            std::string::npos);
      CHECK(!key.meaning.empty());
      CHECK(!key.default_text.empty());
    }
  }
}

TEST_CASE("the example of every key loads") {
  const std::map<std::string, std::string> files{{"conf.d/a.yml", "x-nothing: 1\n"},
                                                 {"/run/secrets/token", "value"},
                                                 {"/run/secrets/key", "value"},
                                                 {"/run/secrets/page-token", "0123456789abcdef\n"},
                                                 {"/run/secrets/backup-token", "0123456789abcdef"}};
  for (const Block block : kBlocks) {
    for (const KeyInfo& key : key_infos(block)) {
      const std::string text = example(block, key);
      INFO(text);
      ConfigWorld world = test_world(files);
      world.matching_files = [](const std::string&) {
        return std::vector<std::string>{"conf.d/a.yml"};
      };
      CHECK(errors_of(load_config_text("minitor.yml", text, world)) == "it loads\n");
    }
  }
}

TEST_CASE("a key with no value counts as not given") {
  for (const Block block : {Block::monitor, Block::alert, Block::repair}) {
    for (const KeyInfo& key : key_infos(block)) {
      if (key.default_text.substr(0, 8) == "required" || key.name == "shell_command") continue;
      KeyInfo empty = key;
      empty.example = "";
      INFO(key.name);
      CHECK(notes_of(example(block, empty)).find(fmt::format("{} has no value", key.name)) !=
            std::string::npos);
    }
  }
}

TEST_CASE("the documentation has every key with its default, and no other") {
  const std::filesystem::path path =
      std::filesystem::path(PROJECT_DIR) / "docs" / "configuration.md";
  const std::string docs = contents(path);
  REQUIRE(!docs.empty());
  for (const Block block : kBlocks) {
    const std::string title = fmt::format("\n## {}\n", heading(block));
    const std::size_t from = docs.find(title);
    INFO(title);
    REQUIRE(from != std::string::npos);
    const std::string section = docs.substr(from + 1, docs.find("\n## ", from + 1) - from - 1);
    std::string rows;
    for (const KeyInfo& key : key_infos(block)) {
      std::string meaning(key.meaning);
      for (std::size_t at = meaning.find('|'); at != std::string::npos;
           at = meaning.find('|', at + 2))
        meaning.insert(at, 1, '\\');
      std::string shown(key.example);
      for (std::size_t at = shown.find('|'); at != std::string::npos; at = shown.find('|', at + 2))
        shown.insert(at, 1, '\\');
      rows +=
          fmt::format("| `{}` | {} | {} | `{}` |\n", key.name, meaning, key.default_text, shown);
    }
    // To write it anew: copy these rows.
    INFO(rows);
    CHECK(section.find(rows) != std::string::npos);
    std::size_t found = 0;
    for (std::size_t at = section.find("\n| `"); at != std::string::npos;
         at = section.find("\n| `", at + 1))
      ++found;
    CHECK(found == key_infos(block).size());
  }
}

}  // namespace minitor::config
