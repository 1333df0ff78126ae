#include "minitor/config/yaml_document.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <limits>
#include <new>
#include <streambuf>
#include <unordered_map>
#include <utility>

namespace minitor::config {
namespace {

// Ends parsing from inside an event: this cannot become a configuration.
struct GiveUp {
  std::size_t offset;
  std::string message;
};

class ViewBuffer final : public std::streambuf {
 public:
  explicit ViewBuffer(const std::string& text) {
    char* begin = const_cast<char*>(text.data());  // streambuf knows no const; nothing writes
    setg(begin, begin, begin + text.size());
  }
};

std::size_t offset_of(const YAML::Mark& mark) {
  return mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos);
}

constexpr std::string_view kStandardTag = "tag:yaml.org,2002:";

// What is wrong with a tag, if it is none of YAML's own simple ones.
std::string complaint_about_tag(std::string_view tag) {
  if (tag.empty() || tag == "?" || tag == "!") return {};
  if (tag.substr(0, kStandardTag.size()) == kStandardTag) {
    const std::string_view type = tag.substr(kStandardTag.size());
    for (const std::string_view known : {"str", "int", "float", "bool", "seq", "map", "merge"})
      if (type == known) return {};
    if (type.substr(0, 6) == "python")
      return fmt::format("!!{}: objects of Python are not made here; write the value itself", type);
    return fmt::format("the tag !!{} is not supported; write the value itself", type);
  }
  if (tag == "!include")
    return "!include is not supported; write \"include: FILE\" at the top of the main file, "
           "or ${file:PATH} for the text of a file";
  return fmt::format("the tag {} is not supported; write the value itself", tag);
}

// yaml-cpp takes the end of the file for a closing quote.
bool closes_quotes(const std::string& text, std::size_t at) {
  at = after_properties(text, at);
  if (at >= text.size() || (text[at] != '"' && text[at] != '\'')) return true;
  const char quote = text[at];
  for (++at; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\')
      ++at;
    else if (text[at] == quote && quote == '\'' && at + 1 < text.size() && text[at + 1] == quote)
      ++at;
    else if (text[at] == quote)
      return true;
  }
  return false;
}

// A tab among the blanks that begin the line of `at`.
std::optional<std::size_t> tab_before(const std::string& text, std::size_t at) {
  at = std::min(at, text.size());
  const std::size_t line = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
  const std::size_t first = std::min(text.find_first_not_of(" \t", line), text.size());
  const std::size_t tab = text.find('\t', line);
  return tab < first ? std::optional(tab) : std::nullopt;
}

}  // namespace

// Turns the parser's events into a Document.
class DocumentBuilder final : public YAML::EventHandler {
 public:
  DocumentBuilder(const SourceText& source, Findings& findings)
      : source_(source), findings_(findings) {}

  Document take() { return std::move(document_); }

  // Where the innermost [ or { stands that is open now.
  [[nodiscard]] std::optional<std::size_t> open_bracket() const {
    for (auto open = open_.rbegin(); open != open_.rend(); ++open) {
      const std::size_t at = document_.nodes_[open->node].offset;
      const char first = at < source_.text().size() ? source_.text()[at] : ' ';
      if (first == '[' || first == '{') return at;
    }
    return std::nullopt;
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) refuse_second_document(mark);
  }
  void OnDocumentEnd() override {}
  void OnAnchor(const YAML::Mark&, const std::string& name) override { anchor_name_ = name; }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const NodeId node = make(NodeKind::null, mark);
    // The parser puts a value that is not there where the next thing begins.
    std::size_t at = offset_of(mark);
    const std::string& text = source_.text();
    if (at >= text.size() ||
        (text[at] != '~' && text[at] != 'n' && text[at] != 'N' && text[at] != '&')) {
      at = at == 0 ? 0 : text.find_last_not_of(" \n", std::min(at, text.size()) - 1);
      document_.nodes_[node].offset = static_cast<std::uint32_t>(at == std::string::npos ? 0 : at);
    } else {
      document_.nodes_[node].plain = true;
    }
    remember(anchor, node);
    add(node, mark);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (anchor >= anchors_.size() || anchors_[anchor] == kOpen)
      throw GiveUp{offset_of(mark),
                   "an anchor that holds itself; an alias can only repeat what is complete"};
    add(anchors_[anchor], mark);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const NodeId node = make(NodeKind::scalar, mark);
    check_tag(mark, tag);
    if (!closes_quotes(source_.text(), offset_of(mark)))
      throw GiveUp{offset_of(mark), "a quoted text that is not closed"};
    auto& made = document_.nodes_[node];
    made.plain = tag == "?" || (tag != "!" && tag != std::string(kStandardTag) + "str");
    made.first = static_cast<std::uint32_t>(document_.texts_.size());
    made.size = static_cast<std::uint32_t>(value.size());
    document_.texts_ += value;
    if (value.find('\0') != std::string::npos)
      error(mark, "holds a NUL character, which no command and no name can carry");
    remember(anchor, node);
    add(node, mark);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(NodeKind::sequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(NodeKind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  static constexpr NodeId kOpen = std::numeric_limits<NodeId>::max();
  struct Open {
    NodeId node;
    YAML::anchor_t anchor;
    std::vector<NodeId> children;
    std::vector<std::size_t> offsets;  // where each child was named: an alias has its own place
  };

  void error(const YAML::Mark& mark, std::string message) {
    findings_.error({&source_, offset_of(mark), ""}, std::move(message));
  }

  void check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (std::string message = complaint_about_tag(tag); !message.empty())
      error(mark, std::move(message));
  }

  void refuse_second_document(const YAML::Mark& mark) const {
    const std::string& text = source_.text();
    const std::size_t at = std::min(offset_of(mark), text.size());
    const std::size_t line = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
    if (text.compare(line, 3, "---") == 0)
      throw GiveUp{line,
                   "a second YAML document; a configuration is one document: take the --- out"};
    throw GiveUp{at, "text after the end of the configuration; check the indentation of this line"};
  }

  NodeId make(NodeKind kind, const YAML::Mark& mark) {
    if (document_.nodes_.size() >= kMaxValues)
      throw GiveUp{offset_of(mark), fmt::format("more than {} values", kMaxValues)};
    Document::Node node;
    node.kind = kind;
    node.offset = static_cast<std::uint32_t>(offset_of(mark));
    document_.nodes_.push_back(node);
    return static_cast<NodeId>(document_.nodes_.size() - 1);
  }

  void remember(YAML::anchor_t anchor, NodeId node) {
    if (anchor == 0) return;
    if (anchors_.size() <= anchor) anchors_.resize(anchor + 1, kOpen);
    anchors_[anchor] = node;
  }

  void open(NodeKind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (open_.size() >= kMaxDepth) too_deep(offset_of(mark));
    const NodeId node = make(kind, mark);
    check_tag(mark, tag);
    remember(anchor, kOpen);
    open_.push_back({node, anchor, {}, {}});
  }

  [[noreturn]] static void too_deep(std::size_t offset) {
    throw GiveUp{offset, fmt::format("lists and maps nested more than {} deep", kMaxDepth)};
  }

  void add(NodeId node, const YAML::Mark& mark) {
    if (open_.empty()) {
      document_.root_ = node;
      return;
    }
    auto& parent = document_.nodes_[open_.back().node];
    const auto& child = document_.nodes_[node];
    if (child.height >= kMaxDepth) too_deep(offset_of(mark));
    parent.height = std::max(parent.height, static_cast<std::uint8_t>(child.height + 1));
    if (std::size_t{parent.values} + child.values > kMaxValues)
      throw GiveUp{
          offset_of(mark),
          fmt::format("aliases repeat values until there are more than {} of them", kMaxValues)};
    parent.values += child.values;
    open_.back().children.push_back(node);
    open_.back().offsets.push_back(offset_of(mark));
  }

  void close() {
    Open closed = std::move(open_.back());
    open_.pop_back();
    auto& node = document_.nodes_[closed.node];
    node.first = static_cast<std::uint32_t>(document_.children_.size());
    node.size = static_cast<std::uint32_t>(closed.children.size());
    document_.children_.insert(document_.children_.end(), closed.children.begin(),
                               closed.children.end());
    if (node.kind == NodeKind::map) check_keys(closed);
    if (node.kind == NodeKind::sequence) check_items(closed);
    remember(closed.anchor, closed.node);
    YAML::Mark mark;
    mark.pos = static_cast<int>(node.offset);
    add(closed.node, mark);
  }

  void check_keys(const Open& map) {
    std::unordered_map<std::string_view, std::size_t> seen;
    const bool many = map.children.size() > 2 * kFewKeys;
    for (std::size_t i = 0; i + 1 < map.children.size(); i += 2) {
      const Place place{&source_, map.offsets[i], ""};
      if (document_.kind(map.children[i]) != NodeKind::scalar) {
        findings_.error(place, "a key must be text; quote it if braces or brackets belong to it");
        continue;
      }
      if (document_.kind(map.children[i + 1]) == NodeKind::null && !has_colon(map, i)) {
        findings_.error(place, "a line without a \":\" where a key and its value should stand");
        continue;
      }
      const std::string_view key = document_.text(map.children[i]);
      std::optional<std::size_t> first;
      if (many) {
        const auto [known, fresh] = seen.emplace(key, i);
        if (!fresh) first = known->second;
      } else {
        for (std::size_t j = 0; j < i && !first; j += 2)
          if (document_.kind(map.children[j]) == NodeKind::scalar &&
              document_.text(map.children[j]) == key)
            first = j;
      }
      if (first)
        findings_.error(place,
                        fmt::format("the key \"{}\" stands here twice (first in line {}); {}", key,
                                    source_.position(map.offsets[*first]).line,
                                    key == "<<" ? "write one \"<<: [*one, *other]\"" : "keep one"));
    }
  }

  // yaml-cpp takes [a, , b] for three items.
  void check_items(const Open& list) {
    if (source_.text()[document_.nodes_[list.node].offset] != '[') return;
    for (const NodeId item : list.children)
      if (document_.kind(item) == NodeKind::null && !document_.plain(item))
        findings_.error({&source_, document_.offset(item), ""},
                        "two commas with nothing between them");
  }

  // yaml-cpp takes a line of text among the keys of a map for a key without a value.
  [[nodiscard]] bool has_colon(const Open& map, std::size_t key) const {
    const std::string& text = source_.text();
    const NodeId node = map.children[key];
    if (text[document_.nodes_[map.node].offset] == '{' ||
        map.offsets[key] != document_.offset(node))
      return true;
    const std::size_t before =
        text.find_last_not_of(" \n", map.offsets[key] == 0 ? 0 : map.offsets[key] - 1);
    if (before < map.offsets[key] && text[before] == '?') return true;
    std::size_t after = source_offset(source_, document_, node, document_.text(node).size());
    if (after < text.size() && (text[after] == '"' || text[after] == '\'')) ++after;
    after = text.find_first_not_of(" \t", after);
    return after < text.size() && text[after] == ':';
  }

  // Up to here comparing each with each is quicker than hashing.
  static constexpr std::size_t kFewKeys = 24;

  const SourceText& source_;
  Findings& findings_;
  Document document_;
  std::vector<Open> open_;
  std::vector<NodeId> anchors_;  // by yaml-cpp's number
  std::string anchor_name_;
  int documents_ = 0;
};

std::optional<Document> parse_yaml(const SourceText& source, Findings& findings) {
  ViewBuffer buffer(source.text());
  std::istream stream(&buffer);
  DocumentBuilder builder(source, findings);
  const auto refuse = [&](std::size_t offset, std::string message) {
    findings.error({&source, offset, ""}, std::move(message));
    return std::nullopt;
  };
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder))
      return refuse(0, "the file is empty; it needs monitors:");
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const GiveUp& reason) {
    return refuse(reason.offset, reason.message);
  } catch (const YAML::Exception& error) {
    const std::size_t at = offset_of(error.mark);
    if (at > 0 && source.text().compare(at - 1, 2, "${") == 0)
      return refuse(at - 1, "inside [ ] or { } a ${…} must stand in quotes: \"${VAR}\"");
    if (const auto tab = tab_before(source.text(), at))
      return refuse(*tab, "a tab in the indentation; YAML takes only spaces");
    std::string message = syntax_error_in_words(error.msg);
    const auto bracket = error.msg.find("flow not found") == std::string::npos
                             ? std::nullopt
                             : builder.open_bracket();
    if (bracket) message += fmt::format(" (it opens in line {})", source.position(*bracket).line);
    return refuse(at, std::move(message));
  } catch (const std::bad_alloc&) {
    return refuse(0, "too large for the memory of this machine");
  } catch (const std::exception& error) {
    return refuse(0, fmt::format("not YAML: {}", error.what()));
  }
  return builder.take();
}

}  // namespace minitor::config
