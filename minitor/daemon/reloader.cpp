#include "minitor/daemon/reloader.hpp"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <utility>

#include "minitor/daemon/clock.hpp"
#include "minitor/daemon/system_zones.hpp"

namespace minitor {

std::variant<LoadedConfig, std::vector<ConfigError>> load_from(const std::string& file) {
  SystemZones zones;
  ConfigWorld world = this_process();
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
  thread_ = std::thread([this] {
    auto loaded = std::make_shared<Loaded>(load_from(file_));
    boost::asio::post(loop_, [this, loaded] { end(std::move(*loaded)); });
  });
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
