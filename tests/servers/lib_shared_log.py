# SPDX-License-Identifier: MIT
"""Pods of examples/rating_server that share a log, and what that log says when it is read by other code than theirs.

The decoder follows the words of examples/rating_server/wire.h and the README, nothing else.
"""
import collections
import contextlib
import re
import struct
import time
import unicodedata

from lib_fault_proxy import Proxy
from lib_rating_server import SERVER, SLOW, Client, Server, board_of, check, equal, wait_until
from lib_redis import Store, free_port

PREFIX = "openclaw:ratings"
LOG, META, CHECKPOINT, LEASE = (f"{PREFIX}:{name}" for name in ("log", "meta", "checkpoint", "lease"))
SCORES = {0: 0.0, 1: 0.5, 2: 1.0}
Match = collections.namedtuple("Match", "event time_us key a b score")
Vote = collections.namedtuple("Vote", "event time_us key item up")


class Foreign(Exception):
    """Not an entry of ours."""


def text(data, at, least=1):
    """A length byte and that many bytes of UTF-8 without control characters; where it ends."""
    length = data[at]
    name = data[at + 1:at + 1 + length].decode()
    if at + 1 + length > len(data) or not least <= length <= 64 or any(unicodedata.category(c) == "Cc" for c in name):
        raise Foreign("a name")
    return name, at + 1 + length


def read_match(data, at):
    key, at = text(data, at, 0)
    a, at = text(data, at)
    b, at = text(data, at)
    if a == b:
        raise Foreign("one agent")
    return (key, a, b, SCORES[data[at]]), at + 1


def decode(data):
    """The requests in an entry, one by one: ("m", [(key, a, b, score)]) or ("v", [(key, item, up)]). Raises Foreign and the
    like where they cannot be read any more."""
    if data[:1] != b"\x01":
        raise Foreign("version")
    at = 1
    while at < len(data):
        kind, at = data[at:at + 1], at + 1
        if kind == b"m":
            (count,), at = struct.unpack_from("<I", data, at), at + 4
            if not 1 <= count <= 10000:
                raise Foreign("count")
            matches = []
            for _ in range(count):
                match, at = read_match(data, at)
                matches.append(match)
            yield "m", matches
        elif kind == b"v":
            key, at = text(data, at, 0)
            item, at = text(data, at)
            if data[at] > 1:
                raise Foreign("vote")
            yield "v", [(key, item, bool(data[at]))]
            at += 1
        else:
            raise Foreign("kind")


def encode(requests):
    """What decode() reads."""
    def field(name):
        return bytes([len(name.encode())]) + name.encode()
    data = b"\x01"
    for kind, what in requests:
        if kind == "m":
            data += b"m" + struct.pack("<I", len(what))
            data += b"".join(field(key) + field(a) + field(b) + bytes([int(score * 2)]) for key, a, b, score in what)
        else:
            ((key, item, up),) = what
            data += b"v" + field(key) + field(item) + bytes([up])
    return data


class Replay:
    """What counts, of a log: de-duplicated by the pods' counts and the clients' keys, numbered from 1."""

    def __init__(self, entries=()):
        self.matches, self.votes = [], []
        self.last = {}   # pod: its last count
        self.keys = {}   # ("m" or "v", key): (content, record)
        self.repeated = self.duplicates = self.clashes = self.skipped = 0
        self.birth = None  # The log's own name, from its first entry.
        self.place = "0-0"
        for place, fields in entries:
            self.entry(place, fields)

    def entry(self, place, fields):
        self.place = place
        if self.birth is None and re.fullmatch(rb"[0-9a-f]{32}", fields.get(b"u", b"")) and fields.get(b"d") == b"\x01":
            self.birth = fields[b"u"].decode()
            return
        try:
            origin = re.fullmatch(rb"([0-9a-f]{16})-([1-9][0-9]*)", fields[b"u"])
            pod, number = origin.group(1), int(origin.group(2))
            if list(fields) != [b"u", b"d"] or number >= 2**64:
                raise Foreign("fields")
            for kind, records in decode(fields[b"d"]):
                self.count(pod, number, kind, records, int(place.split("-")[0]) * 1000)
                number += 1
        except (Foreign, KeyError, IndexError, AttributeError, ValueError, struct.error):
            self.skipped += 1  # What came before the part that cannot be read counts.

    def count(self, pod, number, kind, records, time_us):
        if number <= self.last.get(pod, 0):
            self.repeated += 1
            return
        self.last[pod] = number
        self.request(kind, records, time_us)

    def request(self, kind, records, time_us):
        fresh, news = {}, []
        for key, *content in records:
            known = key and (fresh.get(key) or self.keys.get((kind, key)))
            if known and known != content:
                self.clashes += 1
                return
            if known:
                self.duplicates += 1
            else:
                news.append((key, content))
                if key:
                    fresh[key] = content
        self.keys.update(((kind, key), content) for key, content in fresh.items())
        log, make = (self.matches, Match) if kind == "m" else (self.votes, Vote)
        for key, content in news:
            log.append(make(len(log) + 1, time_us, key, *content))

    def per_agent(self):
        """Matches of each agent, and the number and time of its last one."""
        seen = {}
        for match in self.matches:
            for agent in (match.a, match.b):
                seen[agent] = (seen.get(agent, (0,))[0] + 1, match.event, match.time_us)
        return seen

    def per_item(self):
        seen = collections.defaultdict(lambda: [0, 0])
        for vote in self.votes:
            seen[vote.item][0 if vote.up else 1] += 1
        return {item: tuple(counts) for item, counts in seen.items()}


class OneTime(Client):
    """A connection for each request: tests that wait long would find theirs closed, and stopped pods would keep it."""

    def ask(self, method, path, body=None, headers=None):
        try:
            return super().ask(method, path, body, headers)
        finally:
            self.close()


class Pod(Server):
    """A rating_server at a shared log. Its ports are known before it is ready."""

    def __init__(self, store, *flags, env=None, wait=True):
        self.address, self.metrics_address = (f"127.0.0.1:{free_port()}" for _ in range(2))
        arguments = [SERVER, "--listen", self.address, "--metrics-listen", self.metrics_address, "--store", store,
                     "--capacity", "1000000", "--refill-rate", "1000000", *flags]
        self._start(arguments, env)
        self.client, self.metrics_client = OneTime(self.address), OneTime(self.metrics_address)
        self.get, self.post, self.ask = self.client.get, self.client.post, self.client.ask
        if wait and not wait_until(self.is_ready, 30):
            raise RuntimeError(f"not ready: {self.errors} {self.why() if self.process.poll() is None else ''}")

    def readyz(self):
        """200, or 503, or None while nobody listens."""
        try:
            return OneTime(self.metrics_address).get("/readyz")
        except OSError:
            return None

    def is_ready(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"it ended: {self.process.returncode}, {self.errors}")
        answer = self.readyz()
        return answer is not None and answer.status == 200

    def is_red(self, *words):
        answer = self.readyz()
        return answer is not None and answer.status == 503 and all(word in answer.json["reason"] for word in words)

    def why(self):
        answer = self.readyz()
        return answer and answer.text

    def digest(self):
        """Without numbers while it is not ready to give them."""
        return {"position": None, "matches": None, "votes": None, "digest": None} | self.get("/v1/digest").json

    def vote(self, item, vote, key=None):
        return self.post("/v1/votes", {"item": item, "vote": vote} | ({"id": key} if key else {}))

    def said(self, *words):
        """A line on stderr with all these words."""
        return any(all(word in line for word in words) for line in self.errors)


def agree(name, pods, seconds=10):
    """Soon all pods have the same digest at the same place."""
    seen = []
    def same():
        seen[:] = [pod.digest() for pod in pods]
        return all(digest["digest"] and digest == seen[0] for digest in seen)
    return check(f"{name}: the digests agree", wait_until(same, seconds), seen)


def place(text_):
    return tuple(int(number) for number in text_.split("-"))


def matches_log(name, pod, replay):
    """A pod serves what the log says: counts, numbers and times, agent by agent."""
    digest = pod.digest()
    fine = equal(f"{name}: matches and votes that count", (digest["matches"], digest["votes"]), (len(replay.matches), len(replay.votes)))
    fine &= equal(f"{name}: the place in the log", digest["position"], replay.place)
    agents = board_of(pod.client)
    served = {agent: (row["matches"], row["last_event"], row["last_match_us"]) for agent, row in agents.items()}
    wrong = {agent: (served.get(agent), want) for agent, want in replay.per_agent().items() if served.get(agent) != want}
    fine &= equal(f"{name}: agent by agent, matches, last event and time", (wrong, len(served)), ({}, len(replay.per_agent())))
    votes = {}
    for item in replay.per_item():
        row = pod.get(f"/v1/votes/{item.replace(' ', '%20')}").json
        votes[item] = (row["up"], row["down"])
    fine &= equal(f"{name}: votes, item by item", votes, replay.per_item())
    return fine


def timed(call, *arguments):
    """The answer, and the seconds it took."""
    start = time.monotonic()
    answer = call(*arguments)
    return answer, (time.monotonic() - start) / SLOW


LIMIT = 1  # --store-timeout; answers come within this and a little for a busy machine.
QUICK = ("--store-timeout", str(LIMIT), "--max-lag", "1")


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


def unavailable(name, call, *words, codes=("storage_unavailable",)):
    """503 with the reason, in time, and when to come back."""
    answer, took = timed(call)
    check(f"{name}: 503", answer.status == 503 and answer.error[0] in codes and answer.headers["Retry-After"] is not None, answer.text)
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
