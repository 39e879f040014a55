#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks of examples/limit_server over HTTP: `test_limit_server.py BUILD_DIR`.

One line a check, `N passed, N failed[, N skipped]` at the end. Servers listen on 127.0.0.1, on ports that the system chooses, and are
stopped by their process id.
"""
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
SERVER = os.path.join(BUILD, "examples", "limit_server")
FAMILIES = {
    "openclaw_token_bucket_capacity": "gauge",
    "openclaw_token_bucket_available": "gauge",
    "openclaw_token_bucket_utilisation": "gauge",
    "openclaw_token_bucket_refill_tokens_per_second": "gauge",
    "openclaw_token_bucket_low_watermark": "gauge",
    "openclaw_tokens_offered_total": "counter",
    "openclaw_tokens_granted_total": "counter",
    "openclaw_requests_granted_total": "counter",
    "openclaw_requests_denied_total": "counter",
    "openclaw_token_bucket_used_token_seconds_total": "counter",
}
TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
# What Prometheus 2.42, 2.53 and 3 send.
PROMETHEUS_ACCEPTS = [
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
]

# Debian's python3-prometheus-client, perhaps of another Python than the one that runs this.
PARSE = """
import sys
from prometheus_client.openmetrics import parser
print(*(family.name for family in parser.text_string_to_metric_families(sys.stdin.read())))
"""

passed = failed = skipped = 0


def check(name, condition, detail=""):
    global passed, failed
    if condition:
        passed += 1
        print(f"ok    {name}")
    else:
        failed += 1
        print(f"FAIL  {name}{': ' if detail != '' else ''}{detail}")
    sys.stdout.flush()


def skip(why):
    global skipped
    skipped += 1
    print(f"skipped: {why}")


def equal(name, found, wanted):
    check(name, found == wanted, f"found {found!r}, wanted {wanted!r}")


def can_import(python, module):
    return os.access(python, os.X_OK) and subprocess.run([python, "-c", "import " + module], capture_output=True).returncode == 0


class Server:
    """A limit_server of its own, and one connection to it that is kept open."""

    def __init__(self, *flags):
        self.process = subprocess.Popen([SERVER, "--listen", "127.0.0.1:0", *flags], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.ready = self.process.stdout.readline()
        found = re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", self.ready)
        if not found:
            self.stop()
            raise RuntimeError(f"no ready line but {self.ready!r} {self.process.stderr.read()!r}")
        self.port = int(found.group(1))
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)

    def ask(self, path, method="GET", headers=None, body=None):
        self.connection.request(method, path, body=body, headers=headers or {})
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()

    def take(self, query=""):
        return self.ask("/take" + query)

    def metric(self, name):
        text = self.ask("/metrics")[2]
        found = re.search(r"^" + name + r'\{limit="api"\} (\S+)$', text, re.M)
        return float(found.group(1)) if found else None

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return "had to be killed"


@contextlib.contextmanager
def serving(*flags):
    server = Server(*flags)
    try:
        yield server
        check(f"{' '.join(flags) or 'no flags'}: still running at the end", server.process.poll() is None)
    finally:
        server.connection.close()
        server.stop()


def test_grants():
    with serving("--capacity", "10", "--refill-rate", "0") as s:
        status, headers, body = s.take()
        equal("take: status", status, 200)
        equal("take: body; one token if not said", json.loads(body), {"granted": True, "remaining": 9})
        equal("take: type", headers["Content-Type"], "application/json")
        equal("take: no Retry-After when granted", headers["Retry-After"], None)
        equal("take ?tokens=4", json.loads(s.take("?tokens=4")[2])["remaining"], 5)
        equal("take ?tokens=04", json.loads(s.take("?tokens=04")[2])["remaining"], 1)
        status, headers, body = s.take("?tokens=2")
        equal("too few left: status", status, 429)
        equal("too few left: body; nothing was taken", json.loads(body), {"granted": False, "remaining": 1})
        equal("too few left and no refill: no Retry-After", headers["Retry-After"], None)
        equal("the last token", s.take()[0], 200)
        equal("none left", s.take()[0], 429)
        equal("counted: requests granted", s.metric("openclaw_requests_granted_total"), 4)
        equal("counted: requests denied", s.metric("openclaw_requests_denied_total"), 2)
        equal("counted: tokens offered", s.metric("openclaw_tokens_offered_total"), 13)
        equal("counted: tokens granted", s.metric("openclaw_tokens_granted_total"), 10)
        equal("gauge: capacity", s.metric("openclaw_token_bucket_capacity"), 10)
        equal("gauge: available", s.metric("openclaw_token_bucket_available"), 0)
        equal("gauge: utilisation", s.metric("openclaw_token_bucket_utilisation"), 1)
        equal("gauge: low watermark", s.metric("openclaw_token_bucket_low_watermark"), 0)
        equal("gauge: refill", s.metric("openclaw_token_bucket_refill_tokens_per_second"), 0)


def test_retry_after():
    with serving("--capacity", "6", "--refill-rate", "2") as s:
        headers = s.take("?tokens=6")[1]
        equal("granted: no Retry-After", headers["Retry-After"], None)
        status, headers, _ = s.take("?tokens=4")
        asked = time.monotonic()
        equal("denied: status", status, 429)
        equal("denied: Retry-After", headers["Retry-After"], "2")
        time.sleep(max(0, asked + float(headers["Retry-After"]) - time.monotonic()))
        equal("who waits as told is let in", s.take("?tokens=4")[0], 200)
    with serving() as s:
        equal("no flags: 1000 tokens", s.metric("openclaw_token_bucket_capacity"), 1000)
        equal("no flags: 200 a second", s.metric("openclaw_token_bucket_refill_tokens_per_second"), 200)


def test_bad_requests():
    bad = ["abc", "-1", "0", "", "+1", "%201", "1%20", "1.5", "1e3", "0x10", "1%00", "1,2", "%C2%B2", "9" * 15, "9" * 16,
           "18446744073709551617", "9" * 400, "NaN", "inf"]
    with serving("--capacity", "100", "--refill-rate", "0") as s:
        for text in bad:
            status, headers, body = s.take("?tokens=" + text)
            name = text if len(text) < 30 else text[:10] + "..."
            check(f"tokens={name!r} is refused by name", status == 400 and json.loads(body)["error"].startswith("tokens: "),
                  f"{status} {body!r}")
        status, headers, body = s.take("?tokens")
        check("tokens without a value is refused", status == 400 and "tokens" in body, f"{status} {body!r}")
        status, headers, body = s.take("?tokens=101")
        check("more than the capacity is refused, and says so", status == 400 and "tokens" in body and "capacity, 100" in body,
              f"{status} {body!r}")
        equal("the capacity itself is taken", s.take("?tokens=100")[0], 200)
        equal("refused numbers are not counted", s.metric("openclaw_tokens_offered_total"), 100)
        equal("another path", s.ask("/")[0], 404)
        equal("a longer path", s.ask("/take/1")[0], 404)
        for method, body in (("POST", "tokens=1"), ("PUT", "x" * 100000), ("DELETE", None)):
            status, headers, _ = s.ask("/take", method, body=body)
            equal(f"{method}: not allowed", (status, headers["Allow"]), (405, "GET"))
        equal("the connection has survived all that", s.take("?tokens=1")[0], 429)
        for garbage in (b"\0\xff\xfe\r\n\r\n", b"GET\r\n\r\n", b"GET /take HTTP/9.9\r\n\r\n", b"GET /ta"):
            with socket.create_connection(("127.0.0.1", s.port), timeout=5) as raw:
                raw.sendall(garbage)
        equal("the server has survived garbage", s.take("?tokens=1")[0], 429)


def test_formats():
    promtool = shutil.which("promtool")
    python = next((p for p in (sys.executable, "/usr/bin/python3") if can_import(p, "prometheus_client")), None)
    with serving("--capacity", "100", "--refill-rate", "5") as s:
        s.take("?tokens=30")
        for accept in [None, "", "*/*", "text/plain", "text/html", "application/openmetrics-text;version=1.0.0;q=0"]:
            status, headers, text = s.ask("/metrics", headers={} if accept is None else {"Accept": accept})
            equal(f"Accept {accept!r}: text 0.0.4", (status, headers["Content-Type"]), (200, TEXT_TYPE))
            equal(f"Accept {accept!r}: caches are told", headers["Vary"], "Accept")
        for name, kind in FAMILIES.items():
            check(f"text: {name}", f"# TYPE {name} {kind}\n" in text and f'\n{name}{{limit="api"}} ' in text)
        if promtool:
            lint = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True)
            equal("text: promtool check metrics", (lint.returncode, lint.stderr), (0, ""))
        else:
            skip("promtool check metrics: no promtool here")
        for accept in PROMETHEUS_ACCEPTS:
            status, headers, text = s.ask("/metrics", headers={"Accept": accept})
            equal(f"Accept as Prometheus sends it, ...{accept[-40:]}", (status, headers["Content-Type"]),
                  (200, OPENMETRICS_TYPE))
        check("OpenMetrics: ends with # EOF", text.endswith("\n# EOF\n"))
        for name, kind in FAMILIES.items():
            family = name[:-len("_total")] if kind == "counter" else name
            check(f"OpenMetrics: {name}", f"# TYPE {family} {kind}\n" in text and f'\n{name}{{limit="api"}} ' in text)
        if python:
            run = subprocess.run([python, "-c", PARSE], input=text, capture_output=True, text=True)
            missing = {n[:-6] if k == "counter" else n for n, k in FAMILIES.items()} - set(run.stdout.split())
            check("OpenMetrics: its reference parser reads all", run.returncode == 0 and not missing,
                  f"{missing} {run.stderr[-500:]}")
        else:
            skip("the reference parser: no python3-prometheus-client here")


def test_many_at_once():
    granted, denied, threads = [0] * 8, [0] * 8, []

    def client(i):
        connection = http.client.HTTPConnection("127.0.0.1", s.port, timeout=10)
        for _ in range(250):
            connection.request("GET", "/take")
            answer = connection.getresponse()
            answer.read()
            if answer.status == 200:
                granted[i] += 1
            elif answer.status == 429:
                denied[i] += 1
        connection.close()

    with serving("--capacity", "777", "--refill-rate", "0") as s:
        threads = [threading.Thread(target=client, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        equal("8 clients, 2000 requests, 777 tokens: granted", sum(granted), 777)
        equal("8 clients: denied", sum(denied), 2000 - 777)
        equal("8 clients: counted granted", s.metric("openclaw_requests_granted_total"), 777)
        equal("8 clients: counted denied", s.metric("openclaw_requests_denied_total"), 2000 - 777)


def test_no_limit():
    with serving("--capacity", "3", "--refill-rate", "0", "--no-limit") as s:
        answers = [s.take("?tokens=2") for _ in range(5)]
        equal("--no-limit: all are let in", [a[0] for a in answers], [200] * 5)
        equal("--no-limit: numbers are checked all the same", s.take("?tokens=x")[0], 400)
        equal("--no-limit: the bucket was not asked", s.metric("openclaw_tokens_offered_total"), 0)


def test_flags():
    for flags, names in (
            (["--capacity", "0"], "--capacity"), (["--capacity", "-5"], "--capacity"), (["--capacity", "ten"], "--capacity"),
            (["--capacity", "9" * 16], "--capacity"), (["--capacity", "9" * 30], "--capacity"), (["--capacity", ""], "--capacity"), (["--capacity"], "capacity"),
            (["--refill-rate", "1.5"], "--refill-rate"), (["--refill-rate", "-1"], "--refill-rate"),
            (["--refill-rate", "100000000000"], "--refill-rate"), (["--listen", "127.0.0.1"], "--listen"),
            (["--listen", "127.0.0.1:70000"], "--listen"), (["--listen", "127.0.0.1:-1"], "--listen"),
            (["--listen", "127.0.0.1:80x"], "--listen"), (["--listen", "localhost:0"], "--listen"),
            (["--listen", "300.0.0.1:0"], "--listen"), (["--listen", ":0"], "--listen"), (["--speed"], "speed"),
            (["extra"], "usage")):
        try:
            run = subprocess.run([SERVER, *flags], capture_output=True, text=True, timeout=5)
            check(f"{' '.join(flags)[:40]!r} is refused by name", run.returncode == 2 and names in run.stderr and not run.stdout,
                  f"{run.returncode} {run.stderr!r}")
        except subprocess.TimeoutExpired:
            check(f"{' '.join(flags)[:40]!r} is refused by name", False, "it serves")
    with serving() as s:
        run = subprocess.run([SERVER, "--listen", f"127.0.0.1:{s.port}"], capture_output=True, text=True, timeout=5)
        check("a port in use: exit 1 with the reason", run.returncode == 1 and "--listen: Address already in use" in run.stderr,
              f"{run.returncode} {run.stderr!r}")
    with serving("--capacity=5", "--refill-rate=1") as s:
        equal("--flag=value is read, too", json.loads(s.take()[2])["remaining"], 4)


def test_stop():
    for number in (signal.SIGTERM, signal.SIGINT):
        server = Server()
        server.take()
        began = time.monotonic()
        code = server.stop(number)
        server.connection.close()
        equal(f"{number.name}, with a connection open: exit code", code, 0)
        check(f"{number.name}: at once", time.monotonic() - began < 2, f"{time.monotonic() - began:.1f} s")


def main():
    if not os.access(SERVER, os.X_OK):
        print(f"FAIL  {SERVER} is not there: build it first")
        print("0 passed, 1 failed")
        return 1
    for test in (test_grants, test_retry_after, test_bad_requests, test_formats, test_many_at_once, test_no_limit, test_flags,
                 test_stop):
        try:
            test()
        except Exception as error:  # a server that died or hangs must not hide what the other tests find
            check(test.__name__, False, f"{type(error).__name__}: {error}")
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
