#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a shared log costs the rating server, and what it gives: `bench_cluster.py [BUILD_DIR]`.

Over loopback: matches a second from the client's request to its answer, one by one and in batches of 1000, with SQLite and
with Redis (appendfsync everysec and always, by TCP and by unix socket), with one server and with three; how long one match
takes when nothing else happens; and how fast a fresh server catches up with a long log.
Goals: a match alone at most 1 ms (p99), batches at least 50,000 matches a second, catch-up at least 300,000 events a second.

    ROUNDS=3  SECONDS_EACH=2  EVENTS=500000      BENCH_QUICK=1: a smoke test, whose figures mean little
    BENCH_ONLY=alone|intake|catchup

Every round visits every store and starts it anew, so that drift of the machine meets all alike. wrk makes the load
(cluster/load.lua). All data lie in BUILD_DIR/bench_cluster, which is removed at the end. Exit: 0 done, 1 something failed,
77 a tool is missing.
"""
import collections
import contextlib
import http.client
import json
import os
import platform
import random
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
SERVER = os.path.join(BUILD, "examples", "rating_server")
WORK = os.path.abspath(os.path.join(BUILD, "bench_cluster"))
QUICK = bool(os.environ.get("BENCH_QUICK"))
ONLY = os.environ.get("BENCH_ONLY", "")
ROUNDS = int(os.environ.get("ROUNDS") or (1 if QUICK else 3))
SECONDS = int(os.environ.get("SECONDS_EACH") or (1 if QUICK else 2))
EVENTS = int(os.environ.get("EVENTS") or (20000 if QUICK else 500000))
BATCH = 1000
STREAM, CHECKPOINT = "openclaw:ratings:log", "openclaw:ratings:checkpoint"
GOALS = {"p99_us": 1000, "rate": 50000, "catchup": 300000}

Store = collections.namedtuple("Store", "name fsync unix")
DISK = "the disk alone (fdatasync)"
SQLITE = Store("SQLite", None, False)
STORES = [SQLITE] + [Store(f"Redis, {fsync}, {'unix socket' if unix else 'TCP'}", fsync, unix)
                     for fsync in ("everysec", "always") for unix in (False, True)]
if QUICK:
    STORES = [SQLITE, STORES[3]]

# Name, pods, connections a pod, matches a request, keys, requests a second (None: one after the other).
Visit = collections.namedtuple("Visit", "name pods connections size keys rate")
VISITS = [
    Visit("paced", 1, 1, 1, True, 100),
    Visit("alone", 1, 1, 1, True, None),
    Visit("many", 1, 64, 1, True, None),
    Visit("batched", 1, 4, BATCH, False, None),
    Visit("batched, keys", 1, 4, BATCH, True, None),
    Visit("many, 3 pods", 3, 21, 1, True, None),
    Visit("batched, 3 pods", 3, 2, BATCH, False, None),
    Visit("batched, keys, 3 pods", 3, 2, BATCH, True, None),
]


def fail(reason):
    print(f"bench_cluster: {reason}", file=sys.stderr)
    sys.exit(1)


if ONLY == "alone":
    VISITS = VISITS[:2]


# ---- processes, each stopped by its id

class Process:
    running = []

    def __init__(self, name, command):
        self.log_path = os.path.join(WORK, f"{name}.log")
        self.log = open(self.log_path, "w")
        environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENCLAW_")}
        self.started = time.monotonic()
        self.process = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                        cwd=WORK, env=environment)
        Process.running.append(self)

    def said(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()

    def wait_for(self, condition, what, seconds=30, every=0.002):
        """The first true answer of `condition`; none in time, or a process that has ended, ends the bench."""
        until = time.monotonic() + seconds
        while not (answer := condition()):
            if self.process.poll() is not None or time.monotonic() > until:
                fail(f"{what}: {self.said()[-600:] or 'nothing was said'}")
            time.sleep(every)
        return answer

    def stop(self):
        if self in Process.running:
            Process.running.remove(self)
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.log.close()


class Redis:
    """A server of its own, in a folder of its own."""

    def __init__(self, fsync, unix):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        folder = os.path.join(WORK, "redis")
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        self.path = os.path.relpath(os.path.join(folder, "socket"))
        self.url = f"unix:{os.path.join(folder, 'socket')}" if unix else f"redis://127.0.0.1:{self.port}"
        self.process = Process("redis", [
            "redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--unixsocket", "socket", "--dir", folder,
            "--save", "", "--appendonly", "yes", "--appendfsync", fsync, "--auto-aof-rewrite-percentage", "0"])
        self.process.wait_for(lambda: "Ready to accept connections" in self.process.said(), "Redis did not start")

    def has_checkpoint(self):
        return first_line("redis-cli", "-p", str(self.port), "EXISTS", CHECKPOINT) == "1"

    def stop(self):
        self.process.stop()


class Pod:
    def __init__(self, number, store, *flags):
        self.process = Process(f"pod-{number}", [
            os.path.abspath(SERVER), "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--store", store,
            "--capacity", "100000000", "--refill-rate", "100000000", *flags])
        self.address = None
        self.seconds = self.process.wait_for(self.ready, "the server is not ready", 120)

    def ready(self):
        """Seconds from its start until it was ready; None: not yet."""
        if not self.address:
            found = re.search(r"^listening on ([^,\s]+)", self.process.said(), re.M)
            self.address = found and found.group(1)
        if not self.address:
            return None
        try:
            self.get("/readyz")
        except (OSError, http.client.HTTPException):
            return None
        return time.monotonic() - self.process.started

    def get(self, path):
        connection = http.client.HTTPConnection(self.address, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if answer.status != 200:
            raise http.client.HTTPException(f"{path}: {answer.status} {text}")
        return json.loads(text)

    def stop(self):
        self.process.stop()


def durability(fsync):
    return ["--durability", fsync] if fsync else []


# ---- intake

def visit(plan, pods, word):
    threads = plan.pods if plan.pods > 1 or plan.connections == 1 else 2
    environment = dict(os.environ, LOAD_TARGETS=",".join(pod.address for pod in pods[:plan.pods]), LOAD_RUN=word,
                       LOAD_SIZE=str(plan.size), LOAD_KEYS=str(int(plan.keys)))
    environment.pop("LOAD_RATE", None)
    if plan.rate:
        environment["LOAD_RATE"] = str(plan.rate)
    run = subprocess.run(["wrk", f"-t{threads}", f"-c{plan.connections * plan.pods}", f"-d{SECONDS}s", "--timeout", "10s",
                          "-s", os.path.join(HERE, "cluster", "load.lua"), f"http://{pods[0].address}/"],
                         capture_output=True, text=True, env=environment, timeout=SECONDS + 60)
    line = re.search(r"^LOAD (.*)$", run.stdout, re.M)
    if not line:
        fail(f"wrk: {run.stdout[-500:]}{run.stderr[-500:]}")
    load = json.loads(line.group(1))
    if load["bad"] or load["errors"] or not load["requests"]:
        fail(f"{plan.name}: {load['bad']} answers were not 201, {load['errors']} errors, of {load['requests']}; a server says: "
             + pods[0].process.said()[-300:])
    return load


def intake_round(number, store, results):
    """All visits to one store, begun empty; what the log then holds must be at least what was acknowledged."""
    with contextlib.ExitStack() as running:
        if store.fsync:
            redis = Redis(store.fsync, store.unix)
            running.callback(redis.stop)
            url = redis.url
        else:
            for end in "", "-wal", "-shm":
                with contextlib.suppress(FileNotFoundError):
                    os.remove(os.path.join(WORK, f"bench.db{end}"))
            url = f"sqlite:{os.path.join(WORK, 'bench.db')}"
        pods, acknowledged = [], 0
        for plan in VISITS:
            if plan.pods > 1 and not store.fsync:
                continue
            while len(pods) < plan.pods:
                pods.append(Pod(len(pods) + 1, url, *durability(store.fsync)))
                running.callback(pods[-1].stop)
            load = visit(plan, pods, f"{number}{plan.name.replace(' ', '').replace(',', '')}")
            results[store.name, plan.name].append({**load, "rate": load["requests"] * plan.size / load["seconds"]})
            acknowledged += load["requests"] * plan.size
        if store.fsync:
            same_digests(store, pods, acknowledged)


def same_digests(store, pods, acknowledged):
    until = time.monotonic() + 20
    while True:
        digests = [pod.get("/v1/digest") for pod in pods]
        if all(digest == digests[0] for digest in digests):
            break
        if time.monotonic() > until:
            fail(f"{store.name}: the servers differ: {digests}")
        time.sleep(0.05)
    if digests[0]["matches"] < acknowledged:
        fail(f"{store.name}: {acknowledged} matches were acknowledged, {digests[0]['matches']} are there")


def both(values, form="{:,.0f}", best=max):
    return form.format(best(values)), form.format(statistics.median(values))


def table(head, second, lines, first=30, width=11):
    """Groups of two columns, best and median."""
    print("  " + " " * first + "".join(f"{h:>{2 * width}}" for h in head))
    print("  " + " " * first + "".join(f"{s:>{width}}" for s in second))
    for label, cells in lines:
        print(f"  {label:{first}}" + "".join(f"{c:>{width}}" for c in cells))


def disk(rate, seconds):
    """What 4 KiB more of a file take until they are on the disk: the least that a match can take where it has to be."""
    path, times = os.path.join(WORK, "fdatasync"), []
    until = time.monotonic() + seconds
    with open(path, "wb", buffering=0) as file:
        while time.monotonic() < until:
            time.sleep(1 / rate if rate else 0)
            began = time.perf_counter()
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - began) * 1e6)
    os.remove(path)
    times.sort()
    return {"p50_us": times[len(times) // 2], "p99_us": times[len(times) * 99 // 100]}


def intake():
    """By store and visit: what each round gave."""
    results = collections.defaultdict(list)
    for number in range(ROUNDS):
        for plan in VISITS[:2]:
            results[DISK, plan.name].append(disk(plan.rate, SECONDS))
        for store in STORES:
            intake_round(number, store, results)

    def column(store, name, key="rate", best=max):
        values = [r[key] for r in results[store.name, name]]
        return both(values, best=best) if values else ("-", "-")

    print("\n  one match at a time, nothing else to do: us from request to answer")
    table(("100 a second, p50", "p99", "back to back, p50", "p99"), ("best", "median") * 4, [
        (store.name, [c for name in ("paced", "alone") for key in ("p50_us", "p99_us") for c in column(store, name, key, min)])
        for store in [Store(DISK, None, False), *STORES]])
    for store in STORES[1:]:
        more = [statistics.median(r["p99_us"] for r in results[store.name, name])
                - statistics.median(r["p99_us"] for r in results[SQLITE.name, name]) for name in ("paced", "alone")]
        print(f"  {store.name}: p99 {more[0]:+,.0f} us beside SQLite at 100 a second, {more[1]:+,.0f} us back to back "
              "(medians)")
    for pods in 1, 3:
        visits = [v for v in VISITS if v.pods == pods and not v.rate]
        stores = [store for store in STORES if store.fsync or pods == 1]
        if not visits or not stores or ONLY == "alone":
            continue
        print(f"\n  matches a second, {pods} server{'s, clients spread over them' if pods > 1 else ''}")
        heads = [("single" if v.size == 1 else "batches, keys" if v.keys else "batches") + f", {v.connections * pods} conn"
                 for v in visits]
        table(heads, ("best", "median") * len(visits), [
            (store.name, [c for v in visits for c in column(store, v.name)]) for store in stores])
    return results


# ---- catch-up

def number(value, length):
    return value.to_bytes(length, "little")


def text(value):
    return number(len(value), 1) + value.encode()


def entry(events, size, keys, rng):
    """One entry as a server writes it (examples/rating_server/wire.h): one request of `size` matches."""
    parts = [b"\1m", number(size, 4)]
    for i in range(size):
        a = rng.randrange(10000)
        b = (a + rng.randrange(1, 10000)) % 10000
        parts += (text(f"key-{events + i:012}" if keys else ""), text(f"agent-{a:05}"), text(f"agent-{b:05}"),
                  number(rng.randrange(3), 1))
    return b"".join(parts)


def write_log(redis, size, keys):
    """EVENTS matches, `size` an entry, as one pod would have sent them; in a pipeline."""
    rng = random.Random(1)
    link = socket.socket(socket.AF_UNIX)
    link.connect(redis.path)
    link.settimeout(60)
    chunk = max(size, 1000)
    for first in range(0, EVENTS, chunk):
        commands = []
        for at in range(first, min(first + chunk, EVENTS), size):
            words = (b"XADD", STREAM.encode(), b"*", b"u", b"%016x-%d" % (0xbe, at // size + 1),
                     b"d", entry(at, size, keys, rng))
            commands.append(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
        link.sendall(b"".join(commands))
        replies = b""
        while replies.count(b"\r\n") < 2 * len(commands):  # each: a length, and the place
            replies += link.recv(65536)
            if replies[:1] == b"-" or b"\n-" in replies:
                fail(f"Redis: {replies[:200]}")
    link.close()


def catchup():
    lines, medians, said = [], {}, {}
    for label, size, keys in (("one match an entry, keys", 1, True), ("one match an entry", 1, False),
                              (f"{BATCH} an entry, keys", BATCH, True), (f"{BATCH} an entry", BATCH, False)):
        redis = Redis("everysec", True)
        flags = ["--durability", "everysec", "--checkpoint-every"]
        # The first server of all names the log; and how long does a start take that has nothing to read?
        empty = []
        for _ in range(ROUNDS):
            pod = Pod("empty", redis.url, *flags, "0")
            empty.append(pod.seconds)
            pod.stop()
        write_log(redis, size, keys)
        took = []
        for every in ["0"] * ROUNDS + [str(EVENTS // 5)] * 2:
            pod = Pod("catch-up", redis.url, *flags, every)
            took.append(pod.seconds)
            digest = pod.get("/v1/digest")
            if digest["matches"] != EVENTS:
                fail(f"catch-up, {label}: {digest['matches']} matches in place of {EVENTS}")
            if every != "0" and len(took) == ROUNDS + 1:
                pod.process.wait_for(redis.has_checkpoint, "no checkpoint was written", 20, 0.05)
            if len(took) == 1:
                said[label] = [line for line in pod.process.said().splitlines() if "event" in line or "match" in line][-1:]
            pod.stop()
        redis.stop()
        base = statistics.median(empty)
        rates = [EVENTS / max(1e-9, seconds - base) for seconds in took[:ROUNDS]]
        medians[label] = statistics.median(rates)
        lines.append((label, (*both(rates), *both(took[:ROUNDS], "{:.3f}", min),
                              *(f"{seconds:.3f}" for seconds in (base, *took[-2:])))))
    print(f"\n  catch-up of a fresh server with a log of {EVENTS:,} events; from the start of the process until /readyz is "
          "green")
    print(f"  {'':32}{'events/s':>22}{'seconds':>22}{'empty log':>11}{'writing':>11}{'from':>11}")
    print(f"  {'':32}{'best':>11}{'median':>11}{'best':>11}{'median':>11}{'seconds':>11}{'checkp.':>11}{'checkp.':>11}")
    for label, cells in lines:
        print(f"  {label:32}" + "".join(f"{c:>11}" for c in cells))
    print(f"  events/s: without the time that a start with an empty log takes. Two more starts with --checkpoint-every {EVENTS // 5}:")
    print("  one that writes a checkpoint when it has caught up and shortens the log, and the next, which begins from there.")
    for label, line in said.items():
        for one in line:
            print(f"  the server itself, {label}: {one}")
    return medians


# ---- setting

def busy_seconds():
    """Of all processors, with anything; and how much of it was ours and of children that have ended."""
    with open("/proc/stat") as file:
        user, nice, system, _, _, irq, softirq = map(int, file.readline().split()[1:8])
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return ((user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK"),
            sum(usage.ru_utime + usage.ru_stime for usage in usages))


def first_line(*command, pattern=r"(.*)"):
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except OSError:
        return "?"
    found = re.search(pattern, run.stdout + run.stderr)
    return found.group(1) if found else "?"


def setting():
    with open("/proc/cpuinfo") as file:
        cpu = re.search(r"^model name\s*:\s*(.*)$", file.read(), re.M)
    compiler = first_line("readelf", "-p", ".comment", SERVER, pattern="(GCC:.*|.*clang.*)")
    versions = ", ".join(f"{name} {first_line(*command, pattern=pattern)}" for name, command, pattern in (
        ("Redis", ("redis-server", "--version"), "v=([0-9.]+)"),
        ("SQLite", ("sqlite3", "--version"), "([0-9.]+)"),
        ("wrk", ("wrk", "-v"), "wrk [^0-9]*([0-9.]+)")))
    load = os.getloadavg()[0]
    print("bench_cluster: the rating server with SQLite and with a shared log in Redis, over loopback" + ", QUICK" * QUICK)
    print(f"  {cpu.group(1) if cpu else platform.machine()}, {os.cpu_count()} processors, {platform.system()} "
          f"{platform.release()}; servers, Redis and wrk share them")
    print(f"  {compiler}; CFLAGS={os.environ.get('CFLAGS') or 'as built'}; {versions}")
    print(f"  load average before the start: {load:.2f}"
          + (": others are at work here, do not trust the figures" if load > 0.5 else ""))
    print(f"  {ROUNDS} round{'s' * (ROUNDS > 1)}, {SECONDS} s each; 10,000 agents; batches of {BATCH}; single matches "
          "with keys;\n  SQLite with --synchronous full; checkpoints as by default")


def judge(results, caught_up):
    print("\n  goals (medians)")
    lines = []
    for store in STORES:
        for what, name, key, unit in (("a match alone, 100 a second, p99", "paced", "p99_us", "us"),
                                      ("a match alone, back to back, p99", "alone", "p99_us", "us"),
                                      ("batches", "batched", "rate", "matches/s")):
            values = [r[key] for r in results[store.name, name]]
            if values:
                lines.append((f"{store.name}: {what}", statistics.median(values), unit, GOALS[key]))
    lines += [(f"catch-up, {label}", value, "events/s", GOALS["catchup"]) for label, value in caught_up.items()]
    for label, value, unit, goal in lines:
        good = value <= goal if unit == "us" else value >= goal
        print(f"  {'met   ' if good else 'MISSED'} {label:64}{value:>11,.0f} {unit}, goal {goal:,}")


def main():
    for tool in "wrk", "redis-server":
        if not shutil.which(tool):
            print(f"bench_cluster: skipped: {tool} is not installed; `make deps` installs it", file=sys.stderr)
            sys.exit(77)
    if not os.access(SERVER, os.X_OK):
        fail(f"{SERVER} is not there: build it first")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    shutil.rmtree(WORK, ignore_errors=True)
    os.makedirs(WORK)
    try:
        setting()
        sys.stdout.flush()
        began, (all_before, own_before) = time.monotonic(), busy_seconds()
        results = intake() if ONLY != "catchup" else collections.defaultdict(list)
        sys.stdout.flush()
        caught_up = catchup() if ONLY in ("", "catchup") else {}
        all_after, own_after = busy_seconds()
        others = (all_after - all_before - own_after + own_before) / (time.monotonic() - began) / os.cpu_count()
        print(f"\n  meanwhile others used {max(0, 100 * others):.0f} % of the processors"
              + (": do not trust the p99" if others > 0.03 else ""))
        if not QUICK:
            judge(results, caught_up)
    finally:
        for process in list(reversed(Process.running)):
            process.stop()
        shutil.rmtree(WORK, ignore_errors=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
