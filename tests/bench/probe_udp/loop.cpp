// The other side of the probe's benchmarks: a bare tracker, a bare client, and nothing at all.
//   probe_udp_loop measure COMMAND...        runs it, prints its seconds and its peak KiB; being
//                                            small itself, it adds nothing to the peak
//   probe_udp_loop tracker                   prints its port, answers until killed
//   probe_udp_loop stamps                    the same; at SIGTERM a line for each started announce of a
//                                            target /N: N and the nanoseconds from its arrival by the
//                                            kernel's clock (SO_TIMESTAMPNS) until its answer went out
//   probe_udp_loop client HOST PORT COUNT    connect and announce, 64 outstanding, prints the rate
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace {

using Buffer = std::array<unsigned char, 2048>;

int open_socket() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const int bytes = 4 * 1024 * 1024;
  if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0) {
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
  return fd;
}

volatile std::sig_atomic_t ended = 0;

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// Where the answers of one tracker were timed; empty unless it was asked for.
struct Stamps {
  bool wanted = false;
  std::vector<std::pair<unsigned, std::int64_t>> list;
  std::int64_t arrived = 0;

  /// After the answer to `request` was sent: notes how long it took, if it was a started announce with
  /// BEP 41 data "/N".
  void note(const Buffer& request, std::size_t size) {
    if (!wanted || size < 102 || request[11] != 1 || request[83] != 2 || request[98] != 2) return;
    const std::string path(reinterpret_cast<const char*>(&request[100]), request[99]);
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    list.emplace_back(static_cast<unsigned>(std::atoi(path.c_str() + 1)),
                      nanoseconds(now) - arrived);
  }
};

/// Replies must come from the address that was asked; the arrival is noted on the way.
void read_control(msghdr& message, Stamps& stamps) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
      timespec stamp{};
      std::memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
      stamps.arrived = nanoseconds(stamp);
    }
    if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO) continue;
    in_pktinfo info{};
    std::memcpy(&info, CMSG_DATA(c), sizeof info);
    info.ipi_spec_dst = info.ipi_addr;
    info.ipi_ifindex = 0;
    std::memcpy(CMSG_DATA(c), &info, sizeof info);
    // Only this one goes out again; the kernel puts the address first of all.
    message.msg_control = c;
    message.msg_controllen = CMSG_SPACE(sizeof info);
    return;
  }
}

int run_tracker(Stamps stamps) {
  const int fd = open_socket();
  sockaddr_in address{};
  address.sin_family = AF_INET;  // any address: the benchmark uses many of 127.0.0.0/8
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return 1;
  socklen_t length = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
  if (stamps.wanted) ::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  struct sigaction on_end {};
  on_end.sa_handler = [](int) { ended = 1; };
  ::sigaction(SIGTERM, &on_end, nullptr);
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  Buffer in{};
  Buffer out{};
  while (ended == 0) {
    sockaddr_in from{};
    iovec part{in.data(), in.size()};
    alignas(cmsghdr) char control[128];
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t size = ::recvmsg(fd, &message, 0);
    if (size < 16) continue;
    const bool connect = in[11] == 0;
    std::memcpy(out.data(), in.data() + 8, 8);
    out[15] = 1;
    out[10] = 7;
    part = {out.data(), connect ? std::size_t{16} : std::size_t{20}};
    read_control(message, stamps);
    ::sendmsg(fd, &message, 0);
    stamps.note(in, static_cast<std::size_t>(size));
  }
  for (const auto& [number, took] : stamps.list)
    std::printf("%u %lld\n", number, static_cast<long long>(took));
  return 0;
}

int run_client(const char* host, int port, unsigned count) {
  const int fd = open_socket();
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(AF_INET, host, &to.sin_addr);
  timeval patience{2, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  Buffer packet{};
  const auto send = [&](std::size_t size) {
    ::sendto(fd, packet.data(), size, 0, reinterpret_cast<sockaddr*>(&to), sizeof to);
  };
  const auto connect = [&](std::uint32_t id) {
    packet = {0, 0, 4, 0x17, 0x27, 0x10, 0x19, 0x80};
    std::memcpy(packet.data() + 12, &id, 4);
    send(16);
  };
  unsigned started = 0;
  unsigned done = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (; started < 64 && started < count; ++started) connect(started);
  Buffer reply{};
  while (done < count) {
    const ssize_t size = ::recv(fd, reply.data(), reply.size(), 0);
    if (size < 8) break;
    if (reply[3] == 0) {
      packet.fill(0);
      std::memcpy(packet.data(), reply.data() + 8, 8);
      packet[11] = 1;
      std::memcpy(packet.data() + 12, reply.data() + 4, 4);
      packet[83] = 3;  // stopped, as the probe's --depth stopped
      packet[71] = 1;
      packet[95] = 1;
      packet[97] = 80;
      send(98);
    } else {
      ++done;
      if (started < count) connect(started++);
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("%u %.0f\n", done, done / took.count());
  return done == count ? 0 : 1;
}

int run_measured(char** command) {
  const auto begin = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child < 0) return 1;
  if (child == 0) {
    if (std::freopen("/dev/null", "w", stdout) == nullptr) ::_exit(126);
    ::execv(command[0], command);
    ::_exit(127);
  }
  int status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("%.4f %ld\n", took.count(), usage.ru_maxrss);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "empty";
  if (mode == "tracker") return run_tracker({});
  if (mode == "stamps") return run_tracker({.wanted = true, .list = {}});
  if (mode == "measure" && argc > 2) return run_measured(argv + 2);
  if (mode == "client" && argc == 5)
    return run_client(argv[2], std::atoi(argv[3]), static_cast<unsigned>(std::atoi(argv[4])));
  return 0;
}
