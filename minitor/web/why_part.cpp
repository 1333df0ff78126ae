#include "minitor/web/why_part.hpp"

#include <cstdint>
#include <string>

#include "minitor/core/why.hpp"
#include "minitor/web/page_parts.hpp"

namespace minitor {
namespace {

void write_lines(Html& html, const Site& site, const Why& answer, WhyLine::Part part) {
  bool any = false;
  for (const WhyLine& line : answer.lines) {
    if (line.part != part) continue;
    if (!any) html << "<h3>"_html << heading(part, is_failing(answer)) << "</h3><ul>"_html;
    any = true;
    html << "<li>"_html;
    write_instant(html, site, line.when);
    html << " "_html << line.words << "\n"_html;
  }
  if (any) html << "</ul>"_html;
}

}  // namespace

void write_why(Html& html, const Site& site, std::size_t index, HistoryReads& history) {
  MessageContext context;
  context.local = site.zone;
  const Why answer = why(site.config, MonitorId{static_cast<std::uint32_t>(index)}, history,
                         site.now, context, site.boot, site.monitor(index).shown);
  if (!answer.known) return;
  html << "<section aria-labelledby=\"why\"><h2 id=\"why\">Why</h2>"_html;
  for (const std::string& sentence : answer.now) html << "<p>"_html << sentence << "</p>\n"_html;
  html << "<details><summary>What happened, and what would happen next</summary>"_html;
  for (const WhyLine::Part part :
       {WhyLine::Part::past, WhyLine::Part::if_failing, WhyLine::Part::if_well})
    write_lines(html, site, answer, part);
  html << "</details></section>"_html;
}

}  // namespace minitor
