#include "minitor/web/static_files.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace minitor {
namespace {

// FNV-1a, 64 bits: tells one version from another, no more.
std::string tag_of(std::string_view content) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : content) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return fmt::format("\"{:016x}\"", hash);
}

}  // namespace

const StaticFile* find_static(std::string_view path) {
  static const StaticFile files[] = {
      {"/static/page.css", "text/css; charset=utf-8", static_content::page_css},
      {"/static/page.js", "text/javascript; charset=utf-8", static_content::page_js},
      {"/static/icon.svg", "image/svg+xml", static_content::icon_svg},
  };
  for (const StaticFile& file : files)
    if (file.path == path) return &file;
  return nullptr;
}

HttpResponse serve_static(const StaticFile& file, const HttpRequest& request) {
  HttpResponse response;
  const std::string tag = tag_of(file.content);
  response.headers.push_back({"ETag", tag});
  response.headers.push_back({"Cache-Control", "no-cache"});
  response.content_type = file.content_type;
  if (request.header("If-None-Match").find(tag) != std::string_view::npos)
    response.status = 304;
  else
    response.body = file.content;
  return response;
}

}  // namespace minitor
