#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks of examples/prefork_server over HTTP: `test_prefork_server.py BUILD_DIR`.

What several processes grant together is bound as if it were one, while they are killed again and again. One line a check,
`N passed, N failed` at the end. Servers listen on 127.0.0.1, on ports that the system chooses, and are stopped by their
process id. Environment: SEED repeats the kills of a run, KILL_S is how long they go on (6).
"""
import contextlib
import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
SERVER = os.path.join(BUILD, "examples", "prefork_server")

passed = failed = 0


def check(name, condition, detail=""):
    global passed, failed
    if condition:
        passed += 1
        print(f"ok    {name}")
    else:
        failed += 1
        print(f"FAIL  {name}{': ' if detail != '' else ''}{detail}")
    sys.stdout.flush()


def equal(name, found, wanted):
    check(name, found == wanted, f"found {found!r}, wanted {wanted!r}")


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
        return [int(child) for child in children.read().split()]


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def within(seconds, condition):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


class Server:
    """A prefork_server of its own."""

    def __init__(self, *flags):
        self.process = subprocess.Popen([SERVER, "--listen", "127.0.0.1:0", *flags], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.ready = self.process.stdout.readline()
        found = re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", self.ready)
        if not found:
            self.stop()
            raise RuntimeError(f"no ready line but {self.ready!r} {self.process.stderr.read()!r}")
        self.port = int(found.group(1))

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)

    def ask(self, path, method="GET", headers=None, body=None):
        connection = self.connect()
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()

    def take(self, key, **fields):
        status, headers, body = self.ask("/take?key=" + key, headers=fields)
        return status, headers, json.loads(body)

    def workers(self):
        return children_of(self.process.pid)

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
        server.stop()


def test_limits():
    with serving("--workers", "3", "--client-capacity", "4", "--client-rate", "0", "--capacity", "10", "--rate", "0") as s:
        status, headers, body = s.take("a")
        equal("granted: status", status, 200)
        worker = body.pop("worker")
        equal("granted: body", body, {"granted": True, "limit": "client", "remaining": 3})
        check("granted: by a worker", worker in s.workers())
        equal("granted: no Retry-After", headers["Retry-After"], None)
        answers = [s.take("a")[2]["remaining"] for _ in range(3)]
        equal("a client's tokens count down, whoever answers", answers, [2, 1, 0])
        status, headers, body = s.take("a")
        equal("no more for this client", (status, body["granted"], body["limit"]), (429, False, "client"))
        equal("no refill: no Retry-After", headers["Retry-After"], None)
        equal("another client", s.take("b")[0], 200)
        equal("the header comes before the query", s.take("a", **{"X-Client": "b"})[0], 200)
        s.take("c")
        status, _, body = s.take("d")
        equal("the service has two more, fewer than the client", (status, body["limit"], body["remaining"]), (200, "service", 2))
        s.take("e"), s.take("f")
        status, _, body = s.take("c")
        equal("no more for anyone", (status, body["limit"]), (429, "service"))
        equal("who has none of his own is told that first", s.take("a")[2]["limit"], "client")
        equal("a refusal of the service costs a client nothing", s.take("c")[2]["limit"], "service")


def test_retry_after():
    with serving("--client-capacity", "2", "--client-rate", "1", "--capacity", "3", "--rate", "1000") as s:
        s.take("a"), s.take("a")
        status, headers, _ = s.take("a")
        asked = time.monotonic()
        equal("denied: Retry-After", (status, headers["Retry-After"]), (429, "1"))
        time.sleep(max(0, asked + 1 - time.monotonic()))
        equal("who waits as told is let in", s.take("a")[0], 200)


def test_bad_requests():
    with serving("--client-capacity", "1000", "--client-rate", "0", "--capacity", "1000000") as s:
        for query, name in (("/take", "no key"), ("/take?key=", "an empty key"), ("/take?key", "a key without a value"),
                            ("/take?key=" + "x" * 129, "129 bytes"), ("/take?key=" + "x" * 20000, "20000 bytes")):
            status, _, body = s.ask(query)
            check(f"{name} is refused by name", (status == 400 and "key: " in body) or (len(query) > 9999 and status >= 400),
                  f"{status} {body!r}")
        equal("128 bytes are a key", s.take("x" * 128)[0], 200)
        equal("bytes that are no text are a key", s.take("%ff%fe%0a")[2]["remaining"], 999)
        equal("a key with a zero in it", s.take("a%00b")[2]["remaining"], 999)
        equal("is not the key before the zero", s.take("a")[2]["remaining"], 999)
        equal("another path", s.ask("/")[0], 404)
        for method, body in (("POST", "key=a"), ("PUT", "x" * 100000), ("DELETE", None)):
            status, headers, _ = s.ask("/take?key=a", method, body=body)
            equal(f"{method}: not allowed", (status, headers["Allow"]), (405, "GET"))
        for garbage in (b"\0\xff\xfe\r\n\r\n", b"GET\r\n\r\n", b"GET /take HTTP/9.9\r\n\r\n", b"GET /ta"):
            with socket.create_connection(("127.0.0.1", s.port), timeout=5) as raw:
                raw.sendall(garbage)
        equal("the server has survived garbage", s.take("a")[2]["remaining"], 998)


class Client(threading.Thread):
    """Asks as fast as it can, for one key after another, and notes what it was granted and between which times."""

    def __init__(self, server, keys, end):
        super().__init__()
        self.server, self.keys, self.end = server, keys, end
        self.grants, self.denied, self.lost, self.workers = [], 0, 0, set()

    def run(self):
        connection = self.server.connect()
        while time.monotonic() < self.end:
            key = random.choice(self.keys)
            sent = time.monotonic()
            try:
                connection.request("GET", "/take?key=" + key)
                answer = connection.getresponse()
                body = json.loads(answer.read())
            except (OSError, http.client.HTTPException, ValueError):
                self.lost += 1
                connection.close()
                connection = self.server.connect()
                continue
            self.workers.add(body.get("worker"))
            if answer.status == 200:
                self.grants.append((key, sent, time.monotonic()))
            elif answer.status == 429:
                self.denied += 1
        connection.close()


def worst_window(grants, capacity, rate):
    """The most by which the grants that surely fell into one window exceed capacity + rate * window; 0 or less is right."""
    by_answer = sorted(grants, key=lambda grant: grant[2])
    worst = -capacity
    for _, start, _ in grants:
        count = 0
        for _, sent, answered in by_answer:
            if sent >= start:
                count += 1
                worst = max(worst, count - capacity - rate * (answered - start))
    return worst


def test_kills():
    seed = int(os.environ.get("SEED", time.time_ns() % 2**32))
    seconds = float(os.environ.get("KILL_S", "6"))
    print(f"kills: SEED={seed}")
    dice = random.Random(seed)
    client_capacity, client_rate, capacity, rate = 15, 12, 60, 40
    keys = [f"client {i}".replace(" ", "%20") for i in range(6)]
    with serving("--workers", "3", "--client-capacity", str(client_capacity), "--client-rate", str(client_rate),
                 "--capacity", str(capacity), "--rate", str(rate)) as s:
        begin = time.monotonic()
        clients = [Client(s, keys if i > 0 else keys[:1], begin + seconds) for i in range(6)]
        for client in clients:
            client.start()
        kills, victims = 0, set()
        while time.monotonic() < begin + seconds - 0.2:
            time.sleep(dice.uniform(0.002, 0.08))
            alive = s.workers()
            if alive:
                victim = dice.choice(alive)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
                    kills += 1
                    victims.add(victim)
        for client in clients:
            client.join()
        length = time.monotonic() - begin
        grants = [grant for client in clients for grant in client.grants]
        answered = set().union(*(client.workers for client in clients))
        lost = sum(client.lost for client in clients)
        print(f"kills: {kills} in {length:.1f} s; {len(grants)} granted, {sum(c.denied for c in clients)} denied, {lost} lost, "
              f"by {len(answered)} workers")
        check("enough were killed", kills > 5 * seconds, kills)
        check("killed workers had answered", len(victims & answered) > seconds, len(victims & answered))
        check("all together: no more than the limit", len(grants) <= capacity + rate * length,
              f"{len(grants)} of {capacity + rate * length:.1f}")
        worst = worst_window(grants, capacity, rate)
        check("all together: in no window more than the limit", worst <= 0, f"{worst:.2f} too many")
        for key in keys:
            own = [grant for grant in grants if grant[0] == key]
            worst = worst_window(own, client_capacity, client_rate)
            check(f"{key}: in no window more than its limit", worst <= 0 and len(own) > 0, f"{worst:.2f} too many of {len(own)}")
        # What an answer was lost for may have been charged; a killed worker keeps its one call's tokens at most.
        least = capacity + rate * (length - 0.5) - lost - kills
        check("what was there was granted", len(grants) >= 0.8 * least, f"{len(grants)} of {least:.0f}")
        check("all workers are there again", within(5, lambda: len([w for w in s.workers() if is_alive(w)]) == 3))
        check("and answer", within(5, lambda: s.take("another")[0] in (200, 429)))


def test_stop():
    for number in (signal.SIGTERM, signal.SIGINT):
        server = Server("--workers", "2")
        open_one = server.connect()
        open_one.request("GET", "/take?key=a")
        open_one.getresponse().read()
        within(5, lambda server=server: len(server.workers()) == 2)
        workers = server.workers()
        equal(f"{number.name}: two workers before", len(workers), 2)
        began = time.monotonic()
        server.process.send_signal(number)
        time.sleep(0.2)
        open_one.request("GET", "/take?key=a")
        answer = open_one.getresponse()
        answer.read()
        equal(f"{number.name}: who is connected is still answered, and told to go", (answer.status, answer.headers["Connection"]),
              (200, "close"))
        open_one.close()
        equal(f"{number.name}: exit code", server.process.wait(10), 0)
        check(f"{number.name}: soon", time.monotonic() - began < 2, f"{time.monotonic() - began:.1f} s")
        check(f"{number.name}: no worker is left", not any(is_alive(worker) for worker in workers))
    server = Server("--workers", "2")
    idle = socket.create_connection(("127.0.0.1", server.port))
    began = time.monotonic()
    equal("SIGTERM under a client that says nothing: exit code", server.stop(), 0)
    check("SIGTERM under a client that says nothing: within 5 s", time.monotonic() - began < 5)
    idle.close()
    server = Server("--workers", "2")
    workers = server.workers()
    server.stop(signal.SIGKILL)
    check("a killed parent leaves no worker behind", within(5, lambda: not any(is_alive(worker) for worker in workers)))


def test_table():
    folder = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=folder) as place:
        table = os.path.join(place, "limits")
        flags = ("--workers", "2", "--client-capacity", "5", "--client-rate", "0", "--table", table)
        with serving(*flags) as one, serving(*flags) as other:
            answers = [s.take("a")[0] for s in (one, other, one, other, one, other, one)]
            equal("two servers share a table", answers, [200] * 5 + [429] * 2)
            equal("its file is its owner's alone", os.stat(table).st_mode & 0o777, 0o600)
        with serving(*flags) as again:
            equal("and a third finds what they left", again.take("a")[0], 429)
            run = subprocess.run([SERVER, "--listen", "127.0.0.1:0", "--client-capacity", "6", "--table", table],
                                 capture_output=True, text=True, timeout=5)
            check("other settings are refused", run.returncode == 2 and "OCL_EEXIST" in run.stderr, f"{run.returncode} {run.stderr!r}")
        with open(table, "wb") as file:
            file.write(b"no table" * 1000)
        run = subprocess.run([SERVER, "--listen", "127.0.0.1:0", "--table", table], capture_output=True, text=True, timeout=5)
        check("a file that is no table is refused", run.returncode == 2 and "OCL_EFORMAT" in run.stderr, f"{run.returncode} {run.stderr!r}")


def test_flags():
    for flags, names in (
            (["--workers", "0"], "--workers"), (["--workers", "65"], "--workers"), (["--workers", "two"], "--workers"),
            (["--capacity", "0"], "capacity"), (["--client-capacity", "-5"], "--client-capacity"),
            (["--client-rate", "1.5"], "--client-rate"), (["--rate", "100000000000"], "rate"), (["--keys", "0"], "--keys"),
            (["--keys", "9" * 16], "--keys"), (["--table", ""], "--table"), (["--table"], "table"),
            (["--listen", "127.0.0.1"], "--listen"), (["--listen", "localhost:0"], "--listen"), (["--speed"], "speed"),
            (["extra"], "usage")):
        run = subprocess.run([SERVER, *flags], capture_output=True, text=True, timeout=5)
        check(f"{' '.join(flags)[:40]!r} is refused by name", run.returncode == 2 and names in run.stderr and not run.stdout,
              f"{run.returncode} {run.stderr!r}")
    with serving() as s:
        run = subprocess.run([SERVER, "--listen", f"127.0.0.1:{s.port}"], capture_output=True, text=True, timeout=5)
        check("a port in use: exit 1 with the reason", run.returncode == 1 and "--listen: Address already in use" in run.stderr,
              f"{run.returncode} {run.stderr!r}")


def main():
    if not os.access(SERVER, os.X_OK):
        print(f"FAIL  {SERVER} is not there: build it first")
        print("0 passed, 1 failed")
        return 1
    for test in (test_limits, test_retry_after, test_bad_requests, test_kills, test_stop, test_table, test_flags):
        try:
            test()
        except Exception as error:  # a server that died or hangs must not hide what the other tests find
            check(test.__name__, False, f"{type(error).__name__}: {error}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
