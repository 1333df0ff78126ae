"""growth-check: files that grow, stall, are replaced, cut and removed; folders; names that are hostile."""

import contextlib
import os
import threading

from table import end, path, refused, row


@contextlib.contextmanager
def while_running(act):
    """`act` again and again until the check is over."""
    over = threading.Event()

    def work():
        while not over.wait(0.02):
            act()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def append(name, size=1000):
    with open(path(name), "ab") as file:
        file.write(b"x" * size)


still = path("still", "x" * 5000)
row(2, r"grew by 0 bytes a second over 1s \(1 file\)", "growth-check", "--over", "1", still)
row(0, "grew by 0 ", "growth-check", "--over", "1", "-c", "0:", still)
path("record/one", "")
with while_running(lambda: append("record/one")):
    row(0, r"grew by [1-9][0-9]+ bytes a second", "growth-check", "--over", "1", path("record/one"))
    row(0, "growth|grew", "growth-check", "--over", "1", "--rate", "1000", path("record"))
    row(2, "grew by", "growth-check", "--over", "1", "--rate", "999999999", path("record"))
    row(1, "grew by", "growth-check", "--over", "1s", "-w", "999999999:", path("record"))

# A recording that begins a new file, while old ones are removed, grows.
numbers = iter(range(100000))


def rotate():
    number = next(numbers)
    append(f"rotated/{number}", 100)
    if number > 2:
        os.unlink(path(f"rotated/{number - 2}"))


path("rotated/first\n1 99999999", "x" * 100000)
with while_running(rotate):
    row(0, r"grew by [1-9]", "growth-check", "--over", "1", path("rotated"))

# One that is only cut does not.
path("cut/it", "x" * 90000)


def shorten():
    size = os.path.getsize(path("cut/it"))
    os.truncate(path("cut/it"), max(0, size - 100))


with while_running(shorten):
    row(2, "grew by 0 ", "growth-check", "--over", "1", path("cut"))

os.mkdir(path("empty"))
row(2, r"grew by 0 .*\(0 files\)", "growth-check", "--over", "1", path("empty"))
row(2, "is not there", "growth-check", "--over", "1", path("nothing"))
row(2, "is not there", "growth-check", "--over", "1", path("\x1b]0;no|thing\x07"))
refused("growth-check", [], ["--rate", "x", still], ["--rate", "-5", still], ["--over", "0", still], [still, "another"],
        ["-c", "x", still], ["--rate"], ["-name"])
end()
