// Reads the configuration again when somebody asks for it, beside the loop, and says what came of it. What
// is wrong changes nothing. Several that ask while it is read are answered together, by a reading that began
// after they asked.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "minitor/config/load_config.hpp"
#include "minitor/core/reload.hpp"

namespace minitor {

// What a process may see of the world when it reads its configuration. `called_off`: whether nobody wants
// it any more; asked from the thread that reads.
[[nodiscard]] std::variant<LoadedConfig, std::vector<ConfigError>> load_from(
    const std::string& file, std::function<bool()> called_off = {});

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
  // Its end waits for no pipe.
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
  [[nodiscard]] Loaded not_read(const std::exception& error) const;
  void end(Loaded loaded);

  boost::asio::io_context& loop_;
  std::string file_;
  Needs needs_;
  std::thread thread_;
  std::atomic<bool> called_off_ = false;
  bool reading_ = false;
  std::vector<Done> asked_;    // of the next reading
  std::vector<Done> waiting_;  // of this one
  ReloadReport last_;
};

}  // namespace minitor
