#include "checks/tracker-probe-http/swarm_checks.hpp"

#include <fmt/format.h>

#include "checks/tracker-probe-http/reply_fields.hpp"

namespace tracker_probe {

namespace {

Finding warning(std::string code, std::string text) {
  return {std::move(code), State::warning, std::move(text), false};
}

}  // namespace

Finding peer_missing(std::uint16_t port, std::size_t listed, Family family) {
  return critical(
      "roundtrip.peer_missing",
      fmt::format("peer announced on port {} is not in the list given to a second peer (it "
                  "lists {}): {} peers are not returned",
                  port, listed, checks::net::name_of(family)));
}

std::vector<Finding> scrape_findings(const std::optional<ScrapeReply>& file, Depth depth,
                                     bool random_hash, const Boxed<Reply>& announced) {
  const bool alone = depth == Depth::scrape;
  if (!file) {
    if (alone && random_hash)
      return {note("scrape.unknown_hash", "scrape answered: unknown hash, as it should be")};
    return {warning("scrape.missing_hash", "scrape answered but without our info-hash")};
  }
  if (alone || file->seeders + file->leechers > 0) return {};
  if (!announced) return {};
  return {
      warning("scrape.inconsistent",
              fmt::format("announce says {} leechers, scrape says 0 while our peer is announced",
                          announced->leechers.value_or(0)))};
}

std::vector<Finding> removal_findings(const std::optional<ScrapeReply>& file,
                                      std::optional<RoundTrip>& trip) {
  const bool removed = !file || file->seeders + file->leechers == 0;
  if (trip) trip->removed = removed;
  if (removed) return {};
  return {warning("roundtrip.not_removed", "stopped peer still listed after clean-up")};
}

}  // namespace tracker_probe
