// The JSON Schema of the configuration, for editors, made from the table of keys.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "minitor/config/key_table.hpp"
#include "minitor/config/load_config.hpp"
#include "minitor/config/values.hpp"
#include "minitor/core/clean_text.hpp"

namespace minitor::config {
namespace {

// Keys and values of a JSON object; the values are JSON already.
using Members = std::vector<std::pair<std::string, std::string>>;

std::string object(const Members& members) {
  std::string json = "{";
  for (const auto& [name, value] : members)
    json += fmt::format("{}{}: {}", json.size() == 1 ? "" : ", ", json_string(name), value);
  return json + "}";
}

// One member a line, for people who read the schema.
std::string block(const Members& members, std::size_t depth) {
  const std::string indent(2 * depth, ' ');
  std::string json = "{\n";
  for (std::size_t i = 0; i < members.size(); ++i)
    json += fmt::format("{}  {}: {}{}\n", indent, json_string(members[i].first), members[i].second,
                        i + 1 == members.size() ? "" : ",");
  return json + indent + "}";
}

std::string reference(std::string_view name) {
  return json_string(fmt::format("#/$defs/{}", name));
}

// The definition that says what a value of this kind may be.
std::string_view definition(ValueKind kind) {
  switch (kind) {
    case ValueKind::name: return "name";
    case ValueKind::text: return "scalar";
    case ValueKind::shell: return "scalar";
    case ValueKind::command: return "command";
    case ValueKind::duration: return "duration";
    case ValueKind::after: return "after";
    case ValueKind::every: return "every";
    case ValueKind::count: return "count";
    case ValueKind::yes_no: return "truth";
    case ValueKind::alert_names: return "names";
    case ValueKind::environment: return "variables";
    case ValueKind::labels: return "variables";
    case ValueKind::directory: return "scalar";
    case ValueKind::monitors: return "monitors";
    case ValueKind::alerts: return "alerts";
    case ValueKind::cron: return "scalar";
    case ValueKind::zone: return "scalar";
    case ValueKind::instant: return "scalar";
    case ValueKind::windows: return "windows";
    case ValueKind::window_names: return "names";
    case ValueKind::parents: return "parents";
    case ValueKind::repairs: return "repairs";
    case ValueKind::escalations: return "escalations";
    case ValueKind::rate: return "rate";
    case ValueKind::verdict_names: return "verdicts";
    case ValueKind::span: return "span";
    case ValueKind::files: return "names";
    case ValueKind::dialect: return "dialect";
    case ValueKind::exit_codes: return "exit_codes";
    case ValueKind::monitor_kind: return "monitor_kind";
    case ValueKind::web: return "web";
    case ValueKind::shown: return "shown";
  }
  return "scalar";
}

std::string properties(Block which, std::size_t depth) {
  Members members;
  for (const KeyInfo& key : key_infos(which)) {
    const std::string about =
        fmt::format("{} Default: {}. Example: {}", key.meaning, key.default_text, key.example);
    members.emplace_back(key.name, object({{"description", json_string(about)},
                                           {"$ref", reference(definition(key.kind))}}));
  }
  return block(members, depth);
}

constexpr std::string_view kCommandChoice =
    R"([{"required": ["command"]}, {"required": ["shell_command"]}])";

constexpr std::string_view kMonitorChoice =
    R"([{"required": ["command"]}, {"required": ["shell_command"]}, )"
    R"({"required": ["kind", "period"], "properties": {"kind": {"const": "heartbeat"}}}])";

std::string monitor() {
  return block({{"type", R"("object")"},
                {"properties", properties(Block::monitor, 3)},
                {"required", R"(["name"])"},
                {"oneOf", std::string(kMonitorChoice)},
                {"additionalProperties", "false"}},
               2);
}

std::string alert() {
  return block({{"type", R"("object")"},
                {"properties", properties(Block::alert, 3)},
                {"oneOf", std::string(kCommandChoice)},
                {"additionalProperties", "false"}},
               2);
}

std::string repair() {
  return block({{"type", R"("object")"},
                {"properties", properties(Block::repair, 3)},
                {"oneOf", std::string(kCommandChoice)},
                {"additionalProperties", "false"}},
               2);
}

std::string escalation() {
  return block({{"type", R"("object")"},
                {"properties", properties(Block::escalation, 3)},
                {"required", R"(["after", "alerts"])"},
                {"additionalProperties", "false"}},
               2);
}

std::string window() {
  return block({{"type", R"("object")"},
                {"properties", properties(Block::window, 3)},
                {"oneOf", R"([{"required": ["schedule", "for"]}, {"required": ["from", "to"]}])"},
                {"additionalProperties", "false"}},
               2);
}

std::string web() {
  return block({{"type", R"("object")"},
                {"properties", properties(Block::web, 3)},
                {"additionalProperties", "false"}},
               2);
}

std::string either(const std::string& one, const std::string& other) {
  return fmt::format(R"({{"anyOf": [{}, {}]}})", one, other);
}

std::string text_like(const std::string& pattern) {
  return fmt::format(R"({{"type": "string", "pattern": {}}})", json_string(pattern));
}

std::string definitions() {
  // Numbers as YAML 1.1 writes them, durations as Go does, or a text with ${…} to be filled in.
  const std::string number =
      R"([-+]?(0[xX][0-9a-fA-F_]+|0[bo][0-7_]+|[0-9][0-9_.:]*([eE][-+]?[0-9]+)?))";
  const std::string duration = R"(\+?(([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h|d))+)";
  const std::string filled = R"(\$\{)";
  const std::string number_text = fmt::format("^{}$|{}", number, filled);
  const std::string duration_text = fmt::format("^({}|{})$|{}", number, duration, filled);
  const std::string scalar = R"({"type": ["string", "number", "boolean"]})";
  const std::string argument = R"({"type": ["string", "number", "boolean", "null"]})";
  return block(
      {{"scalar", scalar},
       {"name",
        either(R"({"type": "string", "minLength": 1})", R"({"type": ["number", "boolean"]})")},
       {"command",
        either(fmt::format(R"({{"type": "array", "minItems": 1, "items": {}}})", argument),
               scalar)},
       {"duration",
        either(R"({"type": "number", "exclusiveMinimum": 0})", text_like(duration_text))},
       {"after", either(R"({"type": "number", "minimum": 0})", text_like(duration_text))},
       {"every", either(R"({"type": "number"})", text_like(duration_text))},
       {"count", either(R"({"type": "number", "minimum": 1})", text_like(number_text))},
       {"truth",
        either(
            R"({"type": "boolean"})",
            text_like(
                R"(^([Tt]rue|TRUE|[Ff]alse|FALSE|[Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF)$|\$\{)"))},
       {"names", either(fmt::format(R"({{"type": "array", "items": {}}})", scalar), scalar)},
       {"variables",
        fmt::format(
            R"({{"type": "object", "propertyNames": {{"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}}, )"
            R"("additionalProperties": {}}})",
            argument)},
       {"dialect", either(R"({"enum": ["go", "python"]})", text_like(filled))},
       {"exit_codes", either(R"({"enum": ["plain", "nagios"]})", text_like(filled))},
       {"monitor_kind", either(R"({"enum": ["check", "heartbeat"]})", text_like(filled))},
       {"monitors",
        fmt::format(R"({{"type": "array", "items": {{"$ref": {}}}}})", reference("monitor"))},
       {"alerts", fmt::format(R"({{"type": "object", "additionalProperties": {{"$ref": {}}}}})",
                              reference("alert"))},
       {"span", either(R"({"type": "number", "minimum": 0})", text_like(duration_text))},
       {"verdicts", either(R"({"type": "array", "items": {"enum": ["failure", "warning"]}})",
                           R"({"enum": ["failure", "warning"]})")},
       {"parents",
        either(fmt::format(R"({{"$ref": {}}})", reference("names")),
               fmt::format(R"({{"type": "object", "properties": {{"all": {{"$ref": {0}}}, "any": )"
                           R"({{"$ref": {0}}}}}, "additionalProperties": false}})",
                           reference("names")))},
       {"repairs",
        either(fmt::format(R"({{"type": "array", "items": {{"$ref": {}}}}})", reference("repair")),
               fmt::format(R"({{"$ref": {}}})", reference("repair")))},
       {"escalations", either(fmt::format(R"({{"type": "array", "items": {{"$ref": {}}}}})",
                                          reference("escalation")),
                              fmt::format(R"({{"$ref": {}}})", reference("escalation")))},
       {"rate", text_like(fmt::format(R"(^[0-9]+ +per +\S+$|{})", filled))},
       {"windows", fmt::format(R"({{"type": "object", "additionalProperties": {{"$ref": {}}}}})",
                               reference("window"))},
       {"repair", repair()},
       {"escalation", escalation()},
       {"window", window()},
       {"web", fmt::format(R"({{"anyOf": [{}, {{"$ref": {}}}]}})", scalar, reference("page"))},
       {"shown", either(R"({"type": "array", "items": {"enum": ["output", "command"]}})",
                        R"({"enum": ["output", "command"]})")},
       {"page", web()},
       {"monitor", monitor()},
       {"alert", alert()}},
      1);
}

}  // namespace
}  // namespace minitor::config

namespace minitor {

std::string config_schema() {
  using namespace config;
  return block(
             {{"$schema", R"("https://json-schema.org/draft/2020-12/schema")"},
              {"title", R"("minitor configuration")"},
              {"description", R"("Runs commands on a schedule and tells someone when they fail.")"},
              {"type", R"("object")"},
              {"properties", properties(Block::top, 1)},
              {"patternProperties", R"({"^x-": true})"},
              {"anyOf", R"([{"required": ["monitors"]}, {"required": ["include"]}])"},
              {"additionalProperties", "false"},
              {"$defs", definitions()}},
             0) +
         "\n";
}

}  // namespace minitor
