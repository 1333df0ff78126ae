"""Announces a second over HTTP and HTTPS: the built program in bulk against a bare libcurl-multi loop that does the
same exchanges with the same tracker, both with 64 under way. `stopped` is one request over a new connection for each
target, `announce` the usual two. The best of three rounds each, taken in turns; the CPU time of a request is shown
because it means something on a busy machine too."""

import os
import resource
import subprocess
import sys
import tempfile
import time

BUILD = sys.argv[1]
PROBE = os.path.join(BUILD, "checks/tracker-probe/tracker-probe")
TRACKER = os.path.join(BUILD, "tests/bench/probe_http/probe_http_tracker")
LOOP = os.path.join(BUILD, "tests/bench/probe_http/probe_http_loop")
UNDER_WAY = 64
ROUNDS = 3
AIM = 0.8


def certificate(folder):
    """A certificate of its own authority: key, certificate, and the file that trusts it."""
    key, file = os.path.join(folder, "key.pem"), os.path.join(folder, "certificate.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
         key, "-out", file, "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, stderr=subprocess.DEVNULL)
    return key, file


def cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def bare(url, targets, requests, trusted):
    words = [LOOP, url, str(targets), str(requests), str(UNDER_WAY)] + trusted
    before = cpu()
    done, rate = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
    assert int(done) == targets, "the bare loop did %s of %d" % (done, targets)
    return float(rate), (cpu() - before) / targets / requests


def probes(file, targets, requests, depth, trusted):
    words = [PROBE, "bulk", "--depth", depth, "-j", str(UNDER_WAY), "--rate", "0", "--per-host", "0", "-o", "quiet"]
    before, began = cpu(), time.monotonic()
    code = subprocess.run(words + trusted + [file]).returncode
    assert code == 0, "the probe ended with %d" % code
    return targets * requests / (time.monotonic() - began), (cpu() - before) / targets / requests


def measure(scheme, targets, folder):
    key, cert = certificate(folder)
    secure = scheme == "https"
    tracker = subprocess.Popen([TRACKER] + [cert, key] * secure, stdout=subprocess.PIPE)
    try:
        url = "%s://127.0.0.1:%d" % (scheme, int(tracker.stdout.readline()))
        path = os.path.join(folder, "targets")
        with open(path, "w", encoding="ascii") as file:
            file.writelines("%s/%d/announce\n" % (url, n) for n in range(targets))
        for depth, requests in (("stopped", 1), ("announce", 2)):
            pairs = [(bare(url, targets, requests, [cert] * secure),
                      probes(path, targets, requests, depth, ["--cacert", cert] * secure)) for _ in range(ROUNDS)]
            rates = [max(run[0] for run in runs) for runs in zip(*pairs)]
            costs = [min(run[1] for run in runs) * 1e6 for runs in zip(*pairs)]
            print("%-5s %-8s %6.0f requests/s, %4.0f us of CPU each; bare loop %6.0f, %4.0f us: %.2f (aim %.2f)" %
                  (scheme, depth, rates[1], costs[1], rates[0], costs[0], rates[1] / rates[0], AIM), flush=True)
    finally:
        tracker.kill()
        tracker.wait()


def main():
    if not os.path.exists(PROBE) or not os.path.exists(LOOP):
        print("skipped: the probes are not built")
        return
    with tempfile.TemporaryDirectory(prefix="probe-http-bench-") as folder:
        measure("http", 20000, folder)
        measure("https", 3000, folder)


if __name__ == "__main__":
    main()
