#include "minitor/config/load_config.hpp"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "minitor/config/files.hpp"
#include "minitor/config/findings.hpp"
#include "minitor/config/key_table.hpp"
#include "minitor/config/resolve.hpp"
#include "minitor/config/source_text.hpp"
#include "minitor/config/yaml_document.hpp"

namespace minitor {
namespace config {
namespace {

// Files that include files that include files.
constexpr std::size_t kMaxIncludeDepth = 8;
constexpr std::size_t kMaxFiles = 1000;

// `a/./b/../c.yml` and `a/c.yml` are one file.
std::string plain_path(const std::string& path) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t slash = std::min(path.find('/', at), path.size());
    const std::string part = path.substr(at, slash - at);
    at = slash + 1;
    if (part == ".." && !parts.empty() && parts.back() != "..")
      parts.pop_back();
    else if (!part.empty() && part != ".")
      parts.push_back(part);
  }
  std::string plain = path.substr(0, 1) == "/" ? "/" : "";
  for (std::size_t i = 0; i < parts.size(); ++i) plain += (i == 0 ? "" : "/") + parts[i];
  return plain;
}

class Loader {
 public:
  explicit Loader(const ConfigWorld& world) : world_(world) {
    for (const auto& [name, value] : world.environment)
      if (names_a_secret(name)) findings_.hide(value);
  }

  void load_file(const std::string& path) {
    const FileBytes file = read_file(world_, path, kMaxFileBytes);
    if (!file.error.empty()) {
      findings_.file_error(path, 0, {}, file.error);
      readable_ = false;
      return;
    }
    load_text(path, file.bytes);
  }

  void load_text(const std::string& name, std::string_view bytes) {
    chain_.push_back(plain_path(name));
    read_one(name, bytes);
  }

  std::variant<LoadedConfig, std::vector<ConfigError>> finish() {
    LoadedConfig loaded;
    if (readable_) loaded.config = resolve(std::move(draft_), world_, findings_);
    if (findings_.failed()) return findings_.errors();
    loaded.config.redactor = findings_.redactor();
    loaded.notes = findings_.notes();
    for (const auto& source : sources_) loaded.files.push_back(source->name());
    return loaded;
  }

  Config places() {
    Config places;
    if (!readable_) return places;
    Config all = resolve(std::move(draft_), world_, findings_);
    places.history = std::move(all.history);
    places.control = std::move(all.control);
    return places;
  }

 private:
  // Reads one file into the drafts, then what it includes.
  void read_one(const std::string& name, std::string_view bytes) {
    auto checked = SourceText::from_bytes(name, sources_.size(), bytes);
    if (const auto* refusal = std::get_if<SourceText::Refusal>(&checked)) {
      findings_.file_error(name, sources_.size(), refusal->position, refusal->message);
      readable_ = false;
      return;
    }
    sources_.push_back(std::make_unique<SourceText>(std::get<SourceText>(std::move(checked))));
    const SourceText& source = *sources_.back();
    const bool included = sources_.size() > 1;
    if (!included) draft_.place = {&source, 0, ""};
    const std::size_t known = draft_.includes.size();
    {
      const auto document = parse_yaml(source, findings_);
      if (!document) {
        readable_ = false;
        return;
      }
      Reading reading{world_, findings_, included};
      read_top(reading, Cursor(source, *document), draft_);
    }
    const std::vector<Reference> includes(
        draft_.includes.begin() + static_cast<std::ptrdiff_t>(known), draft_.includes.end());
    for (const Reference& include : includes) follow(source, include);
  }

  void follow(const SourceText& from, const Reference& include) {
    const std::string path = from.beside(include.name);
    if (!is_pattern(path)) {
      read_included(include.place, path);
      return;
    }
    const auto [files, folder, error] = matching_files(world_, path);
    if (!error.empty()) {
      // A folder that is gone is not a folder without files: all that was in it would be taken out.
      findings_.error(include.place, fmt::format("the folder {} cannot be read: {}",
                                                 findings_.quoted(folder), error));
      return;
    }
    if (files.empty())
      findings_.note(include.place, "no file " + path,
                     fmt::format("no file matches {}", findings_.quoted(path)));
    for (const std::string& file : files) read_included(include.place, file);
  }

  void read_included(const Place& place, const std::string& path) {
    const std::string plain = plain_path(path);
    if (std::find(chain_.begin(), chain_.end(), plain) != chain_.end()) {
      findings_.error(place, fmt::format("{} includes itself", findings_.quoted(path)));
      return;
    }
    if (std::find(read_.begin(), read_.end(), plain) != read_.end()) {
      findings_.note(place, "included twice " + plain,
                     fmt::format("{} is included twice and read once", findings_.quoted(path)));
      return;
    }
    if (chain_.size() > kMaxIncludeDepth || sources_.size() >= kMaxFiles) {
      findings_.error(
          place, chain_.size() > kMaxIncludeDepth
                     ? fmt::format("files include each other more than {} deep", kMaxIncludeDepth)
                     : fmt::format("more than {} files", kMaxFiles));
      return;
    }
    const FileBytes file = read_file(world_, path, kMaxFileBytes);
    if (!file.error.empty()) {
      findings_.error(place, fmt::format("the file {} {}", findings_.quoted(path), file.error));
      return;
    }
    read_.push_back(plain);
    chain_.push_back(plain);
    read_one(path, file.bytes);
    chain_.pop_back();
  }

  const ConfigWorld& world_;
  Findings findings_;
  std::vector<std::unique_ptr<SourceText>> sources_;
  std::vector<std::string> chain_;  // the files that include the one being read
  std::vector<std::string> read_;
  TopDraft draft_;
  bool readable_ = true;
};

}  // namespace
}  // namespace config

std::variant<LoadedConfig, std::vector<ConfigError>> load_config(const std::string& path,
                                                                 const ConfigWorld& world) {
  auto result = [&] {
    config::Loader loader(world);
    loader.load_file(path);
    return loader.finish();
  }();
  // What the parser and the trees took goes back to the system: a daemon would keep it for ever.
  ::malloc_trim(0);
  return result;
}

Config places_of(const std::string& path, const ConfigWorld& world) {
  config::Loader loader(world);
  loader.load_file(path);
  return loader.places();
}

std::variant<LoadedConfig, std::vector<ConfigError>> load_config_text(const std::string& name,
                                                                      std::string_view text,
                                                                      const ConfigWorld& world) {
  config::Loader loader(world);
  loader.load_text(name, text);
  return loader.finish();
}

}  // namespace minitor
