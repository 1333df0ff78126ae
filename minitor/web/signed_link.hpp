// Addresses that an alert can carry: whoever opens one may do one thing about one incident, once, and needs
// no token for it. What it allows is signed (HMAC-SHA256) with a secret that nobody but the daemon has, so
// that nothing of it can be changed; what was used is remembered with the monitor.
//
// A GET shows a page that asks, a POST does it: scanners of mail open every address that they find.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "minitor/core/moment.hpp"
#include "minitor/core/notice.hpp"
#include "minitor/core/overlay.hpp"
#include "minitor/web/routes.hpp"

namespace minitor {

// From the message that carries it on.
inline constexpr Duration kLinkLife = std::chrono::hours{24 * 7};
// How long a silence by a link lasts.
inline constexpr Duration kLinkSilence = std::chrono::hours{4};
// A secret that is shorter, in bytes, signs nothing.
inline constexpr std::size_t kShortestLinkSecret = 32;

struct SignedLink {
  OverlayKind action{};
  std::string monitor;
  std::string incident;
  std::string nonce;  // the id of the message: each carries links of its own
  Timestamp expiry;   // in whole seconds
};

// "/link/acknowledgement/MONITOR/INCIDENT/NONCE/EXPIRY/SIGNATURE"
[[nodiscard]] std::string link_path(const SignedLink& link, std::string_view secret);
// Out of the raw segments of a path. None: it was not signed with this secret.
[[nodiscard]] std::optional<SignedLink> read_link(const std::vector<std::string_view>& segments,
                                                  std::string_view secret);

// The link of a message for this action, behind `public_url`; empty for one that asks for nothing: a
// recovery, a test, flapping, and what is neither an acknowledgement nor a silence.
[[nodiscard]] std::string link_of(OverlayKind action, const Notice& notice,
                                  std::string_view public_url, std::string_view secret);

// What a request to a link is answered with, in words that say what happened, or why it cannot.
[[nodiscard]] Answer link_answer(const HttpRequest& request,
                                 const std::vector<std::string_view>& segments,
                                 const RouteSources& sources);

}  // namespace minitor
