#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Many pods of examples/rating_server at one Redis: what clients see, and what operators may set.

    test_rating_server_redis.py BUILD_DIR

What happens when the store or the network fails is in test_rating_server_redis_faults.py.
"""
import contextlib
import os
import sys
import threading

sys.dont_write_bytecode = True  # The source tree stays clean.
from lib_rating_server import Client, Folder, Server, check, equal, run_all, wait_until
from lib_redis import Sentinel, Store, free_port, remove_all
from lib_shared_log import CHECKPOINT, LOG, META, Pod, Replay, agree, encode, matches_log, place, timed

QUICK = ("--store-timeout", "1")


def url(store):
    return f"redis://127.0.0.1:{store.port}"


@contextlib.contextmanager
def cluster(pods, *flags, **settings):
    with Store(**settings) as store:
        running = [Pod(url(store), *flags) for _ in range(pods)]
        yield store, running
        for pod in running:
            if pod in Server.running:
                equal("SIGTERM: exit code", pod.stop(), 0)


def together(calls):
    """All at once; their results in order."""
    results = [None] * len(calls)
    def run(i):
        results[i] = calls[i]()
    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(calls))]
    [thread.start() for thread in threads], [thread.join() for thread in threads]
    return results


def test_one_board():
    with cluster(3) as (store, pods):
        equal("a new log: its birth, nothing counted", {key: pods[0].digest()[key] for key in ("position", "matches", "votes")},
              {"position": store.log()[-1][0], "matches": 0, "votes": 0})
        agree("an empty log", pods)
        empty = pods[0].digest()["digest"]
        own = []
        for i in range(60):
            pod = pods[i % 3]
            answer = pod.match(f"agent {i % 7}", f"agent {i % 7 + 1}", (1, 0.5, 0)[i % 3], f"key {i}" if i % 2 else None)
            seen = pod.get(f"/v1/agents/agent%20{i % 7}").json
            own.append((answer.status, answer.json["event"], seen["last_event"], seen["last_match_us"] == answer.json["time_us"]))
        equal("read your own write, on whatever pod; numbers without gaps", own, [(201, i, i, True) for i in range(1, 61)])
        votes = [pods[i % 3].vote("answer 7", "down" if i % 3 == 2 else "up").json for i in range(9)]
        equal("votes see themselves, too", [(v["event"], v["up"], v["down"]) for v in votes],
              [(n, n - n // 3, n // 3) for n in range(1, 10)])
        agree("after matches and votes", pods)
        equal("applied events, by the metrics of each pod", [pod.metric("openclaw_log_applied_events_total") for pod in pods], [69] * 3)
        equal("written by it", sum(pod.metric("openclaw_matches_total") + pod.metric("openclaw_votes_total") for pod in pods), 69)
        log = store.log()
        equal("the place of the newest, by the metrics", pods[2].metric("openclaw_log_position_seconds"), place(log[-1][0])[0] / 1000)
        replay = Replay(log)
        equal("nothing in the log is foreign to the decoder", replay.skipped, 0)
        for i, pod in enumerate(pods):
            matches_log(f"pod {i}", pod, replay)
        equal("the time of a match is its place", {(m.time_us // 1000) for m in replay.matches} <= {place(p)[0] for p, _ in log}, True)
        check("the digest is 64 hexadecimal digits, not those of an empty board",
              len(pods[0].digest()["digest"]) == 64 and pods[0].digest()["digest"] != empty, pods[0].digest())
        fresh = Pod(url(store))
        agree("a fresh pod", [pods[0], fresh])
        equal("a fresh pod: the whole board, to the bit", fresh.board() == pods[1].board(), True)
        before = pods[0].digest()
        pods[1].match("agent 1", "agent 2", 1)
        check("one more match: another digest", wait_until(lambda: pods[0].digest()["digest"] != before["digest"]))
        agree("one more match", [*pods, fresh])
        equal("bad requests do not reach the log", (pods[0].match("x", "x", 1).status, pods[0].match("x", "", 1).status,
              pods[0].post("/v1/matches", [{"a": "p", "b": "q", "score": 1}, {"a": "p", "b": "p", "score": 1}]).status,
              len(store.log())), (400, 400, 400, len(log) + 1))


def test_idempotency():
    with cluster(3) as (store, pods):
        first = pods[0].match("x", "y", 1, "k")
        for i in (1, 2, 0):
            again = pods[i].match("x", "y", 1, "k")
            equal(f"sent again to pod {i}: 200, what was said the first time", (again.status, again.json), (200, {**first.json, "duplicate": True}))
        for i in (0, 1):
            answer = pods[i].match("x", "y", 0, "k")
            equal(f"for another match, on pod {i}: 409 names the field", (answer.status, answer.error), (409, ("key_reused", "id")))
        mixed = pods[1].post("/v1/matches", [{"a": "x", "b": "y", "score": 1, "id": key} for key in ("k", "k2", "k2", "k3")])
        equal("old and new in a batch", (mixed.status, [(r["event"], r["duplicate"]) for r in mixed.json["results"]]),
              (201, [(1, True), (2, False), (2, True), (3, False)]))
        equal("all old: 200", pods[2].post("/v1/matches", [{"a": "x", "b": "y", "score": 1, "id": "k2"}]).status, 200)
        agree("before the clash", pods)
        board, clash = pods[0].board(), pods[2].post("/v1/matches", [
            {"a": "x", "b": "y", "score": 1, "id": "k9"}, {"a": "z", "b": "y", "score": 1}, {"a": "x", "b": "y", "score": 0.5, "id": "k3"}])
        equal("a clash with another pod's key names its place", (clash.status, clash.error), (409, ("key_reused", "matches[2].id")))
        clash = pods[1].post("/v1/matches", [{"a": "x", "b": "y", "score": 1, "id": "k9"}, {"a": "x", "b": "y", "score": 0, "id": "k9"}])
        equal("a clash within a batch, too", (clash.status, clash.error), (409, ("key_reused", "matches[1].id")))
        agree("after the clash", pods)
        equal("nothing of those batches counts", [pod.board() == board for pod in pods], [True] * 3)
        equal("k9 is still free, and no number was lost", pods[0].match("x", "y", 1, "k9").json["event"], 4)
        answers = together([lambda pod=pods[i % 3]: Client(pod.address).post("/v1/matches", {"a": "x", "b": "y", "score": 1, "id": "race"}).json
                            for i in range(18)])
        equal("eighteen at once on three pods with one key: one is new", sorted(a["duplicate"] for a in answers), [False] + [True] * 17)
        equal("and all get its number and time", {(a["event"], a["time_us"]) for a in answers}, {(5, answers[0]["time_us"])})
        scores = together([lambda i=i: (i % 2, Client(pods[i % 3].address).post(
            "/v1/matches", {"a": "x", "b": "y", "score": i % 2, "id": "quarrel"}).status) for i in range(12)])
        winners = {score for score, status in scores if status in (200, 201)}
        equal("two contents race for one key: one wins, the other gets 409", (len(winners), sorted({s for _, s in scores})), (1, [200, 201, 409]))
        vote = pods[0].vote("i", "up", "k")
        equal("a vote's keys are its own", (vote.status, vote.json["event"]), (201, 1))
        again = pods[1].vote("i", "up", "k")
        equal("a vote sent again to another pod", (again.status, again.json["event"], again.json["duplicate"], again.json["up"]), (200, 1, True, 1))
        equal("nor for other content", (pods[2].vote("i", "down", "k").status, pods[2].vote("j", "up", "k").error), (409, ("key_reused", "id")))
        agree("in the end", pods)
        for i, pod in enumerate(pods):
            matches_log(f"idempotency, pod {i}", pod, Replay(store.log()))


def test_batches():
    with cluster(2) as (store, pods):
        def send(i):
            client = Client(pods[i % 2].address)
            return client.post("/v1/matches", [{"a": f"agent {i}", "b": f"agent {(i + j) % 40 + 50}", "score": 1} for j in range(300)])
        answers = together([lambda i=i: send(i) for i in range(12)])
        equal("twelve batches at once: 201", [a.status for a in answers], [201] * 12)
        spans = sorted([r["event"] for r in a.json["results"]] for a in answers)
        equal("each in one piece, together without a gap", [event for span in spans for event in span], list(range(1, 3601)))
        equal("in its order", all(span == list(range(span[0], span[0] + 300)) for span in spans), True)
        most = pods[0].post("/v1/matches", [{"a": "p", "b": "q", "score": 1}] * 10000)
        equal("ten thousand in one request", (most.status, len(most.json["results"]), most.json["results"][-1]["event"]), (201, 10000, 13600))
        equal("ten thousand and one", pods[1].post("/v1/matches", [{"a": "p", "b": "q", "score": 1}] * 10001).status, 400)
        agree("batches", pods)
        matches_log("batches", pods[1], Replay(store.log()))


def test_digest_of_a_file():
    with Folder() as db:
        with Server(f"sqlite:{db}") as s:
            empty = s.get("/v1/digest").json
            for i in range(5):
                s.match("x", "y", 1)
            s.post("/v1/votes", {"item": "i", "vote": "up"})
            digest = s.get("/v1/digest")
            equal("SQLite: the digest counts", (digest.status, digest.json["matches"], digest.json["votes"]), (200, 5, 1))
            check("SQLite: the digest changes with the board", digest.json["digest"] != empty["digest"])
            equal("SQLite: and only with it", s.get("/v1/digest").json, digest.json)
            equal("SQLite: HEAD, POST, a parameter", (s.ask("HEAD", "/v1/digest").status, s.post("/v1/digest", "{}").status,
                                                     s.get("/v1/digest?x=1").error[0]), (200, 405, "unknown_parameter"))
        with Server(f"sqlite:{db}") as s:
            equal("SQLite: the same digest after a restart", s.get("/v1/digest").json, digest.json)
            s.post("/v1/votes", {"item": "i", "vote": "down"})
            check("SQLite: votes are digested, too", s.get("/v1/digest").json["digest"] != digest.json["digest"])


def refused(name, code, where, *words, flags=(), env=None):
    """It ends by itself with this code and says why, in one line with these words."""
    pod = Pod(where, *flags, env=env, wait=False)
    equal(f"{name}: exit {code}", pod.end(15), code)
    check(f"{name}: the reason", pod.said(*words), pod.errors)


def test_wrong_urls():
    for where, *words in (("redis://", "host"), ("redis://127.0.0.1:0", "port"), ("redis://127.0.0.1:70000", "port"), ("redis://127.0.0.1:x", "port"),
                          ("redis://127.0.0.1/x", "database"), ("redis://127.0.0.1/0/0",), ("redis://[::1", ), ("http://127.0.0.1",), ("redis:127.0.0.1",),
                          ("ratings.db",), ("",), ("sqlite:",), ("unix:",), ("unix:" + "x" * 200,), ("redis-sentinel://127.0.0.1:26379", "master"),
                          ("redis://user:secret@127.0.0.1", "password")):
        refused(f"--store {where[:40]!r}", 2, where, *words)
    pod = Pod("redis://user:secret@127.0.0.1", wait=False)
    pod.end(15)
    check("a password in the URL is not repeated", pod.errors and not pod.said("secret"), pod.errors)
    for flags in (("--durability", "often"), ("--replicas", "-1"), ("--store-timeout", "0"), ("--checkpoint-every", "x"),
                  ("--store-prefix", "")):
        refused(" ".join(flags), 2, "redis://127.0.0.1", flags[0], flags=flags)
    refused("a password file that is missing", 1, "redis://127.0.0.1", "/nowhere/password", flags=("--store-password-file", "/nowhere/password"))


def test_passwords():
    with Store(requirepass="open sesame") as store:
        file = store.file("password")
        with open(file, "w", encoding="ascii") as f:
            f.write("open sesame\n")
        with Pod(url(store), env={"OPENCLAW_STORE_PASSWORD": "open sesame"}) as s:
            equal("password from the environment", s.match("x", "y", 1).status, 201)
        with Pod(url(store), "--store-password-file", file) as s:
            equal("password from a file", s.match("x", "y", 1).json["event"], 2)
        refused("no password", 1, url(store), "NOAUTH")
        refused("a wrong password", 1, url(store), "WRONGPASS", env={"OPENCLAW_STORE_PASSWORD": "wrong"})
        store.ask("ACL", "SETUSER", "ratings", "on", ">secret", "~openclaw:*", "+@all", "-config")
        with Pod(f"redis://ratings@127.0.0.1:{store.port}", env={"OPENCLAW_STORE_PASSWORD": "secret"}) as s:
            equal("a user who may not ask for the configuration", s.match("x", "y", 1).json["event"], 3)
            check("is warned that durability cannot be told", wait_until(lambda: s.said("durab"), 2), s.errors)
        store.ask("ACL", "SETUSER", "guest", "on", ">secret", "~songs:*", "+@all")
        s = Pod(f"redis://guest@127.0.0.1:{store.port}", env={"OPENCLAW_STORE_PASSWORD": "secret"}, wait=False)
        check("a user without permission: not ready, or ended, and the reason", wait_until(
            lambda: s.said("NOPERM") and (s.process.poll() is not None or s.is_red()), 10), s.errors)
        s.kill()
        store.set("requirepass", "changed")
        s = Pod(url(store), env={"OPENCLAW_STORE_PASSWORD": "changed"})
        equal("the password that it has now", s.match("x", "y", 1).json["event"], 4)


def test_wrong_types():
    for key, name in ((LOG, "log"), (META, "meta"), (CHECKPOINT, "checkpoint")):
        with Store() as store:
            if key != META:
                with Pod(url(store)) as s:
                    pass
            if key == LOG:
                store.ask("DEL", LOG)
                store.ask("SET", key, "a string")
            else:
                store.ask("DEL", key)
                store.ask("LPUSH", key, "a list")
            refused(f"{name} of the wrong type", 1, url(store), key)
            equal(f"{name} of the wrong type is left as it is", store.ask("TYPE", key), b"string" if key == LOG else b"list")
    with Store() as store:
        store.ask("SET", META, "someone's notes")
        refused("meta that is not ours", 1, url(store), META)
        equal("meta that is not ours is left as it is", store.ask("GET", META), b"someone's notes")
        store.ask("SET", META, f"openclaw-ratings 2 log={'0' * 32} system=glicko2 period_us=86400000000 keys=1000000")
        refused("meta of a later version", 1, url(store), META)


def test_foreign_streams():
    with Store() as store:
        store.ask("XADD", LOG, "*", "temperature", "17")
        refused("a foreign stream", 1, url(store), LOG)
        equal("a foreign stream is left as it is", (len(store.log()), store.ask("EXISTS", META)), (1, 0))
    with Store() as store:
        with Pod(url(store), "--system", "elo") as s:
            s.match("x", "y", 1)
        meta = store.ask("GET", META)
        refused("another rating system", 1, url(store), "elo", "glicko2", flags=("--system", "glicko2"))
        refused("another period", 1, url(store), "period", flags=("--system", "elo", "--period-days", "7"))
        with Pod(url(store), "--system", "elo", "--key-window", "5"):
            pass  # The window is the log's, whatever a pod is told.
        equal("meta is as the first pod wrote it", store.ask("GET", META), meta)
        with Pod(url(store), "--store-prefix", "songs", "--system", "glicko2") as s:
            equal("another prefix is another log", (s.match("x", "y", 1).json["event"], len(Replay(store.log("songs:log")).matches)), (1, 1))


def test_foreign_entries():
    with cluster(2) as (store, pods):
        pods[0].match("x", "y", 1)
        pod = "f" * 16
        good = encode([("m", [("", "x", "y", 1)])])
        bad = [("temperature", "17"), ("u", f"{pod}-1", "d", b""), ("u", "x", "d", good), ("d", good),
               ("u", f"{pod}-3", "d", good[:-1]), ("u", f"{pod}-0", "d", good), ("u", f"{pod}-99999999999999999999", "d", good), ("u", "F" * 16 + "-1", "d", good),
               ("u", f"{pod}-4", "d", encode([("m", [("", "x", "x", 1)])])), ("u", f"{pod}-5", "d", good + b"?"), ("u", f"{pod}-6"),
               ("u", f"{pod}-7", "d", good[:-1] + b"\x03"), ("u", f"{pod}-8", "d", encode([("m", [])]))]
        for words in bad:
            store.ask("XADD", LOG, "*", *words)
            answer = pods[1].match("x", "y", 0)
            equal(f"foreign entry {words!r:.60}: the pods go on", answer.status, 201)
        agree("foreign entries", pods)
        replay = Replay(store.log())
        equal("the decoder finds them foreign, too", replay.skipped, len(bad))
        matches_log("foreign entries", pods[0], replay)
        for i, pod_ in enumerate(pods):
            skipped = pod_.metric("openclaw_log_skipped_entries_total")
            equal(f"pod {i} counts what it skipped", skipped, len(bad))
        store.ask("XADD", LOG, "*", "u", f"{'e' * 16}-1", "d", encode([("m", [("theirs", "x", "y", 1)]), ("v", [("", "i", True)])]))
        check("an entry of a pod of theirs counts", wait_until(lambda: pods[1].get("/v1/votes/i").status == 200))
        answer = pods[0].match("x", "y", 1, "theirs")
        equal("and its key is known", (answer.status, answer.json["duplicate"]), (200, True))
        fresh = Pod(url(store))
        agree("foreign entries, a fresh pod", [*pods, fresh])
        store.ask("XADD", LOG, "*", "u", f"{'e' * 16}-3", "d", b"\x02" + good[1:])
        check("an entry of a later version: red, it cannot be skipped", wait_until(lambda: all(p.is_red("later version") for p in pods), 10),
              [p.why() for p in pods])


def test_unix_socket_and_database():
    with Store() as store:
        with Pod(f"unix:{store.path}") as s:
            equal("a unix socket", s.match("x", "y", 1).status, 201)
        with Pod(f"unix:{store.path}?db=3") as s:
            equal("a unix socket, another database", s.match("x", "y", 1).json["event"], 1)
        with Pod(f"{url(store)}/3") as s, Pod(f"redis://localhost:{store.port}/3") as t:
            equal("by TCP, the same database", s.match("x", "y", 1).json["event"], 2)
            agree("by name and by address", [s, t])
        refused("a database that is not there", 1, f"{url(store)}/99", "SELECT")


def test_tls():
    with Store(tls=True) as store:
        where = f"rediss://localhost:{store.tls_port}"
        with Pod(where, "--store-ca", store.file("ca.crt")) as s, Pod(url(store)) as t:
            equal("over TLS", s.match("x", "y", 1).status, 201)
            equal("a big batch over TLS", s.post("/v1/matches", [{"a": f"agent {i}", "b": "q", "score": 1} for i in range(9000)]).status, 201)
            agree("over TLS and without", [s, t])
        refused("an authority that did not sign", 1, where, "certificate", flags=("--store-ca", store.file("other.crt")))
        refused("the system's authorities", 1, where, "certificate")
        refused("an authority's file that is missing", 1, where, "/nowhere/ca.crt", flags=("--store-ca", "/nowhere/ca.crt"))
        store.set("tls-auth-clients", "yes")
        keys = ("--store-ca", store.file("ca.crt"), "--store-cert", store.file("client.crt"), "--store-key", store.file("client.key"))
        with Pod(where, *keys) as s:
            equal("with a certificate of its own", s.match("x", "y", 1).status, 201)
        s = Pod(where, *keys[:2], wait=False)
        check("without one, where it is asked for: not ready, or ended",
              wait_until(lambda: s.process.poll() is not None or s.is_red(), 15), s.errors)
        s.kill()
        s = Pod(f"rediss://localhost:{store.port}", "--store-ca", store.file("ca.crt"), "--store-timeout", "1", wait=False)
        check("TLS to a port without: not ready, and it says why", wait_until(lambda: s.is_red() and s.said("TLS"), 15), s.errors)
        s.kill()


def test_start_before_the_store():
    with Store(start=False) as store:
        s = Pod(url(store), *QUICK, wait=False)
        check("no store yet: /readyz is red and says why", wait_until(lambda: s.is_red("refused"), 10), s.why())
        equal("no store yet: it lives", s.get("/healthz").status, 200)
        answer, took = timed(lambda: s.match("x", "y", 1))
        equal("no store yet: 503 at once", (answer.status, took < 2), (503, True))
        store.start()
        check("then it is there: green by itself", wait_until(s.is_ready, 10), s.why())
        equal("and works", s.match("x", "y", 1).json["event"], 1)
        t = Pod("redis://127.0.0.1:%d" % free_port(), *QUICK, wait=False)
        check("a store that never comes: red", wait_until(lambda: t.is_red("refused"), 10), t.why())
        equal("SIGTERM while it waits: exit code", t.stop(), 0)
    # Something else than Redis: never ready.
    with Folder() as db, Server(f"sqlite:{db}") as other:
        s = Pod(f"redis://{other.metrics_address}", *QUICK, wait=False)
        check("not a Redis at all: not ready, and it says why", wait_until(lambda: s.is_red() and s.said("closed the connection"), 15), s.errors)
        s.kill()


def test_stop_without_the_store():
    """A regression: jobs ended by the clock of a thread that waits, while the server stops, for these very jobs."""
    with Store() as store:
        s = Pod(url(store), *QUICK, "--drain-timeout", "0")
        equal("before", s.match("x", "y", 1).status, 201)
        store.kill()
        answers = []
        def ask():
            client = Client(s.address)
            answers.append(client.post("/v1/matches", {"a": "x", "b": "y", "score": 1}).status)
        threads = [threading.Thread(target=ask) for _ in range(3)]
        [thread.start() for thread in threads]
        check("the store does not answer: they wait", wait_until(
            lambda: s.metric("openclaw_storage_up") == 0 and s.metric('openclaw_requests_granted_total{limit="pod"}') == 4, 5))
        code, took = timed(s.stop)
        equal("SIGTERM without a store: exit code", code, 0)
        check("within the time limit of the requests", took < 5, took)
        [thread.join() for thread in threads]
        equal("and each was told", answers, [503] * 3)


def test_warnings():
    safe = ("--durability", "always")
    for name, flags, settings, words in (
            ("no append-only file", safe, {"appendonly": "no"}, ("appendonly",)),
            ("no append-only file, by default", (), {"appendonly": "no"}, ("appendonly",)),
            ("no append-only file, everysec asked for", ("--durability", "everysec"), {"appendonly": "no"}, ("appendonly",)),
            ("a file that is synced each second", safe, {"appendfsync": "everysec"}, ("appendfsync",)),
            ("a file that is never synced", ("--durability", "everysec"), {"appendfsync": "no"}, ("appendfsync",)),
            ("a store that evicts", ("--durability", "memory"), {"maxmemory": "100mb", "maxmemory-policy": "allkeys-lru"}, ("maxmemory-policy",)),
            ("a store that evicts, and syncs each second", safe, {"appendfsync": "everysec", "maxmemory-policy": "allkeys-lfu"}, ("maxmemory-policy",))):
        with Store(**settings) as store:
            s = Pod(url(store), *flags)
            check(f"warned: {name}", wait_until(lambda: s.said(*words), 2), s.errors)
            s.kill()
    for name, flags, settings in (("always", safe, {}), ("everysec", ("--durability", "everysec"), {"appendfsync": "everysec"}),
                                  ("memory", ("--durability", "memory"), {"appendonly": "no"})):
        with Store(**settings) as store:
            s = Pod(url(store), *flags)
            s.match("x", "y", 1)
            equal(f"no warning: {name} with a store that does it", s.errors, [])
            s.kill()


def test_replicas():
    with Store() as store, Store(replicaof=f"127.0.0.1 {store.port}", repl_timeout="60") as replica:
        check("the replica follows", wait_until(lambda: b"master_link_status:up" in replica.ask("INFO", "replication"), 10))
        s, t = (Pod(url(store), "--replicas", "1", *QUICK) for _ in range(2))
        check("--replicas 1: stored when the replica has it", wait_until(lambda: s.match("x", "y", 1, "a").status in (200, 201)), s.why())
        equal("the replica has it", len(Replay(replica.log()).matches), 1)
        replica.pause()
        answer, took = timed(lambda: s.match("x", "y", 1, "b"))
        equal("the replica does not answer: 503", (answer.status, answer.error[0]), (503, "storage_unavailable"))
        check("the replica does not answer: the reason", "replica" in answer.json["error"]["message"], answer.text)
        check("the replica does not answer: in time", took < 2.5, took)
        replica.go_on()
        again = []
        check("it goes on: sent again, it is a duplicate", wait_until(lambda: again.append(s.match("x", "y", 1, "b")) or again[-1].status == 200, 10), again[-1].text)
        equal("and counts once", (again[-1].json["event"], again[-1].json["duplicate"]), (2, True))
        equal("on another pod, too", t.match("x", "y", 1, "b").json["duplicate"], True)
        equal("a duplicate waits for the replica, too", len(replica.log()), len(store.log()))
        agree("with a replica", [s, t])
        matches_log("with a replica", s, Replay(store.log()))
        code = Pod(url(replica), *QUICK, wait=False)
        check("a pod that is pointed at a replica: red, says so", wait_until(lambda: code.is_red("replica"), 10), code.why())
        code.kill()


def test_sentinel():
    with Store() as store, Store(replicaof=f"127.0.0.1 {store.port}") as replica, Sentinel({"ratings": store.port}) as sentinel:
        check("the replica follows", wait_until(lambda: b"master_link_status:up" in replica.ask("INFO", "replication"), 10))
        check("the sentinel knows it", wait_until(lambda: sentinel.ask("SENTINEL", "REPLICAS", "ratings"), 15))
        nobody = free_port()
        where = f"redis-sentinel://127.0.0.1:{nobody},127.0.0.1:{sentinel.port}/ratings"
        pods = [Pod(where, *QUICK) for _ in range(2)]
        said = [pods[i % 2].match("x", "y", 1, f"key {i}").json for i in range(20)]
        agree("by sentinel", pods)
        check("the replica is in step", wait_until(lambda: replica.log() == store.log(), 10), (len(replica.log()), len(store.log())))
        store.kill()
        answer, took = timed(lambda: pods[0].match("x", "y", 0, "failover"))
        check("master killed: an answer in time", took < 2.5 and answer.status in (201, 503), (took, answer.text))
        check("the pods go on with the new master", wait_until(lambda: pods[0].match("x", "y", 0, "failover").status in (200, 201), 20), pods[0].why())
        check("all of them turn green", wait_until(lambda: all(pod.is_ready() for pod in pods), 20), [pod.why() for pod in pods])
        equal("the sentinel made it so", sentinel.master("ratings"), replica.port)
        again = [pods[1 - i % 2].match("x", "y", 1, f"key {i}").json for i in range(20)]
        equal("nothing was lost: all are known", again, [{**one, "duplicate": True} for one in said])
        agree("after the failover", pods)
        replay = Replay(replica.log())
        equal("the failover's match counts once", sum(m.key == "failover" for m in replay.matches), 1)
        for i, pod in enumerate(pods):
            matches_log(f"after the failover, pod {i}", pod, replay)
        store.start()
        check("the old master comes back as a replica", wait_until(lambda: replica.ask("INFO", "replication").find(b"state=online") > 0, 20),
              store.ask("INFO", "replication"))
        equal("nobody minds", [pod.match("x", "y", 1).status for pod in pods], [201, 201])
        sentinel.kill()
        equal("nor that the sentinel is gone", [pod.match("x", "y", 1).status for pod in pods], [201, 201])
        agree("in the end", pods)
        sentinel.start()
        s = Pod(f"redis-sentinel://127.0.0.1:{sentinel.port}/songs", *QUICK, wait=False)
        check("a master that the sentinel does not know: not ready, or ended, with its name",
              wait_until(lambda: s.said("songs") or s.is_red("songs"), 10), (s.errors, s.why() if s.process.poll() is None else ""))
        s.kill()


def test_failover_that_loses():
    """Without --replicas, what the replica did not have yet is lost: then it is lost for all pods alike."""
    with Store() as store, Store(replicaof=f"127.0.0.1 {store.port}") as replica, Sentinel({"ratings": store.port}) as sentinel:
        check("the sentinel knows the replica", wait_until(lambda: sentinel.ask("SENTINEL", "REPLICAS", "ratings"), 15))
        pods = [Pod(f"redis-sentinel://127.0.0.1:{sentinel.port}/ratings", *QUICK) for _ in range(2)]
        for i in range(10):
            pods[i % 2].match("x", "y", 1, f"kept {i}")
        check("the replica is in step", wait_until(lambda: replica.log() == store.log(), 10))
        replica.pause()
        store.ask("CLIENT", "KILL", "TYPE", "replica")  # Else it would find them in its socket.
        for i in range(10):
            pods[i % 2].match("x", "z", 1, f"lost {i}")
        agree("before", pods)
        store.kill()
        replica.go_on()
        check("they go on with what the replica has", wait_until(lambda: all(pod.is_ready() and pod.digest()["matches"] == 10 for pod in pods), 30),
              [(pod.why(), pod.digest()) for pod in pods])
        equal("what was lost, sent again, counts once", [(a.status, a.json["event"]) for a in (pod.match("x", "z", 1, "lost 3") for pod in pods)],
              [(201, 11), (200, 11)])
        equal("what was kept is known", pods[0].match("x", "y", 1, "kept 3").status, 200)
        agree("after a failover that loses", pods)
        matches_log("after a failover that loses", pods[1], Replay(replica.log()))


TESTS = [test_one_board, test_idempotency, test_batches, test_digest_of_a_file, test_wrong_urls, test_passwords, test_wrong_types,
         test_foreign_streams, test_foreign_entries, test_unix_socket_and_database, test_tls, test_start_before_the_store,
         test_stop_without_the_store, test_warnings, test_replicas, test_sentinel, test_failover_that_loses]

if __name__ == "__main__":
    try:
        wanted = os.environ.get("ONLY") or ""
        run_all([test for test in TESTS if wanted in test.__name__])
    finally:
        remove_all()
