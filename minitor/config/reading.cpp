#include "minitor/config/reading.hpp"

#include <fmt/format.h>

#include <utility>

#include "minitor/config/files.hpp"
#include "minitor/core/redactor.hpp"

namespace minitor::config {
namespace {

bool begins_name(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }
bool in_name(char c) { return begins_name(c) || (c >= '0' && c <= '9'); }

constexpr std::string_view kFile = "file:";

class Filler {
 public:
  Filler(Reading& reading, const Cursor& scalar) : reading_(reading), scalar_(scalar) {}

  std::optional<FilledText> fill() {
    fill(scalar_.text(), 0, 0);
    if (failed_) return std::nullopt;
    if (filled_.text.size() > kMaxTextBytes) {
      error(0, fmt::format("longer than {} bytes with its ${{…}} filled in", kMaxTextBytes));
      return std::nullopt;
    }
    return std::move(filled_);
  }

 private:
  void error(std::size_t index, std::string message) {
    reading_.findings.error(scalar_.place(index), std::move(message));
    failed_ = true;
  }

  // Where the } stands that closes the ${ in front of `at`, or npos.
  static std::size_t closing(std::string_view text, std::size_t at) {
    for (std::size_t open = 1; at < text.size(); ++at) {
      if (text.substr(at, 2) == "${") ++open;
      if (text[at] == '}' && --open == 0) return at;
    }
    return std::string_view::npos;
  }

  // `raw`: where `text` begins in the value as written.
  void fill(std::string_view text, std::size_t raw, std::size_t depth) {
    for (std::size_t at = 0; at < text.size() && !failed_;) {
      const std::size_t dollar = text.find('$', at);
      filled_.text += text.substr(at, dollar == std::string_view::npos ? dollar : dollar - at);
      if (dollar == std::string_view::npos) return;
      at = dollar;
      if (text.substr(at, 3) == "$${") {
        filled_.text += "${";
        filled_.changed = true;
        at += 3;
      } else if (text.substr(at, 2) == "${") {
        at = reference(text, at, raw, depth);
      } else {
        filled_.text += '$';
        ++at;
      }
    }
  }

  // Fills in the ${ at `at`; the index after it.
  std::size_t reference(std::string_view text, std::size_t at, std::size_t raw, std::size_t depth) {
    const std::size_t close = closing(text, at + 2);
    if (close == std::string_view::npos) return leave(text, at, at + 2, raw);
    const std::string_view inside = text.substr(at + 2, close - at - 2);
    if (inside.substr(0, kFile.size()) == kFile) {
      file(inside.substr(kFile.size()), raw + at, depth);
      return close + 1;
    }
    std::size_t end = 0;
    while (end < inside.size() && in_name(inside[end])) ++end;
    const std::string_view name = inside.substr(0, end);
    const std::string_view rest = inside.substr(end);
    const bool colon = rest.substr(0, 2) == ":-";
    if (name.empty() || !begins_name(name.front()) ||
        !(rest.empty() || colon || rest.front() == '-'))
      return leave(text, at, close + 1, raw);
    variable(std::string(name), rest, colon, raw + at, depth);
    return close + 1;
  }

  std::size_t leave(std::string_view text, std::size_t at, std::size_t end, std::size_t raw) {
    reading_.findings.note(
        scalar_.place(raw + at), "left alone",
        fmt::format("{} stays as it is: only ${{VAR}}, ${{VAR:-default}}, ${{VAR-default}} and "
                    "${{file:PATH}} are filled in",
                    reading_.findings.quoted(text.substr(at, end - at))));
    filled_.text += text.substr(at, end - at);
    return end;
  }

  void variable(const std::string& name, std::string_view rest, bool colon, std::size_t raw,
                std::size_t depth) {
    const bool secret = names_a_secret(name);
    const std::size_t first = filled_.text.size();
    filled_.changed = true;
    const std::optional<std::string> value =
        reading_.world.variable ? reading_.world.variable(name) : std::nullopt;
    if (value && (!value->empty() || (!rest.empty() && !colon))) {
      insert(*value, raw);
    } else if (rest.empty()) {
      error(raw, fmt::format("the environment variable {} is {}; set it, give a default as in "
                             "${{{}:-default}}, or "
                             "write $${{{}}} if this is no variable",
                             name, value ? "empty" : "not set", name, name));
    } else if (depth >= kMaxDefaultDepth) {
      error(raw, fmt::format("defaults inside each other more than {} deep", kMaxDefaultDepth));
    } else {
      const std::string_view fallback = rest.substr(colon ? 2 : 1);
      fill(fallback, raw + 2 + name.size() + (colon ? 2 : 1), depth + 1);
    }
    if (!secret || failed_) return;
    reading_.findings.hide(filled_.text.substr(first));
    filled_.secret_variables.push_back(name);
  }

  void file(std::string_view path, std::size_t raw, std::size_t depth) {
    if (depth >= kMaxDefaultDepth) {
      error(raw, fmt::format("${{…}} inside each other more than {} deep", kMaxDefaultDepth));
      return;
    }
    // The path may itself hold a variable: ${file:${CREDENTIALS_DIRECTORY}/password}
    const std::size_t first = filled_.text.size();
    const std::size_t foreign = filled_.foreign.size();
    fill(path, raw + 2 + kFile.size(), depth + 1);
    const std::string name = scalar_.source().beside(filled_.text.substr(first));
    filled_.text.resize(first);
    filled_.foreign.resize(foreign);
    filled_.changed = true;
    if (failed_) return;
    FileBytes read = read_file(reading_.world, name, kMaxValueFileBytes);
    if (read.error.empty() && read.bytes.size() > kMaxValueFileBytes)
      read.error = fmt::format("is larger than {} KiB", kMaxValueFileBytes >> 10U);
    if (read.error.empty() && read.bytes.find('\0') != std::string::npos)
      read.error = "holds a NUL byte";
    if (!read.error.empty()) {
      error(raw, fmt::format("the file {} {}", reading_.findings.quoted(name), read.error));
      return;
    }
    if (!read.bytes.empty() && read.bytes.back() == '\n') read.bytes.pop_back();
    if (!read.bytes.empty() && read.bytes.back() == '\r') read.bytes.pop_back();
    if (read.bytes.empty()) {
      error(raw, fmt::format("the file {} is empty", reading_.findings.quoted(name)));
      return;
    }
    reading_.findings.hide(read.bytes);
    filled_.secret_variables.push_back("file:" + name);
    insert(read.bytes, raw);
  }

  void insert(const std::string& value, std::size_t raw) {
    if (value.find('\0') != std::string::npos) return error(raw, "a value with a NUL in it");
    if (filled_.text.size() + value.size() > kMaxTextBytes)
      return error(raw,
                   fmt::format("longer than {} bytes with its ${{…}} filled in", kMaxTextBytes));
    filled_.foreign.push_back({filled_.text.size(), filled_.text.size() + value.size(), raw});
    filled_.text += value;
  }

  Reading& reading_;
  const Cursor& scalar_;
  FilledText filled_;
  bool failed_ = false;
};

}  // namespace

std::size_t FilledText::raw_index(std::size_t index) const {
  if (!changed) return index;
  std::size_t raw = index;
  for (const Foreign& part : foreign) {
    if (index < part.first) break;
    if (index < part.last) return part.raw;
    raw = part.raw;  // after a ${…} the place of the last one is the best there is
  }
  return foreign.empty() || index < foreign.front().first ? index : raw;
}

std::optional<FilledText> fill_in(Reading& reading, const Cursor& scalar) {
  if (scalar.text().find('$') == std::string_view::npos) {
    FilledText filled;
    filled.text = std::string(scalar.text());
    return filled;
  }
  return Filler(reading, scalar).fill();
}

}  // namespace minitor::config
