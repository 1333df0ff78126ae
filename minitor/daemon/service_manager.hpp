// What systemd is told: that minitor is ready, what it does, that it lives, that it stops. A few
// lines over the datagram socket that systemd names (sd_notify(3)); elsewhere nothing happens.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <string>

#include "minitor/core/moment.hpp"

namespace minitor {

class ServiceManager {
 public:
  // Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and takes them out of the environment: the
  // commands that are run are not the service. To be called before there is a second thread.
  ServiceManager();
  ~ServiceManager();
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  // How often alive() is to be called; none when nobody waits for it.
  [[nodiscard]] std::optional<Duration> heartbeat() const { return heartbeat_; }

  // None of these waits or fails: what cannot be said is not said.
  void ready(const std::string& status) const { tell("READY=1\nSTATUS=" + status); }
  void alive() const { tell("WATCHDOG=1"); }
  // ready() follows.
  void reloading(Monotonic now) const {
    tell(fmt::format(
        "RELOADING=1\nMONOTONIC_USEC={}",
        std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count()));
  }
  void stopping() const { tell("STOPPING=1"); }

 private:
  void tell(const std::string& state) const;

  int socket_ = -1;  // connected; -1: there is no service manager
  std::optional<Duration> heartbeat_;
};

}  // namespace minitor
