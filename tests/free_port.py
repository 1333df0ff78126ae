"""A port of loopback for servers that cannot be told to take any free one, and for what must be closed."""

import contextlib
import random
import socket

# Below those that the kernel hands out by itself, for connections as well: between this look and the server's bind
# nobody is given it by chance.
FIRST, LAST = 15_000, 30_000


def free_port(host="127.0.0.1"):
    """Free for TCP and for UDP."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    chance = random.SystemRandom()
    for _ in range(1000):
        port = chance.randrange(FIRST, LAST)
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_STREAM) as tcp, \
                socket.socket(family, socket.SOCK_DGRAM) as udp:
            tcp.bind((host, port))
            udp.bind((host, port))
            return port
    raise OSError("no port is free")
