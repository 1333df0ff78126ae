// Why somebody was told of a monitor, or was not.
#include "minitor/core/why.hpp"
#include "minitor/web/api_table.hpp"
#include "minitor/web/json_text.hpp"

namespace minitor::api {

Answer why_of(const RouteSources& sources, const Asked& asked) {
  const std::shared_ptr<const Config> config = sources.config();
  // Where everything may be seen, so may what alerts said.
  const PageShows shown =
      sources.trusted ? PageShows{true, true} : config->monitors[*asked.monitor].shown;
  return with_history([config, zone = sources.zone, now = sources.now(), boot = sources.boot, shown,
                       index = *asked.monitor](HistoryReads& history) {
    MessageContext context;
    context.local = zone;
    const Why answer = why(config, MonitorId{static_cast<std::uint32_t>(index)}, history, now,
                           context, boot, shown);
    JsonText json;
    json.begin_object().member("monitor", answer.monitor);
    json.key("now").begin_array();
    for (const std::string& sentence : answer.now) json.text(sentence);
    json.end_array().key("lines").begin_array();
    for (const WhyLine& line : answer.lines)
      json.begin_object()
          .member("part", name(line.part))
          .member("at", line.when)
          .member("words", line.words)
          .end_object();
    return json.end_array().member("text", why_text(answer, zone)).end_object().take();
  });
}

}  // namespace minitor::api
