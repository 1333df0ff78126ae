// From what happened in an HTTP exchange to what it is called and how it is said. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "checks/tracker-probe-http/http_transfer.hpp"
#include "checks/tracker-probe/result.hpp"

namespace tracker_probe {

/// Why there is no complete HTTP reply: `tcp.*`, `tls.*`, `http.*` or `local.*`. Nothing if there
/// is one. `host` is for words about certificates.
[[nodiscard]] std::optional<Finding> exchange_problem(const HttpOutcome& outcome,
                                                      const ProbeOptions& options,
                                                      std::string_view host, TlsSight::Time now);

/// A tracker's refusal: `tracker.failure` or, with a time to come back, `tracker.retry`. The status
/// is named unless it is 200.
[[nodiscard]] Finding refusal(int status, const std::string& failure,
                              const std::optional<std::string>& retry_in);

/// "HTTP 404 Not Found"; clean.
[[nodiscard]] std::string status_text(const HttpOutcome& outcome);

/// A reply whose status is not 200 and whose body says nothing: `http.status` or
/// `http.status_busy`.
[[nodiscard]] Finding status_problem(const HttpOutcome& outcome);

/// `local.*` or `tcp.*` for an errno of connect(), socket() or bind(); nothing for other numbers.
[[nodiscard]] std::optional<Finding> socket_problem(int os_error, Family family);

/// "4.0 s".
[[nodiscard]] std::string seconds_text(Microseconds time);

}  // namespace tracker_probe
