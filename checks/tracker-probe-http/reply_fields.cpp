#include "checks/tracker-probe-http/reply_fields.hpp"

#include <fmt/format.h>

#include <utility>

namespace tracker_probe {

Finding critical(std::string code, std::string text) {
  return {std::move(code), State::critical, std::move(text), false};
}

Finding blemish(std::string code, std::string text) {
  return {std::move(code), State::ok, std::move(text), true};
}

Finding note(std::string code, std::string text) {
  return {std::move(code), State::ok, std::move(text), false};
}

namespace {

Finding finding_of(const BencodeError& error, std::string_view body) {
  if (error.kind == BencodeError::Kind::limit)
    return critical("bencode.limit", fmt::format("reply exceeds limits: {}", error.text));
  if (error.kind == BencodeError::Kind::truncated)
    return critical("bencode.invalid", fmt::format("reply is not bencoded: its {} bytes end{}",
                                                   body.size(), error.text.substr(4)));
  return critical("bencode.invalid",
                  fmt::format("reply is not bencoded: {} at byte {}", error.text, error.offset));
}

}  // namespace

boost::system::result<BencodeDocument, Finding> read_dictionary(std::string_view body,
                                                                std::vector<Finding>& notes) {
  if (!body.empty() && body.front() != 'd') {
    const auto c = static_cast<unsigned char>(body.front());
    const bool printable = c > 0x20 && c < 0x7f && c != '|';
    return critical("bencode.invalid",
                    fmt::format("reply is not bencoded: expected a dictionary at byte 0, got {}{}",
                                printable ? fmt::format("\"{}\"", body.front())
                                          : fmt::format("byte 0x{:02x}", c),
                                body.front() == '<' ? " (HTML page?)" : ""));
  }
  auto document = parse_bencode(body);
  if (!document) return finding_of(document.error(), body);
  for (const auto& found : document->blemishes())
    notes.push_back(blemish("bencode.blemish", describe(found)));
  const auto rest = body.substr(document->consumed());
  if (rest.find_first_not_of(" \t\r\n") != std::string_view::npos)
    notes.push_back(blemish("bencode.trailing",
                            fmt::format("{} bytes after the end of the reply", rest.size())));
  return std::move(*document);
}

Finding wrong_type(std::string_view key, const BencodeValue& value) {
  return critical("bencode.schema", fmt::format("\"{}\" is {}", key, with_article(value.type())));
}

std::optional<std::int64_t> ReplyFields::integer(std::string_view key, Need need) {
  const auto value = dictionary_.find(key);
  if (!value) return std::nullopt;
  const auto number = value->integer();
  if (!number) wrong(key, *value, need);
  return number;
}

std::optional<std::string> ReplyFields::string(std::string_view key, Need need) {
  const auto value = dictionary_.find(key);
  if (!value) return std::nullopt;
  const auto text = value->string();
  if (!text) {
    wrong(key, *value, need);
    return std::nullopt;
  }
  return std::string(*text);
}

std::optional<BencodeValue> ReplyFields::any(std::string_view key) const {
  return dictionary_.find(key);
}

std::optional<std::string> ReplyFields::retry_in() {
  const auto value = any("retry in");
  if (!value) return std::nullopt;
  if (const auto minutes = value->integer()) return std::to_string(*minutes);
  if (const auto text = value->string()) {
    const bool number = !text->empty() && text->size() <= 9 &&
                        text->find_first_not_of("0123456789") == std::string_view::npos;
    if (number || *text == "never") return std::string(*text);
  }
  notes_.push_back(blemish("bencode.schema", "\"retry in\" is neither minutes nor \"never\""));
  return std::nullopt;
}

void ReplyFields::wrong(std::string_view key, const BencodeValue& value, Need need) {
  auto finding = wrong_type(key, value);
  if (need == Need::may) {
    notes_.push_back(blemish(std::move(finding.code), std::move(finding.text)));
  } else if (!error_) {
    error_ = std::move(finding);
  }
}

}  // namespace tracker_probe
