// Host names outside ASCII, into the form that DNS, TLS and HTTP know (IDNA 2008, UTS 46).
#pragma once

#include <string>
#include <string_view>

namespace checks::net {

struct AsciiHost {
  std::string host;   // "xn--…"; empty when there is an error
  std::string error;  // in words, clean for a terminal
};

/// A text in ASCII comes back in lower case and unchecked. Anything else goes through libidn2, which
/// is opened at the first such name, so that nobody else pays for it at start-up; without it, or for
/// a name that IDNA forbids, there is an error.
[[nodiscard]] AsciiHost to_ascii_host(std::string_view utf8);

}  // namespace checks::net
