"""What the tests of reloads share: the file as an editor leaves it, and the commands of whoever edits it."""

import os
import re

from harness import run


def write(daemon, config):
    # As an editor does: never half a file.
    with open(daemon.config + ".new", "w", encoding="utf-8") as file:
        file.write(config)
    os.rename(daemon.config + ".new", daemon.config)


def client(binary, daemon, *words):
    return run(binary, *words, "-c", daemon.config, cwd=daemon.folder, env={"STATE_DIRECTORY": daemon.folder})


def page_of(daemon):
    return daemon.wait_for({"msg": re.compile("^the page is at")})["msg"].split()[-1]
