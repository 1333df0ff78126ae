// The JSON API below /api/v1: one table of endpoints, of which the dispatch, the OpenAPI document and
// the page that shows it are made.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "minitor/web/access.hpp"
#include "minitor/web/routes.hpp"

namespace minitor {

inline constexpr int kDefaultRows = 100;

// An error as problem details (RFC 9457).
[[nodiscard]] HttpResponse problem(int status, std::string_view detail);

// The answer to a path that begins with /api/v1/, which `segments` are the raw ones of.
[[nodiscard]] Answer api_answer(const HttpRequest& request,
                                const std::vector<std::string_view>& segments, Access access,
                                const RouteSources& sources);

// OpenAPI 3.1.
[[nodiscard]] std::string openapi_document(const BuildInfo& build);
// The same for a person, without a script.
[[nodiscard]] HttpResponse api_page(const Site& site);

}  // namespace minitor
