#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The clients of the cluster demo: `send.py HOST:PORT MATCHES.csv FOLDER --seconds N`.

Some threads share the matches of a CSV file (see replay.py), spread over N seconds, and send each until it is acknowledged:
after a 503 when it says so, after a lost connection soon, and always with the same id, so that it counts once. FOLDER/acks.tsv
gets a line for every acknowledged match, FOLDER/answers.tsv one for every time something was sent.
"""
import argparse
import http.client
import json
import random
import sys
import threading
import time

from replay import BadFile, read_matches

THREADS = 12
REQUESTS_PER_SECOND = 200  # at most; with more matches than that, several go in one request
CATCH_UP = 2  # times as fast as planned, when behind
JSON = {"Content-Type": "application/json"}


class GiveUp(Exception):
    pass


class Client(threading.Thread):
    def __init__(self, address, work, pace, out, give_up_at):
        super().__init__(daemon=True)
        self.pace = pace  # Seconds between two requests at least: who is behind must not overrun those who come back.
        self.connection = http.client.HTTPConnection(address, timeout=10)
        self.work, self.out, self.give_up_at = work, out, give_up_at
        self.failure = None

    def run(self):
        try:
            last = 0.0
            for due, matches in self.work:
                time.sleep(max(0.0, due - time.time(), last + self.pace - time.time()))
                last = time.time()
                self.send(matches)
        except Exception as error:  # told to the main thread
            self.failure = error
        finally:
            self.connection.close()

    def send(self, matches):
        """Until it is acknowledged."""
        body = json.dumps(matches if len(matches) > 1 else matches[0], ensure_ascii=False).encode()
        began = time.time()
        for again in range(1000):
            status, text, wait = self.once(body)
            now = time.time()
            self.out.answer(now, status, again)
            if status in (200, 201):
                results = json.loads(text)
                self.out.acks(now, now - began, zip(matches, results["results"] if len(matches) > 1 else [results]))
                return
            if status not in ("lost", 429, 502, 503, 504):
                raise GiveUp(f"{matches[0]['id']}: {status} {text}")
            # Not all at once when the server is back.
            wait = wait * random.uniform(1, 1.3) if wait else random.uniform(0.02, min(1.0, 0.1 * 2 ** again))
            if now + wait > self.give_up_at:
                raise GiveUp(f"{matches[0]['id']}: not acknowledged in time; the last answer: {status} {text}")
            time.sleep(wait)

    def once(self, body):
        """Status, text, and seconds to wait if the server says so. No answer: "lost", and the reason."""
        try:
            self.connection.request("POST", "/v1/matches", body, JSON)
            answer = self.connection.getresponse()
            return answer.status, answer.read().decode(), float(answer.headers.get("Retry-After") or 0)
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            return "lost", f"{type(error).__name__}: {error}", 0


class Out:
    """Two files of lines, from all threads."""

    def __init__(self, folder):
        self.lock = threading.Lock()
        self.ack_file = open(f"{folder}/acks.tsv", "w")
        self.answer_file = open(f"{folder}/answers.tsv", "w")

    def answer(self, now, status, again):
        with self.lock:
            self.answer_file.write(f"{now:.4f}\t{status}\t{again}\n")

    def acks(self, now, took, pairs):
        with self.lock:
            for match, result in pairs:
                self.ack_file.write(f"{now:.4f}\t{took:.4f}\t{match['id']}\t{result['event']}\t{result['time_us']}\t"
                                    f"{int(result['duplicate'])}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address")
    parser.add_argument("matches")
    parser.add_argument("folder")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--patience", type=float, default=30, help="seconds after that until the clients give up")
    options = parser.parse_args()

    matches = read_matches(options.matches)
    size = -(-len(matches) // int(options.seconds * REQUESTS_PER_SECOND))
    parts = [matches[first:first + size] for first in range(0, len(matches), size)]
    start = time.time()
    plan = [(start + i * options.seconds / len(parts), part) for i, part in enumerate(parts)]
    out = Out(options.folder)
    pace = options.seconds / len(parts) * THREADS / CATCH_UP
    clients = [Client(options.address, plan[i::THREADS], pace, out, start + options.seconds + options.patience)
               for i in range(THREADS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    out.ack_file.close()
    out.answer_file.close()
    failures = [str(client.failure) or repr(client.failure) for client in clients if client.failure]
    if failures:
        sys.exit(f"send: {failures[0]}" + (f" (and {len(failures) - 1} other clients)" if failures[1:] else ""))


if __name__ == "__main__":
    try:
        main()
    except BadFile as error:
        sys.exit(f"demo: {error}")
