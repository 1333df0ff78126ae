// Any bytes become fit for a terminal, a document and a shell; durations and layouts are read or not.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/moment.hpp"
#include "minitor/core/redactor.hpp"
#include "minitor/core/time_zone.hpp"

namespace {

using namespace minitor;

void must(bool holds) {
  if (!holds) std::abort();
}

bool shows_only(std::string_view text, std::string_view controls) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 || byte == 0x7F) && controls.find(c) == std::string_view::npos) return false;
  }
  return true;
}

void durations(std::string_view text) {
  const auto read = parse_duration(text);
  if (!read) return;
  must(parse_duration(format_duration(*read)) == read);
  must(!human_duration(*read).empty());
}

void secrets(std::string_view text) {
  // Every piece of the text between newlines but the first is a secret, the first is looked into.
  std::vector<std::string> all;
  std::size_t at = text.find('\n');
  const std::string_view looked_into = text.substr(0, at);
  while (at != std::string_view::npos) {
    const std::size_t next = text.find('\n', at + 1);
    all.emplace_back(text.substr(at + 1, next == std::string_view::npos ? next : next - at - 1));
    at = next;
  }
  const Redactor redactor(all);
  const std::string redacted = redactor.redact(looked_into);
  bool held = false;
  for (const std::string& secret : all) {
    held = held ||
           (secret.size() >= kShortestSecret && looked_into.find(secret) != std::string_view::npos);
  }
  must(held ? redacted != looked_into || looked_into.find("[secret]") != std::string_view::npos
            : redacted == looked_into);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string valid = valid_utf8(text);
  must(valid_utf8(valid) == valid && valid.find('\0') == std::string::npos);
  must(shows_only(printable(text), "\n\t"));
  must(valid_utf8(printable(text)) == printable(text));
  for (const std::size_t limit :
       {std::size_t{0}, std::size_t{3}, std::size_t{10}, std::size_t{512}}) {
    const std::string line = one_line(text, limit);
    must(line.size() <= limit && shows_only(line, "") && valid_utf8(line) == line);
  }
  const std::string json = json_string(text);
  must(json.front() == '"' && json.back() == '"' && shows_only(json, "\x7f") &&
       valid_utf8(json) == json);
  must(!shell_word(text).empty());
  (void)format_go(Timestamp{}, TimeZone(), text.substr(0, 4096));
  (void)names_a_secret(text);
  durations(text);
  secrets(text);
  return 0;
}
