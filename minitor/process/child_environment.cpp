#include "minitor/process/child_environment.hpp"

#include <unistd.h>

#include <algorithm>
#include <iterator>

namespace minitor {
namespace {

// What confstr(_CS_PATH) says on Linux, and what execvp takes when there is no PATH.
constexpr std::string_view kDefaultPath = "/bin:/usr/bin";

}  // namespace

ChildEnvironment::ChildEnvironment(const Environment& own) {
  const auto overridden = [&own](std::string_view entry) {
    const std::string_view name = entry.substr(0, entry.find('='));
    return std::any_of(own.begin(), own.end(),
                       [name](const auto& variable) { return variable.first == name; });
  };
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    if (own.empty() || !overridden(*entry)) pointers_.push_back(*entry);
  }
  strings_.reserve(own.size());
  for (auto variable = own.begin(); variable != own.end(); ++variable) {
    const bool replaced =
        std::any_of(std::next(variable), own.end(),
                    [&variable](const auto& later) { return later.first == variable->first; });
    if (replaced) continue;
    strings_.push_back(variable->first + '=' + variable->second);
    pointers_.push_back(strings_.back().data());
  }
  pointers_.push_back(nullptr);
}

std::string_view ChildEnvironment::path() const {
  constexpr std::string_view kName = "PATH=";
  for (const char* entry : pointers_) {
    if (entry != nullptr && std::string_view{entry}.starts_with(kName)) {
      return std::string_view{entry}.substr(kName.size());
    }
  }
  return kDefaultPath;
}

}  // namespace minitor
