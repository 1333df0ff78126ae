// Shared by the readers of announce and scrape replies: from bytes to one dictionary, and from
// there to typed fields, with every oddity turned into a Finding.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checks/tracker-probe-http/bencode.hpp"
#include "checks/tracker-probe/result.hpp"

namespace tracker_probe {

/// A finding in state critical; one in state ok that --strict turns into a warning; a plain note.
[[nodiscard]] Finding critical(std::string code, std::string text);
[[nodiscard]] Finding blemish(std::string code, std::string text);
[[nodiscard]] Finding note(std::string code, std::string text);

/// The dictionary every reply must be, with what was odd about its bytes appended to `notes`. The
/// error is `bencode.invalid` or `bencode.limit`. `body` must outlive the document.
[[nodiscard]] boost::system::result<BencodeDocument, Finding> read_dictionary(
    std::string_view body, std::vector<Finding>& notes);

/// `"interval" is a string`, as a critical `bencode.schema`.
[[nodiscard]] Finding wrong_type(std::string_view key, const BencodeValue& value);

/// Reads the keys of one dictionary. A key of the wrong type is the error when the reply cannot be
/// understood without it (`must`), else a blemish (`may`).
class ReplyFields {
 public:
  enum class Need { must, may };

  /// The document and `notes` must outlive this.
  ReplyFields(BencodeValue dictionary, std::vector<Finding>& notes)
      : dictionary_(dictionary), notes_(notes) {}

  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key, Need need);
  [[nodiscard]] std::optional<std::string> string(std::string_view key, Need need);
  [[nodiscard]] std::optional<BencodeValue> any(std::string_view key) const;
  /// BEP 31 `retry in`: minutes (a string or a number) or "never".
  [[nodiscard]] std::optional<std::string> retry_in();
  void wrong(std::string_view key, const BencodeValue& value, Need need);
  /// The first `must` that was wrong.
  [[nodiscard]] const std::optional<Finding>& error() const { return error_; }

 private:
  BencodeValue dictionary_;
  std::vector<Finding>& notes_;
  std::optional<Finding> error_;
};

}  // namespace tracker_probe
