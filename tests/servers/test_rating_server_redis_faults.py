#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Many pods of examples/rating_server at one Redis, when the store fails.

    test_rating_server_redis_faults.py BUILD_DIR

Each fault ends with the same questions: do the pods agree, do they serve what the log says, does each match count once?
"""
import os
import re
import signal
import sys
import threading
import time

sys.dont_write_bytecode = True  # The source tree stays clean.
from lib_rating_server import Client, check, equal, run_all, skip, wait_until
from lib_redis import Store, free_port, remove_all
from lib_shared_log import (CHECKPOINT, LOG, META, QUICK, Cluster, Pod, Replay, agree, encode, matches_log, outage, place, right,
                            unavailable)


def test_store_killed_and_back():
    with Cluster(2) as c:
        _, solo = outage("store killed", c, c.store.kill, c.store.start)
        check("store killed: what nobody could hear of counts at most once", solo <= 1, solo)


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


def test_flushed_under_load():
    with Cluster(2, "--durability", "memory") as c:
        if c.store.version() < (6, 2):
            skip("FLUSHALL under load", "Redis before 6.2 makes a stream of the first entry that comes")
            return
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
            lambda: (c.store.log() or [birth])[0] != birth and all(pod.is_ready() and (pod.digest()["matches"] or 0) >= 50 for pod in c.pods), 15),
            [(pod.why(), pod.errors) for pod in c.pods])
        stop.set()
        [thread.join() for thread in threads]
        agree("FLUSHALL under load", c.pods)
        right("FLUSHALL under load", c)
        check("FLUSHALL under load: the birth comes first", Replay(c.store.log()).skipped == 0)


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
        check("a lost tail: they say so", s.said("starts over") and t.said("starts over"), s.errors)
        equal("a lost tail: and count it", [pod.metric("openclaw_log_reloads_total") for pod in (s, t)], [1, 1])
        check("a lost tail: green", wait_until(lambda: s.is_ready() and t.is_ready(), 10), [s.why(), t.why()])
        equal("a lost tail: old keys are known, new ones are not", (s.match("x", "y", 1, "old 7").status, s.match("x", "z", 1, "new 7").json["event"]), (200, 31))
        for i in range(40):  # Past where the third pod is.
            t.match("x", "w", 1)
        u.process.send_signal(signal.SIGCONT)
        agree("a lost tail: the pod that slept through it comes, too", c.pods, 15)
        equal("a lost tail: nothing of the lost part is left", u.get("/v1/agents/z").json["matches"], 1)
        check("a lost tail: all green", wait_until(lambda: u.is_ready(), 10), u.why())
        right("tail lost", c)


def test_big_last_entry():
    with Cluster(2) as c:
        s, t = c.pods
        s.match("x", "y", 1)
        s.post("/v1/matches", [{"a": f"{'n' * 50}{j}", "b": f"{'n' * 50}{j + 1}", "score": 1} for j in range(5000)])
        agree("a big entry", c.pods)
        number = lambda section, name: int(re.search(rb"(?m)^%s[:=](?:calls=)?(\d+)" % name, c.store.ask("INFO", section)).group(1))
        reads, sent = number("commandstats", b"cmdstat_xread"), number("stats", b"total_net_output_bytes")
        check("two idle pods look for news", wait_until(lambda: number("commandstats", b"cmdstat_xread") >= reads + 32, 20))
        size = len(c.store.log()[-1][1][b"d"])
        sent = number("stats", b"total_net_output_bytes") - sent - size
        check("they do not fetch the big entry each time", sent < 9 * size, (sent, size))
        c.store.ask("XDEL", LOG, c.store.log()[-1][0])
        check("it is lost: they notice, though nothing new comes", wait_until(lambda: [pod.digest()["matches"] for pod in c.pods] == [1, 1], 10),
              [pod.digest() for pod in c.pods])
        s.post("/v1/matches", [{"a": f"{'n' * 50}{j}", "b": f"{'n' * 50}{j + 1}", "score": 0} for j in range(5000)])
        agree("another big entry", c.pods)
        reads = number("commandstats", b"cmdstat_xread")
        wait_until(lambda: number("commandstats", b"cmdstat_xread") >= reads + 4)  # Now they look without fetching it.
        c.store.ask("XDEL", LOG, c.store.log()[-1][0])
        answer = t.match("x", "y", 1)  # Comes before they look by themselves; it must not be applied to a board that is wrong.
        check("it is lost, and something new comes: they start over", wait_until(lambda: [pod.digest()["matches"] for pod in c.pods] == [2, 2], 10),
              (answer.text, [pod.digest() for pod in c.pods]))
        right("a big last entry", c)


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
        written = [pod.metric("openclaw_checkpoints_total") for pod in (s, t)]
        check("checkpoints are counted", sum(written) >= 2, written)
        fresh = c.pod()
        agree("a fresh pod by checkpoint and tail", [s, t, fresh])
        applied = fresh.metric("openclaw_log_applied_events_total")
        equal("it read the tail only", applied < fresh.digest()["matches"], True)
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
        unavailable("the log becomes a string", lambda: s.match("x", "y", 1, "k"), codes=("starting", "storage_unavailable"))
        c.store.ask("RENAME", "away", LOG)
        check("the log is back: green", wait_until(lambda: s.is_ready() and t.is_ready(), 10), [s.why(), t.why()])
        equal("the log is back: works", (s.match("x", "y", 1, "k").status in (200, 201), t.match("x", "y", 1, "k").status), (True, 200))
        right("spoilt at run time", c)


TESTS = [test_store_killed_and_back, test_store_clock, test_full_store, test_read_only_store,
         test_data_lost_and_found, test_data_lost_in_memory, test_flushed, test_flushed_under_load, test_socket_that_goes_and_comes,
         test_settings_change_at_run_time, test_key_window, test_store_of_before_6_2, test_too_many_names,
         test_tail_lost, test_big_last_entry, test_trimmed_past_a_pod, test_trimmed_without_a_checkpoint, test_keys_spoilt_at_run_time]

if __name__ == "__main__":
    try:
        wanted = os.environ.get("ONLY") or ""
        run_all([test for test in TESTS if wanted in test.__name__])
    finally:
        remove_all()
