#include "tests/scripts/script.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "minitor/config/load_config.hpp"
#include "minitor/core/clean_text.hpp"
#include "minitor/core/delivery.hpp"
#include "minitor/core/overlay_request.hpp"
#include "minitor/core/why.hpp"
#include "tests/scripts/lines.hpp"
#include "tests/zones.hpp"

namespace minitor::scripts {
namespace {

const std::set<std::string> kShownAtFirst{
    "transitions", "intended", "delivered", "failed", "given_up", "dropped",  "ends",
    "stopped",     "closed",   "repairs",   "held",   "blind",    "overlays", "reloads"};
const std::set<std::string> kKinds{
    "transitions", "intended", "delivered", "failed",   "given_up",   "dropped",  "ends",
    "stopped",     "checks",   "starts",    "commands", "log",        "wakes",    "repairs",
    "held",        "saves",    "closed",    "blind",    "unobserved", "overlays", "reloads"};

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool open = false;
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
      open = true;
    } else if (c == ' ' && !quoted) {
      if (open) words.push_back(std::exchange(word, {}));
      open = false;
    } else {
      word += c;
      open = true;
    }
  }
  if (open) words.push_back(word);
  return words;
}

Duration duration_of(const std::string& text) {
  const auto duration = parse_duration(text);
  if (!duration) throw std::runtime_error("not a duration: " + text);
  return *duration;
}

int count_of(const std::string& text) {
  const bool times = !text.empty() && text.front() == 'x';
  return std::stoi(times ? text.substr(1) : text);
}

bool is_times(const std::string& word) {
  return word.size() > 1 && word.front() == 'x' &&
         word.find_first_not_of("0123456789", 1) == std::string::npos;
}

const std::map<std::string, Fate> kFates{{"ok", {Fate::Kind::exits, 0}},
                                         {"works", {Fate::Kind::exits, 0}},
                                         {"mends", {Fate::Kind::exits, 0, true}},
                                         {"fail", {Fate::Kind::exits, 1}},
                                         {"fails", {Fate::Kind::exits, 1}},
                                         {"warn", {Fate::Kind::exits, 3}},
                                         {"hang", {Fate::Kind::hangs, 0}},
                                         {"hangs", {Fate::Kind::hangs, 0}},
                                         {"refuses", {Fate::Kind::exits, kExitNever}},
                                         {"later", {Fate::Kind::exits, kExitRetryLater}},
                                         {"crash", {Fate::Kind::crashes, 0}},
                                         {"crashes", {Fate::Kind::crashes, 0}},
                                         {"missing", {Fate::Kind::missing, 0}},
                                         {"emfile", {Fate::Kind::no_descriptors, 0}}};

}  // namespace

std::string Script::run(std::string_view text) {
  std::string result;
  std::string config;
  bool in_config = false;
  bool in_next = false;
  bool in_output = false;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string line{text.substr(0, end)};
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const bool inside = line.starts_with(' ') || line.empty();
    if (in_config && !inside) {
      if (in_next) {
        next_config_ = config;
      } else {
        begin(config);
      }
      in_config = false;
    }
    if (in_config) config += line + "\n";
    if (line == "config" || line == "next config") {
      in_config = true;
      in_next = line == "next config";
      config.clear();
    } else if (line.starts_with("env ")) {
      const auto equals = line.find('=');
      environment_[line.substr(4, equals - 4)] = line.substr(equals + 1);
    } else if (line.starts_with("> ")) {
      command(line.substr(2));
      result += line + "\n";
      for (const std::string& out : std::exchange(lines_, {})) result += out + "\n";
      in_output = true;
      continue;
    } else if (line.empty() || line.starts_with('#')) {
      in_output = false;
    } else if (in_output) {
      continue;  // what was expected; what came stands there already
    } else if (!in_config) {
      throw std::runtime_error("neither a comment, a command nor a configuration: " + line);
    }
    result += line + "\n";
  }
  return result;
}

void Script::begin(const std::string& config) {
  config_ = config;
  next_config_.clear();
  shown_ = kShownAtFirst;
  told_.clear();
  history_ = std::make_unique<MemoryHistory>();
  world_ = std::make_unique<World>(load(config), [this](const Effect& effect) { observe(effect); });
}

Config Script::load(const std::string& config) const {
  ConfigWorld outside;
  outside.environment = environment_;
  outside.variable = [this](const std::string& name) -> std::optional<std::string> {
    const auto found = environment_.find(name);
    if (found == environment_.end()) return std::nullopt;
    return found->second;
  };
  outside.find_zone = [](const std::string& name) -> std::optional<TimeZone> {
    if (name.empty()) return TimeZone{};
    if (name == "Europe/Berlin") return tests::berlin();
    if (name == "America/New_York") return tests::new_york();
    return std::nullopt;
  };
  auto loaded = load_config_text("script.yml", config, outside);
  if (const auto* errors = std::get_if<std::vector<ConfigError>>(&loaded)) {
    std::string text;
    for (const ConfigError& error : *errors) text += "\n" + error.text();
    throw std::runtime_error("the script's configuration does not load:" + text);
  }
  return std::move(std::get<LoadedConfig>(loaded).config);
}

void Script::observe(const Effect& effect) {
  HistoryBatch batch;
  batch.now = world_ ? world_->now().wall : Timestamp{};
  if (const auto* save = std::get_if<SaveState>(&effect)) batch.changes.push_back(save->change);
  Effect copy = effect;
  if (world_)
    if (auto record = history_record(copy, world_->config(), batch.now))
      batch.records.push_back(std::move(*record));
  if (!batch.records.empty() || !batch.changes.empty()) history_->write(batch);
  if (const auto* record = std::get_if<RecordNotice>(&effect)) {
    if (record->stage == NoticeStage::intended)
      told_.emplace_back(name(record->notice->kind), record->notice->failure_count);
  }
  const Line line = line_of(effect, *world_);
  if (shown_.contains(line.kind)) say(line.text);
}

void Script::command(const std::string& line) {
  if (!world_) throw std::runtime_error("a command before any configuration: " + line);
  try {
    dispatch(words_of(line));
  } catch (const std::exception& error) {
    throw std::runtime_error(fmt::format("> {}: {}", line, error.what()));
  }
}

void Script::dispatch(Words words) {
  if (words.empty()) throw std::runtime_error("no command");
  if (run_command(words) || change_command(words) || overlay_command(words) ||
      stop_command(words) || restart_command(words))
    return;
  throw std::runtime_error("unknown command");
}

// Commands in which time passes.
bool Script::run_command(const Words& words) {
  const std::string& verb = words.front();
  if (kFates.contains(verb) || verb == "exit") {
    run_checks(words);
  } else if (verb == "advance") {
    world_->advance(duration_of(words.at(1)));
  } else if (verb == "settle") {
    if (!world_->settle()) say("still waiting after 48h");
  } else if (verb == "sequence") {
    sequence(count_of(words.at(1)));
  } else {
    return false;
  }
  return true;
}

// Commands that change what will come.
bool Script::change_command(const Words& words) {
  const std::string& verb = words.front();
  if (verb == "repair" || verb == "gate") {
    set_fate(world_->manner_of(verb + " " + words.at(1)), words);
  } else if (verb == "set" || verb == "alert") {
    set_fate(manner(words.at(1)), words);
  } else if (verb == "takes") {
    const bool repair = words.at(1) == "repair";
    (repair ? world_->manner_of("repair " + words.at(2)) : manner(words.at(1))).takes =
        duration_of(words.back());
  } else if (verb == "jitter") {
    manner(words.at(1)).jitter = duration_of(words.at(2));
  } else if (verb == "stubborn") {
    manner(words.at(1)).stubborn = duration_of(words.at(2));
  } else if (verb == "says") {
    manner(words.at(1)).output = words.at(2);
  } else if (verb == "clock-jump") {
    world_->jump_clock(duration_of(words.at(1)));
  } else if (verb == "suspend") {
    world_->jump_clock(duration_of(words.at(1)));
    world_->tell(Resumed{duration_of(words.at(1))});
    world_->advance(Duration::zero());
  } else if (verb == "freeze") {
    world_->freeze(duration_of(words.at(1)));
    world_->advance(Duration::zero());
  } else if (verb == "show" || verb == "hide") {
    show(words, verb == "show");
  } else {
    return false;
  }
  return true;
}

// pause, silence, ack NAME… [for DURATION] [by WHO] [note TEXT]; resume, unsilence, unack NAME… [by WHO];
// test NAME
bool Script::overlay_command(const Words& words) {
  static const std::map<std::string, std::pair<OverlayKind, bool>> verbs{
      {"pause", {OverlayKind::pause, false}},     {"resume", {OverlayKind::pause, true}},
      {"silence", {OverlayKind::silence, false}}, {"unsilence", {OverlayKind::silence, true}},
      {"ack", {OverlayKind::acknowledge, false}}, {"unack", {OverlayKind::acknowledge, true}}};
  if (words.front() == "test") {
    world_->tell(TestMonitor{world_->monitor(words.at(1)).value()});
    world_->advance(Duration::zero());
    return true;
  }
  const auto verb = verbs.find(words.front());
  if (verb == verbs.end()) return false;
  OverlayRequest request;
  request.kind = verb->second.first;
  request.clear = verb->second.second;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "for")
      request.length = duration_of(words.at(++i));
    else if (words[i] == "by")
      request.by = words.at(++i);
    else if (words[i] == "note")
      request.note = words.at(++i);
    else if (words[i] == "group")
      request.groups.push_back(words.at(++i));
    else if (words[i] == "all")
      request.all = true;
    else
      request.monitors.push_back(words[i]);
  }
  auto answer = decide(request, world_->config(), world_->engine().snapshot(), world_->now().wall);
  if (const auto* refusal = std::get_if<OverlayRefusal>(&answer)) {
    say("refused: " + refusal->words);
    return true;
  }
  if (auto* set = std::get_if<SetOverlay>(&answer))
    world_->tell(std::move(*set));
  else
    world_->tell(std::get<ClearOverlay>(std::move(answer)));
  world_->advance(Duration::zero());
  return true;
}

bool Script::stop_command(const Words& words) {
  const std::string& verb = words.front();
  if (verb == "stop") {
    world_->tell(StopRequested{});
  } else if (verb == "beat") {
    beat(words);
  } else if (verb == "stop-now") {
    world_->tell(StopNow{});
  } else if (verb == "startup-alerts") {
    TestAlerts test;
    for (std::size_t i = 1; i < words.size(); ++i) {
      const auto id = world_->alert(words[i]);
      if (!id) throw std::runtime_error("no such alert");
      test.alerts.push_back(*id);
    }
    world_->tell(std::move(test));
  } else if (verb == "status") {
    status();
    return true;
  } else {
    return false;
  }
  world_->advance(Duration::zero());
  return true;
}

// restart [DURATION], reboot [DURATION]: it is stopped, is away for so long and comes back, with the
// `next config` if there was one; reload: that one from now on, without an end. kill [DURATION], power-cut [DURATION]: without being stopped.
bool Script::restart_command(const Words& words) {
  const std::string& verb = words.front();
  if (verb == "why") {
    why_of(words);
    return true;
  }
  if (verb == "reload") {
    if (!next_config_.empty()) config_ = std::exchange(next_config_, {});
    world_->reload(load(config_));
    world_->advance(Duration::zero());
    return true;
  }
  const bool stops = verb == "restart" || verb == "reboot";
  if (!stops && verb != "kill" && verb != "power-cut") return false;
  if (!next_config_.empty()) config_ = std::exchange(next_config_, {});
  world_->restart(
      stops ? World::End::stop : World::End::crash,
      verb == "reboot" || verb == "power-cut" ? World::Boot::another : World::Boot::same,
      words.size() > 1 ? duration_of(words[1]) : Duration::zero(), load(config_));
  world_->advance(Duration::zero());
  return true;
}

// fail [NAME] [xN]: from now on the monitor's checks end so; N of them do now.
void Script::run_checks(const Words& words) {
  std::size_t at = 1;
  Fate fate;
  if (words.front() == "exit") {
    fate.code = count_of(words.at(at++));
  } else {
    fate = kFates.at(words.front());
  }
  std::string name;
  int times = 1;
  for (; at < words.size(); ++at) {
    if (is_times(words[at])) {
      times = count_of(words[at]);
    } else {
      name = words[at];
    }
  }
  const MonitorId id = monitor(name);
  world_->manner(id).usual = fate;
  if (!world_->run_checks(id, times)) say("no such check within 400 days");
}

// set NAME ok|fail|… [xN], alert NAME fails|hangs|… [xN]: from now on, or only for the next N runs.
// repair NAME …, gate NAME …: the same for repairs and only_when of a monitor; a repair also `mends`.
void Script::set_fate(Manner& how, const Words& words) {
  const auto found = kFates.find(words.at(2));
  if (found == kFates.end()) throw std::runtime_error("unknown way to end: " + words[2]);
  if (words.size() > 3) {
    how.next.insert(how.next.end(), static_cast<std::size_t>(count_of(words[3])), found->second);
  } else {
    how.usual = found->second;
    how.next.clear();
  }
}

// beat NAME [start|fail|CODE] [TEXT]: somebody tells that it lives.
void Script::beat(const Words& words) {
  HeartbeatReceived heard;
  heard.monitor = monitor(words.at(1));
  const auto sign = parse_sign(words.size() > 2 ? words[2] : "");
  if (!sign) throw std::runtime_error("no sign: " + words[2]);
  heard.sign = *sign;
  if (words.size() > 3) heard.body = words[3];
  world_->tell(std::move(heard));
}

void Script::show(const Words& words, bool shown) {
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (!kKinds.contains(words[i])) throw std::runtime_error("unknown kind of line: " + words[i]);
    if (shown) {
      shown_.insert(words[i]);
    } else {
      shown_.erase(words[i]);
    }
  }
}

void Script::status() {
  const Snapshot snapshot = world_->engine().snapshot();
  for (const MonitorSnapshot& one : snapshot.monitors) {
    const CheckCounters& checks = one.checks;
    say(fmt::format(
        "{}: {}, failures {}, alerts {}; checks ok {}+{}, failed {}+{}, unknown {}, "
        "missed {}",
        one.name, name(one.status), one.failures, one.alerts, checks.ok, checks.ok_alerting,
        checks.failed, checks.failed_alerting, checks.unknown, checks.missed));
  }
  for (const DeliverySnapshot& one : snapshot.deliveries)
    say(fmt::format("{} to {}: {} delivered", one.monitor.empty() ? "minitor" : one.monitor,
                    one.alert, one.delivered));
  say(fmt::format("running: {} checks, {} alerts; waiting: {} notices", snapshot.checks_running,
                  snapshot.alerts_running, snapshot.notices_waiting));
}

// The first monitor of a fresh world fails so many times and then is ok: at which failures was
// somebody told?
void Script::sequence(int failures) {
  begin(config_);
  shown_.clear();
  Manner& how = world_->manner(MonitorId{0});
  how.usual = {Fate::Kind::exits, 1};
  if (!world_->run_checks(MonitorId{0}, failures)) throw std::runtime_error("no checks");
  how.usual = {Fate::Kind::exits, 0};
  if (!world_->run_checks(MonitorId{0}, 1)) throw std::runtime_error("no checks");
  shown_ = kShownAtFirst;
  std::string line;
  std::string last;
  for (const auto& [kind, at] : told_) {
    line += kind == last ? fmt::format(" {}", at)
                         : fmt::format("{}{} at {}", line.empty() ? "" : "; ", kind, at);
    last = kind;
  }
  say(line.empty() ? "nobody was told" : line);
}

void Script::why_of(const Words& words) {
  const MessageContext context;
  const MonitorId id = monitor(words.size() > 1 ? words[1] : "");
  const Why asked =
      why(std::make_shared<const Config>(world_->config()), id, *history_, world_->now(), context,
          world_->boot(), world_->config().monitors[id.value].shown);
  std::string text = why_text(asked, context.local);
  while (!text.empty()) {
    const auto end = text.find('\n');
    // No line of what comes out is empty: that would end it.
    say(end == 0 ? "--" : text.substr(0, end));
    text.erase(0, end + 1);
  }
}

Manner& Script::manner(const std::string& name) {
  if (const auto id = world_->alert(name)) return world_->manner(*id);
  return world_->manner(monitor(name));
}

MonitorId Script::monitor(const std::string& name) const {
  if (name.empty()) return MonitorId{0};
  const auto id = world_->monitor(name);
  if (!id) throw std::runtime_error("no such monitor or alert: " + name);
  return *id;
}

}  // namespace minitor::scripts
