// The files of the page, which are part of the program.
#pragma once

#include <optional>
#include <string_view>

#include "minitor/web/http_message.hpp"

namespace minitor {

struct StaticFile {
  std::string_view path;  // "/static/page.css"
  std::string_view content_type;
  std::string_view content;
};

// None: there is no file of this path.
[[nodiscard]] const StaticFile* find_static(std::string_view path);

// The file, or 304 when the client has it (If-None-Match). It is asked again each time, so that a page
// never meets a script of another version.
[[nodiscard]] HttpResponse serve_static(const StaticFile& file, const HttpRequest& request);

// What the build made of the files below static/.
namespace static_content {
extern const std::string_view page_css;
extern const std::string_view page_js;
extern const std::string_view icon_svg;
}  // namespace static_content

}  // namespace minitor
