#include "minitor/web/past_parts.hpp"

#include <vector>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/shown_records.hpp"
#include "minitor/web/monitor_page.hpp"
#include "minitor/web/page_parts.hpp"

namespace minitor {
namespace {

void write_notice(Html& html, const Site& site, const Monitor& monitor, const NoticeRow& one) {
  html << "<tr><td>"_html;
  write_instant(html, site, one.created);
  html << "<td>"_html << name(one.kind) << "<td>"_html << one.alert << "<td>"_html
       << name(one.stage);
  if (one.attempts > 1) html << " after "_html << one.attempts << " attempts"_html;
  if (one.next_attempt) {
    html << ", again at "_html;
    write_instant(html, site, *one.next_attempt);
  }
  html << "<td>"_html << shown_reason(one.reason, monitor.shown);
  // What a channel said may hold addresses; why a notice was dropped is our own word.
  const bool ours = one.stage == NoticeStage::dropped || one.stage == NoticeStage::given_up;
  if (!one.detail.empty() && (ours || monitor.shown.output)) html << "; "_html << one.detail;
  html << "</tr>\n"_html;
}

void write_held(Html& html, const Site& site, const HeldRow& one) {
  html << "<tr><td>"_html;
  write_instant(html, site, one.at);
  html << "<td>"_html << name(one.kind) << "<td>nobody<td>held<td>held because "_html << one.reason
       << "</tr>\n"_html;
}

}  // namespace

void write_output(Html& html, std::string_view output, bool cut) {
  const std::string_view kept = output.substr(0, kOutputOnPage);
  html << "<details><summary>Output</summary><pre>"_html << printable(kept) << "</pre>"_html;
  if (cut || kept.size() < output.size()) html << "<p>This is not all of it.</p>"_html;
  html << "</details>"_html;
}

void write_repairs(Html& html, const Site& site, const Monitor& monitor, HistoryReads& history) {
  const std::vector<RepairRow> rows = history.repairs(
      {monitor.name, {Timestamp{}, site.now.wall + std::chrono::seconds{1}}, kRepairsOnPage});
  if (rows.empty()) return;
  html
      << "<section aria-labelledby=\"repairs\"><h2 id=\"repairs\">Repairs</h2>"
         "<div class=\"wide\" role=\"region\" aria-label=\"Table of repairs\" "
         "tabindex=\"0\"><table><thead><tr><th scope=\"col\">When"
         "<th scope=\"col\">Which<th scope=\"col\">Took<th scope=\"col\">Outcome</tr></thead><tbody>\n"_html;
  for (const RepairRow& one : rows) {
    html << "<tr><td>"_html;
    write_instant(html, site, one.at);
    html << "<td>repair "_html << one.step;
    if (one.attempt > 0) html << ", attempt "_html << one.attempt;
    html << "<td>"_html;
    if (one.attempt > 0) html << human_duration(one.took);
    html << "<td>"_html;
    // Why one was passed over is our own word.
    if (one.attempt > 0 && !monitor.shown.output) {
      html << "not shown"_html;
    } else {
      html << one.outcome;
      if (!one.output.empty()) write_output(html, one.output, false);
    }
    html << "</tr>\n"_html;
  }
  html << "</tbody></table></div></section>"_html;
}

void write_notices(Html& html, const Site& site, const Monitor& monitor, HistoryReads& history) {
  const TimeRange ever{Timestamp{}, site.now.wall + std::chrono::seconds{1}};
  const std::vector<NoticeRow> notices = history.notices({monitor.name, "", ever, kNoticesOnPage});
  const std::vector<HeldRow> held = history.held({monitor.name, ever, kNoticesOnPage});
  html << "<section aria-labelledby=\"notices\"><h2 id=\"notices\">Notices</h2>"_html;
  if (notices.empty() && held.empty()) {
    html << "<p>None is known.</p></section>"_html;
    return;
  }
  html
      << "<div class=\"wide\" role=\"region\" aria-label=\"Table of notices\" "
         "tabindex=\"0\"><table><thead><tr><th scope=\"col\">When"
         "<th scope=\"col\">What<th scope=\"col\">To<th scope=\"col\">Became<th scope=\"col\">Why</tr></thead><tbody>\n"_html;
  auto next = held.begin();
  for (const NoticeRow& one : notices) {
    for (; next != held.end() && next->at >= one.created; ++next) write_held(html, site, *next);
    write_notice(html, site, monitor, one);
  }
  for (; next != held.end(); ++next) write_held(html, site, *next);
  html << "</tbody></table></div></section>"_html;
}

}  // namespace minitor
