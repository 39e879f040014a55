#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kill -9 of pods of examples/rating_server and of their Redis, and worse networks: `kill9_rating_server_redis.py BUILD_DIR`.

Three pods share a log, each through a proxy of its own. Each round, clients send matches and votes to any pod, one by one
and in batches, with and without a key, and send again what was not answered; amid that something fails. Then: all pods,
one that starts from the checkpoint, and one that reads the whole log from its start in another Redis have the same
digest; what was acknowledged is in the log exactly once, at the number and time that was said; batches are there whole or
not at all; and what the pods serve is what the log gives when it is decoded here. The log as it ever was comes from the
store's own log of commands, because the pods trim the stream. Rounds: ROUNDS in the environment, 5 if not said; SEED for
the order of things; FAULT for one fault only.
"""
import http.client
import os
import random
import sys
import threading
import time

sys.dont_write_bytecode = True  # The source tree stays clean.
from lib_fault_proxy import Proxy
from lib_rating_server import SLOW, Client, check, equal, run_all, wait_until
from lib_redis import Store, remove_all
from lib_shared_log import LEASE, LOG, META, Pod, Replay, agree, matches_log

ROUNDS = int(os.environ.get("ROUNDS") or 5)
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**32))
GONE = (ConnectionError, http.client.HTTPException, OSError)
PODS = 3
TIMEOUT = 2
BATCH = 20


class Request:
    """Something to send, perhaps several times, and what came of it."""

    def __init__(self, kind, body, keyed):
        self.kind, self.body, self.keyed = kind, body, keyed
        self.times, self.results = 0, []

    @property
    def path(self):
        return "/v1/votes" if self.kind == "vote" else "/v1/matches"

    def records(self):
        return self.body if isinstance(self.body, list) else [self.body]


class Load:
    """Clients of one round. They go from pod to pod, as a load balancer would send them."""

    def __init__(self, cluster, number):
        self.cluster, self.number = cluster, number
        self.requests, self.surprises = [], []
        self.answered = 0
        self.over = False
        self.threads = [threading.Thread(target=self.run, args=(name, random.Random(f"{SEED}/{number}/{name}"))) for name in range(6)]
        for thread in self.threads:
            thread.start()

    def make(self, chance, name, i):
        tag = f"{self.number}/{name}/{i}"
        kind = chance.choices(("match", "batch", "vote"), (6, 2, 2))[0]
        keyed = chance.random() < 0.6
        # Whoever plays once in a lifetime tells, without a key, how often a request counts.
        def match(j):
            body = {"a": f"agent {chance.randrange(30)}", "b": f"solo {tag}/{j}", "score": chance.choice((0, 0.5, 1))}
            return body | ({"id": f"{tag}/{j}"} if keyed else {})
        if kind == "match":
            body = match(0)
        elif kind == "batch":
            body = [match(j) for j in range(BATCH)]
        else:
            body = {"item": f"item {tag}", "vote": chance.choice(("up", "down"))} | ({"id": tag} if keyed else {})
        return Request(kind, body, keyed)

    def run(self, name, chance):
        clients, i = {}, 0
        while not self.over:
            i += 1
            old = chance.random() < 0.1 and [r for r in self.cluster.known[-200:] if r.keyed]
            request = chance.choice(old) if old else self.make(chance, name, i)
            if not old:
                self.requests.append(request)
            # Some give up with the first failure, the others send the same again, elsewhere, while this round lasts.
            patient = request.keyed and chance.random() < 0.8
            while not self.send(clients, chance, request, bool(old)) and patient and not self.over:
                time.sleep(0.02)
            time.sleep(0.002)
        for client in clients.values():
            client.close()

    def send(self, clients, chance, request, old=False):
        """True when it was answered."""
        pod = chance.choice(self.cluster.pods)
        client = clients.get(pod.address) or clients.setdefault(pod.address, Client(pod.address))
        if not old:
            request.times += 1
        start = time.monotonic()
        try:
            answer = client.post(request.path, request.body)
        except GONE:
            return False
        took = time.monotonic() - start
        if took > (TIMEOUT + 1.5) * SLOW:
            self.surprises.append(f"{answer.status} took {took:.1f} s")
        if answer.status == 503:
            return False
        results = answer.json.get("results", [answer.json])
        if answer.status not in ((200,) if old else (200, 201) if request.keyed else (201,)):
            self.surprises.append((answer.status, request.body, answer.text[:300]))
            return True
        request.results.append([(result["event"], result["time_us"]) for result in results])
        self.answered += 1
        if request.kind == "match" and chance.random() < 0.3:
            self.read_back(client, request)
        return True

    def read_back(self, client, request):
        """Read your own write, on the pod that answered."""
        try:
            seen = client.get("/v1/agents/" + request.body["b"].replace(" ", "%20").replace("/", "%2F"))
        except GONE:
            return
        if seen.status != 200 or seen.json["last_event"] != request.results[-1][0][0] or seen.json["matches"] != 1:
            self.surprises.append(("not read back", request.body, seen.text))

    def wait(self, more, seconds=20):
        """Until so many more were answered."""
        goal = self.answered + more
        return wait_until(lambda: self.answered >= goal, seconds)

    def finish(self, chance):
        """Stop; then send again what has a key and no answer."""
        self.over = True
        for thread in self.threads:
            thread.join()
        clients, late = {}, [r for r in self.requests if r.keyed and not r.results]
        for request in late:
            if not wait_until(lambda: self.send(clients, chance, request), 10):
                self.surprises.append(("never answered", request.body))
        for client in clients.values():
            client.close()
        return len(late)


class Cluster:
    """The store, a proxy for each pod, the pods; the log from its start in a second store; and all that was promised."""

    def __init__(self):
        self.store, self.whole = Store(), Store(appendonly="no")
        self.proxies = [Proxy(self.store.port) for _ in range(PODS)]
        self.pods = [self.start(i) for i in range(PODS)]
        self.known = []       # Requests of all rounds.
        self.replay, self.read = Replay(), 0

    def start(self, i, wait=True):
        return Pod(f"redis://127.0.0.1:{self.proxies[i].port}", "--store-timeout", str(TIMEOUT), "--checkpoint-every", "300", wait=wait)

    def kill_pod(self, i):
        self.pods[i].kill()

    def restart_pod(self, i):
        self.pods[i] = self.start(i, wait=False)

    def catch_up(self):
        """Decode what is new, and copy it to the second store."""
        new = self.store.history()[self.read:]
        self.read += len(new)
        if not self.whole.ask("EXISTS", META):
            self.whole.ask("SET", META, self.store.ask("GET", META))
        for place, fields in new:
            self.replay.entry(place, fields)
            self.whole.ask("XADD", LOG, place, *[word for pair in fields.items() for word in pair])

    def close(self):
        for proxy in self.proxies:
            proxy.close()
        self.store.remove()
        self.whole.remove()


def fault_pod(c, chance):
    i = chance.randrange(PODS)
    c.kill_pod(i)
    yield
    c.restart_pod(i)


def fault_store(c, chance):
    c.store.kill()
    yield
    c.store.start()


def fault_both(c, chance):
    i = chance.randrange(PODS)
    for kill in chance.sample((c.store.kill, lambda: c.kill_pod(i)), 2):
        kill()
    yield
    for restart in chance.sample((c.store.start, lambda: c.restart_pod(i)), 2):
        restart()


def fault_all_pods(c, chance):
    for i in range(PODS):
        c.kill_pod(i)
    for i in range(PODS):
        c.restart_pod(i)
    yield


def fault_cut(c, chance):
    for proxy in chance.sample(c.proxies, chance.randint(1, PODS)):
        kind = chance.choice(("now", "up", "down", "reply", "request"))
        if kind == "now":
            proxy.cut()
        elif kind == "reply":
            proxy.cut_reply("XADD", chance.choice((0, 1, 5, 12)))
        elif kind == "request":
            proxy.lose_request("XADD")
        else:
            proxy.cut_after(kind, chance.randint(1, 3000))
    yield


def fault_slow(c, chance):
    for proxy in chance.sample(c.proxies, chance.randint(1, PODS)):
        proxy.latency = chance.uniform(0.05, 1.2)
    yield
    for proxy in c.proxies:
        proxy.latency = 0.0


def fault_stall(c, chance):
    for proxy in chance.sample(c.proxies, chance.randint(1, PODS)):
        proxy.stall = True
    yield
    for proxy in c.proxies:
        proxy.stall = False


def fault_twice(c, chance):
    for proxy in c.proxies:
        proxy.twice = chance.uniform(0, 0.5)
    yield
    for proxy in c.proxies:
        proxy.twice = None


def fault_refuse(c, chance):
    some = chance.sample(c.proxies, chance.randint(1, PODS))
    for proxy in some:
        proxy.refuse()
    yield
    for proxy in some:
        proxy.accept()


KILLS = [fault_pod, fault_store, fault_both, fault_all_pods]
NETWORKS = [fault_cut, fault_slow, fault_stall, fault_twice, fault_refuse]
EPISODES = 3  # In a round.


def episode(c, chance, faults):
    """Something dies, or the network fails, or both at a time; then it passes."""
    failing = [fault(c, chance) for fault in faults]
    for fault in failing:
        next(fault)
        lasts(chance.uniform(0.02, 0.6))
    chance.shuffle(failing)
    for fault in failing:
        next(fault, None)
        lasts(chance.uniform(0, 0.2))


def lasts(seconds):
    """How long a fault lasts is the round's own chance, no wait for something."""
    time.sleep(seconds)


def choose(chance, number, i):
    wanted = os.environ.get("FAULT")
    if wanted:
        return [fault for fault in KILLS + NETWORKS if fault.__name__ == f"fault_{wanted}"]
    if i == 0:  # However few rounds there are, each kind of death is among them, and a network that fails with it.
        return [KILLS[(number - 1) % len(KILLS)], chance.choice(NETWORKS)]
    return [chance.choice(NETWORKS)] if i == 1 else chance.choice(([chance.choice(KILLS)], [chance.choice(KILLS), chance.choice(NETWORKS)]))


def check_promises(c):
    """All that was ever said against the log."""
    matches, votes = c.replay.matches, c.replay.votes
    played = {}
    for match in matches:
        played[match.b] = played.get(match.b, 0) + 1
    voted = {}
    for vote in votes:
        voted[vote.item] = voted.get(vote.item, 0) + 1
    lost, twice, torn, moved, records = [], [], [], [], 0
    for request in c.known:
        if any(results != request.results[0] for results in request.results):
            moved.append((request.body, request.results))
        log = votes if request.kind == "vote" else matches
        for results in request.results[:1]:
            records += len(results)
            for body, (event, time_us) in zip(request.records(), results):
                stored = log[event - 1] if event <= len(log) else None
                key = body.get("id", "")
                want = (event, time_us, key, body["item"], body["vote"] == "up") if request.kind == "vote" else \
                    (event, time_us, key, body["a"], body["b"], float(body["score"]))
                if stored != want:
                    lost.append((want, stored))
        names = [voted.get(body["item"], 0) if request.kind == "vote" else played.get(body["b"], 0) for body in request.records()]
        if max(names) > 1:
            twice.append((request.body, request.times, request.results, names))
        if len(set(names)) > 1:
            torn.append((request.body, names))
    equal("what was acknowledged is in the log, at its number and time", (len(lost), lost[:3]), (0, []))
    equal("nothing counts twice, with a key or without", (len(twice), twice[:3]), (0, []))
    equal("a request is there whole or not at all", (len(torn), torn[:3]), (0, []))
    equal("what was said once is said again", (len(moved), moved[:3]), (0, []))
    equal("nothing in the log is foreign", c.replay.skipped, 0)
    return records


def one_round(c, number, chance):
    episodes = [choose(chance, number, i) for i in range(EPISODES)]
    name = f"round {number}, " + ", ".join("+".join(fault.__name__[6:] for fault in faults) for faults in episodes).replace("_", " ")
    load, started = Load(c, number), True
    for faults in episodes:
        started = started and load.wait(chance.randint(5, 60))
        episode(c, chance, faults)
    green = wait_until(lambda: all(pod.is_ready() for pod in c.pods), 30)
    going = load.wait(30)
    late = load.finish(chance)
    for proxy in c.proxies:
        proxy.heal()
    check(f"{name}: it ran before, green after, and went on", started and green and going, (started, green, going, [pod.why() for pod in c.pods]))
    equal(f"{name}: no answer but 200, 201 and 503, in time", load.surprises[:3], [])
    c.known += load.requests
    # What was delayed may still come.
    def settled():
        if any(proxy.under_way for proxy in c.proxies):
            return False
        before = c.store.ask("XINFO", "STREAM", LOG)
        return agree_quietly(c.pods) and before == c.store.ask("XINFO", "STREAM", LOG)
    check(f"{name}: settles", wait_until(settled, 20), [pod.digest() for pod in c.pods])
    c.catch_up()
    fresh = Pod(f"redis://127.0.0.1:{c.store.port}", "--checkpoint-every", "0")
    whole = Pod(f"redis://127.0.0.1:{c.whole.port}", "--checkpoint-every", "0")
    agree(f"{name}: all pods, one from the checkpoint, one from the start", [*c.pods, fresh, whole])
    matches_log(f"{name}: a pod", chance.choice(c.pods), c.replay)
    records = check_promises(c)
    for pod in (fresh, whole):
        pod.kill()
    print(f"{name}: {load.answered} answers, {late} sent again at the end; log: {len(c.replay.matches)} matches, {len(c.replay.votes)} votes, "
          f"{c.replay.repeated} repeated requests, {c.replay.duplicates} known keys; {records} acknowledged", flush=True)


def agree_quietly(pods):
    digests = [pod.digest() for pod in pods]
    return all(digest["digest"] and digest == digests[0] for digest in digests)


def test_kill9():
    print(f"SEED={SEED} ROUNDS={ROUNDS}", flush=True)
    chance = random.Random(SEED)
    c = Cluster()
    try:
        for number in range(1, ROUNDS + 1):
            one_round(c, number, chance)
            # Who dies within a checkpoint keeps the others from theirs for a minute, and a round takes seconds.
            c.store.ask("DEL", LEASE)
        # The second checkpoint cuts the log off; a few rounds on a slow machine may see but one.
        if ROUNDS >= 5:
            check("the stream was trimmed on the way", len(c.store.log()) < c.read, (len(c.store.log()), c.read))
        for pod in c.pods:
            equal("SIGTERM in the end", pod.stop(), 0)
    finally:
        c.close()


if __name__ == "__main__":
    try:
        run_all([test_kill9])
    finally:
        remove_all()
