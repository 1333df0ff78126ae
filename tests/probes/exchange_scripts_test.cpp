// Golden scripts for the UDP conversation in virtual time: lines with "> " are what happens, the
// lines below each are what the conversation did. PROBE_SCRIPTS_UPDATE=1 rewrites the files.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "checks/tracker-probe/udp_exchange.hpp"
#include "checks/tracker-probe/verdict.hpp"
#include "tests/catch.hpp"

namespace {

using namespace tracker_probe;
using namespace std::chrono_literals;

class CountingIds final : public TransactionIds {
 public:
  std::uint32_t fresh() override { return ++last_; }

 private:
  std::uint32_t last_ = 0x1000;
};

using Words = std::map<std::string, std::string>;

Words words_of(std::istringstream& line) {
  Words words;
  for (std::string word; line >> word;) {
    const auto equals = word.find('=');
    words[word.substr(0, equals)] = equals == std::string::npos ? "yes" : word.substr(equals + 1);
  }
  return words;
}

Microseconds duration(const std::string& text) {
  const auto parsed = checks::net::parse_duration(text);
  REQUIRE(parsed);
  return *parsed;
}

void put(std::vector<std::uint8_t>& out, std::uint64_t number, int bytes) {
  for (int shift = bytes * 8 - 8; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(number >> shift));
}

class Player {
 public:
  std::string play(const std::string& command) {
    std::istringstream line(command);
    std::string verb;
    line >> verb;
    out_.clear();
    if (verb == "probe") {
      start(words_of(line));
    } else if (verb == "advance") {
      std::string time;
      line >> time;
      advance(duration(time));
    } else if (verb == "reply") {
      std::string kind;
      line >> kind;
      reply(kind, words_of(line));
    } else if (verb == "icmp") {
      const Words words = words_of(line);
      const auto offender = checks::net::parse_ip("192.0.2.9");
      exchange_->on_icmp(
          now_, words.count("host") ? IcmpKind::host_unreachable : IcmpKind::port_unreachable,
          offender, id_of(words));
    } else if (verb == "send-error") {
      int number = 0;
      line >> number;
      exchange_->on_send_error(now_, number);
    } else {
      FAIL("unknown verb in script: " << verb);
    }
    drive();
    return out_;
  }

 private:
  void start(const Words& words) {
    const std::map<std::string, Depth> depths{{"connect", Depth::connect},
                                              {"scrape", Depth::scrape},
                                              {"stopped", Depth::stopped},
                                              {"announce", Depth::announce},
                                              {"roundtrip", Depth::roundtrip}};
    options_ = ProbeOptions{};
    options_.with_scrape = words.count("with-scrape") > 0;
    options_.verify_cleanup = words.count("verify-cleanup") > 0;
    ExchangeSettings settings;
    settings.options = &options_;
    settings.endpoint = {*checks::net::parse_ip("192.0.2.1"), 6969};
    settings.depth = depths.at(words.count("depth") ? words.at("depth") : "announce");
    settings.identity.port_a = 50001;
    settings.identity.port_b = 50002;
    settings.identity.key = 7;
    settings.start = now_;
    settings.deadline = now_ + (words.count("timeout") ? duration(words.at("timeout")) : 10s);
    exchange_ = std::make_unique<UdpExchange>(std::move(settings));
    began_ = now_;
    done_ = false;
    sent_.clear();
  }

  [[nodiscard]] std::string at(Instant time) const {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time - began_);
    return fmt::format("{}.{:03}", ms.count() / 1000, ms.count() % 1000);
  }

  void drive() {
    while (!done_) {
      const auto action = exchange_->next(now_, ids_, packet_);
      if (action.kind == UdpExchange::Action::Kind::wait) {
        wake_ = action.until;
        out_ += fmt::format("{} wait until {}\n", at(now_), at(wake_));
        return;
      }
      if (action.kind == UdpExchange::Action::Kind::finished) return finish();
      if (action.expects_reply) sent_.push_back(action.transaction_id);
      out_ +=
          fmt::format("{} send {}{}\n", at(now_), name_of_packet(),
                      action.expects_reply ? fmt::format(" #{}", sent_.size()) : ", for no answer");
    }
  }

  [[nodiscard]] std::string name_of_packet() const {
    if (packet_[11] == 0) return "connect";
    if (packet_[11] == 2) return "scrape";
    const char* events[] = {"none", "completed", "started", "stopped"};
    return fmt::format("announce {} port={} want={}", events[packet_[83]],
                       packet_[96] * 256 + packet_[97], packet_[95]);
  }

  void finish() {
    done_ = true;
    const AddressResult result = exchange_->take_result(now_);
    const UdpDetail& udp = *result.udp;
    out_ += fmt::format("{} {}{}\n", at(now_), name_of(result.state),
                        result.error ? " " + result.error->code + ": " + result.error->text : "");
    out_ += fmt::format(
        "  sent={} answered={} late={} lost={} retransmits={} duplicates={} foreign={} bad={} "
        "reconnects={}\n",
        udp.sent, udp.answered, udp.late, udp.lost, udp.retransmits, udp.duplicates, udp.foreign,
        udp.bad, udp.reconnects);
    if (result.times.connect)
      out_ += fmt::format("  connect {} us\n", result.times.connect->count());
    if (result.times.announce)
      out_ += fmt::format("  announce {} us\n", result.times.announce->count());
    for (const Finding& note : result.notes) {
      out_ += fmt::format("  note {}{}: {}\n", note.code,
                          note.state == State::warning ? " (warning)" : "", note.text);
    }
  }

  void advance(Microseconds time) {
    const Instant end = now_ + time;
    while (!done_ && wake_ <= end) {
      now_ = std::max(now_, wake_);
      const auto before = out_.size();
      drive();
      // Waiting lines in the middle of a long advance say nothing.
      if (!done_ && wake_ <= end && out_.size() > before)
        out_.resize(out_.rfind('\n', out_.size() - 2) + 1);
    }
    if (done_) return;
    if (!out_.empty()) {
      const auto last = out_.rfind('\n', out_.size() - 2);
      out_.resize(last == std::string::npos ? 0 : last + 1);
    }
    now_ = end;
  }

  [[nodiscard]] std::uint32_t id_of(const Words& words) const {
    if (words.count("tid")) return static_cast<std::uint32_t>(std::stoul(words.at("tid")));
    REQUIRE(!sent_.empty());
    return words.count("to") ? sent_.at(std::stoul(words.at("to")) - 1) : sent_.back();
  }

  void reply(const std::string& kind, const Words& words) {
    std::vector<std::uint8_t> data;
    const auto number = [&](const char* name, unsigned otherwise) {
      return words.count(name) ? static_cast<unsigned>(std::stoul(words.at(name))) : otherwise;
    };
    const std::map<std::string, unsigned> actions{
        {"connect", 0}, {"announce", 1}, {"scrape", 2}, {"error", 3}};
    put(data, actions.at(kind), 4);
    put(data, id_of(words), 4);
    if (kind == "connect") put(data, 0xabcdef, 8);
    if (kind == "announce") {
      put(data, number("interval", 1800), 4);
      put(data, number("leechers", 1), 4);
      put(data, number("seeders", 0), 4);
      std::istringstream ports(words.count("peers") ? words.at("peers") : "");
      for (std::string port; std::getline(ports, port, ',');) {
        put(data, 0x7f000001, 4);
        put(data, std::stoul(port), 2);
      }
    }
    if (kind == "scrape") put(data, 0, 8), put(data, number("leechers", 0), 4);
    if (kind == "error") {
      std::string text = words.at("text");
      std::replace(text.begin(), text.end(), '_', ' ');
      data.insert(data.end(), text.begin(), text.end());
    }
    if (words.count("bytes")) data.resize(std::stoul(words.at("bytes")));
    Endpoint from{*checks::net::parse_ip(words.count("from") ? words.at("from") : "192.0.2.1"),
                  static_cast<std::uint16_t>(number("port", 6969))};
    exchange_->on_datagram(now_, from, data, words.count("truncated") > 0);
  }

  ProbeOptions options_;
  CountingIds ids_;
  std::unique_ptr<UdpExchange> exchange_;
  std::vector<std::uint8_t> packet_;
  std::vector<std::uint32_t> sent_;
  Instant now_ = Instant{} + 1000s;
  Instant began_ = now_;
  Instant wake_ = now_;
  bool done_ = false;
  std::string out_;
};

std::string play_file(const std::string& text) {
  Player player;
  std::istringstream lines(text);
  std::string out;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') out += line + "\n";
    if (line.substr(0, 2) == "> ") out += line + "\n" + player.play(line.substr(2));
  }
  return out;
}

TEST_CASE("the UDP conversation does what its golden scripts say") {
  namespace fs = std::filesystem;
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(TEST_SOURCE_DIR "/scripts")) {
    if (entry.path().extension() != ".script") continue;
    ++count;
    std::stringstream buffer;
    buffer << std::ifstream(entry.path()).rdbuf();
    const std::string expected = buffer.str();
    const std::string actual = play_file(expected);
    if (std::getenv("PROBE_SCRIPTS_UPDATE") != nullptr) {
      std::ofstream(entry.path()) << actual;
      continue;
    }
    INFO(entry.path());
    CHECK(actual == expected);
  }
  CHECK(count >= 10);
}

}  // namespace
