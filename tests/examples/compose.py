"""examples/tracker/compose.yml, as docker-compose reads it: without an engine it starts nothing, but it judges the file;
and what the file names is there."""

import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "daemon"))
from harness import DEADLINE, check, equal  # noqa: E402


def read_by_docker_compose():
    """The file as docker-compose understands it, as (exit status, output)."""
    with tempfile.TemporaryDirectory() as folder:
        example = os.path.join(folder, "examples", "tracker")
        shutil.copytree(os.path.join(ROOT, "examples", "tracker"), example)
        with open(os.path.join(example, "smtp_password"), "w", encoding="utf-8") as file:
            file.write("secret\n")
        done = subprocess.run(["docker-compose", "-f", os.path.join(example, "compose.yml"), "config"], capture_output=True,
                              text=True, timeout=DEADLINE, check=False)
        return done.returncode, (done.stdout + done.stderr).replace(folder, "/clone")


def docker_compose_takes_it():
    code, text = read_by_docker_compose()
    equal(code, 0, text)
    check("secret\n" not in text, "a secret is no part of it", text)
    # Its context is where the Dockerfile is; its bind mount is a file of the example.
    check(re.search(r"context: /clone$", text, re.MULTILINE), text)
    check("/clone/examples/tracker/minitor.yml:/etc/minitor/minitor.yml:ro" in text and "state:/var/lib/minitor" in text, text)


def what_it_sets_is_what_the_configuration_asks_for():
    with open(os.path.join(ROOT, "examples", "tracker", "minitor.yml"), encoding="utf-8") as file:
        asked = set(re.findall(r"\$\{([A-Z_]+)", file.read()))
    text = read_by_docker_compose()[1]
    given = set(re.findall(r"(?m)^      ([A-Z_]+): ", text.split("environment:\n", 1)[1].split("mem_limit", 1)[0]))
    check(len(given) > 5, text)
    equal(sorted(given - asked - {"TZ"}), [], "set, and not used")


if __name__ == "__main__":
    if not shutil.which("docker-compose"):
        print("skipped: examples-compose: needs docker-compose")
        sys.exit(77)
    for test in (docker_compose_takes_it, what_it_sets_is_what_the_configuration_asks_for):
        test()
        print(f"passed  {test.__name__}")
