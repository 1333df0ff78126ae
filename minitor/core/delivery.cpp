#include "minitor/core/delivery.hpp"

#include <algorithm>

namespace minitor {
namespace {

constexpr std::string_view kRetryAfter = "retry-after:";
constexpr std::string_view kBlank = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string_view last_line(std::string_view text) {
  while (!text.empty()) {
    const auto end = text.find_last_of('\n');
    const std::string_view line =
        trimmed(end == std::string_view::npos ? text : text.substr(end + 1));
    if (!line.empty()) return line;
    text = text.substr(0, end == std::string_view::npos ? 0 : end);
  }
  return {};
}

bool begins_with_retry_after(std::string_view line) {
  return line.size() >= kRetryAfter.size() &&
         std::equal(kRetryAfter.begin(), kRetryAfter.end(), line.begin(), [](char want, char got) {
           return want == (got >= 'A' && got <= 'Z' ? static_cast<char>(got - 'A' + 'a') : got);
         });
}

// "retry-after: 30", as HTTP writes it, in whole seconds; anything else asks for nothing.
std::optional<Duration> asked_wait(std::string_view output) {
  const std::string_view line = last_line(output);
  if (!begins_with_retry_after(line)) return std::nullopt;
  const std::string_view digits = trimmed(line.substr(kRetryAfter.size()));
  if (digits.empty()) return std::nullopt;
  std::chrono::seconds wait{0};
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return std::nullopt;
    wait = std::min<std::chrono::seconds>(
        wait * 10 + std::chrono::seconds{digit - '0'},
        std::chrono::duration_cast<std::chrono::seconds>(kMaxRetryAfter));
  }
  return wait;
}

}  // namespace

Delivery read_delivery(const Ending& ending, std::string_view output) {
  if (std::holds_alternative<Stopped>(ending)) return {DeliveryEnd::stopped, std::nullopt};
  if (observers_fault(ending)) return {DeliveryEnd::excused, std::nullopt};
  const auto* exited = std::get_if<Exited>(&ending);
  if (exited == nullptr) return {DeliveryEnd::failed, std::nullopt};
  switch (exited->code) {
    case 0: return {DeliveryEnd::delivered, std::nullopt};
    case kExitNever: return {DeliveryEnd::never, std::nullopt};
    case kExitRetryLater: return {DeliveryEnd::failed, asked_wait(output)};
    default: return {DeliveryEnd::failed, std::nullopt};
  }
}

}  // namespace minitor
