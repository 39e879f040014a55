#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Many pods of examples/rating_server at one Redis, when the network between fails.

    test_rating_server_redis_network.py BUILD_DIR

Each fault ends with the same questions: do the pods agree, do they serve what the log says, does each match count once?
"""
import os
import signal
import sys
import threading
import time

sys.dont_write_bytecode = True  # The source tree stays clean.
from lib_fault_proxy import Proxy
from lib_rating_server import SLOW, Client, check, equal, run_all, wait_until
from lib_redis import Store, remove_all
from lib_shared_log import LIMIT, QUICK, Cluster, Pod, Replay, agree, matches_log, outage, right, timed, unavailable


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
        lag = [pod.metric("openclaw_log_lag_seconds") for pod in c.pods]
        check("the metrics tell how far they are behind", lag[0] >= 1 > lag[1], lag)
        for _ in range(20):
            t.post("/v1/matches", [{"a": "x", "b": "y", "score": 1}] * 100)
        check("the one that is cut off has none of it", s.digest()["matches"] < 2000, s.digest())
        c.proxies[0].heal()
        check("it comes back", wait_until(s.is_ready, 10), s.why())
        agree("cut off and back", c.pods)
        check("green means caught up", s.digest()["matches"] >= 2001, s.digest())
        right("one pod cut off", c)


def test_slow_store():
    with Cluster(2, "--store-timeout", "2", "--max-lag", "5") as c:
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
        check("what was under way has arrived", wait_until(lambda: not c.proxies[0].under_way))
        check("green", wait_until(s.is_ready, 10), s.why())
        replay = right("slow store", c)
        equal("with a key it counts once", sum(m.key == "slow" for m in replay.matches), 1)
        check("without a key at most once", sum(m.b == "solo" for m in replay.matches) <= 1 and len(replay.votes) <= 1, replay.matches)
        check("late arrivals were there to be told apart", replay.repeated + replay.duplicates > 0, (replay.repeated, replay.duplicates))


def test_old_news():
    """What was true when it was sent is not true when it comes."""
    with Cluster(2) as c:
        s, t = c.pods
        c.proxies[1].slow_reads = 1.5
        check("a pod whose reads take longer than --max-lag is behind, and says so", wait_until(t.is_red, 5), t.why())
        for i in range(60):
            s.match("x", "y", 1)
            if t.is_ready():
                check("it is never green with a board that is older", False, (t.digest(), s.digest()))
                break
            time.sleep(0.05)  # The pace of the probes.
        c.proxies[1].heal()
        check("fast again: green", wait_until(t.is_ready, 10), t.why())
        agree("old news", c.pods)


def test_narrow_network():
    """More has come than fits through within one time limit."""
    with Cluster(2) as c:
        s, t = c.pods
        for i in range(600):  # Small ones: whoever learns from them asks for many at a time.
            s.vote("i", "up")
        agree("before", c.pods)
        c.proxies[1].refuse()
        long = "n" * 52
        for i in range(16):
            equal("a big batch", s.post("/v1/matches", [{"a": f"{long}{j}", "b": f"{long}{j + 1}", "score": 1} for j in range(6000)]).status, 201)
        size = sum(len(fields[b"d"]) for _, fields in c.store.log())
        c.proxies[1].rate = size / 6
        c.proxies[1].accept()
        check(f"{size} bytes that need 6 s, with a time limit of {LIMIT} s: it catches up", wait_until(lambda: t.is_ready() and t.digest()["matches"] == 16 * 6000, 40),
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
            check(f"delivered twice, {delay} s apart: it was", wait_until(lambda: not c.proxies[0].under_way and c.proxies[0].delivered >= before + 40), c.proxies[0].delivered)
        agree("delivered twice", c.pods)
        replay = right("delivered twice", c)
        equal("delivered twice: each counts once", (len(replay.matches), len(replay.votes)), (2 * 10 * 22, 20))
        check("delivered twice: the copies are in the log", replay.repeated >= 80, replay.repeated)


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


TESTS = [test_network_refuses_and_stalls, test_one_pod_cut_off, test_slow_store, test_old_news, test_narrow_network, test_cuts,
         test_duplicate_delivery, test_a_crowd_at_a_dead_store, test_tls_and_a_bad_network, test_stop_while_it_waits]

if __name__ == "__main__":
    try:
        wanted = os.environ.get("ONLY") or ""
        run_all([test for test in TESTS if wanted in test.__name__])
    finally:
        remove_all()
