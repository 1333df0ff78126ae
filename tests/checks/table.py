"""What the tables of checks share. A row is a run of a check: its arguments, then the exit code and what its first
line must hold. Whatever a row asks for, the line has the form of the plugin API: NAME STATE - words | figures."""

import atexit
import os
import re
import shutil
import subprocess
import sys
import tempfile

DEADLINE = 60
STATES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
NUMBER = r"-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?"
FIGURE = re.compile(rf"('[^'=]+'|[^ '=]+)=(U|{NUMBER})[a-zA-Z%]*(;[-0-9.:~@e+]*){{0,4}}")
# Whatever a hostile side says: nothing of this reaches a terminal.
CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")

FOLDER = tempfile.mkdtemp(prefix="minitor-checks-")
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
failures = []


def path(name, content=None):
    """A file or folder of this test; written when there is a content."""
    full = os.path.join(FOLDER, name)
    if content is not None:
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
    return full


def run(program, *arguments, env=None, stdin=b""):
    return subprocess.run(
        [os.path.join(sys.argv[1], program), *map(str, arguments)], env={**os.environ, **(env or {})}, input=stdin,
        capture_output=True, timeout=DEADLINE, check=False,
    )


def row(code, words, program, *arguments, env=None, stdin=b""):
    """One row; returns the whole output for those who want to see more of it."""
    done = run(program, *arguments, env=env, stdin=stdin)
    text = done.stdout.decode("utf-8", "replace")
    line = text.split("\n")[0]
    wrong = []
    if done.returncode != code:
        wrong.append(f"exit {done.returncode}, not {code}")
    if not re.search(words, line):
        wrong.append(f"the line does not hold {words!r}")
    form = re.fullmatch(r"([A-Z-]+) (OK|WARNING|CRITICAL|UNKNOWN) - (\S[^|]*?)( \| (.+))?", line)
    if not form:
        wrong.append("the line has not the form of the plugin API")
    else:
        if form[2] != STATES[done.returncode]:
            wrong.append(f"it says {form[2]} and exits {done.returncode}")
        rest = form[5] or ""
        while rest and (figure := FIGURE.match(rest)):
            rest = rest[figure.end() :].lstrip(" ")
        if rest:
            wrong.append(f"no performance data: {rest!r}")
    if CONTROL.search(done.stdout):
        wrong.append("control characters came through")
    if done.stderr:
        wrong.append(f"it wrote to stderr: {done.stderr[-300:]!r}")
    if wrong:
        failures.append(program)
        print(f"FAILED  {program} {' '.join(map(str, arguments))}\n  " + "\n  ".join(wrong) + f"\n  {text!r}", flush=True)
    return text


def refused(program, *wrong_arguments):
    """Rows of arguments that are wrong: exit 3, with a word that points at the help; and the help itself."""
    for arguments in wrong_arguments:
        row(3, rf"see {program} --help", program, *arguments)
    done = run(program, "--help")
    if done.returncode != 0 or f"Usage: {program}".encode() not in done.stdout:
        failures.append(program)
        print(f"FAILED  {program} --help: exit {done.returncode}, {done.stdout!r}")


def expect(condition, *what):
    if not condition:
        failures.append("expect")
        print("FAILED ", *what, flush=True)


def needs(name, *programs):
    for program in programs:
        if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
            print(f"skipped: checks-{name}: needs {program}")
            sys.exit(77)


def end():
    print(f"{len(failures)} rows failed" if failures else "every row is right")
    sys.exit(1 if failures else 0)
