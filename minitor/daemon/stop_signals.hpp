// The signals that ask minitor to stop, and the one that asks it to read its configuration again.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/signal_set.hpp>
#include <csignal>

namespace minitor {

// Commands run in sessions of their own, so nobody else ends them: a minitor that died of SIGQUIT would
// leave them behind.
inline void add_stop_signals(boost::asio::signal_set& signals) {
  signals.add(SIGTERM);
  signals.add(SIGINT);
  signals.add(SIGQUIT);
}

// Under nohup SIGHUP stays ignored.
[[nodiscard]] inline bool reloads_on_hangup() {
  struct sigaction hangup {};
  sigaction(SIGHUP, nullptr, &hangup);
  return hangup.sa_handler != SIG_IGN;
}

// SIGHUP comes from whoever wants the configuration to be read again, or from a terminal that was closed:
// then there is none any more, and minitor has to stop.
class Terminal {
 public:
  Terminal() : had_one_(has_one()) {}
  [[nodiscard]] bool is_gone() const { return had_one_ && !has_one(); }

 private:
  static bool has_one() {
    const int descriptor = ::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0) return false;
    ::close(descriptor);
    return true;
  }
  bool had_one_;
};

}  // namespace minitor
