# SPDX-License-Identifier: MIT
"""Reads the shared log itself, from Redis, without the server's code: what it holds is what anyone can find in it.

The log is a stream; `d` of an entry carries requests as examples/rating_server/wire.h describes. Replayed here are only the
two rules that decide what counts: a pod's request counts once, and so does a key.
"""
import collections
import socket

PAGE = 1000
Match = collections.namedtuple("Match", "event time_us a b score")


class LogError(Exception):
    pass


class Redis:
    """As much of the protocol as reading takes."""

    def __init__(self, host, port, seconds=5):
        self.socket = socket.create_connection((host, port), seconds)
        self.replies = self.socket.makefile("rb")

    def ask(self, *words):
        words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
        return self.reply()

    def reply(self):
        line = self.replies.readline()
        if not line.endswith(b"\r\n"):
            raise LogError("Redis closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise LogError(f"Redis says {rest.decode()}")
        if kind == b"+":
            return rest
        if kind == b":":
            return int(rest)
        if kind not in b"$*" or int(rest) < 0:
            return None
        if kind == b"$":
            return self.replies.read(int(rest) + 2)[:-2]
        return [self.reply() for _ in range(int(rest))]


class Cursor:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, length):
        if self.at + length > len(self.data):
            raise LogError("an entry ends too early")
        self.at += length
        return self.data[self.at - length:self.at]

    def number(self, length=1):
        return int.from_bytes(self.take(length), "little")

    def text(self):
        return self.take(self.number()).decode()


def requests(data):
    """The requests of an entry: each a list of (key, a, b, score). None stands for a vote."""
    cursor = Cursor(data)
    if cursor.number() != 1:
        raise LogError("an entry of another version")
    while cursor.at < len(data):
        kind = cursor.take(1)
        if kind == b"m":
            count = cursor.number(4)
            yield [(cursor.text(), cursor.text(), cursor.text(), cursor.number() / 2) for _ in range(count)]
        elif kind == b"v":
            cursor.text(), cursor.text(), cursor.number()
            yield None
        else:
            raise LogError(f"a request of an unknown kind, {kind!r}")


def entries(redis, stream):
    """Every entry, first to last: its place, and its fields."""
    after = "-"
    while True:
        page = redis.ask("XRANGE", stream, after, "+", "COUNT", PAGE)
        for place, fields in page:
            yield place.decode(), dict(zip(fields[::2], fields[1::2]))
        if len(page) < PAGE:
            return
        after = "(" + page[-1][0].decode()


class Log:
    """What counts, by key, in its order; every match of the demo has a key."""

    def __init__(self, redis, stream):
        self.matches = {}
        self.entries = self.repeated = 0
        self.last = "0-0"
        last_count = {}
        for place, fields in entries(redis, stream):
            self.last = place
            pod, _, count = fields[b"u"].decode().partition("-")
            if not count:  # the log's birth: its name in place of a pod's
                continue
            self.entries += 1
            for count, request in enumerate(requests(fields[b"d"]), int(count)):
                if count <= last_count.get(pod, 0):
                    self.repeated += len(request or ())
                    continue
                last_count[pod] = count
                self.add(request or (), int(place.partition("-")[0]) * 1000)

    def add(self, request, time_us):
        for key, a, b, score in request:
            known = self.matches.get(key)
            if known and known[2:] != (a, b, score):
                raise LogError(f"key {key} stands for two different matches")
            if known:
                self.repeated += 1
            else:
                self.matches[key] = Match(len(self.matches) + 1, time_us, a, b, score)
