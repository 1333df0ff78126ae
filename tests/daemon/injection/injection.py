"""What a check writes, and what a monitor is called, is text wherever it goes, never code."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import HttpServer, Minitor, check, equal, main  # noqa: E402

OUTPUT = "\"; touch owned; $(touch owned) `touch owned` ' \\ * \x1b[31m ${HOME} {monitor_name} {{.X}} -n\nsecond line\n"
NAME = "a \"quoted\" 'name' $(touch owned) with `all`"


def places(receiver):
    post = f"curl -sSf --data-binary @- {receiver}"
    return {
        "bare": f"printf '%s' {{{{.LastCheckOutput}}}} | {post}",
        "double": f"printf '%s' \"{{{{.LastCheckOutput}}}}\" | {post}",
        "single": f"printf '%s' '{{{{.LastCheckOutput}}}}' | {post}",
        "nested": f"printf '%s' \"$(printf '%s.' {{{{.LastCheckOutput}}}})\" | {post}",
        "here": f"cat <<EOF | {post}\n{{{{.LastCheckOutput}}}}EOF-LINE\nEOF",
        "variable": f'printf "%s" "$MINITOR_OUTPUT" | {post}',
    }


def in_every_place_of_a_shell_text(binary):
    with HttpServer() as receiver:
        for place, command in places(receiver.url("/")).items():
            text = "check_interval: 100ms\nmonitors:\n"
            text += f"  - name: {quoted(NAME)}\n    command: [cat, words]\n    alert_down: [never]\n"
            text += f"  - name: broken\n    command: 'cat words; exit 1'\n    alert_down: [shell]\n    alert_every: 0\n"
            text += f"alerts:\n  shell:\n    command: {quoted(command)}\n  never: {{ command: ['true'] }}\n"
            folder_with_words(binary, text, receiver, place)


def folder_with_words(binary, text, receiver, place):
    import shutil
    import tempfile

    folder = tempfile.mkdtemp(prefix="minitor-test-")
    try:
        with open(os.path.join(folder, "words"), "w", encoding="utf-8") as file:
            file.write(OUTPUT)
        with Minitor(binary, text, folder=folder) as minitor:
            body = receiver.next()[3].decode()
            expected = {
                "nested": OUTPUT + ".",
                "here": OUTPUT + "EOF-LINE\n",
            }.get(place, OUTPUT)
            equal(body, expected, place)
            check(minitor.stop() == 0, "exit code")
            check("\x1b" not in minitor.log(most=10000) and "\\u001b" not in minitor.log(most=10000), "an escape came into the log")
        check(not os.path.exists(os.path.join(folder, "owned")), place, "ran what a check wrote")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def quoted(text):
    """A YAML double-quoted scalar."""
    import json

    return json.dumps(text)


if __name__ == "__main__":
    main(in_every_place_of_a_shell_text)
