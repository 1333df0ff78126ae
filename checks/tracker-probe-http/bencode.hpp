// Reads bencoding (BEP 3): what HTTP trackers answer and what .torrent files are made of.
//
// The bytes come from strangers. The parser is iterative, looks at every length before it believes
// it, copies no text (values are views into the body) and stops at fixed limits. It does no I/O.
#pragma once

#include <boost/system/result.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tracker_probe {

/// What one body may cost. A tracker's reply nests 4 deep; a list of 200 peers as dictionaries is
/// about 1,600 tokens.
struct BencodeLimits {
  std::size_t depth = 32;            ///< open lists and dictionaries at one time
  std::size_t tokens = 100'000;      ///< values and keys in the whole body
  std::size_t bytes = 64ULL << 20U;  ///< length of the body
};

/// Why a body was refused, and where.
struct BencodeError {
  enum class Kind {
    invalid,    ///< a byte that no bencoded value has there
    truncated,  ///< right so far, and then the body ended
    limit,      ///< deeper, longer or busier than BencodeLimits allows
  };
  Kind kind = Kind::invalid;
  std::size_t offset = 0;  ///< the first byte that is wrong (or the length of a truncated body)
  std::string
      text;  ///< in words, without the offset; holds no byte of the body above 0x7e or below 0x20
};

/// A blemish that BEP 3 forbids and that readers live with. Kept once a kind, at its first place.
struct BencodeBlemish {
  enum class Kind { leading_zero, negative_zero, unsorted_keys, duplicate_key };
  Kind kind = Kind::leading_zero;
  std::size_t offset = 0;  ///< of the integer, or of the key
  bool operator==(const BencodeBlemish&) const = default;
};

/// The words for a blemish ("integer with a leading zero at byte 12").
[[nodiscard]] std::string describe(const BencodeBlemish& blemish);

enum class BencodeType { integer, string, list, dictionary };

/// "an integer", "a string", "a list", "a dictionary".
[[nodiscard]] std::string_view with_article(BencodeType type);

class BencodeDocument;

/// One value inside a BencodeDocument; valid while the document and the body live. Cheap to copy.
class BencodeValue {
 public:
  [[nodiscard]] BencodeType type() const;
  /// The number, if this is an integer.
  [[nodiscard]] std::optional<std::int64_t> integer() const;
  /// The bytes, if this is a string.
  [[nodiscard]] std::optional<std::string_view> string() const;
  /// The value of the first entry with this key; nothing if there is none or this is no dictionary.
  [[nodiscard]] std::optional<BencodeValue> find(std::string_view key) const;
  /// The value exactly as it stands in the body, brackets included (an info-hash is its digest).
  [[nodiscard]] std::string_view raw() const;
  /// Where the value starts in the body.
  [[nodiscard]] std::size_t offset() const;

  /// Calls `visit(BencodeValue)` for each item of a list, in order; does nothing for other types.
  template <typename Visit>
  void for_each_item(Visit visit) const;
  /// Calls `visit(std::string_view key, BencodeValue)` for each entry of a dictionary, in order.
  template <typename Visit>
  void for_each_entry(Visit visit) const;

 private:
  friend class BencodeDocument;
  BencodeValue(const BencodeDocument& document, std::uint32_t index)
      : document_(&document), index_(index) {}
  const BencodeDocument* document_;
  std::uint32_t index_;
};

/// A parsed body. Move-only in spirit: values point into it.
class BencodeDocument {
 public:
  [[nodiscard]] BencodeValue root() const { return {*this, 0}; }
  [[nodiscard]] const std::vector<BencodeBlemish>& blemishes() const { return blemishes_; }
  /// Bytes the value took; what follows in the body is trailing data.
  [[nodiscard]] std::size_t consumed() const { return consumed_; }

 private:
  friend class BencodeValue;
  friend class BencodeReader;
  struct Node {
    BencodeType type = BencodeType::integer;
    std::uint32_t next = 0;    ///< index of the node after this one and all it holds
    std::uint32_t offset = 0;  ///< first byte in the body
    std::uint32_t end = 0;     ///< one past the last byte
    std::int64_t integer = 0;
    std::string_view text;
  };
  std::string_view body_;
  std::vector<Node> nodes_;  ///< preorder; in a dictionary keys and values take turns
  std::vector<BencodeBlemish> blemishes_;
  std::size_t consumed_ = 0;
};

/// Reads one value from the front of `body`; bytes after it are left alone (see consumed()).
/// `body` must outlive the document.
[[nodiscard]] boost::system::result<BencodeDocument, BencodeError> parse_bencode(
    std::string_view body, const BencodeLimits& limits = {});

template <typename Visit>
void BencodeValue::for_each_item(Visit visit) const {
  const auto& node = document_->nodes_[index_];
  if (node.type != BencodeType::list) return;
  for (auto at = index_ + 1; at < node.next; at = document_->nodes_[at].next)
    visit(BencodeValue(*document_, at));
}

template <typename Visit>
void BencodeValue::for_each_entry(Visit visit) const {
  const auto& node = document_->nodes_[index_];
  if (node.type != BencodeType::dictionary) return;
  for (auto at = index_ + 1; at < node.next; at = document_->nodes_[at + 1].next)
    visit(document_->nodes_[at].text, BencodeValue(*document_, at + 1));
}

}  // namespace tracker_probe
