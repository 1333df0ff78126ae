// Heartbeats over HTTP: /ping/TOKEN, and behind it /start, /fail or an exit code. The token is all that is
// needed; GET, HEAD and POST do the same, and the body of a POST is kept.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "minitor/web/routes.hpp"

namespace minitor {

// None: the path is none of a heartbeat. A token that is none gets a 404, as any path that is not there.
[[nodiscard]] std::optional<Answer> ping_answer(const HttpRequest& request,
                                                const std::vector<std::string_view>& path,
                                                const RouteSources& sources);

}  // namespace minitor
