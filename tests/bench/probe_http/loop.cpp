// What HTTP probes are measured against: a bare loop over libcurl's multi interface that gets the same
// replies from the same tracker, over a new connection for each target, with as many under way.
//   probe_http_loop URL TARGETS REQUESTS-EACH UNDER-WAY [CA-FILE]
// Prints how many targets were done and how many requests a second that was.
#include <curl/curl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

std::size_t keep(char* data, std::size_t size, std::size_t count, void* body) {
  static_cast<std::string*>(body)->append(data, size * count);
  return size * count;
}

/// As long as what the probe asks, because libcurl takes its time for every byte of a URL.
constexpr std::string_view request =
    "/announce?info_hash=u%D8%A5v%F3%BC%F9%0B%9D%5E%ED%18%9B%9E%04%BF%60%60%13%84"
    "&peer_id=-TP0010-ZWVHcSwWDgvC&port=59010&uploaded=0&downloaded=0&left=1&compact=1"
    "&no_peer_id=1&numwant=1&key=C9BC2660&event=stopped";

struct Job {
  CURL* easy = nullptr;
  std::string url;
  std::string body;
  unsigned left = 0;
};

class Loop {
 public:
  explicit Loop(char** words)
      : url_(words[1]),
        targets_(std::strtoul(words[2], nullptr, 10)),
        requests_(static_cast<unsigned>(std::strtoul(words[3], nullptr, 10))),
        ca_file_(words[5]),
        jobs_(std::strtoul(words[4], nullptr, 10)),
        multi_(curl_multi_init()) {
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(jobs_.size()) + 16);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Loop::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Loop::on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  }
  ~Loop() {
    curl_multi_cleanup(multi_);
    close(set_);
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void run() {
    for (auto& job : jobs_) start(job);
    std::array<epoll_event, 256> events{};
    while (under_way_ > 0) {
      const int count = epoll_wait(set_, events.data(), events.size(), wait_);
      int running = 0;
      if (count <= 0) {
        wait_ = 1000;
        curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
      }
      for (int i = 0; i < count; ++i) {
        const auto ready = events.at(static_cast<std::size_t>(i));
        const int in = (ready.events & (EPOLLIN | EPOLLHUP)) != 0 ? CURL_CSELECT_IN : 0;
        const int out = (ready.events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0;
        const int bad = (ready.events & EPOLLERR) != 0 ? CURL_CSELECT_ERR : 0;
        curl_multi_socket_action(multi_, ready.data.fd, in | out | bad, &running);
      }
      collect();
    }
  }
  [[nodiscard]] std::size_t done() const { return done_; }

 private:
  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void* known) {
    auto& loop = *static_cast<Loop*>(self);
    if (what == CURL_POLL_REMOVE) {
      epoll_ctl(loop.set_, EPOLL_CTL_DEL, socket, nullptr);
      return 0;
    }
    epoll_event event{};
    if ((what & CURL_POLL_IN) != 0) event.events |= EPOLLIN;
    if ((what & CURL_POLL_OUT) != 0) event.events |= EPOLLOUT;
    event.data.fd = socket;
    if (known == nullptr) curl_multi_assign(loop.multi_, socket, self);
    epoll_ctl(loop.set_, known == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event);
    return 0;
  }
  static int on_timer(CURLM*, long milliseconds, void* self) {
    static_cast<Loop*>(self)->wait_ = milliseconds < 0 ? 1000 : static_cast<int>(milliseconds);
    return 0;
  }

  void start(Job& job) {
    if (started_ == targets_) return;
    job.easy = curl_easy_init();
    job.left = requests_;
    job.url = url_ + "/" + std::to_string(started_++) + std::string(request);
    curl_easy_setopt(job.easy, CURLOPT_URL, job.url.c_str());
    curl_easy_setopt(job.easy, CURLOPT_PRIVATE, &job);
    curl_easy_setopt(job.easy, CURLOPT_WRITEFUNCTION, &keep);
    curl_easy_setopt(job.easy, CURLOPT_WRITEDATA, &job.body);
    curl_easy_setopt(job.easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(job.easy, CURLOPT_USERAGENT, "tracker-probe/0.1.0");
    curl_easy_setopt(job.easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
    curl_easy_setopt(job.easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(job.easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(job.easy, CURLOPT_FORBID_REUSE, requests_ == 1 ? 1L : 0L);
    curl_easy_setopt(job.easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    curl_easy_setopt(job.easy, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    if (ca_file_ != nullptr) curl_easy_setopt(job.easy, CURLOPT_CAINFO, ca_file_);
    curl_multi_add_handle(multi_, job.easy);
    ++under_way_;
  }

  void collect() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      Job* job = nullptr;
      const bool good = message->data.result == CURLE_OK;
      CURL* easy = message->easy_handle;
      curl_easy_getinfo(easy, CURLINFO_PRIVATE, &job);
      curl_multi_remove_handle(multi_, easy);
      if (good && job->body.starts_with("d8:complete") && --job->left > 0) {
        again(*job);
        continue;
      }
      if (good && job->left == 0) ++done_;
      job->body.clear();
      curl_easy_cleanup(easy);
      --under_way_;
      start(*job);
    }
  }

  /// The stop that follows an announce, on the same connection.
  void again(Job& job) {
    job.body.clear();
    curl_easy_setopt(job.easy, CURLOPT_FRESH_CONNECT, 0L);
    curl_easy_setopt(job.easy, CURLOPT_FORBID_REUSE, 1L);
    curl_multi_add_handle(multi_, job.easy);
  }

  std::string url_;
  std::size_t targets_;
  unsigned requests_;
  const char* ca_file_;
  std::vector<Job> jobs_;
  CURLM* multi_;
  int set_ = epoll_create1(EPOLL_CLOEXEC);
  int wait_ = 0;  // milliseconds, as libcurl last asked
  std::size_t started_ = 0;
  std::size_t under_way_ = 0;
  std::size_t done_ = 0;
};

}  // namespace

int main(int count, char** words) {
  if (count < 5) return 2;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const auto begin = std::chrono::steady_clock::now();
  Loop loop(words);  // words[count] is null
  loop.run();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const auto requests = static_cast<double>(loop.done() * std::strtoul(words[3], nullptr, 10));
  std::printf("%zu %.0f\n", loop.done(), requests / took.count());
}
