# SPDX-License-Identifier: MIT
"""Starts, asks and stops examples/rating_server; shared by the scripts that test it.

Servers listen on 127.0.0.1, on ports that the system chooses, and are stopped by their process id.
"""
import contextlib
import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
SERVER = os.path.abspath(os.path.join(BUILD, "examples", "rating_server"))
JSON = {"Content-Type": "application/json"}
# Sanitizers make everything slower; waits are multiplied by this.
SLOW = float(os.environ.get("OCL_TEST_SLOW") or 1)

counts = {"passed": 0, "failed": 0, "skipped": 0}
counting = threading.Lock()


def note(kind, line):
    """Tests may run in threads: whole lines, whole counts."""
    with counting:
        counts[kind] += 1
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def check(name, condition, detail=""):
    note("passed" if condition else "failed", f"ok    {name}" if condition else f"FAIL  {name}{': ' if detail != '' else ''}{detail}")
    return bool(condition)


def equal(name, got, want):
    return check(name, got == want, f"got {got!r}, want {want!r}")


def skip(name, why):
    note("skipped", f"skipped: {name}: {why}")


def run_all(tests):
    """Run the tests, print the closing line, and exit."""
    if not os.access(SERVER, os.X_OK):
        check("the server is built", False, SERVER)
        tests = ()
    for test in tests:
        try:
            test()
        except Exception as error:  # a server that died must not hide what the other tests find
            check(test.__name__, False, f"{type(error).__name__}: {error}")
        finally:
            for server in list(Server.running):
                server.kill()
    closing = f"{counts['passed']} passed, {counts['failed']} failed"
    print(closing + (f", {counts['skipped']} skipped" if counts["skipped"] else ""))
    sys.exit(1 if counts["failed"] else 0)


def wait_until(condition, seconds=10.0):
    """Ask until it is true; the last answer."""
    end = time.monotonic() + seconds * SLOW
    while not (answer := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return answer


class Answer:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.text = body.decode("utf-8", "replace")
        self.json = None
        if response.headers.get("Content-Type") == "application/json" and body:
            self.json = json.loads(body)

    @property
    def error(self):
        """(code, field), as the client is told."""
        error = (self.json or {}).get("error", {})
        return error.get("code"), error.get("field")


class Client:
    """One connection, opened again when the server has closed it."""

    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.connection = http.client.HTTPConnection(host, int(port), timeout=30 * SLOW)

    def ask(self, method, path, body=None, headers=None):
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        try:
            self.connection.request(method, path, body, JSON if headers is None and body is not None else headers or {})
            response = self.connection.getresponse()
            answer = Answer(response, response.read())
        except BaseException:
            self.connection.close()
            raise
        if response.will_close:
            self.connection.close()
        return answer

    def get(self, path, headers=None):
        return self.ask("GET", path, None, headers)

    def post(self, path, body, headers=None):
        return self.ask("POST", path, body, headers)

    def close(self):
        self.connection.close()


class Server:
    """A running server. Its limit is far above what a test asks, if no other flag is given."""
    running = []

    def __init__(self, store, *flags, env=None, wait=True):
        """`store`: as --store takes it, or a file's name."""
        arguments = [SERVER, "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0",
                     "--store", store if ":" in store else f"sqlite:{store}",
                     "--capacity", "1000000", "--refill-rate", "1000000", *flags]
        self._start(arguments, env)
        if wait:
            self.wait_ready()

    def _start(self, arguments, env):
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env={**os.environ, **(env or {})})
        self.lines, self.errors = [], []
        self.ready = threading.Event()
        self.readers = [threading.Thread(target=self._read, args=pair, daemon=True)
                        for pair in ((self.process.stdout, self.lines), (self.process.stderr, self.errors))]
        for reader in self.readers:
            reader.start()
        Server.running.append(self)

    def _read(self, stream, lines):
        for line in stream:
            lines.append(line.rstrip("\n"))
            match = re.fullmatch(r"listening on (\S+), metrics on (\S+)\n", line)
            if match:
                self.address, self.metrics_address = match.groups()
                self.ready.set()
        if stream is self.process.stdout:
            self.ready.set()

    def wait_ready(self):
        self.ready.wait(60 * SLOW)
        if not hasattr(self, "address"):
            self.end(1)
            raise RuntimeError(f"not ready: {self.errors}")
        self.client = Client(self.address)
        self.metrics_client = Client(self.metrics_address)
        self.get, self.post, self.ask = self.client.get, self.client.post, self.client.ask

    def end(self, seconds=30):
        """Wait for its exit code."""
        try:
            code = self.process.wait(seconds * SLOW)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
            code = f"killed after {seconds} s ({code})"
        for reader in self.readers:
            reader.join(5)
        if self in Server.running:
            Server.running.remove(self)
        return code

    def stop(self):
        """SIGTERM; the exit code."""
        if hasattr(self, "client"):
            self.client.close()
            self.metrics_client.close()
        self.process.send_signal(signal.SIGTERM)
        return self.end()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        return self.end()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if self in Server.running:
            code = self.stop()
            if kind is None:
                equal("SIGTERM: exit code", code, 0)

    def match(self, a, b, score, key=None, headers=None):
        body = {"a": a, "b": b, "score": score}
        if key is not None:
            body["id"] = key
        return self.post("/v1/matches", body, None if headers is None else {**JSON, **headers})

    def board(self):
        """All agents by name, floats as hex, so that equal means equal bits."""
        return board_of(self.client)

    def metric(self, sample):
        """The value of a sample such as `openclaw_votes_total`, or None."""
        text = self.metrics_client.get("/metrics").text
        found = re.search(rf"^{re.escape(sample)} (\S+)$", text, re.MULTILINE)
        return float(found.group(1)) if found else None


def exact(value):
    if isinstance(value, float):
        return value.hex()
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    return value


def board_of(client):
    agents, offset = {}, 0
    while True:
        page = client.get(f"/v1/leaderboard?limit=1000&offset={offset}").json
        agents.update((agent["id"], exact(agent)) for agent in page["agents"])
        offset += len(page["agents"])
        if not page["agents"]:
            return agents


def query(db, sql, *values):
    """Ask the log of a server that does not run."""
    with contextlib.closing(sqlite3.connect(db)) as log, log:
        return log.execute(sql, values).fetchall()


def quote(name):
    return urllib.parse.quote(name, safe="")


def raw(address, data, seconds=10.0):
    """Send bytes, read until the other side closes or the time is up."""
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=seconds * SLOW) as connection:
        connection.sendall(data)
        answer = b""
        try:
            while piece := connection.recv(65536):
                answer += piece
        except OSError:
            pass
        return answer


class Folder(tempfile.TemporaryDirectory):
    """A folder for one test's database."""

    def __enter__(self):
        return os.path.join(super().__enter__(), "ratings.db")
