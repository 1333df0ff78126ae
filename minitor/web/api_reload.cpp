// The configuration read again, through the API.
#include <fmt/format.h>

#include "minitor/web/api_table.hpp"
#include "minitor/web/json_text.hpp"

namespace minitor::api {
namespace {

constexpr int kWrong = 422;
constexpr int kNotNow = 409;

void write_list(JsonText& json, std::string_view name, const std::vector<std::string>& texts) {
  json.key(name).begin_array();
  for (const std::string& text : texts) json.text(text);
  json.end_array();
}

HttpResponse told(const ReloadReport& report) {
  HttpResponse response;
  JsonText json;
  json.begin_object();
  if (report.good) {
    response.content_type = "application/json";
    json.member("summary", report.words);
    write_list(json, "needs_restart", report.needs_restart);
  } else {
    response.status = report.errors.empty() ? kNotNow : kWrong;
    response.content_type = "application/problem+json";
    json.member("type", "about:blank").member("title", status_words(response.status));
    json.member("status", response.status).member("detail", report.words);
    write_list(json, "errors", report.errors);
  }
  write_list(json, "notes", report.notes);
  response.body = json.end_object().take();
  return response;
}

}  // namespace

Answer reload(const RouteSources&, const Asked&) { return RunReload{told}; }

}  // namespace minitor::api
