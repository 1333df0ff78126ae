"""What is built, installed into a folder of its own, and an example's file run from there: EXAMPLE.py BUILD_FOLDER
[FOLDER_OF_TRACKERS] [test...]"""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path[:0] = [os.path.join(ROOT, "tests", "daemon"), os.path.join(ROOT, "tests", "alerts")]
from harness import Failure, Minitor  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
TRACKERS = os.path.abspath(sys.argv[2])


class Installed:
    """minitor in a prefix of its own, and its environment."""

    def __init__(self):
        self.prefix = os.environ.get("MINITOR_INSTALLED")
        if not self.prefix:
            self.prefix = tempfile.mkdtemp(prefix="minitor-installed-")
            atexit.register(shutil.rmtree, self.prefix, ignore_errors=True)
            subprocess.run(["cmake", "--install", BUILD, "--prefix", self.prefix], check=True, stdout=subprocess.DEVNULL)
        self.binary = os.path.join(self.prefix, "bin", "minitor")
        self.env = {
            "PATH": f"{self.prefix}/bin:/usr/sbin:/usr/bin:/sbin:/bin", "MINITOR_LIB": f"{self.prefix}/lib/minitor",
        }

    def example(self, name, **env):
        """The daemon on an example's own file, unchanged."""
        with open(os.path.join(ROOT, "examples", name, "minitor.yml"), encoding="utf-8") as file:
            return Minitor(self.binary, file.read(), env={**self.env, **env})

    def run(self, *arguments, **env):
        return subprocess.run([self.binary, *arguments], env={**os.environ, **self.env, **env}, capture_output=True, text=True,
                              timeout=60, check=False, stdin=subprocess.DEVNULL)


def example_file(name, file="minitor.yml"):
    return os.path.join(ROOT, "examples", name, file)


def main(*tests):
    chosen = sys.argv[3:]
    failed = 0
    for test in tests:
        if chosen and test.__name__ not in chosen:
            continue
        began = time.monotonic()
        try:
            skipped = test()
            print(skipped or f"passed  {test.__name__}  {time.monotonic() - began:.1f} s", flush=True)
        except (Failure, subprocess.TimeoutExpired) as failure:
            failed += 1
            print(f"FAILED  {test.__name__}: {failure}", flush=True)
    sys.exit(1 if failed else 0)
