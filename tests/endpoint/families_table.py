"""One name with an IPv4 and an IPv6 address: each family is asked, and the one that is dead is told. In namespaces of
its own, where /etc/hosts is ours and loopback has both families."""

import os
import socket
import subprocess
import sys

NAMESPACES = ("unshare", "--map-root-user", "--net", "--mount")


def inside():
    from servers import Server, ok, says
    from table import end, expect, path, row

    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    hosts = path("hosts", "127.0.0.1 localhost both.example four.example twice.example\nfd00::6 both.example six.example\n127.0.0.2 twice.example\n"
                          "2001:db8::1 away.example\n127.0.0.1 away.example\n")
    subprocess.run(["ip", "address", "add", "fd00::6/128", "dev", "lo", "nodad"], check=True)
    for file, ours in (("/etc/hosts", hosts), ("/etc/nsswitch.conf", path("nsswitch.conf", "hosts: files\n"))):
        subprocess.run(["mount", "--bind", ours, file], check=True)
    http, tcp = sys.argv[1], sys.argv[2]
    four = Server(says(ok(b"four")))
    # The same port in both families: nobody else is in this network who could have taken it.
    six = Server(says(ok(b"six")), family=socket.AF_INET6, port=four.port, address="fd00::6")

    def probe(code, words, program, name, *arguments):
        folder = http if program == "http-probe" else tcp
        sys.argv[1] = folder
        target = f"http://{name}:{four.port}/" if program == "http-probe" else f"{name}:{four.port}"
        return row(code, words, program, target, *arguments)

    for program, good in (("http-probe", "HTTP 200"), ("tcp-probe", "connected")):
        text = probe(0, f"v4 {good}.*; v6 {good}.*v4_total=.*v6_total=", program, "both.example")
        expect(len(text.splitlines()) == 3, "a line for each address:", text)
        probe(0, f"v4 {good}", program, "four.example")
        probe(0, f"v6 {good}", program, "six.example")
        probe(2, "four.example has no address|no such host", program, "four.example", "-6")
        probe(2, "six.example has no address|no such host", program, "six.example", "-4")
        # An address of the documentation, to which this network has no way: the observer's fault.
        probe(0, f"v6 2001:db8::1 this machine has no way to IPv6; v4 {good}", program, "away.example")
        probe(3, "this machine has no way to IPv6", program, "away.example", "-6")
    six.close()
    for program, good in (("http-probe", "HTTP 200"), ("tcp-probe", "connected")):
        probe(2, f"v6 fd00::6 cannot connect: Connection refused; v4 {good}", program, "both.example")
        probe(1, f"v6 fd00::6 cannot connect: Connection refused; v4 {good}", program, "both.example", "--require", "any")
        probe(0, f"v4 {good}", program, "both.example", "-4")
        probe(2, "v6 fd00::6 cannot connect", program, "both.example", "-6")
        probe(2, "v6 fd00::6 cannot connect", program, "both.example", "-6", "--require", "any")
        # Every address, not the first of each family.
        probe(2, "v4 127.0.0.2 cannot connect: Connection refused; v4 ", program, "twice.example")
    end()


if __name__ == "__main__":
    if sys.argv[1] == "--inside":
        del sys.argv[1]
        inside()
    for needed, command in (("iproute2", ["sh", "-c", "PATH=$PATH:/usr/sbin:/sbin command -v ip"]),
                            ("namespaces", [*NAMESPACES, "true"])):
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            print(f"skipped: probe-families: needs {needed}")
            sys.exit(77)
    environment = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}
    os.execvpe(NAMESPACES[0], [*NAMESPACES, sys.executable, "-B", os.path.abspath(__file__), "--inside", *sys.argv[1:]], environment)
