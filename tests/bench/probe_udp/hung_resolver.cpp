// Preloaded: a resolver that never answers and cannot be interrupted.
#include <netdb.h>
#include <unistd.h>

extern "C" int getaddrinfo(const char*, const char*, const addrinfo*, addrinfo**) {
  while (true) ::sleep(1000);
}
