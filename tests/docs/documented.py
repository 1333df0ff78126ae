"""Every option that `minitor --help` shows stands in the manual page and in each shell completion, and the reverse."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = sys.argv[1]
COMMANDS = ("run", "check-config", "test", "pause", "resume", "silence", "unsilence", "ack", "unack", "overlays", "alert", "simulate", "windows", "heartbeats", "reload", "why", "status", "history", "incidents", "schema")


def shown_by_help():
    text = subprocess.run([BINARY, "--help"], capture_output=True, text=True, check=True).stdout
    for command in COMMANDS:
        if command not in text:
            sys.exit(f"--help does not name {command}")
        text += subprocess.run([BINARY, command, "--help"], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))


def options_in(path):
    text = (ROOT / path).read_text(encoding="utf-8").replace("\\-", "-")
    found = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))
    if path.endswith(".fish"):
        found = set()  # its dashes belong to fish's own commands; an option is named by -l
        found |= {"--" + name for name in re.findall(r"(?m)^ *complete .*? -l ([a-z-]+)", text)}
        found |= {"--" + name for name in re.findall(r"(?m)^ *complete .* -l ([a-z-]+)", text)}
    return found


def main():
    options = shown_by_help()
    failures = []
    for path in ("man/minitor.1", "completions/minitor.bash", "completions/_minitor", "completions/minitor.fish"):
        found = options_in(path)
        failures += [f"{path} does not name {option}" for option in sorted(options - found)]
        failures += [f"{path} names {option}, which --help does not" for option in sorted(found - options)]
        text = (ROOT / path).read_text(encoding="utf-8").replace("\\-", "-")
        failures += [f"{path} does not name the command {command}" for command in COMMANDS if command not in text]
    print("\n".join(failures) or f"all {len(options)} options are documented")
    sys.exit(1 if failures else 0)


main()
