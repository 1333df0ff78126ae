// The description of the API, made of the table of endpoints.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string>

#include "minitor/web/api_table.hpp"
#include "minitor/web/json_text.hpp"
#include "minitor/web/page_parts.hpp"

namespace minitor {
namespace {

using api::Endpoint;
using api::Param;
using api::ParamKind;

// What the answers look like: JSON Schema 2020-12. Members that depend on `show` are not required.
constexpr std::string_view kSchemas = R"json({
"Problem":{"type":"object","required":["type","title","status","detail"],"properties":{"type":{"type":"string"},"title":{"type":"string"},"status":{"type":"integer"},"detail":{"type":"string"}}},
"Status":{"enum":["unknown","up","failing","down"]},
"Verdict":{"enum":["ok","warning","failure","unknown"]},
"Seconds":{"type":"number","minimum":0,"description":"A duration in seconds."},
"Ratio":{"type":["number","null"],"minimum":0,"maximum":1,"description":"Of the time that was observed; null when none was."},
"Instant":{"type":"string","format":"date-time"},
"MaybeInstant":{"type":["string","null"],"format":"date-time"},
"Next":{"type":["string","null"],"description":"Path of the next page; null: this was the last."},
"Range":{"type":"object","required":["low","high","inside"],"properties":{"low":{"type":["number","null"]},"high":{"type":["number","null"]},"inside":{"type":"boolean"}}},
"Figure":{"type":"object","required":["label","value","unit","counter"],"properties":{"label":{"type":"string"},"value":{"type":["number","null"]},"unit":{"type":"string"},"counter":{"type":"boolean"},"warning":{"$ref":"#/components/schemas/Range"},"critical":{"$ref":"#/components/schemas/Range"}}},
"Monitor":{"type":"object","required":["name","group","description","labels","status","warning","held_because","overlays","since","last_check","last_success","failures","interval","last_took","performance_data","kind"],"properties":{"name":{"type":"string"},"kind":{"enum":["check","heartbeat"]},"grace":{"$ref":"#/components/schemas/Seconds"},"last_heartbeat":{"$ref":"#/components/schemas/MaybeInstant"},"running_since":{"$ref":"#/components/schemas/MaybeInstant"},"group":{"type":"string"},"description":{"type":"string"},"labels":{"type":"object","additionalProperties":{"type":"string"}},"status":{"$ref":"#/components/schemas/Status"},"warning":{"type":"boolean"},"held_because":{"type":"string","description":"Why a notice that is due is not told; empty: none is."},"overlays":{"type":"array","items":{"$ref":"#/components/schemas/PresentOverlay"}},"since":{"$ref":"#/components/schemas/MaybeInstant"},"last_check":{"$ref":"#/components/schemas/MaybeInstant"},"last_success":{"$ref":"#/components/schemas/MaybeInstant"},"failures":{"type":"integer","minimum":0},"interval":{"$ref":"#/components/schemas/Seconds"},"last_took":{"type":["number","null"]},"last_outcome":{"type":"string","description":"Where show has output."},"command":{"type":"string","description":"Where show has command."},"performance_data":{"type":"array","items":{"$ref":"#/components/schemas/Figure"}},"uptime":{"type":"object","required":["24h","7d","30d","90d"],"properties":{"24h":{"$ref":"#/components/schemas/Ratio"},"7d":{"$ref":"#/components/schemas/Ratio"},"30d":{"$ref":"#/components/schemas/Ratio"},"90d":{"$ref":"#/components/schemas/Ratio"}}}}},
"Monitors":{"type":"object","required":["summary","blind","monitors"],"properties":{"summary":{"type":"string"},"blind":{"type":"array","description":"Why failures do not count now; empty: minitor sees well.","items":{"$ref":"#/components/schemas/Blindness"}},"monitors":{"type":"array","items":{"$ref":"#/components/schemas/Monitor"}}}},
"Check":{"type":"object","required":["id","at","took","verdict","manual"],"properties":{"id":{"type":"integer"},"at":{"$ref":"#/components/schemas/Instant"},"took":{"$ref":"#/components/schemas/Seconds"},"verdict":{"$ref":"#/components/schemas/Verdict"},"manual":{"type":"boolean"},"outcome":{"type":"string"},"output":{"type":"string"},"output_cut":{"type":"boolean"}}},
"Checks":{"type":"object","required":["checks","next"],"properties":{"checks":{"type":"array","items":{"$ref":"#/components/schemas/Check"}},"next":{"$ref":"#/components/schemas/Next"}}},
"Outage":{"type":"object","required":["from","to"],"properties":{"from":{"$ref":"#/components/schemas/Instant"},"to":{"$ref":"#/components/schemas/MaybeInstant"}}},
"UptimeReport":{"type":"object","required":["from","to","uptime","outages"],"properties":{"from":{"$ref":"#/components/schemas/Instant"},"to":{"$ref":"#/components/schemas/Instant"},"uptime":{"type":"object","required":["ratio","up","down","unobserved"],"properties":{"ratio":{"$ref":"#/components/schemas/Ratio"},"up":{"$ref":"#/components/schemas/Seconds"},"down":{"$ref":"#/components/schemas/Seconds"},"unobserved":{"$ref":"#/components/schemas/Seconds"}}},"outages":{"type":"array","items":{"$ref":"#/components/schemas/Outage"}}}},
"Bucket":{"type":"object","required":["start","ok","failed","unknown","mean","shortest","longest"],"properties":{"start":{"$ref":"#/components/schemas/Instant"},"ok":{"type":"integer"},"failed":{"type":"integer"},"unknown":{"type":"integer"},"mean":{"$ref":"#/components/schemas/Seconds"},"shortest":{"$ref":"#/components/schemas/Seconds"},"longest":{"$ref":"#/components/schemas/Seconds"}}},
"Latency":{"type":"object","required":["from","to","resolution","buckets","cut"],"properties":{"from":{"$ref":"#/components/schemas/Instant"},"to":{"$ref":"#/components/schemas/Instant"},"resolution":{"$ref":"#/components/schemas/Seconds"},"buckets":{"type":"array","maxItems":1000,"items":{"$ref":"#/components/schemas/Bucket"}},"cut":{"type":"boolean","description":"There were more; these are the latest."}}},
"Test":{"type":"object","properties":{"running":{"const":true,"description":"In the answer 202 alone."},"verdict":{"$ref":"#/components/schemas/Verdict"},"at":{"$ref":"#/components/schemas/Instant"},"took":{"$ref":"#/components/schemas/Seconds"},"manual":{"const":true},"outcome":{"type":"string"},"output":{"type":"string"}}},
"Incident":{"type":"object","required":["id","monitor","first_failure","down","ended","closed","delivered"],"properties":{"id":{"type":"string"},"monitor":{"type":"string"},"first_failure":{"$ref":"#/components/schemas/Instant"},"down":{"$ref":"#/components/schemas/Instant"},"ended":{"$ref":"#/components/schemas/MaybeInstant"},"closed":{"type":"string","description":"Why it ended without a recovery; empty: it did not."},"delivered":{"type":"integer"},"cause":{"type":"string"}}},
"Incidents":{"type":"object","required":["incidents","next"],"properties":{"incidents":{"type":"array","items":{"$ref":"#/components/schemas/Incident"}},"next":{"$ref":"#/components/schemas/Next"}}},
"Notice":{"type":"object","required":["id","monitor","incident","alert","kind","stage","attempts","reason","created","updated","next_attempt"],"properties":{"id":{"type":"string"},"monitor":{"type":"string"},"incident":{"type":"string"},"alert":{"type":"string"},"kind":{"type":"string"},"stage":{"type":"string"},"attempts":{"type":"integer"},"reason":{"type":"string","description":"Why it was to be sent."},"detail":{"type":"string"},"created":{"$ref":"#/components/schemas/Instant"},"updated":{"$ref":"#/components/schemas/Instant"},"next_attempt":{"$ref":"#/components/schemas/MaybeInstant"}}},
"Notices":{"type":"object","required":["notices","next"],"properties":{"notices":{"type":"array","items":{"$ref":"#/components/schemas/Notice"}},"next":{"$ref":"#/components/schemas/Next"}}},
"Repair":{"type":"object","required":["number","monitor","at","took","step","attempt","passed_over"],"properties":{"number":{"type":"integer"},"monitor":{"type":"string"},"at":{"$ref":"#/components/schemas/Instant"},"took":{"$ref":"#/components/schemas/Seconds"},"step":{"type":"integer","minimum":1,"description":"Its place in recover."},"attempt":{"type":"integer","minimum":0,"description":"Of this step; 0: it was passed over."},"passed_over":{"type":"boolean"},"outcome":{"type":"string"},"output":{"type":"string"}}},
"Repairs":{"type":"object","required":["repairs","next"],"properties":{"repairs":{"type":"array","items":{"$ref":"#/components/schemas/Repair"}},"next":{"$ref":"#/components/schemas/Next"}}},
"HeldNotice":{"type":"object","required":["number","monitor","incident","kind","at","reason"],"properties":{"number":{"type":"integer"},"monitor":{"type":"string"},"incident":{"type":"string","description":"Empty: the monitor was not down yet."},"kind":{"type":"string"},"at":{"$ref":"#/components/schemas/Instant"},"reason":{"type":"string"}}},
"HeldNotices":{"type":"object","required":["held","next"],"properties":{"held":{"type":"array","items":{"$ref":"#/components/schemas/HeldNotice"}},"next":{"$ref":"#/components/schemas/Next"}}},
"Author":{"type":"object","additionalProperties":false,"properties":{"by":{"type":"string","description":"Who; cut to 100 bytes."}}},
"Overlay":{"type":"object","additionalProperties":false,"properties":{"for":{"type":"string","description":"How long: 90m, 2h, 3d; 31 days at most. Default: 1 hour; of an acknowledgement: until it is up."},"until":{"type":"string","description":"Instead of that: RFC 3339, or seconds since 1970."},"by":{"type":"string","description":"Who; cut to 100 bytes."},"note":{"type":"string","description":"Why; cut to 1000 bytes."}}},
"OverlayKind":{"enum":["pause","silence","acknowledgement"]},
"Selection":{"type":"object","additionalProperties":false,"required":["kind"],"properties":{"kind":{"$ref":"#/components/schemas/OverlayKind"},"monitors":{"type":"array","items":{"type":"string"},"description":"Names; * is any text, ? any character."},"groups":{"type":"array","items":{"type":"string"},"description":"Likewise."},"all":{"type":"boolean"},"for":{"type":"string"},"until":{"type":"string"},"by":{"type":"string"},"note":{"type":"string"}}},
"Blindness":{"type":"object","required":["cause","scope","since","why"],"properties":{"cause":{"enum":["network","late","unstartable"]},"scope":{"type":"string","description":"Of network; empty: of all monitors that name none."},"since":{"$ref":"#/components/schemas/Instant"},"why":{"type":"string"}}},
"PastOverlay":{"type":"object","required":["number","monitor","kind","since","until","ended"],"properties":{"number":{"type":"integer"},"monitor":{"type":"string"},"kind":{"$ref":"#/components/schemas/OverlayKind"},"since":{"$ref":"#/components/schemas/Instant"},"until":{"description":"As it was meant.","$ref":"#/components/schemas/Instant"},"ended":{"$ref":"#/components/schemas/MaybeInstant"},"by":{"type":"string","description":"Where show has output."},"note":{"type":"string","description":"Likewise."},"end":{"type":"string","description":"Likewise: why it ended; empty while it lasts."}}},
"PastOverlays":{"type":"object","required":["overlays","next"],"properties":{"overlays":{"type":"array","items":{"$ref":"#/components/schemas/PastOverlay"}},"next":{"$ref":"#/components/schemas/Next"}}},
"PresentOverlay":{"type":"object","required":["monitor","kind","since","until"],"properties":{"monitor":{"type":"string"},"kind":{"$ref":"#/components/schemas/OverlayKind"},"since":{"$ref":"#/components/schemas/Instant"},"until":{"$ref":"#/components/schemas/Instant"},"by":{"type":"string","description":"Where show has output."},"note":{"type":"string","description":"Likewise."}}},
"Overlays":{"type":"object","required":["overlays"],"properties":{"overlays":{"type":"array","items":{"$ref":"#/components/schemas/PresentOverlay"}}}},
"Changed":{"type":"object","required":["changed","overlays"],"properties":{"changed":{"type":"array","items":{"type":"string"},"description":"Names of the monitors."},"overlays":{"type":"array","items":{"$ref":"#/components/schemas/PresentOverlay"},"description":"What is laid over them now."}}},
"Why":{"type":"object","required":["monitor","now","lines","text"],"properties":{"monitor":{"type":"string"},"now":{"type":"array","items":{"type":"string"},"description":"How it stands, in sentences."},"lines":{"type":"array","items":{"type":"object","required":["part","at","words"],"properties":{"part":{"enum":["past","if_failing","if_well"]},"at":{"$ref":"#/components/schemas/Instant"},"words":{"type":"string"}}}},"text":{"type":"string","description":"All of it, for a terminal."}}},
"Reload":{"type":"object","required":["summary","needs_restart","notes"],"properties":{"summary":{"type":"string"},"needs_restart":{"type":"array","items":{"type":"string"},"description":"What is configured otherwise and stays as it was until minitor is restarted."},"notes":{"type":"array","items":{"type":"string"}}}},
"Document":{"type":"object","required":["openapi"]}
})json";

void write_param_schema(JsonText& json, ParamKind kind) {
  json.key("schema").begin_object();
  switch (kind) {
    case ParamKind::instant:
    case ParamKind::text: json.member("type", "string"); break;
    case ParamKind::count:
      json.member("type", "integer").member("minimum", 1).member("maximum", kMostRows);
      json.member("default", kDefaultRows);
      break;
    case ParamKind::id: json.member("type", "integer"); break;
    case ParamKind::flag: json.member("type", "boolean"); break;
    case ParamKind::resolution:
      json.key("enum").begin_array().text("minute").text("hour").text("day").end_array();
      break;
  }
  json.end_object();
}

void write_params(JsonText& json, const Endpoint& endpoint) {
  json.key("parameters").begin_array();
  if (endpoint.path.find("{name}") != std::string_view::npos) {
    json.begin_object().member("name", "name").member("in", "path").member("required", true);
    json.member("description", "Name of the monitor, percent-encoded.");
    write_param_schema(json, ParamKind::text);
    json.end_object();
  }
  for (const Param& param : endpoint.params) {
    json.begin_object().member("name", param.name).member("in", "query");
    json.member("description", param.about);
    write_param_schema(json, param.kind);
    json.end_object();
  }
  json.end_array();
}

void write_content(JsonText& json, std::string_view type, std::string_view schema) {
  json.key("content").begin_object().key(type).begin_object().key("schema").begin_object();
  json.member("$ref", fmt::format("#/components/schemas/{}", schema));
  json.end_object().end_object().end_object();
}

void write_operation(JsonText& json, const Endpoint& endpoint) {
  const bool post = endpoint.method == "POST";
  json.key(post ? "post" : "get").begin_object().member("summary", endpoint.about);
  write_params(json, endpoint);
  json.key("security").begin_array();
  if (!post) json.begin_object().end_object();
  json.begin_object().key("token").begin_array().end_array().end_object().end_array();
  if (!endpoint.body.empty()) {
    json.key("requestBody").begin_object().member("required", endpoint.body == "Selection");
    write_content(json, "application/json", endpoint.body);
    json.end_object();
  }
  json.key("responses").begin_object();
  json.key("200").begin_object().member("description", "As asked for.");
  write_content(json, "application/json", endpoint.schema);
  json.end_object();
  if (endpoint.schema == "Test") {
    json.key("202").begin_object().member("description", "It still runs.");
    write_content(json, "application/json", endpoint.schema);
    json.end_object();
  }
  json.key("default").begin_object().member("description", "What is wrong, in words.");
  write_content(json, "application/problem+json", "Problem");
  json.end_object().end_object().end_object();
}

}  // namespace

std::string openapi_document(const BuildInfo& build) {
  JsonText json;
  json.begin_object().member("openapi", "3.1.0");
  json.key("info").begin_object().member("title", "minitor").member("version", build.version);
  json.member("description",
              "Monitors, checks, incidents and notices. Durations are in seconds, instants in RFC "
              "3339 and UTC.");
  json.end_object().key("paths").begin_object();
  // Methods of one path stand beside each other in the table.
  std::string_view path;
  for (const Endpoint& endpoint : api::endpoints()) {
    if (endpoint.path != path) {
      if (!path.empty()) json.end_object();
      json.key(endpoint.path).begin_object();
      path = endpoint.path;
    }
    write_operation(json, endpoint);
  }
  if (!path.empty()) json.end_object();
  json.end_object().key("components").begin_object().key("securitySchemes").begin_object();
  json.key("token").begin_object().member("type", "http").member("scheme", "bearer");
  json.end_object().end_object().key("schemas").json(kSchemas);
  return json.end_object().end_object().take();
}

HttpResponse api_page(const Site& site) {
  Html html;
  html << "<h1>API</h1><p>Answers are JSON, errors problem details (RFC 9457). Instants are RFC "
          "3339, durations are seconds. <a href=\"/api/v1/openapi.json\">OpenAPI 3.1</a></p>"
          "<p>What changes something needs <code>Authorization: Bearer TOKEN</code>"_html
       << (site.may_write ? "." : "; no token is configured, so that nothing can be changed.")
       << "</p>"_html;
  for (const Endpoint& endpoint : api::endpoints()) {
    html << "<section><h2><code>"_html << endpoint.method << " "_html << endpoint.path
         << "</code></h2><p>"_html << endpoint.about << "</p>"_html;
    if (!endpoint.params.empty()) {
      html << "<dl class=\"params\">"_html;
      for (const Param& param : endpoint.params)
        html << "<dt><code>"_html << param.name << "</code><dd>"_html << param.about;
      html << "</dl>"_html;
    }
    html << "</section>"_html;
  }
  html << "<section><h2>Beside it</h2><dl class=\"params\"><dt><code>/metrics</code><dd>for "
          "Prometheus"
          "<dt><code>/feed.atom</code><dd>incidents as a feed"
          "<dt><code>/badges/{name}/status.svg</code>, <code>uptime.svg</code>, "
          "<code>latency.svg</code><dd>badges"
          "<dt><code>/healthz</code><dd>503 when a check is overdue<dt><code>/readyz</code><dd>200 "
          "once every "
          "monitor has been checked</dl></section>"_html;
  return page(site, "API", html, false);
}

}  // namespace minitor
