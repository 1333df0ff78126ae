#include "checks/net/resolver.hpp"

#include <netdb.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>

namespace checks::net {

namespace {

struct Job {
  std::string host;
  Family family = Family::v4;
  Resolver::Callback done;
};

DnsFailure failure_of(int code) {
  switch (code) {
    case 0: return DnsFailure::none;
    case EAI_NONAME: return DnsFailure::no_such_host;
#ifdef EAI_NODATA
    case EAI_NODATA: return DnsFailure::no_data;
#endif
#ifdef EAI_ADDRFAMILY
    case EAI_ADDRFAMILY: return DnsFailure::no_data;
#endif
    case EAI_MEMORY:
    case EAI_SYSTEM: return DnsFailure::local;
    default: return DnsFailure::temporary;
  }
}

DnsAnswer look_up(const Job& job) {
  const auto start = std::chrono::steady_clock::now();
  addrinfo hints{};
  hints.ai_family = job.family == Family::v4 ? AF_INET : AF_INET6;
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* list = nullptr;
  const int code = ::getaddrinfo(job.host.c_str(), nullptr, &hints, &list);
  DnsAnswer answer;
  answer.failure = failure_of(code);
  if (code != 0) answer.detail = ::gai_strerror(code);
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    sockaddr_storage storage{};
    if (entry->ai_addrlen > sizeof storage) continue;
    std::copy_n(reinterpret_cast<const char*>(entry->ai_addr), entry->ai_addrlen,
                reinterpret_cast<char*>(&storage));
    const auto endpoint = from_sockaddr(storage);
    if (!endpoint || endpoint->address.family != job.family) continue;
    auto& known = answer.addresses;
    if (std::find(known.begin(), known.end(), endpoint->address) == known.end()) {
      known.push_back(endpoint->address);
    }
  }
  if (list != nullptr) ::freeaddrinfo(list);
  if (code == 0 && answer.addresses.empty()) answer.failure = DnsFailure::no_data;
  answer.took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - start);
  return answer;
}

}  // namespace

struct Resolver::Pool {
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<Job> jobs;
  Post post;
  std::size_t limit = 1;
  std::size_t threads = 0;
  std::size_t idle = 0;
  bool closed = false;

  /// With the mutex held: hands the answer to the loop, unless there is no loop any more.
  void hand_over(Callback done, DnsAnswer answer) {
    if (closed) return;
    post([done = std::move(done), answer = std::move(answer)]() mutable {
      done(std::move(answer));
    });
  }

  static void work(const std::shared_ptr<Pool>& pool) {
    std::unique_lock lock(pool->mutex);
    while (true) {
      ++pool->idle;
      pool->wake.wait(lock, [&] { return pool->closed || !pool->jobs.empty(); });
      --pool->idle;
      if (pool->closed) return;
      Job job = std::move(pool->jobs.front());
      pool->jobs.pop_front();
      lock.unlock();
      DnsAnswer answer = look_up(job);
      lock.lock();
      pool->hand_over(std::move(job.done), std::move(answer));
    }
  }
};

Resolver::Resolver(Post post, std::size_t threads) : pool_(std::make_shared<Pool>()) {
  pool_->post = std::move(post);
  pool_->limit = std::max<std::size_t>(threads, 1);
}

Resolver::~Resolver() {
  const std::lock_guard lock(pool_->mutex);
  pool_->closed = true;
  pool_->jobs.clear();
  pool_->wake.notify_all();
}

void Resolver::resolve(const std::string& host, Family family, Callback done) {
  const std::lock_guard lock(pool_->mutex);
  if (const auto literal = parse_ip(host)) {
    DnsAnswer answer;
    if (literal->family == family) {
      answer.addresses.push_back(*literal);
    } else {
      answer.failure = DnsFailure::no_data;
    }
    pool_->hand_over(std::move(done), std::move(answer));
    return;
  }
  pool_->jobs.push_back({host, family, std::move(done)});
  if (pool_->idle < pool_->jobs.size() && pool_->threads < pool_->limit) {
    try {
      std::thread([pool = pool_] { Pool::work(pool); }).detach();
      ++pool_->threads;
    } catch (const std::system_error&) {
      if (pool_->threads == 0) {
        DnsAnswer answer;
        answer.failure = DnsFailure::local;
        answer.detail = "cannot start a thread";
        pool_->hand_over(std::move(pool_->jobs.back().done), std::move(answer));
        pool_->jobs.pop_back();
      }
    }
  }
  pool_->wake.notify_one();
}

}  // namespace checks::net
