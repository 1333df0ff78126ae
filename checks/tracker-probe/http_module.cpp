#include "checks/tracker-probe/http_module.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "checks/net/clean_text.hpp"

namespace tracker_probe {

namespace {

/// The folder of the running program, without the last slash.
std::string own_folder() {
  std::array<char, 4096> path{};
  const auto length = ::readlink("/proc/self/exe", path.data(), path.size());
  if (length <= 0) return {};
  const std::string text(path.data(), static_cast<std::size_t>(length));
  return text.substr(0, text.rfind('/'));
}

}  // namespace

std::unique_ptr<ProbeEngine> load_http_engine(const EngineContext& context, std::string& why) {
  const std::string folder = own_folder();
  const std::vector<std::string> places{
      folder + "/" + http_module_name,
      folder + "/../" TRACKER_PROBE_LIBDIR "/minitor/" + http_module_name,
      std::string(TRACKER_PROBE_FULL_LIBDIR "/minitor/") + http_module_name};
  void* module = nullptr;
  for (const std::string& place : places) {
    if (::access(place.c_str(), R_OK) != 0) continue;
    module = ::dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (module != nullptr) break;
    const char* reason = ::dlerror();
    why = fmt::format("cannot open {}: {}", place,
                      checks::net::clean_text(reason != nullptr ? reason : "?"));
  }
  if (module == nullptr) {
    if (why.empty())
      why = fmt::format("this installation has no {}: only UDP can be probed", http_module_name);
    return nullptr;
  }
  const auto make = reinterpret_cast<HttpEngineFactory>(::dlsym(module, http_engine_symbol));
  if (make == nullptr) {
    why = fmt::format("{} has no {}", http_module_name, http_engine_symbol);
    return nullptr;
  }
  std::unique_ptr<ProbeEngine> engine(make(border_version, &context));
  if (!engine) why = fmt::format("{} is of another version", http_module_name);
  return engine;
}

}  // namespace tracker_probe
