// Where the page is served, who may see it, and what it may show: as it is configured.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace minitor {

inline constexpr std::uint16_t kDefaultWebPort = 8080;
inline constexpr std::string_view kDefaultWebAddress = "127.0.0.1";
// A token that is shorter, in bytes, can be guessed.
inline constexpr std::size_t kShortestToken = 16;

struct WebSettings {
  std::string address{kDefaultWebAddress};  // an IP address; empty: every one of this machine
  std::uint16_t port = kDefaultWebPort;     // 0: any free one
  std::string token;         // needed for all that changes something; empty: none can
  bool open_to_read = true;  // false: reading needs the token, too
  // Where others reach the page, as public_url() gives it; empty: unknown. What leaves the page (the
  // feed, links in messages) names it.
  std::string public_url = {};
  friend bool operator==(const WebSettings&, const WebSettings&) = default;
};

// What the page may show of one monitor beyond its name and its times. Off until asked for, because
// commands and their output often hold what a visitor is not to know.
struct PageShows {
  bool output = false;   // what checks and alert commands wrote, and how they ended in words
  bool command = false;  // the command line
  friend bool operator==(const PageShows&, const PageShows&) = default;
};

struct ListenText {
  std::string address;
  std::uint16_t port = kDefaultWebPort;
};
// "127.0.0.1:8080", "[::1]:8080", ":8080" and "*:8080" (every address), "127.0.0.1", "8080". Whether the
// address is one is for the operating system to say. None: the port is no number up to 65535.
[[nodiscard]] std::optional<ListenText> parse_listen(std::string_view text);

// "https://status.example.org" from "https://status.example.org/": scheme, host and port, to which a path
// can be added. None: it is no such address; one with a path is none, because the page's own links begin
// at the root.
[[nodiscard]] std::optional<std::string> parse_public_url(std::string_view text);

}  // namespace minitor
