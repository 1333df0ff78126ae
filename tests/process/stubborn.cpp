// A program that KILL does not end, in one of two honest ways:
//   stubborn other-user        becomes root for good (it must be installed setuid root), as sudo does:
//                              who started it may not signal it any more
//   stubborn held              is held as a zombie by a tracer outside of its group that does not let
//                              it go: killed, but never there to be reaped
// Prints the number of the process that has to be ended for it to go away, and ends itself after a
// minute in any case.
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

namespace {

constexpr unsigned kLife = 60;  // seconds

int other_user() {
  if (setgid(0) != 0 || setuid(0) != 0) return 2;
  std::printf("%d\n", getpid());
  std::fflush(stdout);
  while (true) pause();
}

int held() {
  const pid_t held = getpid();
  int ready[2];
  if (pipe(ready) != 0) return 2;
  const pid_t tracer = fork();
  if (tracer < 0) return 2;
  if (tracer == 0) {
    alarm(kLife);
    setsid();
    close(ready[0]);
    char go = 0;
    if (ptrace(PTRACE_SEIZE, held, nullptr, nullptr) == 0) go = 'y';
    if (write(ready[1], &go, 1) != 1) return 2;
    close(ready[1]);
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
    while (true) pause();
  }
  prctl(PR_SET_PTRACER, tracer, 0, 0, 0);
  close(ready[1]);
  char go = 0;
  if (read(ready[0], &go, 1) != 1 || go != 'y') return 2;
  std::printf("%d\n", tracer);
  std::fflush(stdout);
  while (true) pause();
}

}  // namespace

int main(int argc, char** argv) {
  alarm(kLife);
  if (argc == 2 && std::strcmp(argv[1], "other-user") == 0) return other_user();
  if (argc == 2 && std::strcmp(argv[1], "held") == 0) return held();
  return 2;
}
