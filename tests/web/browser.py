#!/usr/bin/env python3
"""The page in a real browser: a daemon whose checks look at files, and browser.mjs, which looks at the page.

    browser.py MINITOR WEB_SERVER BUILD_FOLDER [SCREENSHOTS]

WEB_SERVER serves a site with 90 days of history, for the looks.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "daemon"))

from harness import Minitor  # noqa: E402

CONFIG = """
web:
  listen: "127.0.0.1:0"
  token: browser-token-0123456789
check_interval: 300ms
monitors:
  - name: shop
    description: The front page. Call the hoster.
    command: "echo 'OK | time=0.012s;1;2 size=7kB'; test ! -e shop.broken || exit 2"
    exit_codes: nagios
    group: Front
    labels: {team: web}
    show: [output, command]
  - {name: "<img src=x onerror=alert(1)>", command: "echo '<script>alert(2)</script>'", group: Front, show: [output]}
  - {name: database, command: "test ! -e database.broken", group: Back, show: [output]}
  - {name: "a/very/long name with%20signs & more of them, so that it has to be broken somewhere on a telephone", command: "true", group: Back}
  - {name: backup, command: "true", check_interval: 1h}
"""


def skip(why):
    print(f"skipped: web-browser: needs {why}", flush=True)
    sys.exit(77)


def main():
    minitor, web_server, build = sys.argv[1:4]
    chromium = shutil.which("chromium")
    modules = os.path.join(build, "browser-tests", "node_modules")
    if not chromium:
        skip("chromium")
    if not shutil.which("node"):
        skip("node")
    if not os.path.isdir(modules):
        skip("playwright-core and axe-core from npm; ./dev test --all installs them")
    demo = subprocess.Popen([web_server, "demo=1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with demo, Minitor(minitor, CONFIG) as daemon:
        past = f"http://127.0.0.1:{int(demo.stdout.readline())}/"
        line = daemon.wait_for({"msg": re.compile("the page is at ")})
        url = re.search(r"http://[^ ]+/", line["msg"])[0]
        result = subprocess.run(
            ["node", str(HERE / "browser.mjs"), url, past, daemon.folder, chromium, modules, *sys.argv[4:5]],
            timeout=240,
            check=False,
        )
        demo.stdin.close()
        if result.returncode != 0:
            print(daemon.log(20))
        sys.exit(result.returncode)


main()
