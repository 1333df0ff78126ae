#include "minitor/core/status.hpp"

namespace minitor {

std::string_view name(Status status) {
  switch (status) {
    case Status::unknown: return "unknown";
    case Status::up: return "up";
    case Status::failing: return "failing";
    case Status::down: return "down";
  }
  return "invalid";
}

}  // namespace minitor
