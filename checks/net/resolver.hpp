// Names to addresses: A and AAAA asked for separately, on a bounded pool of threads, so that a slow
// or broken resolver never holds the event loop. Answers are handed over through `post`.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "checks/net/address.hpp"

namespace checks::net {

enum class DnsFailure {
  none,
  no_such_host,  // NXDOMAIN
  no_data,       // the name exists, without an address of this family
  temporary,     // resolver failed, refused or timed out (EAI_AGAIN)
  local,         // this host is out of memory or descriptors
};

/// The answer for one family of one name.
struct DnsAnswer {
  DnsFailure failure = DnsFailure::none;
  std::vector<IpAddress> addresses;  // in the resolver's order, without repetitions
  std::string detail;                // the resolver's own words when it failed
  std::chrono::microseconds took{0};
};

class Resolver {
 public:
  using Callback = std::function<void(DnsAnswer)>;
  /// Runs a function on the event loop's thread; must be callable from any thread.
  using Post = std::function<void(std::function<void()>)>;

  /// Threads are started when first needed, `threads` at most. They are never joined: a lookup
  /// that hangs must not hold the program's end.
  Resolver(Post post, std::size_t threads);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// Literals are answered without a thread. `done` is called once, on the loop, unless the
  /// resolver is destroyed first; deadlines are the caller's.
  void resolve(const std::string& host, Family family, Callback done);

 private:
  struct Pool;
  std::shared_ptr<Pool> pool_;
};

}  // namespace checks::net
