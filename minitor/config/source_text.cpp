#include "minitor/config/source_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace minitor::config {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

Position position_in(std::string_view text, std::size_t offset) {
  offset = std::min(offset, text.size());
  const std::string_view before = text.substr(0, offset);
  const std::size_t newline = before.rfind('\n');
  const std::string_view line =
      newline == std::string_view::npos ? before : before.substr(newline + 1);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const auto continued = std::count_if(line.begin(), line.end(), is_continuation);
  return {static_cast<int>(lines) + 1,
          static_cast<int>(line.size()) - static_cast<int>(continued) + 1};
}

// The length of the UTF-8 sequence at `at`, 0 when there is none (RFC 3629).
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  const auto continues = [&](std::size_t i, unsigned low = 0x80U, unsigned high = 0xBFU) {
    return byte(i) >= low && byte(i) <= high;
  };
  const unsigned first = byte(0);
  if (first < 0x80U) return 1;
  if (first >= 0xC2U && first <= 0xDFU) return continues(1) ? 2 : 0;
  if (first >= 0xE0U && first <= 0xEFU) {
    const unsigned low = first == 0xE0U ? 0xA0U : 0x80U;
    const unsigned high = first == 0xEDU ? 0x9FU : 0xBFU;
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (first >= 0xF0U && first <= 0xF4U) {
    const unsigned low = first == 0xF0U ? 0x90U : 0x80U;
    const unsigned high = first == 0xF4U ? 0x8FU : 0xBFU;
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

// Why the byte at `at` may not stand in a file, if it may not.
std::string complaint_about(std::string_view text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte == 0) return "a NUL byte: this is not a text file";
  if ((byte < 0x20U && byte != '\t' && byte != '\n') || byte == 0x7FU)
    return fmt::format(
        "a control character (0x{0:02x}); take it out, or write it as \"\\x{0:02x}\" in double "
        "quotes",
        byte);
  if (sequence_length(text, at) == 0)
    return fmt::format("the byte 0x{:02x} is not UTF-8; save the file as UTF-8", byte);
  return {};
}

bool looks_like_utf16(std::string_view bytes) {
  if (bytes.substr(0, 2) == "\xFF\xFE" || bytes.substr(0, 2) == "\xFE\xFF") return true;
  return bytes.size() >= 4 && ((bytes[0] == '\0' && bytes[2] == '\0' && bytes[1] != '\0') ||
                               (bytes[1] == '\0' && bytes[3] == '\0' && bytes[0] != '\0'));
}

std::string with_line_feeds(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != '\r') {
      text += bytes[i];
    } else if (i + 1 >= bytes.size() || bytes[i + 1] != '\n') {
      text += '\n';
    }
  }
  return text;
}

// Where more brackets are open than any sane file has, if there is such a place. Only those count that
// stand where a value may begin: not the one of a colour code such as \e[31m in a script.
std::optional<std::size_t> too_many_brackets(std::string_view text) {
  constexpr std::string_view before_value = " \t\n[{,";
  std::size_t open = 0;
  for (std::size_t i = text.find_first_of("[]{}"); i < text.size();
       i = text.find_first_of("[]{}", i + 1)) {
    if (text[i] == ']' || text[i] == '}')
      open -= open > 0 ? 1 : 0;
    else if (i == 0 || before_value.find(text[i - 1]) != std::string_view::npos)
      ++open;
    if (open > kMaxOpenBrackets) return i;
  }
  return std::nullopt;
}

}  // namespace

SourceText::SourceText(std::string name, std::size_t order, std::string text)
    : name_(std::move(name)), order_(order), text_(std::move(text)) {
  line_starts_.push_back(0);
  for (std::size_t at = text_.find('\n'); at != std::string::npos; at = text_.find('\n', at + 1))
    line_starts_.push_back(static_cast<std::uint32_t>(at + 1));
}

std::variant<SourceText, SourceText::Refusal> SourceText::from_bytes(std::string name,
                                                                     std::size_t order,
                                                                     std::string_view bytes) {
  if (bytes.size() > kMaxFileBytes)
    return Refusal{{},
                   fmt::format("larger than {} MiB; split it with include:", kMaxFileBytes >> 20U)};
  if (looks_like_utf16(bytes)) return Refusal{{}, "looks like UTF-16; save the file as UTF-8"};
  if (bytes.substr(0, kByteOrderMark.size()) == kByteOrderMark)
    bytes.remove_prefix(kByteOrderMark.size());
  std::string text =
      bytes.find('\r') == std::string_view::npos ? std::string(bytes) : with_line_feeds(bytes);
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x20U && byte < 0x7FU) {
      ++at;
      continue;
    }
    if (std::string message = complaint_about(text, at); !message.empty())
      return Refusal{position_in(text, at), std::move(message)};
    at += sequence_length(text, at);
  }
  if (const auto at = too_many_brackets(text))
    return Refusal{position_in(text, *at),
                   fmt::format("more than {} brackets that are not closed", kMaxOpenBrackets)};
  return SourceText(std::move(name), order, std::move(text));
}

Position SourceText::position(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const std::size_t start = *std::prev(after);
  const std::string_view line = std::string_view(text_).substr(start, offset - start);
  const auto continued = std::count_if(line.begin(), line.end(), is_continuation);
  return {static_cast<int>(after - line_starts_.begin()),
          static_cast<int>(line.size()) - static_cast<int>(continued) + 1};
}

std::string beside_file(std::string_view file, std::string_view path) {
  const std::size_t slash = file.rfind('/');
  if (path.empty() || path.front() == '/' || slash == std::string_view::npos)
    return std::string(path);
  return std::string(file.substr(0, slash + 1)) + std::string(path);
}

std::string SourceText::beside(std::string_view path) const { return beside_file(name_, path); }

}  // namespace minitor::config
