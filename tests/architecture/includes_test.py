#!/usr/bin/env python3
"""Proves that includes.py can fail: each forbidden include below must be found, each allowed one not."""
import pathlib
import sys
import tempfile

import includes

ALLOWED = [
    ("minitor/core/engine.cpp", '#include "minitor/core/event.hpp"'),
    ("minitor/core/engine.cpp", "#include <vector>"),
    ("minitor/core/engine.cpp", "#include <fmt/format.h>"),
    ("minitor/config/read.cpp", "#include <yaml-cpp/yaml.h>"),
    ("minitor/config/read.cpp", '#include "minitor/core/event.hpp"'),
    ("minitor/config/read.cpp", '#include "minitor/config/cursor.hpp"'),
    ("minitor/config/read.cpp", '#include "cursor.hpp"'),
    ("minitor/process/spawn.cpp", "#include <boost/asio/io_context.hpp>"),
    ("minitor/process/spawn.cpp", "#include <unistd.h>"),
    ("minitor/web/http_server.cpp", "#include <boost/beast/http.hpp>"),
    ("minitor/daemon/options.cpp", "#include <CLI/CLI.hpp>"),
    ("minitor/daemon/daemon.cpp", '#include "minitor/web/page.hpp"'),
    ("checks/probe/main.cpp", "#include <CLI/CLI.hpp>"),
    ("checks/probe/udp.cpp", "#include <boost/asio/ip/udp.hpp>"),
    ("checks/probe/udp.cpp", '#include "checks/probe/bencode.hpp"'),
]

FORBIDDEN = [
    ("minitor/core/engine.cpp", '#include "minitor/daemon/clock.hpp"'),
    ("minitor/core/engine.cpp", "#include <yaml-cpp/yaml.h>"),
    ("minitor/core/engine.cpp", "#include <boost/asio/io_context.hpp>"),
    ("minitor/core/engine.cpp", "#include <unistd.h>"),
    ("minitor/core/engine.cpp", "#include <sys/types.h>"),
    ("minitor/core/engine.cpp", "#include <thread>"),
    ("minitor/core/engine.cpp", "  #  include <fstream>"),
    ("minitor/config/read.cpp", '#include "minitor/process/spawn.hpp"'),
    ("minitor/config/read.cpp", '#include "../process/spawn.hpp"'),
    ("minitor/config/read.cpp", "#include <boost/asio/io_context.hpp>"),
    ("minitor/process/spawn.cpp", '#include "minitor/web/page.hpp"'),
    ("minitor/web/page.cpp", '#include "minitor/config/cursor.hpp"'),
    ("minitor/daemon/daemon.cpp", "#include <yaml-cpp/yaml.h>"),
    ("minitor/daemon/daemon.cpp", "#include <boost/beast/http.hpp>"),
    ("minitor/daemon/options.hpp", "#include <CLI/CLI.hpp>"),
    ("minitor/config/read.cpp", "#include <CLI/CLI.hpp>"),
    ("minitor/daemon/daemon.cpp", '#include "checks/probe/bencode.hpp"'),
    ("checks/probe/udp.cpp", '#include "minitor/core/event.hpp"'),
    ("checks/probe/udp.cpp", "#include <yaml-cpp/yaml.h>"),
]

# Files that the includes above point at.
HOUSE = ["minitor/core/event.hpp", "minitor/config/cursor.hpp", "minitor/process/spawn.hpp",
         "minitor/web/page.hpp", "minitor/daemon/clock.hpp", "checks/probe/bencode.hpp"]


def found_in(files):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for path, text in [(path, "") for path in HOUSE] + files:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text + "\n")
        return list(includes.complaints(root))


def main():
    wrong = []
    for path, text in ALLOWED:
        wrong += [f"should be allowed: {line}" for line in found_in([(path, text)])]
    for path, text in FORBIDDEN:
        if not found_in([(path, text)]):
            wrong.append(f"should be forbidden: {path}: {text}")
    for path in ["minitor/web/%s.cpp", "checks/probe/%s.cpp"]:
        text = "#include <CLI/CLI.hpp>" if "probe" in path else "#include <boost/beast/http.hpp>"
        if len(found_in([(path % "a", text), (path % "b", text)])) != 1:
            wrong.append(f"should be forbidden in two files: {path}: {text}")
    print("\n".join(wrong) or f"{len(ALLOWED)} allowed and {len(FORBIDDEN) + 2} forbidden, as they should be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
