// The keys of web: where the page is served, and for whom.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "minitor/config/key_table.hpp"
#include "minitor/config/values.hpp"

namespace minitor::config {
namespace {

void read_listen(Reading& reading, const Cursor& value, WebDraft& draft) {
  const auto text = read_text(reading, value);
  if (!text) return;
  auto listen = parse_listen(*text);
  if (!listen) {
    reading.findings.error(
        value.place(), fmt::format("{} is no address and port; write 127.0.0.1:8080, [::1]:8080 "
                                   "or *:8080 for every address",
                                   reading.findings.quoted(*text)));
    return;
  }
  draft.settings.address = std::move(listen->address);
  draft.settings.port = listen->port;
}

void read_token(Reading& reading, const Cursor& value, WebDraft& draft) {
  if (auto token = read_secret_token(reading, value)) draft.settings.token = std::move(*token);
}

void read_public_url(Reading& reading, const Cursor& value, WebDraft& draft) {
  const auto text = read_text(reading, value);
  if (!text) return;
  auto url = parse_public_url(*text);
  if (url) {
    draft.settings.public_url = std::move(*url);
    return;
  }
  reading.findings.error(
      value.place(), fmt::format("{} is no address of a page; write https://status.example.org, "
                                 "without a path",
                                 reading.findings.quoted(*text)));
}

void read_public(Reading& reading, const Cursor& value, WebDraft& draft) {
  draft.public_place = value.place();
  draft.settings.open_to_read = read_yes_no(reading, value).value_or(true);
}

constexpr std::array kWebKeys{
    Key<WebDraft>{{"listen", ValueKind::text,
                   "Where the page is served. *:8080 is every address of this machine.",
                   "127.0.0.1:8080", "\"[::1]:8080\""},
                  read_listen},
    Key<WebDraft>{
        {"token", ValueKind::text,
         "The secret that allows to change something, at least 16 characters. Without one "
         "nothing can be changed through the page or the API.",
         "none", "\"${file:/run/secrets/page-token}\""},
        read_token},
    Key<WebDraft>{
        {"public", ValueKind::yes_no,
         "Whether reading needs no token. With false, a browser asks for it as a password.", "true",
         "true"},
        read_public},
    Key<WebDraft>{{"public_url", ValueKind::text,
                   "Where others reach the page, for links that leave it: scheme, host and port.",
                   "what the request says", "https://status.example.org"},
                  read_public_url},
};

}  // namespace

std::span<const Key<WebDraft>> web_keys() { return kWebKeys; }

}  // namespace minitor::config
