// Runs every *.script beside this file. With MINITOR_UPDATE_SCRIPTS=1 in the environment it writes
// what came out into the scripts instead of comparing; read the difference before it is committed.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/catch.hpp"
#include "tests/scripts/script.hpp"

namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// The first line that differs, with the command that it stands under.
std::string difference(const std::string& expected, const std::string& came) {
  const auto wanted = lines_of(expected);
  const auto got = lines_of(came);
  std::string under;
  for (std::size_t i = 0; i < std::max(wanted.size(), got.size()); ++i) {
    const std::string want = i < wanted.size() ? wanted[i] : "(the end)";
    const std::string have = i < got.size() ? got[i] : "(the end)";
    if (have.starts_with("> ")) under = have;
    if (want != have)
      return "line " + std::to_string(i + 1) + " under " + under + "\n  expected: " + want +
             "\n  came:     " + have;
  }
  return "none";
}

}  // namespace

TEST_CASE("every script says what comes out") {
  const bool update = std::getenv("MINITOR_UPDATE_SCRIPTS") != nullptr;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(TEST_SOURCE_DIR)) {
    if (entry.path().extension() == ".script") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  REQUIRE_FALSE(paths.empty());
  for (const auto& path : paths) {
    const std::string expected = read(path);
    INFO(path.filename().string());
    std::string came;
    REQUIRE_NOTHROW(came = minitor::scripts::Script{}.run(expected));
    if (update && came != expected) std::ofstream(path, std::ios::binary) << came;
    if (!update) {
      INFO(difference(expected, came));
      CHECK(came == expected);
    }
  }
}

TEST_CASE("every script begins with the sentence that it proves") {
  for (const auto& entry : std::filesystem::directory_iterator(TEST_SOURCE_DIR)) {
    if (entry.path().extension() != ".script") continue;
    INFO(entry.path().filename().string());
    CHECK(read(entry.path()).starts_with("# "));
  }
}
