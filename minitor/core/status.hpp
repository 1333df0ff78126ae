// What a monitor is. Silences, pauses and maintenance lie over a status; they are never one.
#pragma once

#include <cstdint>
#include <string_view>

namespace minitor {

enum class Status : std::uint8_t {
  unknown,  // never checked yet
  up,       // the last check that could tell was ok
  failing,  // failed, but not yet often or long enough to alert (alert_after)
  down,     // failed as often or as long as alert_after asks: an incident is open
};

[[nodiscard]] std::string_view name(Status status);

}  // namespace minitor
