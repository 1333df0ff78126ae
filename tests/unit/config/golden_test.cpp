// Every file in errors/ must be refused with exactly the text beside it, every file in good/ must load
// into exactly what the text beside it says. MINITOR_UPDATE_GOLDEN=1 in the environment rewrites the
// texts; read the difference before committing it.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/catch.hpp"
#include "world.hpp"

namespace minitor {
namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> cases(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".yml") found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

// Texts name files as the user would: without the place where the tests lie.
std::string without(std::string text, const std::string& folder) {
  for (std::size_t at = text.find(folder); at != std::string::npos; at = text.find(folder, at))
    text.erase(at, folder.size());
  return text;
}

void compare(const fs::path& file, const std::string& got) {
  fs::path golden = file;
  golden.replace_extension(".expected");
  if (std::getenv("MINITOR_UPDATE_GOLDEN") != nullptr)
    std::ofstream(golden, std::ios::binary) << got;
  INFO(file.filename());
  CHECK(contents(golden) == got);
}

}  // namespace

TEST_CASE("files that are refused") {
  const fs::path folder = fs::path(TEST_SOURCE_DIR) / "errors";
  const auto files = cases(folder);
  REQUIRE(files.size() > 20);
  for (const fs::path& file : files) {
    const LoadResult result = load_config(file.string(), test_world());
    compare(file, without(errors_of(result), folder.string() + "/"));
    INFO(file.filename());
    CHECK(result.index() == 1);
  }
}

TEST_CASE("files that load") {
  const fs::path folder = fs::path(TEST_SOURCE_DIR) / "good";
  const auto files = cases(folder);
  REQUIRE(files.size() > 10);
  for (const fs::path& file : files) {
    const LoadResult result = load_config(file.string(), test_world());
    const bool loads = result.index() == 0;
    compare(file, without(loads ? dump(std::get<LoadedConfig>(result)) : errors_of(result),
                          folder.string() + "/"));
    INFO(file.filename());
    CHECK(loads);
  }
}

}  // namespace minitor
