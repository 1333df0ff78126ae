// The signals that ask minitor to stop.
#pragma once

#include <boost/asio/signal_set.hpp>
#include <csignal>

namespace minitor {

// Commands run in sessions of their own, so nobody else ends them: a minitor that died of a closed
// terminal (SIGHUP) or of SIGQUIT would leave them behind. Under nohup SIGHUP stays ignored.
inline void add_stop_signals(boost::asio::signal_set& signals) {
  signals.add(SIGTERM);
  signals.add(SIGINT);
  signals.add(SIGQUIT);
  struct sigaction hangup {};
  sigaction(SIGHUP, nullptr, &hangup);
  if (hangup.sa_handler != SIG_IGN) signals.add(SIGHUP);
}

}  // namespace minitor
