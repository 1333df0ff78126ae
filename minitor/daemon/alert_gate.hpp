// Holds alert commands and repairs back until what they follow from is written: a notice's intention
// is to be durable before its command starts, and that a repair ran before it does. Not for long:
// history never delays an alert beyond kGateTime.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <functional>

#include "minitor/core/event.hpp"

namespace minitor {

// Then it goes, written or not.
inline constexpr Duration kGateTime = std::chrono::milliseconds{250};

class AlertGate {
 public:
  using Open = std::function<void(StartCommand&)>;

  // `open` starts a command; it comes from the loop.
  AlertGate(boost::asio::io_context& loop, Open open) : timer_(loop), open_(std::move(open)) {}

  // Starts it once everything up to `number` is written, or at the latest after kGateTime.
  void hold(StartCommand start, std::uint64_t number);
  void written(std::uint64_t number);
  // It is not to start any more. False: it did already.
  [[nodiscard]] bool take_back(RunId run);

 private:
  struct Held {
    StartCommand start;
    std::uint64_t number = 0;
    std::chrono::steady_clock::time_point until;
  };
  void open_due();
  void wait();

  boost::asio::steady_timer timer_;
  Open open_;
  std::deque<Held> held_;
  std::uint64_t written_ = 0;
};

}  // namespace minitor
