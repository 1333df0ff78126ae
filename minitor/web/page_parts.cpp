#include "minitor/web/page_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "minitor/web/url_text.hpp"

namespace minitor {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

}  // namespace

HttpResponse page(const Site& site, std::string_view title, const Html& main, bool live) {
  Html html;
  html.reserve(main.size() + 2048);
  html << "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>"_html << title
       << "</title><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
          "<meta name=\"color-scheme\" content=\"light dark\">"
          "<link rel=\"icon\" href=\"/static/icon.svg\" type=\"image/svg+xml\">"
          "<link rel=\"stylesheet\" href=\"/static/page.css\">"
          "<link rel=\"alternate\" type=\"application/atom+xml\" title=\"Incidents\" "
          "href=\"/feed.atom\"><script src=\"/static/page.js\" defer></script></head>\n<body"_html;
  if (live) html << " data-live"_html;
  html << "><a class=\"skip\" href=\"#main\">Skip to the content</a>"
          "<header><nav aria-label=\"Pages\"><a class=\"home\" href=\"/\">Status</a>"
          "<a href=\"/incidents\">Incidents</a><a href=\"/api\">API</a></nav></header>\n"
          "<main id=\"main\" tabindex=\"-1\">"_html
       << main << "</main>\n<footer><p>minitor "_html << site.build.version << " · as of "_html;
  write_instant(html, site, site.now.wall);
  html << " · <span id=\"live\" role=\"status\"></span></p></footer></body></html>\n"_html;
  HttpResponse response;
  response.content_type = "text/html; charset=utf-8";
  response.headers.push_back({"Content-Security-Policy", std::string{kPolicy}});
  response.headers.push_back({"Referrer-Policy", "no-referrer"});
  response.body = html.take();
  return response;
}

std::string_view badge_word(Status status, bool warning) {
  return status == Status::up && warning ? "warning" : name(status);
}

void write_badge(Html& html, Status status, bool warning) {
  const std::string_view word = badge_word(status, warning);
  html << "<b class=\"badge "_html << word << "\">"_html << word << "</b>"_html;
}

void write_ago(Html& html, const Site& site, const std::optional<Timestamp>& when) {
  if (!when) {
    html << "never"_html;
    return;
  }
  const Duration ago = std::max(site.now.wall - *when, Duration::zero());
  html << "<time datetime=\""_html << format_rfc3339(*when, site.zone) << "\">"_html
       << short_duration(ago) << " ago</time>"_html;
}

void write_instant(Html& html, const Site& site, Timestamp when) {
  html << "<time class=\"at\" datetime=\""_html << format_rfc3339(when, site.zone) << "\">"_html
       << format_local(when, site.zone) << "</time>"_html;
}

std::string short_duration(Duration duration) {
  const auto count = [&](auto unit) { return duration / unit; };
  if (duration < seconds{60}) return fmt::format("{} s", count(seconds{1}));
  if (duration < minutes{60}) return fmt::format("{} min", count(minutes{1}));
  if (duration < hours{24}) {
    const auto rest = count(minutes{1}) % 60;
    return duration < hours{6} && rest > 0 ? fmt::format("{} h {} min", count(hours{1}), rest)
                                           : fmt::format("{} h", count(hours{1}));
  }
  const auto rest = count(hours{1}) % 24;
  return duration < days{7} && rest > 0 ? fmt::format("{} d {} h", count(hours{24}), rest)
                                        : fmt::format("{} d", count(hours{24}));
}

std::string percent(const std::optional<double>& ratio) {
  if (!ratio) return "–";
  if (*ratio >= 1) return "100 %";
  return fmt::format("{:.2f} %", std::floor(*ratio * 10'000) / 100);
}

std::string monitor_path(std::string_view name) { return "/monitors/" + encode_segment(name); }

void write_trouble(Html& html, const Site& site) {
  if (!site.unwritten.empty())
    html << "<p class=\"trouble\" role=\"alert\">"_html << site.unwritten << "</p>"_html;
  for (const BlindSnapshot& one : site.snapshot.blind) {
    html << "<p class=\"trouble\" role=\"alert\">minitor itself is blind"_html;
    if (!one.scope.empty()) html << " in the scope "_html << one.scope;
    html << " since "_html;
    write_instant(html, site, one.since);
    html << ": "_html << one.why << ". Failures that it sees do not count.</p>"_html;
  }
  // What is wrong in it is for the log and for `minitor reload`: it may name what a visitor is not to know.
  if (!site.reload.good)
    html
        << "<p class=\"trouble\" role=\"alert\">The configuration was changed and cannot be used: the one read "_html
        << format_local(site.reload.last_good, site.zone)
        << " stays in force. See the log.</p>"_html;
  if (site.history_trouble.empty()) return;
  html << "<p class=\"trouble\" role=\"alert\">The history cannot be read: "_html
       << site.history_trouble << ". What is known without it is shown.</p>"_html;
}

}  // namespace minitor
