#include "checks/tracker-probe-http/bencode.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <limits>

namespace tracker_probe {

std::string describe(const BencodeBlemish& blemish) {
  const auto words = [&]() -> std::string_view {
    switch (blemish.kind) {
      case BencodeBlemish::Kind::leading_zero: return "number with a leading zero";
      case BencodeBlemish::Kind::negative_zero: return "integer written as minus zero";
      case BencodeBlemish::Kind::unsorted_keys: return "dictionary keys are not sorted";
      case BencodeBlemish::Kind::duplicate_key:
        return "dictionary has a key twice, the first counts";
    }
    return "";
  }();
  return fmt::format("{} (at byte {})", words, blemish.offset);
}

std::string_view with_article(BencodeType type) {
  switch (type) {
    case BencodeType::integer: return "an integer";
    case BencodeType::string: return "a string";
    case BencodeType::list: return "a list";
    case BencodeType::dictionary: return "a dictionary";
  }
  return "";
}

BencodeType BencodeValue::type() const { return document_->nodes_[index_].type; }

std::optional<std::int64_t> BencodeValue::integer() const {
  const auto& node = document_->nodes_[index_];
  if (node.type != BencodeType::integer) return std::nullopt;
  return node.integer;
}

std::optional<std::string_view> BencodeValue::string() const {
  const auto& node = document_->nodes_[index_];
  if (node.type != BencodeType::string) return std::nullopt;
  return node.text;
}

std::optional<BencodeValue> BencodeValue::find(std::string_view key) const {
  const auto& node = document_->nodes_[index_];
  if (node.type != BencodeType::dictionary) return std::nullopt;
  for (auto at = index_ + 1; at < node.next; at = document_->nodes_[at + 1].next)
    if (document_->nodes_[at].text == key) return BencodeValue(*document_, at + 1);
  return std::nullopt;
}

std::string_view BencodeValue::raw() const {
  const auto& node = document_->nodes_[index_];
  return document_->body_.substr(node.offset, node.end - node.offset);
}

std::size_t BencodeValue::offset() const { return document_->nodes_[index_].offset; }

namespace {

constexpr std::size_t longest_number = 20;  // "-9223372036854775808"

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A byte as it may be shown to a person.
std::string shown(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20 && byte < 0x7f && c != '|') return fmt::format("\"{}\"", c);
  return fmt::format("byte 0x{:02x}", byte);
}

}  // namespace

/// One pass over a body. Open lists and dictionaries stand on a stack of their own, so that nesting
/// costs no call stack.
class BencodeReader {
 public:
  BencodeReader(std::string_view body, const BencodeLimits& limits) : limits_(limits) {
    document_.body_ = body;
  }

  bool run();
  BencodeDocument document_;
  BencodeError error_;

 private:
  struct Open {
    std::uint32_t node = 0;
    bool key_next = true;  ///< dictionaries only: the next token is a key
    bool has_key = false;  ///< dictionaries only: `last_key` is set
    bool unsorted = false;
    std::string_view last_key;
  };

  bool fail(BencodeError::Kind kind, std::size_t offset, std::string text);
  bool truncated(std::string_view inside);
  void note(BencodeBlemish::Kind kind, std::size_t offset);
  bool token();
  bool close();
  bool open(BencodeType type);
  bool integer();
  bool string();
  bool digits(std::size_t& at, char terminator, std::string_view what);
  bool add(BencodeType type, std::size_t begin, std::size_t end, std::int64_t number,
           std::string_view text);
  void check_key(Open& dictionary, std::string_view key, std::size_t offset);
  void find_duplicates(const Open& dictionary);
  void value_done();

  BencodeLimits limits_;
  std::size_t at_ = 0;
  std::vector<Open> stack_;
};

bool BencodeReader::fail(BencodeError::Kind kind, std::size_t offset, std::string text) {
  error_ = {kind, offset, std::move(text)};
  return false;
}

bool BencodeReader::truncated(std::string_view inside) {
  return fail(BencodeError::Kind::truncated, document_.body_.size(),
              fmt::format("ends inside {}", inside));
}

void BencodeReader::note(BencodeBlemish::Kind kind, std::size_t offset) {
  const auto same = [&](const BencodeBlemish& known) { return known.kind == kind; };
  if (std::none_of(document_.blemishes_.begin(), document_.blemishes_.end(), same))
    document_.blemishes_.push_back({kind, offset});
}

bool BencodeReader::run() {
  if (document_.body_.size() > limits_.bytes ||
      document_.body_.size() > std::numeric_limits<std::uint32_t>::max())
    return fail(BencodeError::Kind::limit, 0, fmt::format("longer than {} bytes", limits_.bytes));
  do {
    if (!token()) return false;
  } while (!stack_.empty());
  document_.consumed_ = at_;
  return true;
}

bool BencodeReader::token() {
  if (at_ >= document_.body_.size()) {
    if (stack_.empty()) return truncated("nothing: it is empty");
    return truncated(with_article(document_.nodes_[stack_.back().node].type));
  }
  const char c = document_.body_[at_];
  if (c == 'e' && !stack_.empty()) return close();
  if (is_digit(c)) return string();
  const bool key_next = !stack_.empty() && stack_.back().key_next &&
                        document_.nodes_[stack_.back().node].type == BencodeType::dictionary;
  if (key_next)
    return fail(BencodeError::Kind::invalid, at_,
                fmt::format("expected a dictionary key, got {}", shown(c)));
  if (c == 'i') return integer();
  if (c == 'l') return open(BencodeType::list);
  if (c == 'd') return open(BencodeType::dictionary);
  return fail(BencodeError::Kind::invalid, at_, fmt::format("expected a value, got {}", shown(c)));
}

bool BencodeReader::add(BencodeType type, std::size_t begin, std::size_t end, std::int64_t number,
                        std::string_view text) {
  if (document_.nodes_.size() >= limits_.tokens)
    return fail(BencodeError::Kind::limit, begin,
                fmt::format("more than {} values", limits_.tokens));
  const auto index = static_cast<std::uint32_t>(document_.nodes_.size());
  document_.nodes_.push_back({type, index + 1, static_cast<std::uint32_t>(begin),
                              static_cast<std::uint32_t>(end), number, text});
  return true;
}

bool BencodeReader::open(BencodeType type) {
  if (stack_.size() >= limits_.depth)
    return fail(BencodeError::Kind::limit, at_, fmt::format("nesting > {}", limits_.depth));
  if (!add(type, at_, at_, 0, {})) return false;
  stack_.push_back(
      {static_cast<std::uint32_t>(document_.nodes_.size() - 1), true, false, false, {}});
  ++at_;
  return true;
}

bool BencodeReader::close() {
  const auto finished = stack_.back();
  auto& node = document_.nodes_[finished.node];
  if (node.type == BencodeType::dictionary && !finished.key_next)
    return fail(BencodeError::Kind::invalid, at_, "dictionary ends after a key without a value");
  ++at_;
  node.next = static_cast<std::uint32_t>(document_.nodes_.size());
  node.end = static_cast<std::uint32_t>(at_);
  if (finished.unsorted) find_duplicates(finished);
  stack_.pop_back();
  value_done();
  return true;
}

/// A value ended: if it stands in a dictionary, a key comes next.
void BencodeReader::value_done() {
  if (!stack_.empty()) stack_.back().key_next = true;
}

bool BencodeReader::digits(std::size_t& at, char terminator, std::string_view what) {
  const auto begin = at;
  const auto& body = document_.body_;
  while (at < body.size() && is_digit(body[at])) {
    if (at - begin >= longest_number)
      return fail(BencodeError::Kind::invalid, begin, fmt::format("{} is out of range", what));
    ++at;
  }
  if (at >= body.size()) return truncated(what);
  if (at == begin)
    return fail(BencodeError::Kind::invalid, at,
                fmt::format("expected a digit of {}, got {}", what, shown(body[at])));
  if (body[at] != terminator)
    return fail(
        BencodeError::Kind::invalid, at,
        fmt::format("expected \"{}\" to end {}, got {}", terminator, what, shown(body[at])));
  if (body[begin] == '0' && at - begin > 1) note(BencodeBlemish::Kind::leading_zero, begin);
  return true;
}

bool BencodeReader::integer() {
  const auto begin = at_;
  const auto& body = document_.body_;
  auto at = at_ + 1;
  const bool negative = at < body.size() && body[at] == '-';
  if (negative) ++at;
  const auto first = at;
  if (!digits(at, 'e', "an integer")) return false;
  std::int64_t number = 0;
  const auto* from = body.data() + (negative ? first - 1 : first);
  const auto [stop, problem] = std::from_chars(from, body.data() + at, number);
  if (problem != std::errc() || stop != body.data() + at)
    return fail(BencodeError::Kind::invalid, begin, "an integer is out of range");
  if (negative && number == 0) note(BencodeBlemish::Kind::negative_zero, begin);
  at_ = at + 1;
  if (!add(BencodeType::integer, begin, at_, number, {})) return false;
  value_done();
  return true;
}

bool BencodeReader::string() {
  const auto begin = at_;
  const auto& body = document_.body_;
  auto at = at_;
  if (!digits(at, ':', "a string length")) return false;
  std::uint64_t length = 0;
  const auto [stop, problem] = std::from_chars(body.data() + begin, body.data() + at, length);
  if (problem != std::errc() || stop != body.data() + at)
    return fail(BencodeError::Kind::invalid, begin, "a string length is out of range");
  const auto text_begin = at + 1;
  if (length > limits_.bytes)
    return fail(BencodeError::Kind::invalid, begin,
                fmt::format("a string of {} bytes cannot be", length));
  if (length > body.size() - text_begin)
    return truncated(
        fmt::format("a string of {} bytes, {} of them there", length, body.size() - text_begin));
  const auto text = body.substr(text_begin, static_cast<std::size_t>(length));
  at_ = text_begin + text.size();
  if (!add(BencodeType::string, begin, at_, 0, text)) return false;
  const bool in_dictionary =
      !stack_.empty() && document_.nodes_[stack_.back().node].type == BencodeType::dictionary;
  if (in_dictionary && stack_.back().key_next) {
    check_key(stack_.back(), text, begin);
    stack_.back().key_next = false;
  } else {
    value_done();
  }
  return true;
}

void BencodeReader::check_key(Open& dictionary, std::string_view key, std::size_t offset) {
  if (dictionary.has_key) {
    if (key == dictionary.last_key) note(BencodeBlemish::Kind::duplicate_key, offset);
    if (key < dictionary.last_key) {
      note(BencodeBlemish::Kind::unsorted_keys, offset);
      dictionary.unsorted = true;
    }
  }
  dictionary.has_key = true;
  dictionary.last_key = key;
}

/// In an unsorted dictionary equal keys need not be neighbours.
void BencodeReader::find_duplicates(const Open& dictionary) {
  std::vector<std::pair<std::string_view, std::uint32_t>> keys;
  const auto& nodes = document_.nodes_;
  for (auto at = dictionary.node + 1; at < nodes.size(); at = nodes[at + 1].next)
    keys.emplace_back(nodes[at].text, nodes[at].offset);
  std::sort(keys.begin(), keys.end());
  for (std::size_t i = 1; i < keys.size(); ++i)
    if (keys[i].first == keys[i - 1].first)
      return note(BencodeBlemish::Kind::duplicate_key, keys[i].second);
}

boost::system::result<BencodeDocument, BencodeError> parse_bencode(std::string_view body,
                                                                   const BencodeLimits& limits) {
  BencodeReader reader(body, limits);
  if (!reader.run()) return std::move(reader.error_);
  return std::move(reader.document_);
}

}  // namespace tracker_probe
