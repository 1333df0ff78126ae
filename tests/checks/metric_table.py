"""metric-check: one series of a real HTTP endpoint; thresholds, absence, counters that grow and start again; and
endpoints that lie."""

import http.server
import os
import queue
import socket
import sys
import threading

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from free_port import free_port  # noqa: E402
from table import end, expect, path, refused, row  # noqa: E402

TEXT = """# HELP icecast_listeners How many listen.
# TYPE icecast_listeners gauge
icecast_listeners{mount="/live",server="a"} 5
icecast_listeners{mount="/talk",server="a"} 7e0 1700000000000
odd{text="a\\"} 9",brace="{,}",line="x\\ny"} 3
icecast_listeners_total 99
up 1
not_a_number NaN
infinite +Inf
negative -2.5
spaced  {  a = "b" , }   4
"""


class Handler(http.server.BaseHTTPRequestHandler):
    text, status, seen = TEXT.encode(), 200, queue.Queue()

    def do_GET(self):
        Handler.seen.put(self.headers.get("Authorization"))
        self.send_response(Handler.status)
        self.end_headers()
        try:
            self.wfile.write(Handler.text)
        except OSError:
            pass

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = f"http://127.0.0.1:{server.server_port}/metrics"


def metric(code, words, series, *arguments):
    return row(code, words, "metric-check", "-u", URL, "-m", series, *arguments)


def values():
    metric(0, r"^METRIC OK - up is 1 \| value=1;;$", "up")
    metric(0, "is 5", 'icecast_listeners{mount="/live"}', "--below", "1")
    metric(2, "is 5", 'icecast_listeners{mount="/live"}', "--below", "6")
    metric(2, "is 7", 'icecast_listeners{server="a",mount="/talk"}', "--above", "6.5")
    metric(0, "is 7", 'icecast_listeners{server="a",mount="/talk"}', "--above", "7")
    metric(1, "is 7", 'icecast_listeners{mount="/talk"}', "-w", "6", "-c", "8")
    metric(2, "is 5", 'icecast_listeners{mount="/live"}', "--above", "10", "--below", "5.5")
    metric(0, "is 99", "icecast_listeners_total")
    metric(0, "is -2.5", "negative", "--above", "-2", "--below", "-3")
    metric(2, "is -2.5", "negative", "-c", "0:")
    metric(0, "is 3", 'odd{text="a\\"} 9"}')
    metric(0, "is 3", 'odd{brace="{,}",line="x\\ny"}')
    metric(0, "is 4", 'spaced{a="b"}')
    metric(3, "2 series", "icecast_listeners")
    metric(0, "is 12", "icecast_listeners", "--sum")
    metric(0, "is 5", "icecast_listeners", "--min")
    metric(0, "is 7", "icecast_listeners", "--max")


def absence():
    for state, code in (("ok", 0), ("warning", 1), ("critical", 2), ("unknown", 3)):
        metric(code, "absent: there is no series", "icecast_listeners{mount=\"/none\"}", "--absent", state)
        metric(code, "absent: not_a_number has no number but NaN", "not_a_number", "--absent", state)
        row(code, r"curl: \(7\)", "metric-check", "-u", f"http://127.0.0.1:{free_port()}/", "-m", "up", "--absent", state)
    metric(3, "absent", "icecast")
    metric(3, "absent", "infinite")
    metric(3, "absent", 'up{job="x"}')
    Handler.status = 503
    metric(3, "503", "up")
    Handler.status = 200
    row(3, r"curl: \(37\)|open", "metric-check", "-u", "file:///no/such", "-m", "up")
    row(0, "is 8", "metric-check", "-u", "-", "-m", "a", stdin=b"a 8\r\n")
    row(3, "absent", "metric-check", "-u", "-", "-m", "a", stdin=b"")


def increases():
    def look(code, words, value, *arguments, state="state"):
        Handler.text = f"uploads_failed_total {value}\n".encode() if value is not None else b"other 1\n"
        return metric(code, words, "uploads_failed_total", "--increase", "--state", path(state), *arguments)

    look(0, "is remembered", 5)
    look(0, r"grew by 0 ", 5)
    look(2, r"grew by 3 ", 8)
    look(0, r"grew by 0 ", 8)  # told once
    look(2, r"grew by 2 ", 2)  # it started again: 2 came since
    look(0, r"grew by 0 ", 2)
    look(2, r"grew by 2 ", 0.4e1)
    look(3, "absent", None)
    look(2, r"grew by 1 ", 5)  # what was absent meanwhile is not forgotten
    look(1, r"grew by 5 ", 10, "-w", "4", "-c", "6")
    look(2, r"grew by 7 ", 17, "-w", "4", "-c", "6")

    # Within a window it is told until the window is over, and no longer.
    look(0, "is remembered", 100, "--window", "3600", state="window")
    look(2, r"grew by 4 ", 104, "--window", "3600", state="window")
    look(2, r"grew by 4 ", 104, "--window", "3600", state="window")
    look(2, r"grew by 6 ", 2, "--window", "3600", state="window")
    with open(path("window"), encoding="utf-8") as file:
        old = [line.split() for line in file]
    path("window", "".join(f"{int(time) - 4000} {value}\n" for time, value in old))
    look(0, r"grew by 0 ", 2, "--window", "3600", state="window")
    expect(len(open(path("window"), encoding="utf-8").read().splitlines()) == 2, "the window's state was not pruned")

    # A state that is garbage, from the future, huge, or cannot be written.
    path("garbage", os.urandom(5000) + b"\n99999999999 5\nx y\n1 2 3\n")
    look(0, "is remembered|grew by", 7, state="garbage")
    look(0, r"grew by 0 ", 7, state="garbage")
    path("huge", "".join(f"1 {i}\n" for i in range(100000)))
    look(0, "grew by 7 ", 7, "--window", "86400", "-c", "999999999", state="huge")
    expect(os.path.getsize(path("huge")) < 100000, "the state grew")
    look(3, "cannot be written", 7, state="no/folder/state")
    expect(not [name for name in os.listdir(path("")) if name.startswith("state.")], "a half written state was left")
    Handler.text = TEXT.encode()


def hostile():
    for text in (b"\x00" * 100, os.urandom(20000), b"up", b"up{", b"up{a", b'up{a="', b'up{a="b" 1', b'up{a="b\\', b"up{}x", b"up 1x",
                 b"up --1", b"up 0x10", b"up" + b"{" * 100000 + b" 1", b"up " + b"9" * 200000, b"a 1\n" * 200000,
                 b'up{' + b'a="b",' * 1000 + b'} 1'):
        Handler.text = text
        metric(3, "absent", "up")
    Handler.text = b"up 1\n# curl 0\n" + b"x" * 17_000_000
    metric(3, "more than", "up")
    Handler.text = b"up 1 # \x1b[31m | evil=1"
    metric(0, "is 1", "up")
    Handler.text = TEXT.encode()
    # One that accepts and says nothing ends with the time that it was given.
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        row(3, r"curl: \(28\)", "metric-check", "-u", f"http://127.0.0.1:{mute.getsockname()[1]}/", "-m", "up", "-t", "1")
    # Nothing of a command line is code.
    for word in ("$(touch pwned)", "`touch pwned`", "a;touch pwned", 'up{a="\\"; system(\\"touch pwned\\")"}'):
        row(3, "", "metric-check", "-u", URL, "-m", word)
    expect(not os.path.exists("pwned"), "an argument became code")


def bearer():
    while not Handler.seen.empty():
        Handler.seen.get()
    row(0, "is 1", "metric-check", "-u", URL, "-m", "up", "--bearer-file", path("token", "s3cret\n"))
    expect(Handler.seen.get() == "Bearer s3cret", "the token did not arrive")


values()
absence()
increases()
hostile()
bearer()
SERIES = ("-u", URL, "-m", "up")
refused("metric-check", [], ["-u", URL], ["-m", "up"], ["-u", "ftp://x", "-m", "up"], ["-u", "-K/etc/passwd", "-m", "up"],
        ["-u", URL, "-m", "1x"], ["-u", URL, "-m", "up{"], ["-u", URL, "-m", 'up{a=b}'], ["-u", URL, "-m", 'up{a="b"} 1'],
        [*SERIES, "-c", "x"], [*SERIES, "--above", "x"], [*SERIES, "--above", "1", "-c", "2"], [*SERIES, "--above", "1", "--below", "2"],
        [*SERIES, "--increase"], [*SERIES, "--state", "x"], [*SERIES, "--increase", "--state", "x", "--window", "0"],
        [*SERIES, "--absent", "bad"], [*SERIES, "--bearer-file", "/no/such"], [*SERIES, "extra"], ["-u", URL, "-m", "a\nb"])
end()
