#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Many pods of examples/rating_server at one Redis, when the store or the network between fails.

    test_rating_server_redis_faults.py BUILD_DIR

Each fault ends with the same questions: do the pods agree, do they serve what the log says, does each match count once?
"""
import contextlib
import os
import signal
import sys
import threading
import time

sys.dont_write_bytecode = True  # The source tree stays clean.
from lib_fault_proxy import Proxy
from lib_rating_server import SLOW, Client, Server, check, equal, run_all, wait_until
from lib_redis import Store, free_port, remove_all
from lib_shared_log import CHECKPOINT, LOG, META, Pod, Replay, agree, encode, matches_log, place, timed

LIMIT = 1  # --store-timeout; answers come within this and a little for a busy machine.
QUICK = ("--store-timeout", str(LIMIT))


class Cluster(contextlib.ExitStack):
    """A store, and pods that reach it through a proxy each."""

    def __init__(self, pods, *flags, **settings):
        super().__init__()
        self.store = self.enter_context(Store(**settings))
        self.proxies = [self.enter_context(Proxy(self.store.port)) for _ in range(pods)]
        self.flags = (*QUICK, *flags)
        self.pods = [self.pod(proxy.port) for proxy in self.proxies]

    def pod(self, port=None, *flags, **more):
        return Pod(f"redis://127.0.0.1:{port or self.store.port}", *self.flags, *flags, **more)

    def kill(self):
        for pod in self.pods:
            pod.kill()


def unavailable(name, call, *words, code="storage_unavailable"):
    """503 with the reason, in time, and when to come back."""
    answer, took = timed(call)
    equal(f"{name}: 503", (answer.status, answer.error[0], answer.headers["Retry-After"] is not None), (503, code, True))
    check(f"{name}: the reason", all(word in answer.json["error"]["message"] for word in words), answer.text)
    check(f"{name}: within the time limit", took < LIMIT + 1.5, took)


def right(name, cluster, *fresh_flags):
    """The pods agree, with the log as it is decoded here, and with a fresh pod."""
    fresh = cluster.pod(None, *fresh_flags)
    pods = [*cluster.pods, fresh]
    agree(name, pods)
    replay = Replay(cluster.store.log())
    matches_log(name, cluster.pods[0], replay)
    equal(f"{name}: the whole board, to the bit", [pod.board() == fresh.board() for pod in cluster.pods], [True] * len(cluster.pods))
    equal(f"{name}: SIGTERM of the fresh pod", fresh.stop(), 0)
    return replay


def outage(name, cluster, breaks, mends, *words, red=True):
    """The whole story of one failure for all pods: what is refused, what is still served, what is there afterwards."""
    s, t = cluster.pods[:2]
    for i in range(6):
        cluster.pods[i % 2].match("x", "y", 1, f"{name} before {i}")
    s.vote("i", "up")
    agree(f"{name}, before", cluster.pods)
    board, votes = s.board(), s.get("/v1/votes/i").json["up"]
    breaks()
    unavailable(f"{name}: a match", lambda: s.match("x", "y", 0, f"{name} during"), *words)
    unavailable(f"{name}: a match without a key", lambda: s.match("x", "solo", 0))
    unavailable(f"{name}: a vote", lambda: t.vote("i", "up", f"{name} vote"))
    unavailable(f"{name}: a batch", lambda: t.post("/v1/matches", [{"a": "x", "b": "y", "score": 1, "id": f"{name} batch {i}"} for i in range(300)]))
    if red:
        check(f"{name}: /readyz is red and says why", wait_until(lambda: all(pod.is_red(*words) for pod in cluster.pods[:2]), 8), [s.why(), t.why()])
        equal(f"{name}: the metric says so", s.metric("openclaw_storage_up"), 0)
    equal(f"{name}: but it lives", s.get("/healthz").status, 200)
    mends()
    check(f"{name}: mended, /readyz turns green by itself", wait_until(lambda: all(pod.is_ready() for pod in cluster.pods), 15), [s.why(), t.why()])
    check(f"{name}: and the metric", wait_until(lambda: s.metric("openclaw_storage_up") == 1), s.metric("openclaw_storage_up"))
    again = [pod.match("x", "y", 0, f"{name} during") for pod in (t, s)]
    equal(f"{name}: sent again, it counts once", (again[0].status in (200, 201), again[1].status, again[0].json["event"] == again[1].json["event"]), (True, 200, True))
    vote = s.vote("i", "up", f"{name} vote").json
    equal(f"{name}: the vote, too", vote["up"], votes + 1)
    batch = s.post("/v1/matches", [{"a": "x", "b": "y", "score": 1, "id": f"{name} batch {i}"} for i in range(300)])
    equal(f"{name}: and the batch", (batch.status in (200, 201), len({r["event"] for r in batch.json["results"]}), len({r["duplicate"] for r in batch.json["results"]})),
          (True, 300, 1))
    replay = right(name, cluster)
    for key in [f"{name} before {i}" for i in range(6)] + [f"{name} during"] + [f"{name} batch {i}" for i in range(300)]:
        if sum(m.key == key for m in replay.matches) != 1:
            check(f"{name}: {key} counts once", False)
    solo = sum(m.b == "solo" for m in replay.matches)
    return board, solo


def test_store_killed_and_back():
    with Cluster(2) as c:
        _, solo = outage("store killed", c, c.store.kill, c.store.start)
        check("store killed: what nobody could hear of counts at most once", solo <= 1, solo)


def test_network_refuses_and_stalls():
    with Cluster(2) as c:
        def refuse():
            for proxy in c.proxies:
                proxy.refuse()
        def stall():
            for proxy in c.proxies:
                proxy.stall = True
        def heal():
            for proxy in c.proxies:
                proxy.heal()
        _, solo = outage("refused", c, refuse, heal, "refused")
        equal("refused: what never left does not count later", solo, 0)
        _, solo = outage("black hole", c, stall, heal)
        check("black hole: what nobody could hear of counts at most once", solo <= 1, solo)
        for connection in ("append", "follow"):
            reconnects = c.pods[0].metric(f'openclaw_store_reconnects_total{{connection="{connection}"}}')
            check(f"reconnects to {connection} are counted", reconnects is not None and reconnects >= 2, reconnects)
        c.store.pause()
        unavailable("store stopped", lambda: c.pods[0].match("x", "y", 1, "stopped"))
        c.store.go_on()
        check("store goes on: what it found in its socket counts once",
              wait_until(lambda: c.pods[1].match("x", "y", 1, "stopped").status in (200, 201)) and
              c.pods[0].match("x", "y", 1, "stopped").status == 200)
        right("store stopped", c)


def test_one_pod_cut_off():
    with Cluster(2, "--max-lag", "1") as c:
        s, t = c.pods
        c.proxies[0].stall = True
        equal("one pod is cut off: the other works", t.match("x", "y", 1, "t").status, 201)
        unavailable("cut off", lambda: s.match("x", "y", 1, "s"))
        check("cut off: red", wait_until(s.is_red, 8), s.why())
        equal("the other is green", t.is_ready(), True)
        for _ in range(20):
            t.post("/v1/matches", [{"a": "x", "b": "y", "score": 1}] * 100)
        check("the one that is cut off has none of it", s.digest()["matches"] < 2000, s.digest())
        c.proxies[0].heal()
        check("it comes back", wait_until(s.is_ready, 10), s.why())
        agree("cut off and back", c.pods)
        check("green means caught up", s.digest()["matches"] >= 2001, s.digest())
        right("one pod cut off", c)


def test_slow_store():
    with Cluster(2, "--store-timeout", "2") as c:
        s, t = c.pods
        c.proxies[0].latency = 0.2
        answer, took = timed(lambda: s.match("x", "y", 1, "slow"))
        equal("200 ms each way: works", (answer.status, took < 2), (201, True))
        answer, took = timed(lambda: s.post("/v1/matches", [{"a": "x", "b": "y", "score": 1}] * 5000))
        equal("200 ms each way: a big batch, too", (answer.status, took < 2), (201, True))
        equal("200 ms each way: ready", wait_until(s.is_ready, 3), True)
    with Cluster(2) as c:
        s, t = c.pods
        s.match("x", "y", 1, "first")
        c.proxies[0].latency = 4.0
        unavailable("4 s each way", lambda: s.match("x", "y", 1, "slow"))
        unavailable("4 s each way, without a key", lambda: s.match("x", "solo", 1))
        unavailable("4 s each way, a vote", lambda: s.vote("i", "up"))
        c.proxies[0].latency = 0.0  # What is under way arrives in its time, after what is sent from now on.
        check("fast again: works", wait_until(lambda: s.match("x", "y", 1, "slow").status in (200, 201), 10), s.why())
        equal("and on the other pod it is known", t.match("x", "y", 1, "slow").status, 200)
        time.sleep(5)  # All that was under way has arrived: there is no condition to ask for.
        check("green", wait_until(s.is_ready, 10), s.why())
        replay = right("slow store", c)
        equal("with a key it counts once", sum(m.key == "slow" for m in replay.matches), 1)
        check("without a key at most once", sum(m.b == "solo" for m in replay.matches) <= 1 and len(replay.votes) <= 1, replay.matches)
        check("late arrivals were there to be told apart", replay.repeated + replay.duplicates > 0, (replay.repeated, replay.duplicates))


def test_narrow_network():
    """More has come than fits through within one time limit."""
    with Cluster(2) as c:
        s, t = c.pods
        for i in range(600):  # Small ones: whoever learns from them asks for many at a time.
            s.vote("i", "up")
        agree("before", c.pods)
        c.proxies[1].stall = True
        long = "n" * 52
        for i in range(12):
            equal("a big batch", s.post("/v1/matches", [{"a": f"{long}{j}", "b": f"{long}{j + 1}", "score": 1} for j in range(6000)]).status, 201)
        size = sum(len(fields[b"d"]) for _, fields in c.store.log())
        c.proxies[1].heal()
        c.proxies[1].rate = size / 4 / SLOW
        check(f"{size} bytes that need 4 s, with a time limit of {LIMIT} s: it catches up", wait_until(lambda: t.is_ready() and t.digest().get("matches") == 12 * 6000, 40),
              (t.why(), t.digest()))
        c.proxies[1].heal()
        agree("a narrow network", c.pods)


def test_cuts():
    with Cluster(2) as c:
        s, t = c.pods
        acknowledged = {}
        def send(name, key, seconds=10):
            """As a client would: again until it is answered."""
            end = time.monotonic() + seconds * SLOW
            while (answer := s.match("x", f"only {name}", 1, key)).status == 503 and time.monotonic() < end:
                pass
            if check(f"{name}: answered", answer.status in (200, 201), answer.text):
                acknowledged[answer.json["event"]] = f"only {name}"
        for count in (0, 1, 3, 9, 16):
            before = c.proxies[0].faults
            c.proxies[0].cut_reply("XADD", count)
            send(f"reply cut after {count} bytes", f"reply {count}")
            check(f"reply cut after {count} bytes: it was", wait_until(lambda: c.proxies[0].faults == before + 1), c.proxies[0].faults)
            before = c.proxies[0].faults
            c.proxies[0].cut_reply("XADD", count)
            send(f"reply cut after {count} bytes, no key", None)
            check(f"reply cut after {count} bytes, no key: it was", wait_until(lambda: c.proxies[0].faults == before + 1), c.proxies[0].faults)
        before = c.proxies[0].faults
        c.proxies[0].lose_request("XADD")
        send("request cut", "request")
        equal("request cut: it was", c.proxies[0].faults, before + 1)
        for direction in ("up", "down"):
            for count in (1, 50, 117, 300, 1000):
                before = c.proxies[0].faults
                c.proxies[0].cut_after(direction, count)
                for i in range(50):
                    send(f"{direction} {count} {i}", f"{direction} {count} {i}" if i % 2 else None)
                    if c.proxies[0].faults > before:
                        break
                equal(f"cut {direction} after {count} bytes: it was", c.proxies[0].faults, before + 1)
        # While the pod does not read, it cannot know that what it sent is in the log: it sends it again.
        for i in range(10):
            before = c.proxies[0].faults
            c.proxies[0].slow_reads = 0.3
            c.proxies[0].cut_reply("XADD", i)
            send(f"unheard {i}", f"unheard {i}" if i % 2 else None)
            check(f"unheard {i}: it was", wait_until(lambda: c.proxies[0].faults == before + 1), c.proxies[0].faults)
        c.proxies[0].heal()
        check("green", wait_until(s.is_ready, 10), s.why())
        replay = right("cuts", c)
        check("what was sent again is in the log twice, and counts once", replay.repeated >= 10, replay.repeated)
        stored = {m.event: m.b for m in replay.matches}
        equal("each that was acknowledged is at its number", {event: stored.get(event) for event in acknowledged}, acknowledged)
        times = {}
        for match in replay.matches:
            times[match.b] = times.get(match.b, 0) + 1
        # A match without a key that was answered with 503 was sent again, and may count again; with a key it may not.
        keyed = [match.key for match in replay.matches if match.key]
        equal("no key counts twice", len(keyed), len(set(keyed)))
        equal("a cut that the pod could mend was not told to clients: each counts once", {b: n for b, n in times.items() if n != 1}, {})


def test_duplicate_delivery():
    with Cluster(2) as c:
        s, t = c.pods
        for delay in (0.0, 0.3):
            c.proxies[0].twice = delay
            before = c.proxies[0].delivered
            for i in range(10):
                s.match("x", "y", 1, f"twice {delay} {i}")
                s.match("x", "y", 0)
                s.vote("i", "up")
                s.post("/v1/matches", [{"a": "p", "b": "q", "score": 1}] * 20)
            c.proxies[0].twice = None
            check(f"delivered twice, {delay} s apart: it was", wait_until(lambda: c.proxies[0].delivered >= before + 40), c.proxies[0].delivered)
        agree("delivered twice", c.pods)
        replay = right("delivered twice", c)
        equal("delivered twice: each counts once", (len(replay.matches), len(replay.votes)), (2 * 10 * 22, 20))
        check("delivered twice: the copies are in the log", replay.repeated >= 80, replay.repeated)


def test_store_clock():
    with Cluster(2) as c:
        s, t = c.pods
        first = s.match("x", "y", 1).json
        future = int(time.time() * 1000) + 10 * 365 * 86400 * 1000
        c.store.ask("XADD", LOG, f"{future}-7", "u", f"{'c' * 16}-1", "d", encode([("m", [("", "x", "y", 1)])]))
        later = [pod.match("x", "y", 0) for pod in (t, s, t)]
        equal("a clock that was ten years ahead: later ones still get on, in order", [(a.status, a.json["event"]) for a in later], [(201, 3), (201, 4), (201, 5)])
        check("time does not fall", all(a.json["time_us"] >= future * 1000 > first["time_us"] for a in later), [a.text for a in later])
        right("store clock", c)
        # The last place that there is: nothing more can be added, and that is said.
        c.store.ask("XADD", LOG, f"{2**64 - 1}-{2**64 - 1}", "u", f"{'c' * 16}-2", "d", encode([("m", [("", "x", "y", 1)])]))
        unavailable("a log at its end", lambda: s.match("x", "y", 1))
        equal("a log at its end: it lives", (s.get("/healthz").status, t.get("/v1/agents/x").status), (200, 200))
        agree("a log at its end", c.pods)


def test_full_store():
    with Cluster(2) as c:
        outage("full store", c, lambda: c.store.set("maxmemory", "1"), lambda: c.store.set("maxmemory", "0"), "OOM")


def test_read_only_store():
    with Cluster(2) as c:
        outage("read-only store", c, lambda: c.store.ask("REPLICAOF", "127.0.0.1", free_port()), lambda: c.store.ask("REPLICAOF", "NO", "ONE"))


def test_data_lost_and_found():
    with Cluster(2, "--max-lag", "1") as c:
        s, t = c.pods
        for i in range(50):
            c.pods[i % 2].match("x", "y", i % 2, f"key {i}")
        agree("before", c.pods)
        digest, board = s.digest(), s.board()
        c.store.kill()
        c.store.keep("all")
        c.store.lose()
        c.store.start()
        check("an empty store, --durability always: red, all of them", wait_until(lambda: all(pod.is_red("lost log") for pod in c.pods), 10), [s.why(), t.why()])
        unavailable("an empty store", lambda: s.match("x", "y", 1, "lost"))
        equal("an empty store: nothing is written to it", (c.store.ask("EXISTS", META), c.store.ask("EXISTS", LOG)), (0, 0))
        equal("an empty store: what was read is served", s.board() == board, True)
        check("an empty store: they stay red, with the name of the log", s.is_red("log ") and t.is_red("log "), [s.why(), t.why()])
        c.store.kill()
        c.store.lose("all")
        c.store.start()
        check("the data is back: green", wait_until(lambda: all(pod.is_ready() for pod in c.pods), 15), [s.why(), t.why()])
        equal("the data is back: all is there", [pod.digest() for pod in c.pods], [digest] * 2)
        equal("the data is back: keys are known", s.match("x", "y", 1, "key 7").json["duplicate"], True)
        right("data lost and found", c)


def test_data_lost_in_memory():
    with Cluster(2, "--durability", "memory", appendonly="no") as c:
        for i in range(50):
            c.pods[i % 2].match("x", "y", i % 2, f"key {i}")
        c.store.kill()
        c.store.start()
        check("--durability memory, an empty store: they follow", wait_until(lambda: all(pod.is_ready() and pod.digest()["matches"] == 0 for pod in c.pods), 15),
              [pod.why() for pod in c.pods])
        agree("the new log", c.pods)
        answers = [pod.match("x", "y", 1, "key 7") for pod in c.pods]
        equal("the new log starts at 1, with no key known", [(a.status, a.json["event"]) for a in answers], [(201, 1), (200, 1)])
        right("data lost in memory", c)


def test_flushed():
    """The data is gone, but no connection was lost."""
    with Cluster(2, "--durability", "memory") as c:
        for i in range(20):
            c.pods[i % 2].match("x", "y", 1, f"key {i}")
        c.store.ask("FLUSHALL")
        check("FLUSHALL, --durability memory: they follow", wait_until(lambda: all(pod.is_ready() and pod.digest()["matches"] == 0 for pod in c.pods), 15),
              [(pod.why(), pod.errors) for pod in c.pods])
        equal("FLUSHALL, --durability memory: a new log", c.pods[0].match("x", "y", 1, "key 7").json.get("event"), 1)
        right("FLUSHALL, --durability memory", c)
        stop = threading.Event()
        def load(pod):
            while not stop.is_set():
                Client(pod.address).post("/v1/matches", {"a": "x", "b": "y", "score": 1})
        threads = [threading.Thread(target=load, args=(pod,)) for pod in c.pods]
        [thread.start() for thread in threads]
        check("a load", wait_until(lambda: c.pods[0].digest()["matches"] >= 50))
        birth = c.store.log()[0]
        c.store.ask("FLUSHALL")
        check("FLUSHALL under load: they follow to a log with a birth", wait_until(
            lambda: (c.store.log() or [birth])[0] != birth and all(pod.is_ready() and pod.digest().get("matches", 0) >= 50 for pod in c.pods), 15),
            [(pod.why(), pod.errors) for pod in c.pods])
        stop.set()
        [thread.join() for thread in threads]
        agree("FLUSHALL under load", c.pods)
        right("FLUSHALL under load", c)
        check("FLUSHALL under load: the birth comes first", Replay(c.store.log()).skipped == 0)
    with Cluster(2) as c:
        s, t = c.pods
        for i in range(20):
            c.pods[i % 2].match("x", "y", 1, f"key {i}")
        agree("before", c.pods)
        board, data = s.board(), {key: c.store.ask("DUMP", key) for key in (LOG, META)}
        c.store.ask("FLUSHALL")
        check("FLUSHALL, --durability always: red", wait_until(lambda: all(pod.is_red() for pod in c.pods), 10), [pod.why() for pod in c.pods])
        equal("FLUSHALL, --durability always: 503", [s.match("x", "y", 1, "lost").status, t.match("x", "y", 1, "lost").status], [503, 503])
        check("FLUSHALL, --durability always: they say what is lost", wait_until(lambda: all(pod.is_red("lost log") for pod in c.pods)), [pod.why() for pod in c.pods])
        equal("FLUSHALL, --durability always: nothing was written since", c.store.ask("DBSIZE"), 0)
        for key in (LOG, META):
            c.store.ask("RESTORE", key, 0, data[key], "REPLACE")
        check("the data is back: green", wait_until(lambda: all(pod.is_ready() for pod in c.pods), 15), [pod.why() for pod in c.pods])
        equal("the data is back: all is there", s.board() == board, True)
        right("FLUSHALL, --durability always", c)


def test_tls_and_a_bad_network():
    with Store(tls=True) as store, Proxy(store.tls_port) as proxy:
        s, t = (Pod(f"rediss://localhost:{port}", "--store-ca", store.file("ca.crt"), *QUICK) for port in (proxy.port, store.tls_port))
        for count in (1, 100, 700, 1500, 3000):
            for direction in ("up", "down"):
                before = proxy.faults
                proxy.cut()  # So that some cuts come in the handshake.
                proxy.cut_after(direction, count)
                check(f"TLS, cut {direction} after {count} bytes: it was", wait_until(lambda: s.match("x", "y", 1, f"{direction} {count}").status and proxy.faults > before))
                check(f"TLS, cut {direction} after {count} bytes: works again", wait_until(lambda: s.match("x", "y", 1, f"{direction} {count}").status in (200, 201)))
        proxy.stall = True
        unavailable("TLS, black hole", lambda: s.match("x", "y", 1, "hole"))
        proxy.cut()
        unavailable("TLS, no handshake", lambda: s.match("x", "y", 1, "hole"))
        proxy.heal()
        check("TLS, healed: works", wait_until(lambda: s.match("x", "y", 1, "hole").status in (200, 201)), s.why())
        agree("TLS", [s, t])
        matches_log("TLS", s, Replay(store.log()))
        equal("TLS: each counts once", s.digest()["matches"], 11)


def test_socket_that_goes_and_comes():
    with Store() as store:
        s = Pod(f"unix:{store.path}", *QUICK)
        s.match("x", "y", 1, "k")
        store.kill()
        unavailable("unix socket, store killed", lambda: s.match("x", "y", 1, "l"))
        os.path.exists(store.path) and os.unlink(store.path)
        unavailable("unix socket, gone", lambda: s.match("x", "y", 1, "l"))
        store.start()
        check("unix socket, back: green", wait_until(s.is_ready, 10), s.why())
        equal("unix socket, back: works", [s.match("x", "y", 1, key).json["event"] for key in "kl"], [1, 2])


def test_settings_change_at_run_time():
    with Cluster(2) as c:
        s, t = c.pods
        s.match("x", "y", 1, "k")
        c.store.set("requirepass", "secret")
        c.store.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        check("a password from now on: red, says so", wait_until(lambda: s.is_red("NOAUTH") and t.is_red("NOAUTH"), 10), [s.why(), t.why()])
        equal("a password from now on: they wait", (s.process.poll(), t.process.poll(), s.match("x", "y", 1, "l").status), (None, None, 503))
        c.store.set("requirepass", "")
        check("no password any more: green", wait_until(lambda: s.is_ready() and t.is_ready(), 10), [s.why(), t.why()])
        held = [c.store.connect() for _ in range(20)]
        c.store.set("maxclients", "21")
        for proxy in c.proxies:
            proxy.cut()
        check("too many clients: red, says so", wait_until(lambda: s.is_red("max number of clients"), 10), [s.why(), t.why()])
        u = c.pod(wait=False)
        check("too many clients: a new pod waits, and says so", wait_until(lambda: u.said("max number of clients"), 10) and u.process.poll() is None, u.errors)
        c.store.set("maxclients", "1000")
        check("room for clients: green", wait_until(lambda: all(pod.is_ready() for pod in (s, t, u)), 10), [s.why(), t.why(), u.why()])
        for one in held:
            one.close()
        c.store.set("min-replicas-to-write", "1")
        unavailable("NOREPLICAS", lambda: s.match("x", "y", 1, "m"), "NOREPLICAS")
        c.store.set("min-replicas-to-write", "0")
        check("replicas are not asked for any more: green", wait_until(lambda: s.is_ready(), 10), s.why())
        equal("and works", s.match("x", "y", 1, "m").status, 201)
        right("settings change at run time", c)


def test_key_window():
    with Cluster(2, "--key-window", "5") as c:
        s, t = c.pods
        for i in range(6):
            c.pods[i % 2].match("x", "y", 1, f"key {i}")
        equal("a window of five keys: the sixth back is forgotten, by all alike",
              [pod.match("x", "y", 1, f"key {i}").json["event"] for pod, i in ((t, 1), (s, 5), (t, 0), (s, 0), (t, 1))], [2, 6, 7, 7, 8])
        agree("key window", c.pods)
        fresh = c.pod()
        agree("key window, a fresh pod", [*c.pods, fresh])


def test_store_of_before_6_2():
    with Cluster(1) as c:
        c.proxies[0].old = True
        equal("a store that knows no NOMKSTREAM", [c.pods[0].match("x", "y", 1).json.get("event") for _ in range(3)], [1, 2, 3])
        equal("it is asked for once", c.proxies[0].refused, 1)
        right("a store of before 6.2", c)


def test_too_many_names():
    with Cluster(2, "--max-names", "10") as c:
        s, t = c.pods
        equal("ten names", [s.match(f"agent {i}", f"agent {i + 5}", 1).status for i in range(5)], [201] * 5)
        agree("ten names", c.pods)
        answer = t.match("agent 1", "one too many", 1)
        equal("an eleventh: 507", (answer.status, answer.error[0]), (507, "full"))
        equal("those that are known play on", t.match("agent 1", "agent 2", 1).status, 201)
        agree("no room", c.pods)


def test_stop_while_it_waits():
    with Cluster(2, "--store-timeout", "3") as c:
        s, t = c.pods
        c.proxies[0].latency = 0.4
        answers = []
        def send():
            answers.append(Client(s.address).post("/v1/matches", {"a": "x", "b": "y", "score": 1, "id": "last words"}))
        thread = threading.Thread(target=send)
        thread.start()
        check("a request is under way", wait_until(lambda: t.get("/v1/agents/x").status == 200))
        s.process.send_signal(signal.SIGTERM)
        code = s.end(15)
        thread.join()
        equal("SIGTERM while a request waits for the store: it is answered, then it ends", (code, answers[0].status), (0, 201))
        equal("and counts", t.match("x", "y", 1, "last words").json["duplicate"], True)


def test_tail_lost():
    with Cluster(3, "--durability", "everysec") as c:
        s, t, u = c.pods
        for i in range(30):
            c.pods[i % 3].match("x", "y", i % 2, f"old {i}")
        c.store.keep("older")
        for i in range(30):
            c.pods[i % 3].match("x", "z", i % 2, f"new {i}")
        agree("before", c.pods)
        u.process.send_signal(signal.SIGSTOP)
        c.store.kill()
        c.store.lose("older")
        c.store.start()
        equal("the store has an older log", len(Replay(c.store.log()).matches), 30)
        check("a lost tail: pods roll back to what the store has", wait_until(lambda: s.digest()["matches"] == t.digest()["matches"] == 30, 10), (s.digest(), t.digest()))
        check("a lost tail: they say so", s.errors, s.errors)
        check("a lost tail: green", wait_until(lambda: s.is_ready() and t.is_ready(), 10), [s.why(), t.why()])
        equal("a lost tail: old keys are known, new ones are not", (s.match("x", "y", 1, "old 7").status, s.match("x", "z", 1, "new 7").json["event"]), (200, 31))
        for i in range(40):  # Past where the third pod is.
            t.match("x", "w", 1)
        u.process.send_signal(signal.SIGCONT)
        agree("a lost tail: the pod that slept through it comes, too", c.pods, 15)
        equal("a lost tail: nothing of the lost part is left", u.get("/v1/agents/z").json["matches"], 1)
        check("a lost tail: all green", wait_until(lambda: u.is_ready(), 10), u.why())
        right("tail lost", c)


def test_trimmed_past_a_pod():
    with Cluster(2, "--checkpoint-every", "50") as c:
        s, t = c.pods
        t.match("x", "y", 1, "early")
        t.match("x", "y", 1)
        copies = c.store.log()[-2:]
        agree("before", c.pods)
        behind = place(t.digest()["position"])
        t.process.send_signal(signal.SIGSTOP)
        sent = 0
        def trimmed():
            nonlocal sent
            s.match(f"agent {sent % 20}", f"agent {sent % 19 + 20}", 1, f"key {sent}")
            sent += 1
            log = c.store.log()
            return sent >= 300 and log and place(log[0][0]) > behind
        check("the log is trimmed past a pod that sleeps", wait_until(trimmed, 30), (sent, behind, c.store.ask("XLEN", LOG)))
        check("the log stays short", c.store.ask("XLEN", LOG) < sent, (c.store.ask("XLEN", LOG), sent))
        t.process.send_signal(signal.SIGCONT)
        agree("it comes back by the checkpoint", c.pods, 15)
        equal("and knows the keys of before it", [t.match("agent 3", "agent 23", 1, "key 3").status, t.match("x", "y", 1, "early").json["event"]], [200, 1])
        replay = Replay(c.store.history())
        matches_log("trimmed, the pod that slept", t, replay)
        fresh = c.pod()
        agree("a fresh pod by checkpoint and tail", [s, t, fresh])
        equal("a fresh pod: the board, to the bit", fresh.board() == s.board(), True)
        for _, fields in copies:
            c.store.ask("XADD", LOG, "*", *[word for pair in fields.items() for word in pair])
        count = s.digest()["matches"]
        s.match("x", "y", 1)
        agree("copies of requests from before the checkpoint", [s, t, fresh])
        equal("they are known as such, with a key or without", fresh.digest()["matches"], count + 1)
        # The same from the start, in another store.
        with Store() as other:
            other.ask("SET", META, c.store.ask("GET", META))
            for where, fields in c.store.history():
                other.ask("XADD", LOG, where, *[word for pair in fields.items() for word in pair])
            whole = Pod(f"redis://127.0.0.1:{other.port}", "--checkpoint-every", "0")
            agree("a fresh pod from the start of the log", [s, whole])
        for name, spoil in (("cut off", lambda b: b[:len(b) // 2]), ("one byte changed", lambda b: b[:len(b) // 2] + bytes([b[len(b) // 2] ^ 1]) + b[len(b) // 2 + 1:])):
            chunks = sorted(c.store.ask("KEYS", CHECKPOINT + ":*"))
            good = c.store.ask("GET", chunks[-1])
            c.store.ask("SET", chunks[-1], spoil(good))
            bad = c.pod(wait=False)
            check(f"a checkpoint that is {name}: a fresh pod does not start on it",
                  wait_until(lambda: bad.process.poll() is not None or bad.is_red("checkpoint"), 10), bad.errors)
            check(f"a checkpoint that is {name}: it says why", wait_until(lambda: bad.said("checkpoint"), 2), bad.errors)
            equal(f"a checkpoint that is {name}: the others go on", s.match("x", "y", 1).status, 201)
            bad.kill()
            c.store.ask("SET", chunks[-1], good) if c.store.ask("EXISTS", chunks[-1]) else None


def test_trimmed_without_a_checkpoint():
    with Cluster(2, "--checkpoint-every", "0") as c:
        s, t = c.pods
        t.match("x", "y", 1)
        agree("before", c.pods)
        t.process.send_signal(signal.SIGSTOP)
        for i in range(50):
            s.match("x", "y", 1)
        equal("someone trims the log", c.store.ask("XTRIM", LOG, "MAXLEN", 10) > 0, True)
        t.process.send_signal(signal.SIGCONT)
        check("trimmed without a checkpoint: red, says why it cannot", wait_until(lambda: t.is_red("checkpoint"), 10), t.why())
        answer = t.match("x", "y", 1)
        equal("trimmed without a checkpoint: 503", answer.status, 503)
        equal("the pod that was not behind goes on", (s.match("x", "y", 1).status, s.is_ready()), (201, True))
        fresh = c.pod(wait=False)
        check("a fresh pod cannot start, and says why", wait_until(lambda: (fresh.process.poll() is not None and fresh.said("checkpoint")) or fresh.is_red("checkpoint"), 10),
              (fresh.errors, fresh.process.poll()))
        check("it never served the rest as if it were all", fresh.process.poll() is not None or fresh.get("/readyz").status == 503)


def test_keys_spoilt_at_run_time():
    with Cluster(2) as c:
        s, t = c.pods
        s.match("x", "y", 1)
        c.store.ask("RENAME", LOG, "away")
        c.store.ask("SET", LOG, "a string")
        check("the log becomes a string: red", wait_until(lambda: s.is_red() and t.is_red(), 10), [s.why(), t.why()])
        unavailable("the log becomes a string", lambda: s.match("x", "y", 1, "k"), code="starting")
        c.store.ask("RENAME", "away", LOG)
        check("the log is back: green", wait_until(lambda: s.is_ready() and t.is_ready(), 10), [s.why(), t.why()])
        equal("the log is back: works", (s.match("x", "y", 1, "k").status in (200, 201), t.match("x", "y", 1, "k").status), (True, 200))
        right("spoilt at run time", c)


def test_a_crowd_at_a_dead_store():
    with Cluster(1) as c:
        s = c.pods[0]
        c.proxies[0].stall = True
        statuses = []
        def one(i):
            client = Client(s.address)
            answer, took = timed(lambda: client.post("/v1/matches", {"a": "x", "b": "y", "score": 1, "id": f"crowd {i}"}))
            statuses.append((answer.status, took < LIMIT + 1.5))
            client.close()
        threads = [threading.Thread(target=one, args=(i,)) for i in range(40)]
        [thread.start() for thread in threads], [thread.join() for thread in threads]
        equal("a crowd at a black hole: all are told, in time", statuses, [(503, True)] * 40)
        code = s.process
        code.send_signal(signal.SIGTERM)
        equal("SIGTERM at a black hole: exit code", s.end(15), 0)


TESTS = [test_store_killed_and_back, test_network_refuses_and_stalls, test_one_pod_cut_off, test_slow_store, test_narrow_network, test_cuts, test_duplicate_delivery,
         test_store_clock, test_full_store, test_read_only_store, test_data_lost_and_found, test_data_lost_in_memory, test_flushed, test_tail_lost,
         test_trimmed_past_a_pod, test_trimmed_without_a_checkpoint, test_keys_spoilt_at_run_time, test_a_crowd_at_a_dead_store,
         test_tls_and_a_bad_network, test_socket_that_goes_and_comes, test_settings_change_at_run_time, test_key_window, test_store_of_before_6_2, test_too_many_names, test_stop_while_it_waits]

if __name__ == "__main__":
    try:
        wanted = os.environ.get("ONLY") or ""
        run_all([test for test in TESTS if wanted in test.__name__])
    finally:
        remove_all()
