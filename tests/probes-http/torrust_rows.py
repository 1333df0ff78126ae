"""Rows 108 to 110 over HTTP: the configuration of Torrust's tracker_checker, its URL forms, and its health checks."""

import json
import os
import subprocess
import tempfile

import harness
from harness import main, row, whole_program
from http_rows import H1, H3, H4
from scripted import Server, answers, closed_port, reset, response


def run(config, *options, environment=None):
    """The results of a run with this configuration, one an entry, and the exit code."""
    whole_program()
    env = {key: value for key, value in os.environ.items() if not key.startswith("TORRUST_")}
    env.update(environment or {})
    words = [harness.settings.probe, "--timeout", "2s", "-4", "-o", "jsonl"]
    with tempfile.TemporaryDirectory() as folder:
        if config is not None:
            path = os.path.join(folder, "tracker_checker.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(config, file)
            words += ["--config", path]
        done = subprocess.run(words + list(options), capture_output=True, env=env, timeout=30)
    results = [json.loads(line) for line in done.stdout.decode().splitlines()]
    for result in results:
        print("  %s %s %s" % (result["target"], result["state"], found(result)))
    return results, done.returncode


def found(result):
    """What decided: of the target, or of its first address."""
    addresses = result["addresses"]
    return result["error"] or (addresses[0]["error"] if addresses else None)


def judged(config, *options):
    results, code = run(config, *options)
    return [(result["state"], (found(result) or {}).get("code")) for result in results], code


@row(108, "torrust_config_http")
def _():
    """Every form of URL that Torrust's checker takes, and what is asked for each."""
    table = {"": "/announce", "/": "/announce", "/announce": "/announce", "/announce/": "/announce/",
             "/x/announce?k=1": "/x/announce", "/announce/KEY": "/announce/KEY"}
    with Server(answers(H1)) as server:
        forms = [server.url(path) for path in table] + ["127.0.0.1:%d" % server.port]
        results, code = run({"udp_trackers": [], "http_trackers": forms, "health_checks": []})
        assert code == 0 and all(result["state"] == "OK" for result in results), code
        asked = sorted(r.path for r in server.requests if r.event == "started")
        assert asked == sorted(list(table.values()) + ["/announce"]), asked
        assert any(r.query.get("k") == b"1" for r in server.requests)


@row(108, "torrust_health")
def _():
    def broken(connection, _request, _number):
        reset(connection)
        return False
    holder, port = closed_port()
    with Server(answers(b'{"status":"Ok"}')) as good, Server(answers(b"", status="500 Internal Server Error")) as bad, \
            Server(answers(b"", status="204 No Content")) as empty, Server(broken) as rude, holder:
        config = {"health_checks": [good.url("/health_check"), bad.url("/health_check"), empty.url("/"), rude.url("/"),
                                    "http://127.0.0.1:%d/health_check" % port, "udp://127.0.0.1:6969",
                                    "http://", good.url("?deep=1&a=b")]}
        verdicts, code = judged(config)
        assert code == 2, code
        assert verdicts == [("OK", None), ("CRITICAL", "health.status"), ("CRITICAL", "health.status"),
                            ("CRITICAL", "tcp.reset"), ("CRITICAL", "tcp.refused"), ("UNKNOWN", "target.invalid"),
                            ("UNKNOWN", "target.invalid"), ("OK", None)], verdicts
        assert sorted(r.target for r in good.requests) == ["/?deep=1&a=b", "/health_check"], good.requests
        assert [r.target for r in empty.requests] == ["/"], "a health check's path was changed"
        results, _ = run({"health_checks": [bad.url("/x"), good.url("/x")]})
        assert found(results[0])["text"] == "health check HTTP 500 Internal Server Error"
        assert [result["depth"] for result in results] == ["health", "health"]
        assert results[1]["addresses"][0]["http"]["status"] == 200


@row(108, "torrust_health_alone")
def _():
    """Nothing is announced to a health check, whatever is asked of the trackers beside it."""
    with Server(answers(b"fine")) as health, Server(answers(H1, H3)) as tracker:
        config = {"http_trackers": [tracker.url("")], "health_checks": [health.url("/health_check")]}
        results, code = run(config, "--depth", "announce", "--expect", "peers>=1")
        assert code == 0 and [r["state"] for r in results] == ["OK", "OK"], results
        assert [r.target for r in health.requests] == ["/health_check"]
        assert len(tracker.wait_requests(2)) == 2
    with Server(answers(b"fine")) as health, Server(answers(H4)) as tracker:
        config = {"http_trackers": [tracker.url("")], "health_checks": [health.url("/health_check")]}
        verdicts, code = judged(config, "--expect-error", "not authorized")
        assert code == 0 and verdicts == [("OK", None), ("OK", None)], verdicts


@row(108, "torrust_health_redirect")
def _():
    with Server(answers(b"fine")) as there:
        def moved(connection, _request, _number):
            connection.sendall(response(b"", status="302 Found", headers=["Location: " + there.url("/h")]))
            return True
        with Server(moved) as server:
            verdicts, _ = judged({"health_checks": [server.url("/")]})
            assert verdicts == [("OK", None)] and [r.target for r in there.requests] == ["/h"], verdicts


@row(109, "torrust_env_http")
def _():
    with Server(answers(b"fine")) as server:
        config = json.dumps({"udp_trackers": [], "http_trackers": [], "health_checks": [server.url("/health_check")]})
        results, code = run(None, environment={"TORRUST_CHECKER_CONFIG": config})
        assert code == 0 and len(results) == 1 and server.requests, results
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(config)
            file.flush()
            results, code = run(None, environment={"TORRUST_CHECKER_CONFIG_PATH": file.name})
            assert code == 0 and len(results) == 1


@row(110, "torrust_output_http")
def _():
    """The shape of Torrust's own output: a tracker is Http, a health check Health."""
    whole_program()
    with Server(answers(b"fine")) as good, Server(answers(b"", status="500 Oops")) as bad, \
            Server(answers(H1, H3)) as tracker:
        config = json.dumps({"http_trackers": [tracker.url()], "health_checks": [good.url("/h"), bad.url("/h")]})
        done = subprocess.run([harness.settings.probe, "--timeout", "2s", "-o", "tracker-checker"], timeout=30,
                              capture_output=True, env=dict(os.environ, TORRUST_CHECKER_CONFIG=config))
        assert done.returncode == 2, done
        http, fine, broken = json.loads(done.stdout)
        assert http["Http"]["Ok"]["url"] == tracker.url(), http
        assert fine == {"Health": {"Ok": {"url": good.url("/h"), "result": {"Ok": "200 OK"}}}}, fine
        assert broken["Health"]["Err"]["result"] == {"Err": "health check HTTP 500 Oops"}, broken


if __name__ == "__main__":
    main()
