"""cpu-check, memory-check and disk-check: thresholds, another /proc, and hosts that say odd things."""

import os
import re

from table import end, expect, path, refused, row, run

RANGES = [
    # Usage is 25 %: 25 of 100 MiB are not available.
    ((), 0), (("-c", "20"), 2), (("-c", "25"), 0), (("-w", "20"), 1), (("-w", "20", "-c", "24.9"), 2),
    (("-c", "30:"), 2), (("-c", "~:30"), 0), (("-c", "~:10"), 2), (("-c", "10:30"), 0), (("-c", "@10:30"), 2),
    (("-c", "@25:25"), 2), (("-c", "@26:30"), 0), (("-w", "@10:30", "-c", "90"), 1), (("-c", "-5:-1"), 2),
]
MEMINFO = "MemTotal: 102400 kB\nMemFree: 1 kB\nMemAvailable: 76800 kB\nSwapTotal: {0} kB\nSwapFree: {1} kB\n"


def memory():
    proc = os.path.dirname(path("quarter/meminfo", MEMINFO.format(1024, 0)))
    for arguments, code in RANGES:
        row(code, r"25\.0 % of the memory in use \(25 of 100 MiB\)", "memory-check", "--proc", proc, *arguments)
    row(2, r"100\.0 % of the swap", "memory-check", "--proc", proc, "--swap")
    row(0, "there is no swap", "memory-check", "--swap", "--proc", os.path.dirname(path("no/meminfo", MEMINFO.format(0, 0))))
    row(0, "in use", "memory-check", "-c", "100")
    for name, content in (("empty", ""), ("half", "MemTotal: 5 kB\n"), ("more", "MemTotal: 5 kB\nMemAvailable: 6 kB\n"),
                          ("bytes", os.urandom(4096))):
        row(3, "cannot be read", "memory-check", "--proc", os.path.dirname(path(f"{name}/meminfo", content)))
    row(3, "cannot be read", "memory-check", "--proc", "/no/such/folder")
    refused("memory-check", ["-c"], ["-c", ""], ["-c", "x"], ["-c", "1;2"], ["-c", "1\n2"], ["-w", "@"], ["-w", "1:2:3"],
            ["-c", "9" * 40], ["--what"], ["$(id)"], ["\x1b[31m"])


def cpu():
    row(0, r"% busy over 1s", "cpu-check", "--over", "1", "-c", "100")
    row(2, r"% busy", "cpu-check", "--over", "1", "-c", "@0:100")
    # A count that stands still is no division by zero.
    proc = os.path.dirname(path("still/stat", "cpu  10 0 10 80 0 0 0 0 0 0\n"))
    row(0, r"^CPU OK - 0\.0 % busy", "cpu-check", "--over", "1", "--proc", proc)
    row(3, "cannot be read", "cpu-check", "--over", "1", "--proc", os.path.dirname(path("odd/stat", os.urandom(999))))
    row(3, "cannot be read", "cpu-check", "--proc", "/no/such/folder")
    refused("cpu-check", ["--over", "0"], ["--over", "61"], ["--over", "1.5"], ["--over"], ["-w", "a"], ["extra"])


def disk():
    text = row(0, r"/ [0-9.]+ % full", "disk-check", "-c", "100")
    # df itself is the judge, rounded up to a whole percent.
    percent = float(re.search(r"/ ([0-9.]+) %", text)[1])
    shown = os.statvfs("/")
    used = shown.f_blocks - shown.f_bfree
    expect(abs(percent - 100 * used / (used + shown.f_bavail)) < 1, text, "is not what statvfs says")
    row(2, "% full", "disk-check", "-c", "@0:100")
    row(1, "% full", "disk-check", "-w", "@0:100", "-c", "100", "/", "/proc")
    row(0, "of the inodes used", "disk-check", "--inodes", "-c", "100", "/")
    row(0, r"/proc 0\.0 % full", "disk-check", "--mounted", "/proc")
    row(2, r"is not mounted", "disk-check", "-c", "100", "--mounted", "/proc", path("a folder/file", "")[: -len("/file")])
    row(2, "/no/such is not there", "disk-check", "-c", "100", "/", "/no/such")
    odd = path("\x1b[31m|it's=odd\n/file", "")
    row(0, "% full", "disk-check", "-c", "100", "--", odd)
    refused("disk-check", ["-c", "x"], ["relative"], ["--bad", "/"], ["-t", "0", "/"], ["/", "--mounted"])


memory()
cpu()
disk()
end()
