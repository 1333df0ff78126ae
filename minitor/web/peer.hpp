// Who stands at the other end of a connection.
#pragma once

#include <string>

namespace minitor {

// The IP address in text; empty for a socket that is none of IP, or whose other end has gone.
[[nodiscard]] std::string peer_of(int socket);

}  // namespace minitor
