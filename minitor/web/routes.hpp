// Which path is answered with what. Pure: a request and what is known go in, a response comes out.
#pragma once

#include <functional>

#include "minitor/core/snapshot.hpp"
#include "minitor/web/build_info.hpp"
#include "minitor/web/http_message.hpp"
#include "minitor/web/process_info.hpp"

namespace minitor {

// What the answers are made of. The two functions are called only for a path that needs them: an
// unknown path costs nothing, however many monitors there are.
struct RouteSources {
  BuildInfo build;
  std::function<Snapshot()> snapshot;
  std::function<ProcessInfo()> process;
};

// Paths are compared byte for byte: what is encoded, doubled or climbs ("/../") is not found.
[[nodiscard]] HttpResponse answer(const HttpRequest& request, const RouteSources& sources);

}  // namespace minitor
