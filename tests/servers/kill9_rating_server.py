#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kill -9 of examples/rating_server under load, again and again: `kill9_rating_server.py BUILD_DIR`.

Each round, clients send matches and votes, one by one and in batches, with and without a key, while another reads the
leaderboard; then the server is killed. What was acknowledged must be in the log, at the number that was said; batches
whole or not at all; and what was served last must be, bit for bit, what a replay of the log up to there gives. Rounds:
ROUNDS in the environment, 5 if not said; SEED for the order of things.
"""
import http.client
import os
import random
import shutil
import sys
import threading
import time

sys.dont_write_bytecode = True  # The source tree stays clean.
from lib_rating_server import SLOW, Client, Folder, Server, check, equal, exact, query, run_all

ROUNDS = int(os.environ.get("ROUNDS") or 5)
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**32))
GONE = (ConnectionError, http.client.HTTPException, OSError)


class Load:
    """Clients that send until the server is gone, and remember what it promised."""

    def __init__(self, server, round_, seed):
        self.server, self.round, self.chance = server, round_, random.Random(seed)
        self.matches = {}     # event: (a, b, score, key, time), as acknowledged
        self.votes = {}       # event: (item, up, key)
        self.unanswered = []  # match bodies with keys, sent when the server died
        self.surprises = []
        self.page = None      # the last leaderboard that was served
        self.threads = [threading.Thread(target=self.send, args=(number, seed + number)) for number in range(6)]
        self.threads.append(threading.Thread(target=self.look))
        for thread in self.threads:
            thread.start()

    def body(self, chance, number, i, j=None):
        a, b = chance.sample(range(30), 2)
        body = {"a": f"agent {a}", "b": f"agent {b}", "score": chance.choice((0, 0.5, 1))}
        if j is not None or i % 2:
            body["id"] = f"{self.round}/{number}/{i}" + ("" if j is None else f"/{j}")
        return body

    def remember(self, body, result):
        self.matches[result["event"]] = (body["a"], body["b"], body["score"], body.get("id"), result["time_us"])

    def send(self, number, seed):
        chance, client, i = random.Random(seed), Client(self.server.address), 0
        while True:
            i += 1
            vote = number == 5 and {"item": f"item {chance.randrange(9)}", "vote": chance.choice(("up", "down"))}
            body = vote or ([self.body(chance, number, i, j) for j in range(20)] if number == 4 else self.body(chance, number, i))
            try:
                answer = client.post("/v1/votes" if vote else "/v1/matches", body)
            except GONE:
                if isinstance(body, dict) and "id" in body:
                    self.unanswered.append(body)
                return
            if answer.status != 201:
                self.surprises.append(answer.text)
            elif vote:
                self.votes[answer.json["event"]] = (vote["item"], int(vote["vote"] == "up"), None)
            elif number == 4:
                for one, result in zip(body, answer.json["results"]):
                    self.remember(one, result)
            else:
                self.remember(body, answer.json)

    def look(self):
        client = Client(self.server.address)
        while True:
            try:
                agents = client.get("/v1/leaderboard?limit=1000").json["agents"]
            except GONE:
                return
            self.page = {agent["id"]: exact(agent) for agent in agents}

    def join(self):
        for thread in self.threads:
            thread.join()


def copy_of(db, name):
    """The log as the kill left it, with its write-ahead log, to be looked at without touching the original."""
    copy = os.path.join(os.path.dirname(db), name)
    for suffix in ("", "-wal"):
        if os.path.exists(copy + suffix):
            os.unlink(copy + suffix)
        if os.path.exists(db + suffix):
            shutil.copy(db + suffix, copy + suffix)
    return copy


def replayed(copy, up_to):
    """The board that the first `up_to` matches of a copy give."""
    query(copy, "DELETE FROM matches WHERE event > ?", up_to)
    with Server(copy) as server:
        return server.board()


def check_log(load, db):
    copy = copy_of(db, "copy.db")
    stored = {event: tuple(rest) for event, *rest in query(copy, "SELECT event, a, b, score, key, time_us FROM matches")}
    votes = {event: tuple(rest) for event, *rest in query(copy, "SELECT event, item, up, key FROM votes")}
    equal("nothing but 201 was answered", load.surprises, [])
    lost = [event for event, match in load.matches.items() if stored.get(event) != match]
    check(f"all {len(load.matches)} acknowledged matches are stored as acknowledged", load.matches and not lost, lost[:5])
    lost = [event for event, vote in load.votes.items() if votes.get(event) != vote]
    check(f"all {len(load.votes)} acknowledged votes, too", load.votes and not lost, lost[:5])
    equal("numbers have no gap", sorted(stored) == list(range(1, len(stored) + 1)), True)
    batches = {}
    for match in stored.values():
        if match[3] is not None and match[3].startswith(f"{load.round}/4/"):
            batches[match[3].rsplit("/", 1)[0]] = batches.get(match[3].rsplit("/", 1)[0], 0) + 1
    equal(f"{len(batches)} batches are whole", {*batches.values()} - {20}, set())
    last = max(agent["last_event"] for agent in load.page.values())
    check("no match was served before it was stored", last <= len(stored), f"{last} of {len(stored)}")
    equal(f"what was served after match {last} is what the log gives, to the bit", replayed(copy, last) == load.page, True)
    return len(stored)


def test_kill9():
    print(f"SEED={SEED}")
    chance = random.Random(SEED)
    total = 0
    with Folder() as db:
        server = Server(db)
        for round_ in range(ROUNDS):
            load = Load(server, round_, chance.randrange(2**32))
            time.sleep(chance.uniform(0.2, 0.6) * SLOW)
            server.kill()
            load.join()
            count = check_log(load, db)
            total += len(load.matches)
            server = Server(db)
            board = server.board()
            server.kill()
            server = Server(db)
            equal("a second kill -9 changes nothing", server.board() == board, True)
            for body in load.unanswered:
                server.post("/v1/matches", body)
            keys = [body["id"] for body in load.unanswered]
            new = server.match("agent 1", "agent 2", 1).json["event"]
            check(f"{len(keys)} requests without an answer, sent again, count once", count < new <= count + len(keys) + 1, (count, new))
        code = server.stop()
        equal("SIGTERM in the end", code, 0)
        equal("no key is there twice", query(db, "SELECT key FROM matches WHERE key IS NOT NULL GROUP BY key HAVING count(*) > 1"), [])
    print(f"{ROUNDS} kills, {total} acknowledged matches")


if __name__ == "__main__":
    run_all([test_kill9])
