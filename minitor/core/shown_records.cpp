#include "minitor/core/shown_records.hpp"

namespace minitor {

std::string shown_reason(const std::string& reason, const PageShows& shown) {
  const std::size_t tried = reason.find("; tried: ");
  if (tried == std::string::npos || (shown.command && shown.output)) return reason;
  const std::size_t rest = reason.rfind("; takes down ");
  const bool more = rest != std::string::npos && rest > tried;
  return reason.substr(0, tried) + "; repairs were tried" + (more ? reason.substr(rest) : "");
}

template <typename Row, typename... Text>
std::vector<Row> RedactedReads::without_secrets(std::vector<Row> rows, Text... texts) const {
  if (redactor_.empty()) return rows;
  for (Row& row : rows) ((row.*texts = redactor_.redact(row.*texts)), ...);
  return rows;
}

std::vector<MonitorRow> RedactedReads::monitors() {
  return without_secrets(history_.monitors(), &MonitorRow::last_outcome, &MonitorRow::last_output);
}

std::vector<CheckRow> RedactedReads::checks(const ChecksQuery& query) {
  return without_secrets(history_.checks(query), &CheckRow::outcome, &CheckRow::output,
                         &CheckRow::perfdata);
}

std::vector<IncidentRow> RedactedReads::incidents(const IncidentsQuery& query) {
  return without_secrets(history_.incidents(query), &IncidentRow::cause);
}

std::vector<NoticeRow> RedactedReads::notices(const NoticesQuery& query) {
  return without_secrets(history_.notices(query), &NoticeRow::reason, &NoticeRow::detail);
}

std::vector<RepairRow> RedactedReads::repairs(const PastQuery& query) {
  return without_secrets(history_.repairs(query), &RepairRow::outcome, &RepairRow::output);
}

std::vector<OverlayRow> RedactedReads::overlays(const PastQuery& query) {
  return without_secrets(history_.overlays(query), &OverlayRow::note);
}

}  // namespace minitor
