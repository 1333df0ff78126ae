#include <fmt/format.h>

#include "minitor/core/clean_text.hpp"
#include "minitor/core/heartbeat_tokens.hpp"
#include "minitor/daemon/commands.hpp"
#include "minitor/daemon/secret_file.hpp"

namespace minitor {
namespace {

// Where the page is reached, as far as the configuration says.
std::string origin_of(const Config& config) {
  const WebSettings settings = config.web.value_or(WebSettings{});
  if (!settings.public_url.empty()) return settings.public_url;
  if (settings.address.empty()) return fmt::format("http://HOST:{}", settings.port);
  const bool v6 = settings.address.find(':') != std::string::npos;
  return fmt::format(fmt::runtime(v6 ? "http://[{}]:{}" : "http://{}:{}"), settings.address,
                     settings.port);
}

}  // namespace

int print_heartbeats(const Config& config, const std::optional<std::string>& history) {
  std::string secret;
  if (needs_heartbeat_secret(config) && history) {
    auto read = read_secret(secret_file(*history), MissingSecret::refuse);
    if (const auto* trouble = std::get_if<SecretTrouble>(&read)) {
      fmt::print(stderr, "minitor: {}\n", trouble->reason);
      return kExitFailed;
    }
    secret = std::get<std::string>(std::move(read));
  }
  std::string text;
  for (const Monitor& monitor : config.monitors) {
    if (!monitor.heartbeat) continue;
    text += fmt::format("{}\t{}/ping/{}\n", one_line(monitor.name), origin_of(config),
                        heartbeat_token(monitor, secret));
  }
  if (text.empty()) {
    fmt::print(stderr, "minitor: no monitor of this configuration is a heartbeat\n");
    return kExitFailed;
  }
  fmt::print("{}", text);
  return kExitOk;
}

}  // namespace minitor
