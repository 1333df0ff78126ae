#include "checks/http-probe/command_line.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <fstream>
#include <iterator>
#include <memory>

#include "checks/net/threshold.hpp"

namespace checks::http_probe {

namespace {

using endpoint::Farewell;

constexpr std::string_view kProgram = "http-probe";
constexpr std::size_t kMostFile = 16 * 1024 * 1024;

struct Raw {
  endpoint::RawCommon common;
  std::string url;
  std::string method;
  std::string data;
  std::string header_file;
  std::string status = "200-299";
  std::string max_body;
  int redirects = kDefaultRedirects;
  bool whole = false;
  std::vector<std::string> headers;
  std::vector<std::string> contains;
  std::vector<std::string> lacks;
  std::vector<std::string> matches;
  std::vector<std::string> json;
  std::vector<std::string> expect_headers;
};

void add_options(CLI::App& app, Raw& raw) {
  app.add_option("url", raw.url, "http:// or https:// address");
  app.add_option("-s,--status", raw.status, "Statuses that are well: 200-299 (default), 200,401");
  app.add_option("--redirects", raw.redirects, "Follow so many (default 5); 0: none");
  app.add_option("--contains", raw.contains, "The body must hold this text")
      ->allow_extra_args(false);
  app.add_option("--lacks", raw.lacks, "The body must not hold this text")->allow_extra_args(false);
  app.add_option("--matches", raw.matches, "A line of the body must match this regular expression")
      ->allow_extra_args(false);
  app.add_option("--body-json", raw.json, "/POINTER=VALUE or /POINTER: what the JSON must hold")
      ->allow_extra_args(false);
  app.add_option("--expect-header", raw.expect_headers,
                 "NAME or NAME:TEXT that the reply must have")
      ->allow_extra_args(false);
  app.add_option("-X,--method", raw.method, "GET (default), HEAD, POST …");
  app.add_option("-d,--data", raw.data, "Body of the request, or @FILE; makes it a POST");
  app.add_option("-H,--header", raw.headers, "\"Name: value\" to be sent")->allow_extra_args(false);
  app.add_option("--header-file", raw.header_file, "Headers to be sent, one a line: for secrets");
  app.add_option("--max-body", raw.max_body, "Read so many bytes at most (default 1048576)");
  app.add_flag("--whole", raw.whole, "Read the body to its end, though nothing is asked of it");
  endpoint::add_common(app, raw.common);
  app.footer(
      "Every address of the name is asked. Metrics for -w and -c: total dns connect tls\n"
      "first_byte cert_days bytes redirects. Exit code: 0 ok, 1 warning, 2 critical, 3 unknown.");
}

std::optional<std::string> contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::string text(kMostFile, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return std::nullopt;
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

// A header of ours; nothing that would end it early and begin another.
bool is_header(std::string_view line) {
  const auto colon = line.find(':');
  return colon != std::string_view::npos && is_token(line.substr(0, colon)) &&
         line.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

class Reader {
 public:
  explicit Reader(const Raw& raw) : raw_(raw) {}

  std::variant<CommandLine, Farewell> read() {
    if (auto wrong = endpoint::read_common(raw_.common, line_.common)) problem_ = *wrong;
    read_url();
    read_request();
    read_expectations();
    if (!problem_.empty()) return endpoint::mistake(kProgram, problem_);
    return std::move(line_);
  }

 private:
  void problem(std::string words) {
    if (problem_.empty()) problem_ = std::move(words);
  }

  static std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
    char* text = nullptr;
    if (curl_url_get(url, which, &text, flags) != CURLUE_OK) return {};
    std::string result = text;
    curl_free(text);
    return result;
  }

  void read_url() {
    if (raw_.url.empty()) return problem("which address? Give http://HOST/PATH or https://…");
    const std::unique_ptr<CURLU, void (*)(CURLU*)> url(curl_url(), curl_url_cleanup);
    const bool web = raw_.url.starts_with("http://") || raw_.url.starts_with("https://");
    if (!web || curl_url_set(url.get(), CURLUPART_URL, raw_.url.c_str(), 0) != CURLUE_OK)
      return problem(
          fmt::format("'{}' is no address; write http://HOST/PATH or https://…", raw_.url));
    line_.request.url = part(url.get(), CURLUPART_URL);
    std::string host = part(url.get(), CURLUPART_HOST);
    if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
    line_.request.host = host;
    const std::string port = part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
    std::from_chars(port.data(), port.data() + port.size(), line_.port);
    curl_url_set(url.get(), CURLUPART_USER, nullptr, 0);
    curl_url_set(url.get(), CURLUPART_PASSWORD, nullptr, 0);
    line_.shown = part(url.get(), CURLUPART_URL);
  }

  void read_request() {
    HttpRequest& request = line_.request;
    request.tls = line_.common.tls;
    request.user_agent = fmt::format("minitor-http-probe/{}", MINITOR_VERSION);
    if (!raw_.method.empty() && !is_token(raw_.method))
      problem(fmt::format("--method: '{}' is none", raw_.method));
    request.method = raw_.method;
    if (!raw_.data.empty()) {
      request.data = raw_.data.front() == '@' ? contents(raw_.data.substr(1)) : raw_.data;
      if (!request.data) problem(fmt::format("--data: '{}' cannot be read", raw_.data.substr(1)));
    }
    request.headers = raw_.headers;
    if (!raw_.header_file.empty()) read_header_file();
    for (const std::string& header : request.headers)
      if (!is_header(header)) problem("--header: write \"Name: value\", on one line");
    if (raw_.redirects < 0 || raw_.redirects > kMostRedirects)
      problem(fmt::format("--redirects: 0 to {}", kMostRedirects));
    request.redirects = raw_.redirects;
    request.whole = raw_.whole;
    if (!raw_.max_body.empty()) {
      const char* end = raw_.max_body.data() + raw_.max_body.size();
      const auto parsed = std::from_chars(raw_.max_body.data(), end, request.max_body);
      if (parsed.ec != std::errc{} || parsed.ptr != end || request.max_body < 1 ||
          request.max_body > kMostBody)
        problem(fmt::format("--max-body: bytes, 1 to {}", kMostBody));
    }
  }

  void read_header_file() {
    const auto text = contents(raw_.header_file);
    if (!text) return problem(fmt::format("--header-file: '{}' cannot be read", raw_.header_file));
    std::size_t at = 0;
    while (at < text->size()) {
      const auto end = std::min(text->find('\n', at), text->size());
      std::string header = text->substr(at, end - at);
      if (!header.empty() && header.back() == '\r') header.pop_back();
      if (!header.empty()) line_.request.headers.push_back(std::move(header));
      at = end + 1;
    }
  }

  void read_expectations() {
    HttpRequest& request = line_.request;
    if (auto statuses = endpoint::parse_statuses(raw_.status))
      request.statuses = std::move(*statuses);
    else
      problem(fmt::format("--status: '{}' is none; write 200, 200-299 or 200,401", raw_.status));
    request.expect.contains = raw_.contains;
    request.expect.lacks = raw_.lacks;
    for (const std::string& text : raw_.matches) {
      std::string why;
      auto pattern = endpoint::Pattern::compile(text, why);
      if (!pattern) return problem(fmt::format("--matches: '{}': {}", text, why));
      request.expect.matches.push_back(std::move(*pattern));
    }
    for (const std::string& text : raw_.json) {
      auto one = endpoint::parse_json_expectation(text);
      if (!one)
        return problem(fmt::format("--body-json: '{}' is none; write /status=ok or /a/0", text));
      request.expect.json.push_back(std::move(*one));
    }
    for (const std::string& text : raw_.expect_headers) {
      const auto colon = text.find(':');
      HeaderExpectation header{text.substr(0, colon), {}};
      if (colon != std::string::npos) header.contains = text.substr(colon + 1);
      if (!is_token(header.name))
        return problem(fmt::format("--expect-header: '{}' is none; write NAME or NAME:TEXT", text));
      request.expect_headers.push_back(std::move(header));
    }
  }

  const Raw& raw_;
  CommandLine line_;
  std::string problem_;
};

}  // namespace

std::variant<CommandLine, Farewell> read_command_line(int argc, char** argv) {
  Raw raw;
  CLI::App app{
      "Checks an HTTP service: every address of its name, status, body, certificate, times.",
      std::string(kProgram)};
  add_options(app, raw);
  if (auto farewell = endpoint::parse(app, argc, argv, kProgram)) return *farewell;
  return Reader{raw}.read();
}

}  // namespace checks::http_probe
