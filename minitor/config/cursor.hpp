// A value in a document that knows its file, line and path. Cheap to make and to copy; a child must
// not outlive the cursor it was made from (Place keeps what must be kept).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "minitor/config/findings.hpp"
#include "minitor/config/source_text.hpp"
#include "minitor/config/yaml_document.hpp"

namespace minitor::config {

class Cursor {
 public:
  Cursor(const SourceText& source, const Document& document)
      : source_(&source), document_(&document), node_(document.root()) {}

  // The value of a key of this map; `name` must outlive the child.
  [[nodiscard]] Cursor at_key(std::string_view name, NodeId value) const& {
    return {*this, value, name, kNoIndex};
  }
  Cursor at_key(std::string_view name, NodeId value) const&& = delete;
  // Item `index` of this sequence.
  [[nodiscard]] Cursor item(std::size_t index) const& {
    return {*this, document_->children(node_)[index], {}, index};
  }
  Cursor item(std::size_t index) const&& = delete;

  [[nodiscard]] NodeKind kind() const { return document_->kind(node_); }
  [[nodiscard]] bool is_null() const { return kind() == NodeKind::null; }
  [[nodiscard]] bool is_scalar() const { return kind() == NodeKind::scalar; }
  [[nodiscard]] bool is_sequence() const { return kind() == NodeKind::sequence; }
  [[nodiscard]] bool is_map() const { return kind() == NodeKind::map; }
  [[nodiscard]] bool plain() const { return document_->plain(node_); }
  // Of a scalar; empty for null.
  [[nodiscard]] std::string_view text() const { return is_scalar() ? document_->text(node_) : ""; }
  // Items of a sequence.
  [[nodiscard]] std::size_t size() const { return document_->children(node_).size(); }

  [[nodiscard]] const SourceText& source() const { return *source_; }
  [[nodiscard]] const Document& document() const { return *document_; }
  [[nodiscard]] NodeId node() const { return node_; }

  // The key that this value has in its map, empty for items and the whole.
  [[nodiscard]] std::string_view key() const { return key_; }
  [[nodiscard]] std::string path() const;
  [[nodiscard]] Place place() const { return {source_, document_->offset(node_), path()}; }
  // Of the byte `index` in the value of a scalar.
  [[nodiscard]] Place place(std::size_t index) const {
    return {source_, source_offset(*source_, *document_, node_, index), path()};
  }
  // Of a key of this map.
  [[nodiscard]] Place place_of(NodeId key) const {
    return {source_, document_->offset(key), path()};
  }

 private:
  static constexpr std::size_t kNoIndex = static_cast<std::size_t>(-1);
  Cursor(const Cursor& parent, NodeId node, std::string_view key, std::size_t index)
      : source_(parent.source_),
        document_(parent.document_),
        node_(node),
        parent_(&parent),
        key_(key),
        index_(index) {}

  const SourceText* source_;
  const Document* document_;
  NodeId node_;
  const Cursor* parent_ = nullptr;
  std::string_view key_;
  std::size_t index_ = kNoIndex;
};

// What a value is, for a sentence: "a list", "a map", "text", "nothing".
[[nodiscard]] std::string_view describe(NodeKind kind);

// One entry of a map with its merge keys (<<) resolved.
struct MapEntry {
  std::string_view name;
  NodeId key = 0;
  NodeId value = 0;
};

// The entries of a map: its own, then those merged in, the nearer one winning (yaml.org/type/merge).
// A key that stands twice comes once; what is wrong with a merge goes to `findings`.
[[nodiscard]] std::vector<MapEntry> entries(const Cursor& map, Findings& findings);

// The one of `names` that was probably meant by `wrong`, if any is near enough.
[[nodiscard]] std::optional<std::string> nearest(std::string_view wrong,
                                                 const std::vector<std::string_view>& names);
// "; did you mean "name"?" or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view wrong,
                                       const std::vector<std::string_view>& names);

}  // namespace minitor::config
