// Calls from one thread's loop to another's, as many at a time as came together: waking a thread that
// sleeps costs more than what it is woken for.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

namespace tracker_probe {

class Crossing {
 public:
  using Call = std::function<void()>;

  /// Both loops must outlive this. What was sent and has not gone out when it ends is dropped.
  Crossing(boost::asio::io_context& from, boost::asio::io_context& to) : from_(from), to_(to) {}

  /// On `from`'s thread. The calls are made on `to`'s thread, in this order.
  void send(Call call) {
    waiting_->push_back(std::move(call));
    if (waiting_->size() > 1) return;  // what sent the first one takes this one along
    boost::asio::post(from_, [&to = to_, weak = std::weak_ptr<Calls>(waiting_)] {
      if (const auto waiting = weak.lock()) go(to, std::exchange(*waiting, {}));
    });
  }

 private:
  using Calls = std::deque<Call>;

  static void go(boost::asio::io_context& to, Calls calls) {
    boost::asio::post(to,
                      [&to, calls = std::move(calls)]() mutable { make(to, std::move(calls)); });
  }
  /// A call that throws stops none but itself.
  static void make(boost::asio::io_context& to, Calls calls) {
    while (!calls.empty()) {
      const auto call = std::move(calls.front());
      calls.pop_front();
      try {
        call();
      } catch (...) {
        if (!calls.empty()) go(to, std::move(calls));
        throw;
      }
    }
  }

  boost::asio::io_context& from_;
  boost::asio::io_context& to_;
  std::shared_ptr<Calls> waiting_ = std::make_shared<Calls>();
};

}  // namespace tracker_probe
