#!/usr/bin/env python3
"""Runs clang-tidy over our sources, several at once, and only over those that could have changed their answer.

The answer for a file depends on the file, the headers of ours that it includes, its compile command,
.clang-tidy and the version of clang-tidy: the hash of these names an empty stamp in the cache folder,
written when the file came out clean. A fresh clone on a machine that has seen the same text is quick too.

    tidy.py BUILD_FOLDER [CACHE_FOLDER]      BUILD_FOLDER is built already: ninja knows the headers
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
OURS = ("minitor/", "checks/")


def headers_by_object(build):
    """What ninja noted while it compiled: object -> the files of ours that it was made of."""
    found, current = {}, None
    text = subprocess.run(["ninja", "-C", build, "-t", "deps"], check=True, capture_output=True, text=True).stdout
    for line in text.splitlines():
        if line.startswith("    "):
            path = os.path.join(build, line.strip())
            if path.startswith(f"{ROOT}/") and not path.startswith(f"{build}/"):
                current.append(path)
        elif line:
            current = found.setdefault(line.split(":")[0], [])
    return found


def stamp_name(command, files, salt):
    digest = hashlib.sha256(salt)
    digest.update(command.replace(str(ROOT), "").encode())
    for path in sorted(files):
        digest.update(os.path.relpath(path, ROOT).encode() + b"\0" + pathlib.Path(path).read_bytes())
    return digest.hexdigest()


def tidy(build, path):
    """Empty when the file is clean, else what clang-tidy said."""
    run = subprocess.run(["clang-tidy", "--quiet", "-p", build, path], capture_output=True, text=True)
    return "" if run.returncode == 0 else run.stdout + run.stderr


def main():
    build = str(pathlib.Path(sys.argv[1]).resolve())
    cache = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else f"{build}/tidy")
    cache.mkdir(parents=True, exist_ok=True)
    version = subprocess.run(["clang-tidy", "--version"], check=True, capture_output=True).stdout
    salt = version + (ROOT / ".clang-tidy").read_bytes()
    headers = headers_by_object(build)

    waiting = {}  # path -> stamp
    clean = 0
    for entry in json.loads((pathlib.Path(build) / "compile_commands.json").read_text()):
        path = os.path.relpath(entry["file"], ROOT)
        if path.startswith(OURS):
            made = re.search(r" -o (\S+)", entry["command"])[1]
            files = {entry["file"], *headers.get(made, [])}
            stamp = cache / stamp_name(entry["command"], files, salt)
            if stamp.exists():
                stamp.touch()
                clean += 1
            else:
                waiting[path] = stamp

    bad = 0
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        runs = {pool.submit(tidy, build, str(ROOT / path)): path for path in waiting}
        for run in concurrent.futures.as_completed(runs):
            if run.result():
                bad += 1
                print(f"{runs[run]}:\n{run.result()}", flush=True)
            else:
                waiting[runs[run]].touch()
    print(f"clang-tidy: {len(waiting)} files read, {clean} unchanged since they were clean, {bad} with complaints")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
