// Where targets come from besides the command line: lists as newTrackon and trackerslist publish
// them, and the configuration of Torrust's tracker_checker. Pure, apart from read_file.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "checks/tracker-probe/tracker_url.hpp"

namespace tracker_probe {

inline constexpr std::size_t max_list_bytes = 64 * 1024 * 1024;
inline constexpr std::size_t max_config_bytes = 4 * 1024 * 1024;

struct ListedTarget {
  std::string text;  // as it stands
  UrlResult url;
};
/// Tells of one target a line; blank lines, comments, a byte order mark and carriage returns are no
/// trouble. Repetitions (by their normal form) are left out; a bad line is told of, to be reported.
void read_list(std::string_view text, Scheme default_scheme,
               const std::function<void(ListedTarget)>& tell);

struct ConfigTarget {
  std::string text;
  enum class Kind { udp, http, health } kind = Kind::udp;
};
/// udp_trackers, http_trackers, health_checks: each a list of strings, each optional. The error says
/// line and column.
[[nodiscard]] std::variant<std::vector<ConfigTarget>, std::string> read_checker_config(
    std::string_view text);

/// Text of a file ("-": standard input); the reason when it cannot be had.
struct FileText {
  std::string text;
  std::string error;
};
[[nodiscard]] FileText read_file(const std::string& path, std::size_t limit);

}  // namespace tracker_probe
