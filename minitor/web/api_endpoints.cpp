// The table of the endpoints.
#include <array>

#include "minitor/web/api_table.hpp"

namespace minitor::api {
namespace {

Answer document(const RouteSources& sources, const Asked&) {
  return json_response(openapi_document(sources.build));
}

constexpr Param kFrom{"from", ParamKind::instant,
                      "Start: RFC 3339, a date, or seconds since 1970. Included."};
constexpr Param kTo{"to", ParamKind::instant, "End, likewise. Not included. Default: now."};
constexpr Param kLimit{"limit", ParamKind::count,
                       "At most so many rows: 1 to 1000, 100 by default."};
constexpr Param kMonitor{"monitor", ParamKind::text, "Of this monitor only."};

constexpr Param kBefore{"before", ParamKind::id,
                        "Only what stands behind this row: the next page."};

constexpr std::array kCheckParams{
    kFrom, kTo, kLimit, kBefore,
    Param{"bad", ParamKind::flag, "Only those that were neither ok nor a warning."}};
constexpr std::array kIncidentParams{
    kFrom,    kTo,     kLimit,
    kMonitor, kBefore, Param{"open", ParamKind::flag, "Only those that have not ended."}};
constexpr std::array kNoticeParams{
    kFrom,    kTo,     kLimit,
    kMonitor, kBefore, Param{"incident", ParamKind::text, "Of this incident only, by its id."}};
constexpr std::array kPastParams{kFrom, kTo, kLimit, kMonitor, kBefore};
constexpr std::array kRange{kFrom, kTo};
constexpr std::array kLatencyParams{
    kFrom, kTo,
    Param{"resolution", ParamKind::resolution, "minute, hour or day; by default what fits."}};

constexpr std::array kEndpoints{
    Endpoint{
        "GET", "/api/v1/monitors", "All monitors as they are now.", {}, "Monitors", all_monitors},
    Endpoint{
        "GET", "/api/v1/monitors/{name}", "One monitor as it is now.", {}, "Monitor", one_monitor},
    Endpoint{"GET", "/api/v1/monitors/{name}/checks", "Its checks, newest first.", kCheckParams,
             "Checks", checks},
    Endpoint{"GET", "/api/v1/monitors/{name}/uptime",
             "Its uptime and its outages, by default of 90 days.", kRange, "UptimeReport",
             uptime_of},
    Endpoint{"GET", "/api/v1/monitors/{name}/latency",
             "How long its checks took, by default of 24 hours.", kLatencyParams, "Latency",
             latency},
    Endpoint{"GET",
             "/api/v1/monitors/{name}/why",
             "Why somebody was told of it, or was not, and what would happen next.",
             {},
             "Why",
             why_of},
    Endpoint{
        "POST",
        "/api/v1/monitors/{name}/test",
        "Run its check now, beside the schedule. It changes no status; its outcome is recorded "
        "as manual. 202 when it takes too long to wait for.",
        {},
        "Test",
        test_now},
    Endpoint{"POST",
             "/api/v1/monitors/{name}/pause",
             "No checks of it for a while: the time counts neither as up nor as down.",
             {},
             "Changed",
             pause_monitor,
             "Overlay"},
    Endpoint{"POST",
             "/api/v1/monitors/{name}/resume",
             "End its pause.",
             {},
             "Changed",
             resume_monitor,
             "Author"},
    Endpoint{"POST",
             "/api/v1/monitors/{name}/silence",
             "Hold its notices back for a while; what is still down at the end is told then.",
             {},
             "Changed",
             silence_monitor,
             "Overlay"},
    Endpoint{"POST",
             "/api/v1/monitors/{name}/unsilence",
             "End its silence.",
             {},
             "Changed",
             unsilence_monitor,
             "Author"},
    Endpoint{"POST",
             "/api/v1/monitors/{name}/acknowledge",
             "Of one that is down: nobody is reminded until it is up. 409 when it is not down.",
             {},
             "Changed",
             acknowledge_monitor,
             "Overlay"},
    Endpoint{"POST",
             "/api/v1/monitors/{name}/unacknowledge",
             "Take that back.",
             {},
             "Changed",
             unacknowledge_monitor,
             "Author"},
    Endpoint{"GET",
             "/api/v1/overlays",
             "What is paused, silenced and acknowledged now.",
             {},
             "Overlays",
             present_overlays},
    Endpoint{"POST",
             "/api/v1/overlays",
             "Pause, silence or acknowledge several: by name, by group, with patterns, or all.",
             {},
             "Changed",
             set_overlays,
             "Selection"},
    Endpoint{"POST",
             "/api/v1/overlays/end",
             "End what was laid over several, likewise.",
             {},
             "Changed",
             end_overlays,
             "Selection"},
    Endpoint{"GET", "/api/v1/overlays/past",
             "Pauses, silences and acknowledgements that were laid, newest first.", kPastParams,
             "PastOverlays", past_overlays},
    Endpoint{"GET", "/api/v1/incidents", "Incidents, newest first.", kIncidentParams, "Incidents",
             incidents},
    Endpoint{"GET", "/api/v1/notices", "Notices and what became of them, newest first.",
             kNoticeParams, "Notices", notices},
    Endpoint{"GET", "/api/v1/repairs", "Repairs that ran or were passed over, newest first.",
             kPastParams, "Repairs", repairs},
    Endpoint{"GET", "/api/v1/held", "Notices that were held back and why, newest first.",
             kPastParams, "HeldNotices", held},
    Endpoint{"POST",
             "/api/v1/reload",
             "Read the configuration again. 422 when something is wrong in it: then nothing is "
             "changed.",
             {},
             "Reload",
             reload},
    Endpoint{"GET", "/api/v1/openapi.json", "This description.", {}, "Document", document},
};

}  // namespace

std::span<const Endpoint> endpoints() { return kEndpoints; }

}  // namespace minitor::api
