// What HTTP probes are measured against: a bare loop over libcurl's multi interface that gets the same
// replies from the same tracker, over a new connection for each target, with as many under way.
//   probe_http_loop URL TARGETS REQUESTS-EACH UNDER-WAY [CA-FILE]
// Prints how many targets were done and how many requests a second that was.
#include <curl/curl.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

std::size_t keep(char* data, std::size_t size, std::size_t count, void* body) {
  static_cast<std::string*>(body)->append(data, size * count);
  return size * count;
}

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
  }
  ~Loop() { curl_multi_cleanup(multi_); }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void run() {
    for (auto& job : jobs_) start(job);
    int running = 1;
    while (running > 0 || under_way_ > 0) {
      curl_multi_perform(multi_, &running);
      collect();
      if (under_way_ > 0) curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
    }
  }
  [[nodiscard]] std::size_t done() const { return done_; }

 private:
  void start(Job& job) {
    if (started_ == targets_) return;
    job.easy = curl_easy_init();
    job.left = requests_;
    job.url =
        url_ + "/" + std::to_string(started_++) + "/announce?info_hash=aaaaaaaaaaaaaaaaaaaa&left=1";
    curl_easy_setopt(job.easy, CURLOPT_URL, job.url.c_str());
    curl_easy_setopt(job.easy, CURLOPT_PRIVATE, &job);
    curl_easy_setopt(job.easy, CURLOPT_WRITEFUNCTION, &keep);
    curl_easy_setopt(job.easy, CURLOPT_WRITEDATA, &job.body);
    curl_easy_setopt(job.easy, CURLOPT_NOSIGNAL, 1L);
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
