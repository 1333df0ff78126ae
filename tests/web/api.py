#!/usr/bin/env python3
"""The description of the API against a running daemon: every path that it names is asked, and every answer is held
against the schema that it promises. And what needs a token, whatever is asked.

    api.py MINITOR
"""

import json
import pathlib
import re
import sys
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "daemon"))

from harness import Failure, Minitor, check, equal, main  # noqa: E402

try:
    import jsonschema
except ImportError:
    print("skipped: web-api: needs python3-jsonschema")
    sys.exit(77)

TOKEN = "api-token-0123456789"
NAME = 'a/b "c" %41 ü'
CONFIG = f"""
web: {{listen: "127.0.0.1:0", token: {TOKEN}, public: PUBLIC}}
check_interval: 200ms
monitors:
  - {{name: {json.dumps(NAME)}, command: "echo 'OK | time=0.5s;1;2'", exit_codes: nagios, show: [output, command]}}
  - {{name: broken, command: "echo gone; exit 3", labels: {{team: web}}, recover: {{command: "echo gone; exit 3", wait: 0}}}}
  - {{name: beat, kind: heartbeat, period: 1h}}
  - {{name: slow, command: "sleep 1000", check_interval: 1h, timeout: 1h}}
"""


class Page:
    def __init__(self, daemon):
        line = daemon.wait_for({"msg": re.compile("the page is at ")})
        self.url = re.search(r"http://[^ ]+", line["msg"])[0].rstrip("/")

    def ask(self, path, method="GET", token=None, body=None):
        """(status, content type, body)"""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, method=method, headers=headers, data=data)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers["Content-Type"], answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers["Content-Type"], error.read()

    def json(self, path, **how):
        status, kind, body = self.ask(path, **how)
        return status, kind, json.loads(body)


def validator(document, schema):
    whole = {"$ref": schema["$ref"], "components": document["components"]}
    jsonschema.Draft202012Validator.check_schema(whole)
    return jsonschema.Draft202012Validator(whole)


def every_path_answers_as_described(binary):
    with Minitor(binary, CONFIG.replace("PUBLIC", "true")) as daemon:
        page = Page(daemon)
        daemon.wait_for({"msg": re.compile("broken is down")})
        status, kind, document = page.json("/api/v1/openapi.json")
        equal((status, kind, document["openapi"]), (200, "application/json", "3.1.0"))
        asked = 0
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                answers = operation["responses"]
                schema = answers["200"]["content"]["application/json"]["schema"]
                body = None
                if "requestBody" in operation:
                    wanted = operation["requestBody"]["content"]["application/json"]["schema"]
                    body = {"by": "Ada"}
                    if operation["requestBody"]["required"]:
                        body = {"kind": "silence", "all": True, "by": "Ada"}
                    validator(document, wanted).validate(body)
                for name in (NAME, "broken") if "{name}" in path else ("",):
                    if path.endswith("/acknowledge") and name == NAME:
                        continue  # it is not down
                    target = path.replace("{name}", urllib.parse.quote(name, safe=""))
                    status, kind, answer = page.json(target, method=method.upper(), token=TOKEN, body=body)
                    equal((status, kind), (200, "application/json"), target)
                    validator(document, schema).validate(answer)
                    problem = answers["default"]["content"]["application/problem+json"]["schema"]
                    status, kind, answer = page.json(target + "?nonsense=1", method=method.upper(), token=TOKEN)
                    equal((status, kind), (400, "application/problem+json"), target)
                    validator(document, problem).validate(answer)
                    asked += 1
                    for parameter in operation["parameters"]:
                        check(parameter["description"], "no description of", parameter)
        check(asked == 34, f"{asked} answers")
        for reference in re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)):
            check(reference in document["components"]["schemas"], reference, "is not described")


def what_is_not_to_be_seen_is_not(binary):
    with Minitor(binary, CONFIG.replace("PUBLIC", "true")) as daemon:
        page = Page(daemon)
        daemon.wait_for({"msg": re.compile("broken is down")})
        for path in ("/", "/monitors/broken", "/incidents", "/api/v1/monitors", "/api/v1/monitors/broken/checks",
                     "/api/v1/repairs", "/api/v1/held", "/api/v1/notices"):
            status, _, body = page.ask(path)
            equal(status, 200, path)
            check(b"gone" not in body and b"exit 3" not in body, path, "shows the output of a monitor that does not")
        check(b"OK | time" in page.ask("/api/v1/monitors")[2], "the command of one that shows it is not there")


def without_the_token_nothing_changes(binary):
    with Minitor(binary, CONFIG.replace("PUBLIC", "false")) as daemon:
        page = Page(daemon)
        for path in ("/", "/events", "/metrics", "/monitors/broken", "/api/v1/monitors"):
            equal(page.ask(path)[0], 401, path)
            equal(page.ask(path, token="x" + TOKEN)[0], 401, path)
            if path != "/events":
                equal(page.ask(path, token=TOKEN)[0], 200, path)
        equal(page.ask("/api/v1/monitors/broken/test", method="POST")[0], 401)
        status, _, body = page.json("/api/v1/monitors/broken/test", method="POST", token=TOKEN)
        equal((status, body["verdict"]), (200, "failure"))
        daemon.wait_for({"web": "POST /api/v1/monitors/broken/test: 200"})
        log = "\n".join(json.dumps(line) for line in daemon.lines)
        check(TOKEN not in log, "the token is in the log")


def a_test_runs_beside_the_schedule_and_changes_no_status(binary):
    config = """
web: {listen: "127.0.0.1:0", token: api-token-0123456789}
monitors:
  - {name: once, command: "echo run >> runs; test ! -e broken", check_interval: 1h, show: [output]}
  - {name: slow, command: "touch started; sleep 1000", check_interval: 1h, timeout: 1h}
"""
    with Minitor(binary, config) as daemon:
        page = Page(daemon)
        daemon.wait_for({"msg": re.compile("once: ok")})
        with open(f"{daemon.folder}/broken", "w", encoding="utf-8"):
            pass
        status, _, body = page.json("/api/v1/monitors/once/test", method="POST", token=TOKEN)
        equal((status, body["verdict"], body["outcome"]), (200, "failure", "exit 1"))
        equal(page.json("/api/v1/monitors/once")[2]["status"], "up")
        with open(f"{daemon.folder}/runs", encoding="utf-8") as file:
            equal(file.read().count("run"), 2)
        daemon.wait_for({"msg": re.compile("once: failure .* asked for by hand")})
        check(not daemon.all({"msg": re.compile("once is down")}), "a test brought it down")


def a_test_that_hangs_ends_with_the_daemon(binary):
    config = """
web: {listen: "127.0.0.1:0", token: api-token-0123456789}
monitors:
  - {name: slow, command: "echo x >> started; exec sleep 1000", check_interval: 1h, timeout: 1h}
"""
    import http.client

    with Minitor(binary, config) as daemon:
        page = Page(daemon)
        client = http.client.HTTPConnection(page.url.split("//")[1])
        client.request("POST", "/api/v1/monitors/slow/test", headers={"Authorization": f"Bearer {TOKEN}"})
        # Of one monitor one test at a time.
        while page.ask("/api/v1/monitors/slow/test", method="POST", token=TOKEN)[0] != 409:
            pass
        equal(daemon.stop(), 0)
        client.close()


try:
    main(every_path_answers_as_described, what_is_not_to_be_seen_is_not, without_the_token_nothing_changes,
         a_test_runs_beside_the_schedule_and_changes_no_status, a_test_that_hangs_ends_with_the_daemon)
except Failure as failure:
    sys.exit(str(failure))
