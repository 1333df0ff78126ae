"""The probe's measures, as `name value unit (ratio to limit)`, one a line.

Arguments: the probe, the empty program, the loop program, the preloaded hung resolver.
Ratios are so that 1.0 is the limit and less is better."""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

PROBE, EMPTY, LOOP, HUNG = sys.argv[1:5]


def line(name, value, unit, limit, less_is_better=True):
    ratio = value / limit if less_is_better else limit / value if value else float("inf")
    print("%s %.4g %s (%.2f of limit %g)" % (name, value, unit, ratio, limit), flush=True)


def timed(args, times=200):
    best = []
    for _ in range(times):
        start = time.perf_counter()
        subprocess.run(args, stdout=subprocess.DEVNULL)
        best.append(time.perf_counter() - start)
    return statistics.median(best)


def peak_kib(args):
    """Wall seconds and peak resident KiB of one run."""
    took, kib = subprocess.run([LOOP, "measure", *args], capture_output=True, text=True).stdout.split()
    return float(took), int(kib)


def start_tracker():
    tracker = subprocess.Popen([LOOP, "tracker"], stdout=subprocess.PIPE)
    return tracker, int(tracker.stdout.readline())


def bench_start(port):
    url = "udp://127.0.0.1:%d" % port
    empty, probe = timed([EMPTY]), timed([PROBE, "-o", "quiet", url])
    print("start.empty %.3f ms" % (empty * 1e3))
    print("start.probe %.3f ms" % (probe * 1e3))
    line("start.probe_to_empty", probe / empty, "times", 2)
    line("start.resident", peak_kib([PROBE, "-o", "quiet", url])[1] / 1024, "MiB", 8)


def bench_rate(name, port, count=100000):
    def raw():
        done, rate = subprocess.run([LOOP, "client", "127.0.0.1", str(port), str(count)], capture_output=True, text=True).stdout.split()
        return float(rate) if int(done) == count else 0.0
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("".join("udp://127.0.0.1:%d/%d\n" % (port, n) for n in range(count)))
        file.flush()
        def bulk(depth):
            args = [PROBE, "bulk", "-d", depth, "-j", "64", "--rate", "0", "--per-host", "0", "-4", "--no-bep41", "-o", "quiet", file.name]
            start = time.perf_counter()
            status = subprocess.run(args).returncode
            return count / (time.perf_counter() - start) if status == 0 else 0.0
        pairs = [(raw(), bulk("stopped")) for _ in range(3)]
        bare, probe = max(pair[0] for pair in pairs), max(pair[1] for pair in pairs)
    print("rate.%s.bare_loop %.0f exchanges/s" % (name, bare))
    print("rate.%s.bulk %.0f exchanges/s" % (name, probe))
    line("rate.%s.bulk_to_bare" % name, probe / bare if bare else 0, "share", 0.7, less_is_better=False)


def bench_many(port, dead):
    with tempfile.NamedTemporaryFile("w") as file:
        for n in range(10000):
            file.write("udp://127.1.%d.%d:%d\n" % (n // 250 + 1, n % 250 + 1, port if n % 5 < 2 else dead))
        file.flush()
        took, kib = peak_kib([PROBE, "bulk", "-t", "5s", "-j", "10000", "--rate", "0", "--per-host", "0", "-o", "jsonl", file.name])
    line("bulk10k.wall", took, "s", 7)
    line("bulk10k.resident", kib / 1024, "MiB", 40)


def bench_deadline():
    overruns = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([PROBE, "-t", "1s", "udp://hangs.example:1"], stdout=subprocess.DEVNULL, env=dict(os.environ, LD_PRELOAD=HUNG))
        overruns.append(time.perf_counter() - start - 1)
    line("deadline.overrun_hung_resolver", max(overruns) * 1e3, "ms", 250)


def main():
    import socket
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("0.0.0.0", 0))  # never read
    tracker, port = start_tracker()
    try:
        bench_start(port)
        bench_rate("own", port)
        bench_many(port, silent.getsockname()[1])
    finally:
        tracker.kill()
        tracker.wait()
    if shutil.which("opentracker"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        real = subprocess.Popen(["opentracker", "-i", "127.0.0.1", "-P", str(port), "-p", str(port), *user],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(100):
                if subprocess.run([PROBE, "-d", "connect", "-o", "quiet", "udp://127.0.0.1:%d" % port]).returncode == 0:
                    break
            bench_rate("opentracker", port)
        finally:
            real.terminate()
            real.wait()
    bench_deadline()


if __name__ == "__main__":
    main()
