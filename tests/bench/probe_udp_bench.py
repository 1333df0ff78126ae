"""UDP probes: the start of one, the rate and the size of many, the truth of the latency, the end at the deadline.

Rates and starts are taken in turns with those of a bare program that does the same exchanges with the same tracker,
and the best round of each is shown: on a busy machine the ratio says more than the rate. The CPU time of an exchange
is shown as well."""
import json
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

BUILD = sys.argv[1]
PROBE = os.path.join(BUILD, "checks/tracker-probe/tracker-probe")
LOOP = os.path.join(BUILD, "tests/bench/probe_udp/probe_udp_loop")
EMPTY = os.path.join(BUILD, "tests/bench/probe_udp/probe_empty")
HUNG = os.path.join(BUILD, "tests/bench/probe_udp/libprobe_hung_resolver.so")
UNDER_WAY = "64"


def say(name, value, unit, aim=None):
    print("%-44s %10.4g %-12s%s" % (name, value, unit, "" if aim is None else " aim %s" % aim), flush=True)


def cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def start_times(commands, rounds=300):
    """The best and the median milliseconds of each command, run in turns."""
    times = [[] for _ in commands]
    for _ in range(rounds):
        for command, taken in zip(commands, times):
            start = time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL)
            taken.append(1e3 * (time.perf_counter() - start))
    return [(min(taken), sorted(taken)[len(taken) // 2]) for taken in times]


def measured(command):
    """Wall seconds and peak resident MB of one run, by a small program that adds nothing to the peak."""
    took, kib = subprocess.run([LOOP, "measure", *command], capture_output=True, text=True).stdout.split()
    return float(took), int(kib) * 1024 / 1e6


def start_tracker(mode="tracker"):
    tracker = subprocess.Popen([LOOP, mode], stdout=subprocess.PIPE, text=True)
    return tracker, int(tracker.stdout.readline())


def bench_start(port):
    url = "udp://127.0.0.1:%d" % port
    (empty, empty_middle), (probe, probe_middle) = start_times([[EMPTY], [PROBE, "-o", "quiet", url]])
    say("one-shot: empty program, best / median", empty, "ms / %.3f" % empty_middle)
    say("one-shot: probe, best / median", probe, "ms / %.3f" % probe_middle)
    say("one-shot: probe to empty, best / median", probe / empty, "/ %.2f" % (probe_middle / empty_middle), "2")
    say("one-shot: resident", measured([PROBE, "-o", "quiet", url])[1], "MB", "8")


def bench_rate(name, port, count=30000, rounds=8):
    def bare():
        before = cpu()
        words = [LOOP, "client", "127.0.0.1", str(port), str(count)]
        done, rate = subprocess.run(words, capture_output=True, text=True).stdout.split()
        return (float(rate) if int(done) == count else 0.0), (cpu() - before) / count

    with tempfile.NamedTemporaryFile("w") as file:
        file.write("".join("udp://127.0.0.1:%d/%d\n" % (port, n) for n in range(count)))
        file.flush()

        def bulk():
            words = [PROBE, "bulk", "-d", "stopped", "-j", UNDER_WAY, "--rate", "0", "--per-host", "0", "-4", "--no-bep41",
                     "-o", "quiet", file.name]
            before, start = cpu(), time.perf_counter()
            status = subprocess.run(words).returncode
            return (count / (time.perf_counter() - start) if status == 0 else 0.0), (cpu() - before) / count

        pairs = [(bare(), bulk()) for _ in range(rounds)]
    best = [max(pair[side][0] for pair in pairs) for side in (0, 1)]
    least = [min(pair[side][1] for pair in pairs) for side in (0, 1)]
    ratios = sorted(pair[1][0] / pair[0][0] for pair in pairs if pair[0][0])
    say("bulk, %s: bare loop" % name, best[0], "/s")
    say("bulk, %s: probe" % name, best[1], "/s")
    say("bulk, %s: share of the best, median of rounds" % name, best[1] / best[0] if best[0] else 0,
        "/ %.2f" % ratios[len(ratios) // 2], "0.7")
    say("bulk, %s: CPU each, bare and probe" % name, 1e6 * least[0], "us / %.1f us" % (1e6 * least[1]))


def bench_many(port, dead):
    with tempfile.NamedTemporaryFile("w") as file:
        for n in range(10000):
            file.write("udp://127.1.%d.%d:%d\n" % (n // 250 + 1, n % 250 + 1, port if n % 5 < 2 else dead))
        file.flush()
        took, size = measured([PROBE, "bulk", "-t", "5s", "-j", "10000", "--rate", "0", "--per-host", "0", "-o", "jsonl", file.name])
    say("10,000 targets, 60 % dead, 5 s: in all", took, "s", "7")
    say("10,000 targets, 60 % dead, 5 s: resident", size, "MB", "40")


def bench_latency(count=30000, rate=30000):
    """What the probe says of each announce against what the kernel's clock says of it at the tracker."""
    tracker, port = start_tracker("stamps")
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("".join("udp://127.0.0.1:%d/%d\n" % (port, n) for n in range(count)))
        file.flush()
        start = time.perf_counter()
        out = subprocess.run([PROBE, "bulk", "-j", "512", "--rate", str(rate), "--per-host", "0", "-4", "-o", "jsonl", file.name],
                             capture_output=True, text=True).stdout
        took = time.perf_counter() - start
    tracker.send_signal(signal.SIGTERM)
    kernel = {}
    for line in tracker.communicate()[0].splitlines():
        number, nanoseconds = line.split()
        kernel.setdefault(int(number), []).append(int(nanoseconds) / 1e3)
    errors = []
    for line in out.splitlines():
        result = json.loads(line)
        address = result["addresses"][0]
        times = kernel.get(result["n"], [])
        # Asked once, answered once: there is no doubt which exchange is meant.
        if len(times) == 1 and address["udp"]["retransmits"] == 0 and address["times"]["announce_us"] is not None:
            errors.append(abs(address["times"]["announce_us"] - times[0]))
    errors.sort()
    say("latency: announces compared", len(errors), "at %.0f/s" % (count / took))
    for name, share in (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)):
        say("latency: difference, %s" % name, errors[int(share * (len(errors) - 1))] / 1e3, "ms", "0.1")


def bench_deadline():
    overruns = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([PROBE, "-t", "1s", "udp://hangs.example:1"], stdout=subprocess.DEVNULL,
                       env=dict(os.environ, LD_PRELOAD=HUNG))
        overruns.append(time.perf_counter() - start - 1)
    say("deadline of 1 s with a hung resolver: overrun", max(0, max(overruns)) * 1e3, "ms", "250")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hole:
        hole.bind(("127.0.0.1", 0))
        overruns = []
        for _ in range(5):
            start = time.perf_counter()
            subprocess.run([PROBE, "-t", "1s", "udp://127.0.0.1:%d" % hole.getsockname()[1]], stdout=subprocess.DEVNULL)
            overruns.append(time.perf_counter() - start - 1)
    say("deadline of 1 s with a black hole: overrun", max(0, max(overruns)) * 1e3, "ms", "250")


def bench_opentracker():
    if not shutil.which("opentracker"):
        print("opentracker is not installed: its rate is not measured")
        return
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    for _ in range(5):
        port = random.randint(10000, 30000)
        real = subprocess.Popen(["opentracker", "-i", "127.0.0.1", "-P", str(port), "-p", str(port), *user],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            url = "udp://127.0.0.1:%d" % port
            if any(subprocess.run([PROBE, "-t", "500ms", "-d", "connect", "-o", "quiet", url]).returncode == 0 for _ in range(4)):
                return bench_rate("opentracker", port)
        finally:
            real.terminate()
            real.wait()


def main():
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("0.0.0.0", 0))  # never read
    tracker, port = start_tracker()
    try:
        bench_start(port)
        bench_rate("own tracker", port)
        bench_many(port, silent.getsockname()[1])
    finally:
        tracker.kill()
        tracker.wait()
    bench_opentracker()
    bench_latency()
    bench_deadline()


if __name__ == "__main__":
    main()
