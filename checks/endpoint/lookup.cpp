#include "checks/endpoint/lookup.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "checks/net/resolver.hpp"

namespace checks::endpoint {

namespace {

// What threads hand over, and who waits for it. Shared, because either side may go first.
template <typename Item>
class Mailbox {
 public:
  void put(Item item) {
    const std::lock_guard lock(mutex_);
    items_.push_back(std::move(item));
    arrived_.notify_one();
  }
  // Nothing at the deadline.
  std::optional<Item> take(Clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_until(lock, deadline, [this] { return !items_.empty(); }))
      return std::nullopt;
    Item item = std::move(items_.front());
    items_.pop_front();
    return item;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Item> items_;
};

AddressResult row_for(const net::IpAddress& address, std::uint16_t port, Microseconds dns) {
  AddressResult row;
  row.endpoint = {address, port};
  row.state = State::skipped;  // until it was asked
  row.times.dns = dns;
  return row;
}

State state_of(net::DnsFailure failure) {
  const bool certain =
      failure == net::DnsFailure::no_such_host || failure == net::DnsFailure::no_data;
  return certain ? State::critical : State::unknown;
}

std::string words_of(const net::DnsAnswer& answer, const std::string& host) {
  if (answer.failure == net::DnsFailure::no_such_host) return fmt::format("no such host: {}", host);
  if (answer.failure == net::DnsFailure::no_data) return fmt::format("{} has no address", host);
  return fmt::format("DNS: {}", answer.detail);
}

// The worst of all answers decides when there is no address at all; a family that broke beside one
// that works is a row of its own.
void settle(Target& target, const LookupAsk& ask,
            const std::vector<std::pair<net::Family, net::DnsAnswer>>& failures) {
  for (const auto& [family, answer] : failures) {
    const State state = state_of(answer.failure);
    const std::string words = words_of(answer, ask.host);
    if (target.addresses.empty()) {
      if (target.failed && *target.failed >= state) continue;
      target.failed = state;
      target.words = words;
    } else if (state == State::unknown) {
      AddressResult row;
      row.endpoint.address.family = family;
      row.endpoint.port = ask.port;
      row.state = state;
      row.words = words;
      target.addresses.push_back(std::move(row));
    }
  }
}

// Whether this machine has a way to that address: nothing is sent.
int route_error(const net::Endpoint& endpoint) {
  const auto address = net::to_sockaddr(endpoint);
  const int descriptor = ::socket(address.get()->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return errno;
  const int error =
      ::connect(descriptor, address.get(), address.length) == 0 ? 0 : std::exchange(errno, 0);
  ::close(descriptor);
  return error;
}

bool has_no_route(AddressResult& row) {
  const int error = route_error(row.endpoint);
  if (error != ENETUNREACH && error != EADDRNOTAVAIL && error != EAFNOSUPPORT) return false;
  const bool v6 = row.endpoint.address.family == net::Family::v6;
  row.state = v6 ? State::skipped : State::unknown;
  row.words =
      fmt::format("this machine has no way to {}", net::name_of(row.endpoint.address.family));
  return true;
}

}  // namespace

Target look_up(const LookupAsk& ask, Clock::time_point deadline) {
  Target target;
  if (ask.given) {
    target.addresses.push_back(row_for(*ask.given, ask.port, Microseconds{0}));
    return target;
  }
  using Answer = std::pair<net::Family, net::DnsAnswer>;
  auto answers = std::make_shared<Mailbox<Answer>>();
  net::Resolver resolver([](const std::function<void()>& act) { act(); }, ask.families.size());
  for (const net::Family family : ask.families) {
    resolver.resolve(ask.host, family, [answers, family](net::DnsAnswer answer) {
      answers->put({family, std::move(answer)});
    });
  }
  std::vector<Answer> failures;
  for (std::size_t i = 0; i < ask.families.size(); ++i) {
    auto answer = answers->take(deadline);
    if (!answer) {
      net::DnsAnswer late;
      late.failure = net::DnsFailure::temporary;
      late.detail = fmt::format("no answer for {} in time", ask.host);
      failures.emplace_back(ask.families[i], std::move(late));
      break;
    }
    for (const net::IpAddress& address : answer->second.addresses) {
      if (target.addresses.size() < kMostAddresses)
        target.addresses.push_back(row_for(address, ask.port, answer->second.took));
    }
    if (answer->second.failure != net::DnsFailure::none) failures.push_back(std::move(*answer));
  }
  settle(target, ask, failures);
  // Answers come in any order; a report, and its performance data, reads the same each time.
  std::ranges::stable_sort(target.addresses, {}, [](const AddressResult& row) {
    return row.endpoint.address.family == net::Family::v6;
  });
  return target;
}

void ask_all(Target& target, const AskAddress& ask, Clock::time_point deadline) {
  using Done = std::pair<std::size_t, AddressResult>;
  auto done = std::make_shared<Mailbox<Done>>();
  std::vector<bool> open(target.addresses.size());
  std::size_t left = 0;
  for (std::size_t i = 0; i < target.addresses.size(); ++i) {
    AddressResult& row = target.addresses[i];
    if (row.state != State::skipped || has_no_route(row)) continue;
    try {
      std::thread([done, ask, deadline, i, row]() mutable {
        ask(row, deadline);
        done->put({i, std::move(row)});
      }).detach();
      open[i] = true;
      ++left;
    } catch (const std::system_error&) {
      row.state = State::unknown;
      row.words = "this machine has no thread to spare";
    }
  }
  // A little longer than those who ask, so that they can say themselves what did not come.
  const auto patience = deadline + std::chrono::milliseconds{250};
  while (left > 0) {
    auto answer = done->take(patience);
    if (!answer) break;
    target.addresses[answer->first] = std::move(answer->second);
    open[answer->first] = false;
    --left;
  }
  for (std::size_t i = 0; i < open.size(); ++i) {
    if (!open[i]) continue;
    target.addresses[i].state = State::critical;
    target.addresses[i].words = "no end in time";
  }
}

}  // namespace checks::endpoint
