#include "minitor/web/overlay_parts.hpp"

#include <array>

#include "minitor/web/page_parts.hpp"

namespace minitor {
namespace {

struct Verb {
  OverlayKind kind;
  std::string_view id;   // of the button: the same for both, so that it keeps the focus
  std::string_view set;  // as in the path of the API
  std::string_view clear;
  std::string_view set_label;
  std::string_view clear_label;
};
constexpr std::array kVerbs{
    Verb{OverlayKind::pause, "verb-pause", "pause", "resume", "Pause", "Resume"},
    Verb{OverlayKind::silence, "verb-silence", "silence", "unsilence", "Silence",
         "End the silence"},
    Verb{OverlayKind::acknowledge, "verb-ack", "acknowledge", "unacknowledge", "Acknowledge",
         "Take the acknowledgement back"}};

}  // namespace

void write_badges(Html& html, const Site& site, std::size_t index, const MonitorNow& now) {
  const Overlays& overlays = site.state(index).overlays;
  if (overlays.paused())
    html << "<b class=\"badge paused\">paused</b>"_html;
  else
    write_badge(html, now.status, now.warning);
  for (const OverlayKind kind : {OverlayKind::silence, OverlayKind::acknowledge})
    if (overlays[kind]) html << " <b class=\"badge laid\">"_html << done_to_it(kind) << "</b>"_html;
}

void write_overlays(Html& html, const Site& site, std::size_t index) {
  const MonitorSnapshot& state = site.state(index);
  if (!state.overlays.any() && state.held_because.empty()) return;
  html << "<ul class=\"laid-over\">"_html;
  for (const OverlayKind kind : kOverlayKinds) {
    const auto& one = state.overlays[kind];
    if (!one) continue;
    html << "<li>"_html << done_to_it(kind) << " since "_html;
    write_instant(html, site, one->since);
    if (kind == OverlayKind::acknowledge)
      html << ", until it is up"_html;
    else
      write_instant(html << ", until "_html, site, one->until);
    if (site.monitor(index).shown.output) {
      if (!one->by.empty()) html << ", by "_html << one->by;
      if (!one->note.empty()) html << ": "_html << one->note;
    }
    html << "</li>"_html;
  }
  if (!state.held_because.empty())
    html << "<li>nobody is told at present: "_html << state.held_because << "</li>"_html;
  html << "</ul>\n"_html;
}

void write_overlay_fields(Html& html) {
  html << "<label>For <select id=\"for\"><option value=\"30m\">30 minutes<option value=\"1h\" "
          "selected>1 hour<option value=\"4h\">4 hours<option value=\"12h\">12 hours<option "
          "value=\"24h\">1 day<option value=\"168h\">7 days</select></label> "
          "<label>Your name <input id=\"by\" autocomplete=\"nickname\" maxlength=\"100\"></label> "
          "<label>Note <input id=\"note\" autocomplete=\"off\" maxlength=\"1000\"></label> "_html;
}

void write_overlay_buttons(Html& html, const Site& site, std::size_t index) {
  const MonitorSnapshot& state = site.state(index);
  html << "<div id=\"verbs\" class=\"verbs\" role=\"group\" aria-label=\"Pause, silence, "
          "acknowledge\" hidden>"_html;
  for (const Verb& verb : kVerbs) {
    const bool laid = state.overlays[verb.kind].has_value();
    if (verb.kind == OverlayKind::acknowledge && !laid && state.status != Status::down) continue;
    html << "<button id=\""_html << verb.id << "\" type=\"button\" data-verb=\""_html
         << (laid ? verb.clear : verb.set) << "\">"_html
         << (laid ? verb.clear_label : verb.set_label) << "</button> "_html;
  }
  html << "</div>"_html;
}

}  // namespace minitor
