// Who may read and who may change something: the token of the configuration against what a request
// brings. No cookies, so that no other site can act through a visitor's browser.
#pragma once

#include <cstdint>
#include <string_view>

#include "minitor/core/web_settings.hpp"
#include "minitor/web/http_message.hpp"

namespace minitor {

enum class Access : std::uint8_t {
  none,
  read,
  write,  // reading included
};

// What this request may do. `Authorization: Bearer TOKEN` may do all. `Basic` with the token as password
// (what a browser asks a person for) may read only: a browser sends it along by itself, whichever site
// asked it to.
[[nodiscard]] Access access_of(const HttpRequest& request, const WebSettings& settings);

// Whether it brings a token, and a wrong one.
[[nodiscard]] bool brings_wrong_token(const HttpRequest& request, const WebSettings& settings);

// Equal, in a time that does not depend on where they differ.
[[nodiscard]] bool same_secret(std::string_view given, std::string_view secret);

}  // namespace minitor
