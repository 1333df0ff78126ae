#include "checks/tracker-probe/target_list.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <unordered_set>

#include "checks/net/clean_text.hpp"
#include "checks/net/json_reader.hpp"
#include "checks/tracker-probe/tracker_url.hpp"

namespace tracker_probe {

namespace {

std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string normal_form(const ListedTarget& target) {
  const auto* url = std::get_if<TrackerUrl>(&target.url);
  return url != nullptr ? url->text() : target.text;
}

struct Key {
  std::string_view name;
  ConfigTarget::Kind kind;
};
constexpr Key config_keys[] = {{"udp_trackers", ConfigTarget::Kind::udp},
                               {"http_trackers", ConfigTarget::Kind::http},
                               {"health_checks", ConfigTarget::Kind::health}};

std::string at(const checks::net::JsonValue& value, std::string_view words) {
  return fmt::format("{}:{}: {}", value.line, value.column, words);
}

/// Empty, or what is wrong.
std::string read_key(const checks::net::JsonValue& value, const Key& key,
                     std::vector<ConfigTarget>& targets) {
  const auto* list = value.array();
  if (list == nullptr) return at(value, fmt::format("\"{}\" must be a list of strings", key.name));
  for (const checks::net::JsonValue& item : *list) {
    const checks::net::JsonValue* text = item.object() != nullptr ? item.find("url") : &item;
    if (text == nullptr || text->string() == nullptr) {
      return at(item, fmt::format("an entry of \"{}\" must be a string", key.name));
    }
    targets.push_back({*text->string(), key.kind});
  }
  return {};
}

}  // namespace

void read_list(std::string_view text, Scheme default_scheme,
               const std::function<void(ListedTarget)>& tell) {
  std::unordered_set<std::string> seen;
  if (text.substr(0, 3) == "\xef\xbb\xbf") text.remove_prefix(3);
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    ListedTarget target{std::string(line), parse_tracker_url(line, default_scheme)};
    if (seen.insert(normal_form(target)).second) tell(std::move(target));
  }
}

std::variant<std::vector<ConfigTarget>, std::string> read_checker_config(std::string_view text) {
  const auto parsed = checks::net::parse_json(text);
  if (const auto* error = std::get_if<checks::net::JsonError>(&parsed)) {
    return fmt::format("{}:{}: {}", error->line, error->column, error->reason);
  }
  const auto& root = *std::get_if<checks::net::JsonValue>(&parsed);
  if (root.object() == nullptr) return at(root, "the configuration must be an object");
  std::vector<ConfigTarget> targets;
  for (const Key& key : config_keys) {
    const checks::net::JsonValue* value = root.find(key.name);
    if (value == nullptr) continue;
    if (auto problem = read_key(*value, key, targets); !problem.empty()) return problem;
  }
  return targets;
}

FileText read_file(const std::string& path, std::size_t limit) {
  FileText file;
  const bool standard = path == "-";
  const int fd = standard ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    file.error = fmt::format("cannot read {}: {}", checks::net::clean_text(path),
                             std::generic_category().message(errno));
    return file;
  }
  std::array<char, 65536> block{};
  while (true) {
    const ssize_t got = ::read(fd, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      file.error = fmt::format("cannot read {}: {}", checks::net::clean_text(path),
                               std::generic_category().message(errno));
    if (got <= 0) break;
    file.text.append(block.data(), static_cast<std::size_t>(got));
    if (file.text.size() > limit) {
      file.error = fmt::format("{} is larger than {} bytes", checks::net::clean_text(path), limit);
      break;
    }
  }
  if (!standard) ::close(fd);
  return file;
}

}  // namespace tracker_probe
