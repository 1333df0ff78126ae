// Keeps what the engine decides: hands records and state to the history's writer, reads them for those who
// ask, and holds back what must not run before it is written why.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "minitor/core/config.hpp"
#include "minitor/core/history.hpp"
#include "minitor/daemon/alert_gate.hpp"
#include "minitor/daemon/log.hpp"
#include "minitor/store/history_reader.hpp"
#include "minitor/store/history_writer.hpp"
#include "minitor/web/daemon_metrics.hpp"

namespace minitor {

// All calls are of the loop's thread, and come back there.
class RecordKeeper {
 public:
  struct Needs {
    std::function<void(StartCommand&)> start;
    std::function<void(LogLevel level, const std::string& words)> say;
    // The history is a new, empty file: all that is known is to be saved once more.
    std::function<void()> started_anew;
  };
  // `file`: of `history`; none: it is in memory.
  RecordKeeper(boost::asio::io_context& loop, const std::optional<std::string>& file,
               const std::shared_ptr<History>& history, const HistorySettings& settings,
               LifeRecord life, Needs needs);

  // Everything that one event led to is kept together. What is kept of the effects is moved from.
  void keep(std::vector<Effect>& effects, const Config& config, Timestamp when);
  // Starts it: an alert or a repair when what was kept last is written.
  void start(StartCommand& start);
  // It is not to start any more. False: it did already.
  [[nodiscard]] bool take_back(RunId run) { return gate_.take_back(run); }

  // As HistoryReader::ask.
  void read(HistoryWork work, HistoryDone done);
  [[nodiscard]] HistoryFigures figures() const;

  // The last words are written; nothing is kept any more. May take as long as a disk takes.
  void close();
  [[nodiscard]] bool closed() const { return !writer_; }

 private:
  [[nodiscard]] HistoryWriter::Listener listener();

  boost::asio::io_context& loop_;
  Needs needs_;
  AlertGate gate_;
  std::uint64_t kept_ = 0;  // the number of what was submitted last
  // Last, so that their threads end before what they talk to.
  std::unique_ptr<HistoryWriter> writer_;
  std::unique_ptr<HistoryReader> reader_;
};

}  // namespace minitor
