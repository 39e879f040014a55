#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Send the matches of a CSV file to the rating server: `replay.py HOST:PORT MATCHES.csv`, or `--check` it only.

The file has a header with the columns left, right and winner (others are not read); winner is left, right or tie. The
order is kept, for ratings depend on it: batches, one after the other. Told to come back later (429), it does. Each match
carries an id, so that a batch may be sent again and still counts once.
"""
import collections
import csv
import http.client
import json
import sys
import time

REQUESTS = 600  # In about so many requests, whatever the number of matches.
SCORES = {"left": 1, "tie": 0.5, "right": 0}


class BadFile(Exception):
    pass


def read_matches(path):
    """All rows, checked: a file that is wrong in line 9000 must not be half replayed."""
    matches = []
    try:
        with open(path, newline="", encoding="utf-8") as file:
            rows = csv.DictReader(file)
            missing = {"left", "right", "winner"} - set(rows.fieldnames or ())
            if missing:
                raise BadFile(f"{path}: the first line must name the columns left, right and winner; missing: "
                              + ", ".join(sorted(missing)))
            for row in rows:
                where = f"{path}:{rows.line_num}"
                if row["winner"] not in SCORES:
                    raise BadFile(f"{where}: winner: expected left, right or tie, not {row['winner'] or ''!r}")
                for side in ("left", "right"):
                    if not 1 <= len((row[side] or "").encode()) <= 64:
                        raise BadFile(f"{where}: {side}: expected a name of 1 to 64 bytes")
                if row["left"] == row["right"]:
                    raise BadFile(f"{where}: left and right are the same, {row['left']!r}")
                matches.append({"id": f"line-{rows.line_num}", "a": row["left"], "b": row["right"],
                                "score": SCORES[row["winner"]]})
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadFile(f"{path}: {error.strerror if isinstance(error, OSError) else error}") from None
    if not matches:
        raise BadFile(f"{path}: no matches in it")
    return matches


def shares(matches):
    """What part of its possible points each agent has won."""
    won, played = collections.Counter(), collections.Counter()
    for match in matches:
        for agent, score in ((match["a"], match["score"]), (match["b"], 1 - match["score"])):
            won[agent] += score
            played[agent] += 1
    return {agent: won[agent] / played[agent] for agent in played}


def replay(address, matches):
    connection = http.client.HTTPConnection(address, timeout=10)
    batch = -(-len(matches) // REQUESTS)
    granted = denied = 0
    for first in range(0, len(matches), batch):
        body = json.dumps(matches[first:first + batch], ensure_ascii=False).encode()
        while True:
            connection.request("POST", "/v1/matches", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read().decode()
            if answer.status != 429:
                break
            denied += 1
            time.sleep(float(answer.headers["Retry-After"]))
        if answer.status != 201:
            sys.exit(f"replay: matches {first + 1} and on: the server answered {answer.status}: {text.strip()}")
        granted += 1
    return {"matches": len(matches), "granted": granted, "denied": denied, "share": shares(matches)}


def main():
    address, path = sys.argv[1:]
    matches = read_matches(path)
    if address != "--check":
        print(json.dumps(replay(address, matches)))


if __name__ == "__main__":
    try:
        main()
    except BadFile as error:
        sys.exit(f"demo: {error}")
    except (OSError, http.client.HTTPException) as error:
        sys.exit(f"replay: {error}")
