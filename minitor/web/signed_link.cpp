#include "minitor/web/signed_link.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/sha256.hpp"
#include "minitor/web/access.hpp"
#include "minitor/web/page_parts.hpp"
#include "minitor/web/url_text.hpp"

namespace minitor {
namespace {

using std::chrono::seconds;

std::int64_t unix_seconds(Timestamp when) {
  return std::chrono::floor<seconds>(when.time_since_epoch()).count();
}

// Lengths before the texts: no two links have the same bytes to sign.
std::string signature(const SignedLink& link, std::string_view secret) {
  std::string all = "minitor link";
  for (const std::string_view part :
       {std::string_view{name(link.action)}, std::string_view{link.monitor},
        std::string_view{link.incident}, std::string_view{link.nonce}})
    all += fmt::format(" {}:{}", part.size(), part);
  all += fmt::format(" {}", unix_seconds(link.expiry));
  return hex(hmac_sha256(secret, all));
}

// A name as a part of an address that chat services take for one: _ and ~ are markup to some of them.
std::string plain_segment(std::string_view name) {
  std::string encoded = encode_segment(name);
  std::string plain;
  for (const char c : encoded) {
    if (c == '_')
      plain += "%5F";
    else if (c == '~')
      plain += "%7E";
    else
      plain += c;
  }
  return plain;
}

std::string use_of(const SignedLink& link) {
  return fmt::format("{} {}", name(link.action), link.nonce);
}

HttpResponse with_status(HttpResponse response, int status) {
  response.status = status;
  // The page asks for a form to be sent to where it came from, and to nowhere else.
  for (HttpHeader& header : response.headers) {
    constexpr std::string_view kNone = "form-action 'none'";
    const std::size_t at = header.value.find(kNone);
    if (at != std::string::npos) header.value.replace(at, kNone.size(), "form-action 'self'");
  }
  return response;
}

HttpResponse say(const Site& site, int status, std::string_view title, std::string_view words,
                 std::string_view monitor) {
  Html html;
  html << "<h1>"_html << title << "</h1><p>"_html << words << "</p>"_html;
  if (!monitor.empty() && site.find(monitor))
    html << "<p><a href=\""_html << monitor_path(monitor) << "\">"_html << monitor
         << " now</a></p>"_html;
  return with_status(page(site, title, html, false), status);
}

std::string_view verb(OverlayKind action) {
  return action == OverlayKind::acknowledge ? "Acknowledge" : "Silence";
}

HttpResponse ask(const Site& site, const SignedLink& link, std::string_view path) {
  const bool acknowledges = link.action == OverlayKind::acknowledge;
  Html html;
  html << "<h1>"_html << verb(link.action) << " "_html << link.monitor << "?</h1><p>"_html
       << (acknowledges ? "Somebody takes this outage on: nobody is reminded of it until it is up."
                        : "Checks go on; nobody is told of it for 4 hours. What is still down then "
                          "is told then.")
       << "</p><form class=\"link\" method=\"post\" action=\""_html << path
       << "\"><label>Your name <input name=\"by\" autocomplete=\"nickname\" "
          "maxlength=\"100\"></label> <label>Note <input name=\"note\" autocomplete=\"off\" "
          "maxlength=\"1000\"></label> <button>"_html
       << verb(link.action) << "</button></form>"_html;
  return with_status(
      page(site, fmt::format("{} {}?", verb(link.action), link.monitor), html, false), 200);
}

// Why the link leads nowhere; none when it can be used.
std::optional<HttpResponse> why_not(const Site& site, const SignedLink& link,
                                    std::optional<std::size_t> index) {
  if (site.now.wall >= link.expiry)
    return say(site, 410, "This link has expired",
               "Links last for 7 days from the message that carried them.", link.monitor);
  if (!index)
    return say(site, 410, "This monitor is no longer watched",
               fmt::format("{} is not in the configuration any more.", link.monitor), "");
  const MonitorSnapshot& state = site.state(*index);
  if (state.incident != link.incident || state.status != Status::down)
    return say(
        site, 410, "This outage is over",
        fmt::format("{} has been up again since: there is nothing left to do here.", link.monitor),
        link.monitor);
  const auto& used = state.overlays.used_links;
  if (std::find(used.begin(), used.end(), use_of(link)) != used.end() ||
      used.size() >= kMostUsedLinks)
    return say(site, 410, "This link was used before",
               "Each link works once. The next message carries a new one.", link.monitor);
  return std::nullopt;
}

Answer carry_out(const Site& site, const SignedLink& link, std::size_t index,
                 const HttpRequest& request) {
  SetOverlay set;
  set.kind = link.action;
  set.monitors = {MonitorId{static_cast<std::uint32_t>(index)}};
  set.until =
      site.now.wall + (link.action == OverlayKind::acknowledge ? kLongestOverlay : kLinkSilence);
  set.by = "a link in a message";
  set.link = use_of(link);
  const auto fields = parse_query(request.body);
  if (!fields)
    return say(site, 400, "This cannot be read", "The form is not well encoded.", link.monitor);
  for (const QueryPair& field : *fields) {
    if (field.name == "by" && !field.value.empty())
      set.by = one_line(field.value, kLongestBy) + ", by a link";
    if (field.name == "note") set.note = one_line(field.value, kLongestNote);
  }
  const bool acknowledges = link.action == OverlayKind::acknowledge;
  return TellEngine{
      std::move(set), [site, link, acknowledges] {
        return say(site, 200, acknowledges ? "Acknowledged" : "Silenced",
                   acknowledges
                       ? fmt::format("Nobody is reminded of {} until it is up.", link.monitor)
                       : fmt::format("Nobody is told of {} for 4 hours.", link.monitor),
                   link.monitor);
      }};
}

}  // namespace

std::string link_path(const SignedLink& link, std::string_view secret) {
  return fmt::format("/link/{}/{}/{}/{}/{}/{}", name(link.action), plain_segment(link.monitor),
                     encode_segment(link.incident), encode_segment(link.nonce),
                     unix_seconds(link.expiry), signature(link, secret));
}

std::optional<SignedLink> read_link(const std::vector<std::string_view>& segments,
                                    std::string_view secret) {
  constexpr std::size_t kParts = 7;
  if (secret.size() < kShortestLinkSecret || segments.size() != kParts) return std::nullopt;
  SignedLink link;
  if (segments[1] == name(OverlayKind::acknowledge))
    link.action = OverlayKind::acknowledge;
  else if (segments[1] == name(OverlayKind::silence))
    link.action = OverlayKind::silence;
  else
    return std::nullopt;
  const auto monitor = decode_segment(segments[2]);
  const auto incident = decode_segment(segments[3]);
  const auto nonce = decode_segment(segments[4]);
  std::int64_t expiry = 0;
  const std::string_view number = segments[5];
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), expiry);
  constexpr std::int64_t kFarAhead = 8'000'000'000;  // what is later would overflow a Timestamp
  if (!monitor || !incident || !nonce || error != std::errc{} ||
      end != number.data() + number.size() || expiry < 0 || expiry > kFarAhead)
    return std::nullopt;
  link.monitor = *monitor;
  link.incident = *incident;
  link.nonce = *nonce;
  link.expiry = Timestamp{seconds{expiry}};
  if (!same_secret(segments[6], signature(link, secret))) return std::nullopt;
  return link;
}

std::string link_of(OverlayKind action, const Notice& notice, std::string_view public_url,
                    std::string_view secret) {
  const bool of_an_outage = notice.kind == NoticeKind::problem ||
                            notice.kind == NoticeKind::reminder ||
                            notice.kind == NoticeKind::escalation;
  if (!of_an_outage || notice.flapping || notice.incident.empty() || action == OverlayKind::pause ||
      public_url.empty() || secret.size() < kShortestLinkSecret)
    return {};
  const SignedLink link{action, notice.monitor, notice.incident, notice.id,
                        notice.created + kLinkLife};
  return std::string{public_url} + link_path(link, secret);
}

Answer link_answer(const HttpRequest& request, const std::vector<std::string_view>& segments,
                   const RouteSources& sources) {
  const Site site = site_of(sources);
  const auto link = read_link(segments, sources.link_secret);
  if (!link)
    return say(site, 404, "This link is not valid",
               "It is incomplete, or minitor did not make it. Some programs break long addresses "
               "into lines.",
               "");
  const auto index = site.find(link->monitor);
  if (auto refusal = why_not(site, *link, index)) return *std::move(refusal);
  if (request.method == "POST") return carry_out(site, *link, *index, request);
  return ask(site, *link, request.path());
}

}  // namespace minitor
