#include "minitor/daemon/reloader.hpp"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <exception>
#include <system_error>
#include <utility>

#include "minitor/daemon/clock.hpp"
#include "minitor/daemon/system_zones.hpp"

namespace minitor {

std::variant<LoadedConfig, std::vector<ConfigError>> load_from(const std::string& file,
                                                               std::function<bool()> called_off) {
  SystemZones zones;
  ConfigWorld world = this_process();
  world.called_off = std::move(called_off);
  world.find_zone = [&zones](const std::string& name) -> std::optional<TimeZone> {
    if (name.empty()) return zones.local();
    return zones.find(name);
  };
  return load_config(file, world);
}

Reloader::Reloader(boost::asio::io_context& loop, std::string file, Needs needs)
    : loop_(loop), file_(std::move(file)), needs_(std::move(needs)) {
  last_.when = now().wall;
  last_.last_good = last_.when;
}

Reloader::~Reloader() {
  called_off_ = true;
  if (thread_.joinable()) thread_.join();
}

void Reloader::ask(Done done) {
  asked_.push_back(std::move(done));
  if (!reading_) begin();
}

void Reloader::begin() {
  reading_ = true;
  waiting_ = std::exchange(asked_, {});
  needs_.begins();
  if (thread_.joinable()) thread_.join();  // the one before has handed its result over
  const auto hand_over = [this](Loaded loaded) {
    boost::asio::post(loop_, [this, result = std::make_shared<Loaded>(std::move(loaded))] {
      end(std::move(*result));
    });
  };
  // What goes wrong with a reading must never end the watching.
  try {
    thread_ = std::thread([this, hand_over] {
      try {
        hand_over(load_from(file_, [this] { return called_off_.load(); }));
      } catch (const std::exception& error) {
        hand_over(not_read(error));
      }
    });
  } catch (const std::system_error& error) {
    hand_over(not_read(error));
  }
}

Reloader::Loaded Reloader::not_read(const std::exception& error) const {
  ConfigError trouble;
  trouble.file = file_;
  trouble.message = fmt::format("cannot be read now: {}", error.what());
  return std::vector<ConfigError>{std::move(trouble)};
}

void Reloader::end(Loaded loaded) {
  ReloadReport report;
  report.when = now().wall;
  report.last_good = last_.last_good;
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) {
    report.good = false;
    for (const ConfigError& error : *errors) report.errors.push_back(error.text());
    report.words = fmt::format("the configuration was not changed: {} error{} in {}",
                               errors->size(), errors->size() == 1 ? "" : "s", file_);
  } else {
    auto& good = std::get<LoadedConfig>(loaded);
    for (const ConfigError& note : good.notes) report.notes.push_back(note.text());
    const std::shared_ptr<const Config> before = needs_.config();
    // A command that began before may still write a secret that is no longer configured.
    good.config.redactor = good.config.redactor.joined(before->redactor);
    const auto after = std::make_shared<const Config>(std::move(good.config));
    report.words = describe(summarize(*before, *after, report.when));
    report.needs_restart = changed_for_restart(*before, *after);
    if (needs_.apply(after)) {
      report.last_good = report.when;
    } else {
      report.good = false;
      report.words = "the configuration was not changed: minitor is stopping";
    }
  }
  last_ = report;
  needs_.ended(report);
  for (const Done& done : std::exchange(waiting_, {})) done(report);
  reading_ = false;
  if (!asked_.empty()) begin();
}

}  // namespace minitor
