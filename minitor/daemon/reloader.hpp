// Reads the configuration again when somebody asks for it, beside the loop, and says what came of it. What
// is wrong changes nothing. Several that ask while it is read are answered together, by a reading that began
// after they asked.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "minitor/config/load_config.hpp"
#include "minitor/core/reload.hpp"

namespace minitor {

// What a process may see of the world when it reads its configuration.
[[nodiscard]] std::variant<LoadedConfig, std::vector<ConfigError>> load_from(
    const std::string& file);

class Reloader {
 public:
  using Done = std::function<void(const ReloadReport&)>;
  struct Needs {
    std::function<void()> begins;  // a reading begins
    std::function<std::shared_ptr<const Config>()> config;
    // Puts it in force; false: the daemon stops, and nothing is changed any more.
    std::function<bool(std::shared_ptr<const Config>)> apply;
    std::function<void(const ReloadReport&)> ended;
  };

  // `file`: the one that was read at the start. All calls are of the loop's thread, and come back there.
  Reloader(boost::asio::io_context& loop, std::string file, Needs needs);
  ~Reloader();
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  void ask(Done done);
  // Of the last reading.
  [[nodiscard]] const ReloadReport& last() const { return last_; }

 private:
  using Loaded = std::variant<LoadedConfig, std::vector<ConfigError>>;

  void begin();
  void end(Loaded loaded);

  boost::asio::io_context& loop_;
  std::string file_;
  Needs needs_;
  std::thread thread_;
  bool reading_ = false;
  std::vector<Done> asked_;    // of the next reading
  std::vector<Done> waiting_;  // of this one
  ReloadReport last_;
};

}  // namespace minitor
