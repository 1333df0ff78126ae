"""examples/website, and that every example's file loads."""

import glob
import json
import os

from installed import ROOT, Installed, main
from alert_case import Receiver, answer
from harness import HttpServer, check, equal

INSTALLED = Installed()


def every_example_loads():
    folder = os.path.join(ROOT, "examples")
    files = [os.path.join(folder, "quickstart.yml"), *sorted(glob.glob(os.path.join(folder, "*", "minitor.yml")))]
    check(len(files) >= 6, "examples are missing", files)
    for path in files:
        done = INSTALLED.run("check-config", "-c", path, DISCORD_WEBHOOK_URL="https://discord.example/x", MAILGUN_API_KEY="key-x")
        check(done.returncode == 0 and "key-x" not in done.stdout, path, done.stdout, done.stderr)


def a_change_is_told_once():
    with HttpServer() as shop, Receiver() as docs, Receiver() as discord:
        # A redirect, as of http to https, is no failure.
        docs.behave = lambda handler, receiver: (
            answer(301, Location="/there") if handler.path == "/" else answer(200, b"ok"))(handler, receiver)
        discord.behave = answer(200, b'{"id": "1"}')
        env = {"SITE_SHOP": shop.url(), "SITE_DOCS": docs.url("/"), "DISCORD_WEBHOOK_URL": discord.url("/hook"), "SITE_INTERVAL": "100ms"}
        with INSTALLED.example("website", **env) as minitor:
            minitor.wait_for({"monitor": "docs", "verdict": "ok"}, count=3)
            minitor.wait_for({"monitor": "shop", "verdict": "ok"}, count=3)
            shop.kill()
            content = json.loads(discord.next()[3])["content"]
            check("shop is down" in content and "Failed to connect" in content and "2 times in a row" in content, content)
            minitor.wait_for({"monitor": "shop", "verdict": "failure"}, count=8)
            shop.start()
            content = json.loads(discord.next()[3])["content"]
            check("shop is up again" in content, content)
            minitor.wait_for({"monitor": "shop", "verdict": "ok"}, count=5, after=minitor.position())
            docs.behave = answer(500, b"broken")
            content = json.loads(discord.next()[3])["content"]
            check("docs is down" in content and "500" in content and "nightly job" in content, content)
            equal(discord.requests.qsize(), 0, "one message for each change")


if __name__ == "__main__":
    main(every_example_loads, a_change_is_told_once)
