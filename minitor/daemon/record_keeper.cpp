#include "minitor/daemon/record_keeper.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "minitor/daemon/clock.hpp"
#include "minitor/store/open_history.hpp"

namespace minitor {

namespace asio = boost::asio;

namespace {

// No alert runs before its intention is kept, and no repair before it is kept that it ran.
bool waits_for_the_record(const StartCommand& start) {
  return start.purpose == RunPurpose::alert || start.purpose == RunPurpose::repair;
}

bool is_urgent(const Effect& effect) {
  const auto* start = std::get_if<StartCommand>(&effect);
  return std::holds_alternative<RecordNotice>(effect) ||
         std::holds_alternative<RecordReload>(effect) ||
         (start != nullptr && waits_for_the_record(*start));
}

}  // namespace

RecordKeeper::RecordKeeper(asio::io_context& loop, const std::optional<std::string>& file,
                           const std::shared_ptr<History>& history, const HistorySettings& settings,
                           LifeRecord life, Needs needs)
    : loop_(loop),
      needs_(std::move(needs)),
      gate_(loop, [this](StartCommand& start) { needs_.start(start); }) {
  const Retention retention{settings.checks, settings.minutes, settings.hours, settings.max_bytes};
  HistoryReader::Open open;
  if (file) {
    open = [path = *file] { return open_for_reading(path); };
  } else {
    open = [history] { return history; };
  }
  writer_ = std::make_unique<HistoryWriter>(
      history, retention, std::move(life), listener(),
      [path = file] { return open_history(path.value_or(""), now().wall); });
  reader_ = std::make_unique<HistoryReader>(
      std::move(open), [this](std::function<void()> done) { asio::post(loop_, std::move(done)); });
}

// What the writer's thread says is said on the loop's.
HistoryWriter::Listener RecordKeeper::listener() {
  HistoryWriter::Listener listener;
  listener.written = [this](std::uint64_t number) {
    asio::post(loop_, [this, number] { gate_.written(number); });
  };
  const auto says = [this](LogLevel level) {
    return [this, level](std::string words) {
      asio::post(loop_, [this, level, words = std::move(words)] { needs_.say(level, words); });
    };
  };
  listener.trouble = says(LogLevel::error);
  listener.healed = says(LogLevel::warning);
  listener.started_anew = [this](std::string words) {
    asio::post(loop_, [this, words = std::move(words)] {
      needs_.say(LogLevel::error, words);
      needs_.started_anew();
    });
  };
  return listener;
}

void RecordKeeper::keep(std::vector<Effect>& effects, const Config& config, Timestamp when) {
  std::vector<HistoryRecord> records;
  std::vector<StateChange> changes;
  bool urgent = false;
  for (Effect& effect : effects) {
    urgent = urgent || is_urgent(effect);
    if (auto* save = std::get_if<SaveState>(&effect)) {
      changes.push_back(std::move(save->change));
    } else if (auto record = history_record(effect, config, when)) {
      records.push_back(std::move(*record));
    }
  }
  if (!records.empty() || !changes.empty())
    kept_ = writer_->submit(std::move(records), std::move(changes), when, urgent);
}

void RecordKeeper::start(StartCommand& start) {
  if (waits_for_the_record(start) && !writer_->failing()) {
    gate_.hold(std::move(start), kept_);
  } else {
    needs_.start(start);
  }
}

void RecordKeeper::read(HistoryWork work, HistoryDone done) {
  if (!reader_) return done("minitor stops");
  reader_->ask(std::move(work), std::move(done));
}

HistoryFigures RecordKeeper::figures() const {
  if (!writer_) return {};
  const HistoryWriter::Figures figures = writer_->figures();
  return {figures.waiting, figures.written, figures.dropped, figures.failing, figures.trouble};
}

void RecordKeeper::close() {
  writer_.reset();
  reader_.reset();
}

}  // namespace minitor
