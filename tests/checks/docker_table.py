"""docker-check and docker-healthcheck against a server that speaks Docker's API over a socket and over TCP: every
state of a container, and servers that lie. No Docker engine is needed, and none is asked."""

import http.server
import json
import os
import socket
import socketserver
import struct
import threading
import urllib.parse

from table import end, expect, path, refused, row


def frame(kind, line):
    return struct.pack(">BxxxI", kind, len(line)) + line


def container(status="running", code=0, **state):
    return {"Id": "abc", "RestartCount": 2, "State": {"Status": status, "ExitCode": code, "Error": "", "OOMKilled": False, **state}}


def health(status, streak=0, output=""):
    return container(Health={"Status": status, "FailingStreak": streak, "Log": [{"Output": "old"}, {"Output": output}]})


CONTAINERS = {
    "web": container(), "done": container("exited", 0), "failed": container("exited", 3), "oom": container("exited", 137, OOMKilled=True),
    "paused": container("paused"), "created": container("created"), "again": container("restarting", 1), "dead": container("dead", 1),
    "odd": container("\x1b[31m|x"), "wrong": container("exited", 127, Error="no such file |\n\x1b[0m"),
    "nostate": {"Id": "x"}, "list": [1, 2], "text": "State", "null": None, "numbers": {"State": {"Status": 5, "ExitCode": []}},
    "well": health("healthy"), "ill": health("unhealthy", 7, "curl: (7) refused\n|\x1b[31m"), "young": health("starting"), "bare": container(),
    "stopped": {**health("unhealthy"), "State": {**health("unhealthy")["State"], "Status": "exited"}}, "strange": health({"a": 1}),
    "nolog": container(Health={"Status": "unhealthy", "FailingStreak": "x", "Log": 5}),
}
LOGS = {"web": frame(1, b"one\n") + frame(2, b"two | \x1b[31m\n"), "done": b"a terminal's line\r\nand another\r\n"}


class Docker(http.server.BaseHTTPRequestHandler):
    mode = "well"

    def do_GET(self):
        parts = urllib.parse.urlsplit(self.path).path.split("/")
        if Docker.mode == "garbage":
            return self.wfile.write(os.urandom(4096))
        if Docker.mode == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return self.connection.close()
        if Docker.mode == "endless":
            self.reply(200, b"")
            try:
                while True:
                    self.wfile.write(b"[" * 65536)
            except OSError:
                return None
        if Docker.mode == "500":
            return self.reply(500, b'{"message":"no"}')
        name = parts[2] if len(parts) == 4 and parts[1] == "containers" else ""
        if name not in CONTAINERS:
            return self.reply(404, b'{"message":"No such container"}')
        if parts[3] == "logs":
            return self.reply(200, LOGS.get(name, b""))
        return self.reply(200, json.dumps(CONTAINERS[name]).encode())

    def reply(self, status, body):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return "local"

    def log_message(self, *_):
        pass


class UnixServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


class TcpServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


tcp = TcpServer(("127.0.0.1", 0), Docker)
unix = UnixServer(path("docker.sock"), Docker)
for server in (tcp, unix):
    threading.Thread(target=server.serve_forever, daemon=True).start()
HOSTS = (f"unix://{path('docker.sock')}", f"tcp://127.0.0.1:{tcp.server_port}", f"127.0.0.1:{tcp.server_port}",
         f"http://127.0.0.1:{tcp.server_port}/")
HERE = {"DOCKER_HOST": HOSTS[0], "DOCKER_TIMEOUT": "10"}

for host in HOSTS:
    row(0, r"web is running \| restarts=2c", "docker-check", "web", env={"DOCKER_HOST": host})
    row(0, "well is healthy", "docker-healthcheck", "well", env={"DOCKER_HOST": host})
for code, words, arguments in (
    (0, "done is exited with code 0", ["done"]), (2, "done is exited with code 0", ["--running", "done"]), (2, "failed is exited with code 3", ["failed"]),
    (2, r"code 137 \(killed for want of memory\)", ["oom"]), (2, "paused", ["paused"]), (2, "created", ["created"]),
    (2, "restarting, exit code 1", ["again"]), (2, "dead", ["dead"]), (3, "not understood", ["odd"]), (2, "no such file", ["wrong"]),
    (3, "not understood", ["nostate"]), (3, "not understood", ["list"]), (3, "not understood", ["text"]), (3, "not understood", ["null"]),
    (3, "not understood", ["numbers"]), (2, "there is no container nobody", ["nobody"]),
):
    row(code, words, "docker-check", *arguments, env=HERE)
for code, words, name in (
    (0, "healthy", "well"), (2, r"unhealthy, failed 7 times: curl: \(7\) refused", "ill"), (0, "starting", "young"), (0, "no health check", "bare"),
    (2, "does not run: exited", "stopped"), (3, "not understood", "strange"), (2, "unhealthy, failed 0 times", "nolog"), (2, "no container", "nobody"),
):
    row(code, words, "docker-healthcheck", name, env=HERE)

text = row(0, "running", "docker-check", "web", "5", env=HERE)
expect(text.split("\n")[1:] == ["one", "two    [31m", ""], "the log:", repr(text))
text = row(0, "exited", "docker-check", "done", "5", env=HERE)
expect(text.split("\n")[1] == "a terminal's line ", "the log:", repr(text))

for mode, words in (("garbage", "Docker does not answer"), ("reset", "Docker does not answer"), ("500", "HTTP 500"), ("endless", "not understood|does not answer")):
    Docker.mode = mode
    for program in ("docker-check", "docker-healthcheck"):
        row(3, words, program, "web", env=HERE)
Docker.mode = "well"
with socket.socket() as mute:
    mute.bind(("127.0.0.1", 0))
    mute.listen()
    row(3, "does not answer", "docker-check", "web", env={"DOCKER_HOST": f"127.0.0.1:{mute.getsockname()[1]}", "DOCKER_TIMEOUT": "1"})
row(3, "does not answer", "docker-check", "web", env={"DOCKER_HOST": "unix:///no/such/socket"})
row(3, "DOCKER_HOST", "docker-check", "web", env={"DOCKER_HOST": "ssh://x"})
row(3, "DOCKER_TIMEOUT", "docker-check", "web", env={"DOCKER_TIMEOUT": "x"})
refused("docker-check", [], ["../images"], ["a b"], ["$(id)"], ["web", "x"], ["web", "-1"], ["--what", "web"], [""])
refused("docker-healthcheck", [], ["../images"], ["web", "5"], ["-x"])
tcp.shutdown()
unix.shutdown()
end()
