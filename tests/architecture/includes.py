#!/usr/bin/env python3
"""Reads every #include below minitor/ and checks/ and fails on an arrow that the house does not allow.

The arrows are drawn in minitor/README.md. A wrong arrow between rooms already fails to link; this
catches the header that would compile anyway, and keeps each library behind its one door.

    includes.py [ROOT]      one line a forbidden include, exit 1 if there is any
"""
import pathlib
import re
import sys

# A room may include itself and these.
ROOMS = {
    "core": [],
    "config": ["core"],
    "process": ["core"],
    "store": ["core"],
    "web": ["core"],
    "daemon": ["core", "config", "process", "store", "web"],
}

# Who may include a library: patterns of paths, and in how many files of one folder at most.
# The first pattern of an include's name that matches decides.
DOORS = [
    (r"yaml-cpp/", r"minitor/config/", None),
    (r"boost/beast", r"(minitor/web|checks/[^/]+)/[^/]+$", 1),
    (r"zlib\.h", r"minitor/web/[^/]+\.cpp$", 1),
    (r"CLI/", r"(minitor/daemon|checks/[^/]+)/[^/]+\.cpp$", 1),
    (r"boost/process", r"minitor/process/", None),
    (r"boost/asio", r"(minitor/(process|web|daemon)|checks)/", None),
    (r"sqlite3|libpq|postgresql/", r"minitor/store/", None),
    (r"openssl/", r"(minitor/web|checks)/", None),
    (r"curl/", r"checks/", None),
]

# The core decides and does nothing: the standard library without its input, output and threads, fmt,
# and the one vocabulary type for "a value or an error".
CORE_LIBRARIES = re.compile(r"fmt/|boost/system/result\.hpp$|[a-z_]+$")
CORE_FORBIDDEN = re.compile(
    r"(fstream|iostream|filesystem|thread|mutex|shared_mutex|future|condition_variable)$")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def house_and_room(path):
    """minitor/core/engine.hpp -> ("minitor", "core"), checks/tracker-probe/main.cpp -> ("checks", "tracker-probe")"""
    parts = path.split("/")
    return parts[0], parts[1] if len(parts) > 2 else ""


def why_forbidden(root, path, quoted, name):
    """The reason why the file `path` may not include `name`, or None."""
    house, room = house_and_room(path)
    if quoted and ".." not in name and (root / path).parent.joinpath(name).is_file() and not (root / name).is_file():
        return None  # its neighbour in the same folder
    to_house, to_room = house_and_room(name)
    if to_house in ("minitor", "checks", "tests") and (root / to_house).is_dir():
        if to_house != house:
            return f"{house}/ includes nothing of {to_house}/"
        if house == "minitor" and to_room != room and to_room not in ROOMS.get(room, []):
            return f"{room} may include {', '.join(ROOMS.get(room, [])) or 'no other room'}"
        return None
    if quoted:
        return "not a file of this room; write the path from the top of the tree"
    for library, who, _ in DOORS:
        if re.match(library, name) and not re.match(who, path):
            return f"only {who} includes this library"
    if (house, room) == ("minitor", "core"):
        if not CORE_LIBRARIES.match(name) or CORE_FORBIDDEN.match(name):
            return "core includes only itself, fmt, and the standard library without files and threads"
    return None


def complaints(root):
    used = {}  # (library, folder) -> files that include it
    for file in sorted(root.glob("minitor/**/*.[ch]pp")) + sorted(root.glob("checks/**/*.[ch]pp")):
        path = file.relative_to(root).as_posix()
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            name = match[2]
            reason = why_forbidden(root, path, match[1] == '"', name)
            if reason:
                yield f"{path}:{number}: {name}: {reason}"
            for library, _, limit in DOORS:
                if limit and re.match(library, name):
                    files = used.setdefault((library, path.rsplit("/", 1)[0]), set())
                    files.add(path)
                    if len(files) > limit:
                        yield f"{path}:{number}: {name}: already included by {min(files - {path})}; keep it in one file"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2])
    found = list(complaints(root))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
