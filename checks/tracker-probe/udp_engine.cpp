#include "checks/tracker-probe/udp_engine.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/descriptor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <cstring>
#include <deque>
#include <queue>
#include <utility>

#include "checks/net/random.hpp"
#include "checks/tracker-probe/flat_map.hpp"
#include "checks/tracker-probe/udp_exchange.hpp"
#include "checks/tracker-probe/udp_loss.hpp"
#include "checks/tracker-probe/udp_socket.hpp"

namespace tracker_probe {

namespace {

namespace asio = boost::asio;

constexpr int datagrams_per_turn = 256;  // then other work gets its turn
constexpr int send_retries = 3;          // for an error that belongs to somebody else's datagram

std::uint32_t read_u32(Bytes bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | bytes[at + i];
  return value;
}

struct EndpointHash {
  std::size_t operator()(const Endpoint& endpoint) const {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::memcpy(&high, endpoint.address.bytes.data(), 8);
    std::memcpy(&low, endpoint.address.bytes.data() + 8, 8);
    const std::uint64_t mixed =
        (high * 0x9e3779b97f4a7c15ULL) ^ ((low + endpoint.port) * 0xff51afd7ed558ccdULL);
    return static_cast<std::size_t>(mixed ^ (mixed >> 32));
  }
};

struct IdHash {  // the ids are random themselves
  std::size_t operator()(std::uint32_t id) const { return id; }
};

class KernelIds final : public TransactionIds {
 public:
  std::uint32_t fresh() override { return random_.number(); }

 private:
  checks::net::Random random_;
};

class UdpEngine final : public ProbeEngine {
 public:
  explicit UdpEngine(const EngineContext& context)
      : context_(context), loop_(*context.loop), timer_(loop_) {}

  void start(ProbeTask task, ProbeDone done) override {
    starting_.emplace_back(std::move(task), std::move(done));
    if (starting_.size() == 1) asio::post(loop_, [this] { start_waiting(); });
  }

  void abandon() override {
    starting_.clear();
    for (Talk& talk : talks_) {
      while (talk.conversation && talk.conversation->parting_stop(ids_, packet_)) {
        const Endpoint to = talk.conversation->endpoint();
        trace(Direction::sent, to, packet_);
        (void)channel_of(to).socket.send(to, packet_);
      }
    }
    talks_.clear();
    free_.clear();
    wakes_ = {};
    by_id_.clear();
    by_endpoint_.clear();
    timer_.cancel();
    for (auto& channel : channels_) channel.reset();
  }

  [[nodiscard]] std::size_t owed() const override { return 0; }

 private:
  static constexpr std::uint32_t nobody = UINT32_MAX;

  struct Talk {
    std::uint64_t number = 0;                       // how often the slot was taken, then the slot
    std::unique_ptr<UdpConversation> conversation;  // null: the slot is free
    ProbeDone done;
    Instant wake = Instant::max();  // what the newest entry in wakes_ says
    std::uint32_t before = nobody;  // others with the same endpoint
    std::uint32_t after = nobody;
    [[nodiscard]] std::uint32_t slot() const { return static_cast<std::uint32_t>(number); }
  };

  struct Channel {
    Channel(asio::io_context& loop, Family family, const ProbeOptions& options)
        : socket(family, options.source, options.interface, options.limits.udp_buffer),
          descriptor(loop) {
      if (socket.fd() >= 0) descriptor.assign(socket.fd());
    }
    ~Channel() {
      if (descriptor.is_open()) descriptor.release();  // the socket closes it
    }
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    UdpSocket socket;
    asio::posix::stream_descriptor descriptor;
  };

  struct Wake {
    Instant at;
    std::uint64_t number = 0;
    bool operator>(const Wake& other) const { return at > other.at; }
  };

  Channel& channel_of(const Endpoint& endpoint) {
    auto& channel = channels_[endpoint.address.family == Family::v4 ? 0 : 1];
    if (!channel) {
      channel = std::make_unique<Channel>(loop_, endpoint.address.family, *context_.options);
      if (channel->descriptor.is_open()) listen(*channel);
    }
    return *channel;
  }

  void listen(Channel& channel) {
    channel.descriptor.async_wait(asio::posix::descriptor_base::wait_read,
                                  [this, &channel](const boost::system::error_code& error) {
                                    if (error) return;  // closed: the channel may be gone
                                    drain(channel);
                                    listen(channel);
                                  });
  }

  std::unique_ptr<UdpConversation> conversation_for(const ProbeTask& task, Instant now) const {
    const ProbeOptions& options = *context_.options;
    if (options.loss_count > 0) {
      LossSettings settings;
      settings.endpoint = task.endpoint;
      settings.count = options.loss_count;
      settings.gap = options.loss_gap;
      settings.patience = std::min<Microseconds>(options.timeout, std::chrono::seconds(2));
      settings.start = now;
      return std::make_unique<UdpLoss>(settings);
    }
    ExchangeSettings settings;
    settings.options = context_.options;
    settings.endpoint = task.endpoint;
    settings.identity = task.identity;
    settings.depth = task.depth;
    if (options.url_data && task.url.path.size() + task.url.query.size() > 0 &&
        !(task.url.path == "/" && task.url.query.empty())) {
      settings.url_data = task.url.path + task.url.query;
    }
    settings.start = now;
    settings.deadline = task.deadline;
    return std::make_unique<UdpExchange>(std::move(settings));
  }

  void start_waiting() {
    std::deque<std::pair<ProbeTask, ProbeDone>> batch;
    batch.swap(starting_);
    for (auto& [task, done] : batch) {
      const Instant now = std::chrono::steady_clock::now();
      Talk& started = take_slot();
      started.conversation = conversation_for(task, now);
      started.done = std::move(done);
      link(started, task.endpoint);
      const Channel& channel = channel_of(task.endpoint);
      if (channel.socket.error() != 0) {
        started.conversation->on_send_error(now, channel.socket.error());
      }
      drive(started, now);
    }
    arm();
  }

  Talk& take_slot() {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(talks_.size()));
      talks_.emplace_back().number = free_.back();
    }
    Talk& talk = talks_[free_.back()];
    free_.pop_back();
    talk.number += std::uint64_t{1} << 32;
    ++open_;
    return talk;
  }

  void link(Talk& talk, const Endpoint& endpoint) {
    if (std::uint32_t* first = by_endpoint_.find(endpoint)) {
      talk.after = *first;
      talks_[*first].before = talk.slot();
      *first = talk.slot();
    } else {
      by_endpoint_.insert(endpoint, talk.slot());
    }
  }

  void unlink(Talk& talk, const Endpoint& endpoint) {
    if (talk.after != nobody) talks_[talk.after].before = talk.before;
    if (talk.before != nobody) {
      talks_[talk.before].after = talk.after;
    } else if (talk.after != nobody) {
      *by_endpoint_.find(endpoint) = talk.after;
    } else {
      by_endpoint_.erase(endpoint);
    }
    talk.before = talk.after = nobody;
  }

  /// The conversation a wake was meant for, unless it is over or is to be woken at another time.
  Talk* sleeper(const Wake& wake) {
    Talk& talk = talks_[static_cast<std::uint32_t>(wake.number)];
    return talk.number == wake.number && talk.conversation && talk.wake == wake.at ? &talk
                                                                                   : nullptr;
  }

  /// Lets a conversation do all it wants to do now. It may be gone afterwards.
  void drive(Talk& talk, Instant now) {
    while (true) {
      const auto action = talk.conversation->next(now, ids_, packet_);
      switch (action.kind) {
        case UdpConversation::Action::Kind::finished: return finish(talk, now);
        case UdpConversation::Action::Kind::wait:
          if (action.until != talk.wake) {
            talk.wake = action.until;
            wakes_.push({action.until, talk.number});
          }
          return;
        case UdpConversation::Action::Kind::send:
          if (action.expects_reply) expect(action.transaction_id, talk);
          send(talk, now);
          break;
      }
    }
  }

  void expect(std::uint32_t id, const Talk& talk) {
    if (std::uint32_t* other = by_id_.find(id)) {  // one in four thousand million
      *other = talk.slot();
    } else {
      by_id_.insert(id, talk.slot());
    }
  }

  void send(Talk& talk, Instant now) {
    const Endpoint to = talk.conversation->endpoint();
    Channel& channel = channel_of(to);
    trace(Direction::sent, to, packet_);
    int error = 0;
    for (int attempt = 0; attempt < send_retries; ++attempt) {
      error = channel.socket.send(to, packet_);
      // A pending ICMP error of another datagram is reported here: take it away and try again.
      if (error == 0 || !drain_icmp(channel)) break;
    }
    if (error != 0) talk.conversation->on_send_error(now, error);
  }

  void finish(Talk& talk, Instant now) {
    AddressResult result = talk.conversation->take_result(now);
    talk.conversation->each_transaction_id([this](std::uint32_t id) { by_id_.erase(id); });
    unlink(talk, talk.conversation->endpoint());
    talk.conversation.reset();
    const ProbeDone done = std::exchange(talk.done, {});
    talk.wake = Instant::max();
    free_.push_back(talk.slot());
    --open_;
    done(std::move(result));
  }

  Talk* talk_for(const Endpoint& from, Bytes datagram) {
    if (datagram.size() >= 8) {
      if (const auto* slot = by_id_.find(read_u32(datagram, 4))) return &talks_[*slot];
    }
    if (const auto* slot = by_endpoint_.find(from)) return &talks_[*slot];
    if (open_ != 1) return nullptr;
    const auto only = std::find_if(talks_.begin(), talks_.end(),
                                   [](const Talk& talk) { return talk.conversation != nullptr; });
    return only == talks_.end() ? nullptr : &*only;
  }

  void drain(Channel& channel) {
    drain_icmp(channel);
    for (int i = 0; i < datagrams_per_turn; ++i) {
      const auto datagram = channel.socket.receive();
      if (!datagram) break;
      trace(Direction::received, datagram->from, datagram->bytes);
      Talk* talk = talk_for(datagram->from, datagram->bytes);
      if (talk == nullptr) continue;
      talk->conversation->on_datagram(datagram->at, datagram->from, datagram->bytes,
                                      datagram->truncated);
      drive(*talk, std::chrono::steady_clock::now());
    }
    arm();
  }

  bool drain_icmp(Channel& channel) {
    bool any = false;
    while (const auto error = channel.socket.receive_icmp()) {
      any = true;
      trace(Direction::icmp, error->destination, error->quoted);
      if (error->quoted.size() < 16) continue;  // no transaction id in it: cannot be believed
      const std::uint32_t id = read_u32(error->quoted, 12);
      const auto* slot = by_id_.find(id);
      if (slot == nullptr) continue;
      Talk& talk = talks_[*slot];
      const Instant now = std::chrono::steady_clock::now();
      talk.conversation->on_icmp(now, error->kind, error->offender, id);
      talk.wake = now;  // asked again at the next turn, not from inside its own send
      wakes_.push({now, talk.number});
    }
    return any;
  }

  /// Wakes whoever is due, then sets the timer to the next one.
  void arm() {
    const Instant now = std::chrono::steady_clock::now();
    while (!wakes_.empty()) {
      const Wake wake = wakes_.top();
      Talk* talk = sleeper(wake);
      if (talk != nullptr && wake.at > now) break;
      wakes_.pop();  // due, or overtaken: then it is not worth a timer
      if (talk == nullptr) continue;
      talk->wake = Instant::max();
      drive(*talk, std::chrono::steady_clock::now());  // after a hundred others `now` is long ago
    }
    if (wakes_.empty() || (timer_set_ && timer_.expiry() <= wakes_.top().at)) return;
    timer_set_ = true;
    timer_.expires_at(wakes_.top().at);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      timer_set_ = false;
      arm();
    });
  }

  void trace(Direction direction, const Endpoint& endpoint, Bytes bytes) {
    if (!context_.trace) return;
    context_.trace({direction,
                    endpoint,
                    std::chrono::steady_clock::now(),
                    "udp",
                    {reinterpret_cast<const char*>(bytes.data()), bytes.size()}});
  }

  EngineContext context_;
  asio::io_context& loop_;
  asio::steady_timer timer_;
  bool timer_set_ = false;
  std::unique_ptr<Channel> channels_[2];
  KernelIds ids_;
  std::vector<std::uint8_t> packet_;
  std::deque<std::pair<ProbeTask, ProbeDone>> starting_;
  std::deque<Talk> talks_;  // slots: a talk stays where it is
  std::vector<std::uint32_t> free_;
  std::size_t open_ = 0;
  FlatMap<std::uint32_t, IdHash> by_id_;
  FlatMap<Endpoint, EndpointHash> by_endpoint_;  // the first of those with this endpoint
  std::priority_queue<Wake, std::vector<Wake>, std::greater<>> wakes_;
};

}  // namespace

std::unique_ptr<ProbeEngine> make_udp_engine(const EngineContext& context) {
  return std::make_unique<UdpEngine>(context);
}

}  // namespace tracker_probe
