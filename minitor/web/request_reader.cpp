#include "minitor/web/request_reader.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cassert>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

namespace minitor {

namespace http = boost::beast::http;

struct RequestReader::Parsing {
  explicit Parsing(const HttpLimits& given) : limits(given) { restart(); }

  void restart() {
    parser.emplace();
    parser->header_limit(limits.header_bytes);
    parser->body_limit(limits.body_bytes);
    parser->eager(true);
    head_seen = false;
    complete = false;
    ping = false;
    body_cut = false;
  }
  // Of a long body the beginning is kept; the parser appends to what it finds.
  void cut_body() {
    std::string& body = parser->get().body();
    if (body.size() <= limits.body_bytes) return;
    body.resize(limits.body_bytes);
    body_cut = true;
  }

  HttpLimits limits;
  std::optional<http::request_parser<http::string_body>> parser;
  std::string input;  // not yet parsed
  bool head_seen = false;
  bool complete = false;
  bool ping = false;
  bool body_cut = false;
  bool keep_alive = false;
  int refusal = 0;
};

namespace {

constexpr std::string_view kPing = "POST /ping/";

int status_of(const boost::system::error_code& error) {
  if (error == http::error::header_limit) return 431;
  if (error == http::error::body_limit) return 413;
  if (error == http::error::bad_version) return 505;
  return 400;
}

// What Beast lets pass and RFC 9112 (3.2, 6.1) and RFC 9110 (10.1.1) do not; 0 when all is well.
int refusal_of(const http::request<http::string_body>& request) {
  const auto count = [&request](http::field name) {
    const auto range = request.equal_range(name);
    return std::distance(range.first, range.second);
  };
  const auto hosts = count(http::field::host);
  if (hosts > 1 || (hosts == 0 && request.version() >= 11)) return 400;
  if (request.version() < 11 && count(http::field::transfer_encoding) > 0) return 400;
  if (count(http::field::transfer_encoding) > 0 && !request.chunked()) return 400;
  const auto expect = request.find(http::field::expect);
  if (expect != request.end() && !boost::beast::iequals(expect->value(), "100-continue"))
    return 417;
  return 0;
}

}  // namespace

RequestReader::RequestReader(const HttpLimits& limits)
    : parsing_(std::make_unique<Parsing>(limits)) {}
RequestReader::~RequestReader() = default;

RequestReader::Progress RequestReader::feed(std::string_view bytes) {
  Parsing& p = *parsing_;
  assert(p.refusal == 0 && !p.complete);
  p.input += bytes;
  // RFC 9112 2.2: empty lines before a request are to be ignored.
  if (!p.parser->got_some())
    p.input.erase(0, std::min(p.input.find_first_not_of("\r\n"), p.input.size()));
  // The limit has to be set before the parser sees the end of the head.
  if (!p.parser->got_some() && !p.input.empty()) {
    if (kPing.starts_with(p.input) && p.input.size() < kPing.size()) return Progress::needs_more;
    if (p.input.starts_with(kPing)) {
      p.ping = true;
      p.parser->body_limit(p.limits.ping_body_bytes);
    }
  }
  bool wants_continue = false;
  while (!p.input.empty() && !p.parser->is_done()) {
    boost::system::error_code error;
    const std::size_t used = p.parser->put(boost::asio::buffer(p.input), error);
    p.input.erase(0, used);
    if (error && error != http::error::need_more) {
      p.refusal = status_of(error);
      return Progress::refused;
    }
    if (!p.head_seen && p.parser->is_header_done()) {
      p.head_seen = true;
      p.refusal = refusal_of(p.parser->get());
      if (p.refusal != 0) return Progress::refused;
      wants_continue =
          p.parser->get().count(http::field::expect) > 0 && p.parser->get().version() >= 11;
    }
    if (p.ping) p.cut_body();
    if (used == 0) break;
  }
  if (p.parser->is_done()) {
    p.complete = true;
    return Progress::complete;
  }
  return wants_continue ? Progress::wants_continue : Progress::needs_more;
}

HttpRequest RequestReader::take() {
  Parsing& p = *parsing_;
  assert(p.complete);
  p.keep_alive = p.parser->keep_alive();
  http::request<http::string_body> parsed = p.parser->release();
  HttpRequest request;
  request.method = std::string{parsed.method_string()};
  request.target = std::string{parsed.target()};
  for (const auto& field : parsed)
    request.headers.push_back({std::string{field.name_string()}, std::string{field.value()}});
  request.body = std::move(parsed.body());
  request.body_cut = p.body_cut;
  p.restart();
  return request;
}

bool RequestReader::keep_alive() const { return parsing_->keep_alive; }
bool RequestReader::started() const {
  return !parsing_->input.empty() || parsing_->parser->got_some();
}
int RequestReader::refusal() const { return parsing_->refusal; }

}  // namespace minitor
