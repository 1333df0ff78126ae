// One YAML document as a compact tree that remembers where everything stood. The only file that
// knows yaml-cpp is yaml_document.cpp.
//
// Why a tree of our own: yaml-cpp's nodes take some 1 KB each, keep both of two equal keys silently
// and forget quotes; its parser, used by events, is fast enough and gives exact positions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "minitor/config/findings.hpp"
#include "minitor/config/source_text.hpp"

namespace minitor::config {

// Lists and maps inside each other, aliases followed. yaml-cpp recurses, and so do we.
inline constexpr std::size_t kMaxDepth = 64;
// Values in one file, each counted as often as aliases repeat it.
inline constexpr std::size_t kMaxValues = 2'000'000;

enum class NodeKind : std::uint8_t { null, scalar, sequence, map };

using NodeId = std::uint32_t;

class Document {
 public:
  [[nodiscard]] NodeId root() const { return root_; }
  [[nodiscard]] NodeKind kind(NodeId node) const { return nodes_[node].kind; }
  // True for a scalar without quotes, the only kind that YAML reads as a number or a truth value, and
  // for a null that was written (~, null) rather than left out.
  [[nodiscard]] bool plain(NodeId node) const { return nodes_[node].plain; }
  // The value of a scalar, escapes and folding resolved.
  [[nodiscard]] std::string_view text(NodeId node) const {
    return std::string_view(texts_).substr(nodes_[node].first, nodes_[node].size);
  }
  // The items of a sequence; of a map: key, value, key, value. An alias is the node that it names.
  [[nodiscard]] std::span<const NodeId> children(NodeId node) const {
    return std::span(children_).subspan(nodes_[node].first, nodes_[node].size);
  }
  // Where it starts in the text, its anchor and tag included.
  [[nodiscard]] std::size_t offset(NodeId node) const { return nodes_[node].offset; }

 private:
  friend class DocumentBuilder;
  struct Node {
    NodeKind kind = NodeKind::null;
    bool plain = false;
    std::uint8_t height = 1;   // levels below and including this one
    std::uint32_t offset = 0;  // in the source
    std::uint32_t first = 0;   // in texts_ or children_
    std::uint32_t size = 0;
    std::uint32_t values = 1;  // this one and all below it, aliases followed
  };

  NodeId root_ = 0;
  std::vector<Node> nodes_;
  std::vector<NodeId> children_;
  std::string texts_;
};

// Parses the one document in `source`. None when it cannot be used at all; errors that leave a usable
// tree (an equal key twice, a tag) are added to `findings` and parsing goes on. Never throws for
// what the text may hold.
[[nodiscard]] std::optional<Document> parse_yaml(const SourceText& source, Findings& findings);

// What yaml-cpp says of a syntax error, in words for someone who has never read the YAML standard.
[[nodiscard]] std::string syntax_error_in_words(std::string_view message);

// The offset after the anchors and tags that stand at `at`.
[[nodiscard]] std::size_t after_properties(std::string_view text, std::size_t at);

// Where the byte `index` of a scalar's value stands in the source: exact for what is written on one
// line and for block text, else the best guess.
[[nodiscard]] std::size_t source_offset(const SourceText& source, const Document& document,
                                        NodeId scalar, std::size_t index);

}  // namespace minitor::config
