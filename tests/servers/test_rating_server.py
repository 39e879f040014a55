#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What examples/rating_server answers, good requests and bad ones: `test_rating_server.py BUILD_DIR`."""
import json
import math
import os
import random
import re
import subprocess
import sys
import threading

sys.dont_write_bytecode = True  # The source tree stays clean.
from lib_rating_server import JSON, SERVER, Client, Folder, Server, check, equal, exact, query, quote, raw, run_all

TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(2**32))


def test_matches():
    with Folder() as db, Server(db) as s:
        first = s.match("x", "y", 1)
        equal("a new match: 201", first.status, 201)
        equal("its place in the log is 1", (first.json["event"], first.json["duplicate"]), (1, False))
        x, y = s.get("/v1/agents/x").json, s.get("/v1/agents/y").json
        check("the winner rises, the loser falls", x["value"] > 1500 > y["value"], (x, y))
        equal("both count the match", (x["matches"], y["matches"], x["last_event"]), (1, 1, 1))
        equal("the time is that of the log", x["last_match_us"], first.json["time_us"])
        s.match("x", "y", 0)
        check("score is that of a", s.get("/v1/agents/x").json["value"] < x["value"])
        s.match("p", "q", 0.5)
        equal("a draw of equals moves neither", [s.get(f"/v1/agents/{i}").json["value"] for i in "pq"], [1500.0, 1500.0])
        batch = s.post("/v1/matches", [{"a": "p", "b": "q", "score": i % 2} for i in range(100)])
        equal("a batch: 201", batch.status, 201)
        equal("numbered in its order, without gaps", [r["event"] for r in batch.json["results"]], list(range(4, 104)))
        one = s.post("/v1/matches", [{"a": "p", "b": "q", "score": 1}])
        equal("a batch of one answers as a batch", [r["event"] for r in one.json["results"]], [104])
        equal("scores may be written as 1.0 and -0", [s.post("/v1/matches", body).status for body in (
            '{"a":"p","b":"q","score":1.0}', '{"a":"p","b":"q","score":5e-1}', '{"a":"p","b":"q","score":-0.0}')], [201] * 3)
        equal("fields in any order, spaces anywhere", s.post("/v1/matches", ' {"score" :1,\n"b":"q" , "a":"p"}\r\n').status, 201)
        equal("content type with a charset", s.post("/v1/matches", '{"a":"p","b":"q","score":1}', {
            "Content-Type": "Application/JSON; charset=utf-8"}).status, 201)
        most = s.post("/v1/matches", [{"a": "p", "b": "q", "score": 1}] * 10000)
        equal("ten thousand in one request", (most.status, len(most.json["results"])), (201, 10000))
        equal("ten thousand and one", s.post("/v1/matches", [{"a": "p", "b": "q", "score": 1}] * 10001).status, 400)


def test_idempotency():
    with Folder() as db, Server(db) as s:
        first = s.match("x", "y", 1, "k1")
        equal("a key's first time: 201", first.status, 201)
        board = s.board()
        again = s.match("x", "y", 1, "k1")
        equal("its second: 200 with the first result", (again.status, again.json), (200, {**first.json, "duplicate": True}))
        equal("it does not count twice", s.board(), board)
        equal("for another match: 409 names the field", (s.match("x", "y", 0, "k1").status, s.match("y", "x", 1, "k1").error),
              (409, ("key_reused", "id")))
        mixed = s.post("/v1/matches", [{"a": "x", "b": "y", "score": 1, "id": key} for key in ("k1", "k2", "k2", "k3")])
        equal("old and new in a batch", [(r["event"], r["duplicate"]) for r in mixed.json["results"]],
              [(1, True), (2, False), (2, True), (3, False)])
        equal("all old: 200", s.post("/v1/matches", [{"a": "x", "b": "y", "score": 1, "id": "k2"}]).status, 200)
        board = s.board()
        clash = s.post("/v1/matches", [{"a": "x", "b": "y", "score": 1, "id": "k9"}, {"a": "z", "b": "y", "score": 1},
                                       {"a": "x", "b": "y", "score": 0.5, "id": "k9"}])
        equal("a clash within a batch names its place", (clash.status, clash.error), (409, ("key_reused", "matches[2].id")))
        equal("nothing of that batch is stored", (s.board(), s.get("/v1/agents/z").status), (board, 404))
        equal("k9 is still free, and no number was lost", s.match("x", "y", 1, "k9").json["event"], 4)

        answers = []
        def one():
            client = Client(s.address)
            answers.append(client.post("/v1/matches", {"a": "x", "b": "y", "score": 1, "id": "race"}).json)
            client.close()
        threads = [threading.Thread(target=one) for _ in range(16)]
        [t.start() for t in threads], [t.join() for t in threads]
        equal("sixteen at once with one key: one is new", sorted(a["duplicate"] for a in answers), [False] + [True] * 15)
        equal("and all get its number", {a["event"] for a in answers}, {5})

        vote = {"item": "i", "vote": "up", "id": "k1"}
        equal("a vote's keys are its own", s.post("/v1/votes", vote).status, 201)
        equal("a vote does not count twice", (s.post("/v1/votes", vote).status, s.get("/v1/votes/i").json["up"]), (200, 1))
        equal("nor for other content", s.post("/v1/votes", {**vote, "vote": "down"}).error, ("key_reused", "id"))


def bad_bodies():
    good = {"a": "x", "b": "y", "score": 1}
    def but(**changes):
        body = {**good, **changes}
        return json.dumps({key: value for key, value in body.items() if value is not None})
    long = "n" * 65
    yield "empty", b"", "malformed_json", "body"
    yield "not JSON", b"hello", "malformed_json", "body"
    yield "cut off", b'{"a":"x","b":"y","score":1', "malformed_json", "body"
    yield "more behind it", b'{"a":"x","b":"y","score":1} {}', "malformed_json", "body"
    yield "a comma too many", b'{"a":"x","b":"y","score":1,}', "malformed_json", "body"
    yield "a byte order mark", b'\xef\xbb\xbf{"a":"x","b":"y","score":1}', "malformed_json", "body"
    yield "NaN", b'{"a":"x","b":"y","score":NaN}', "malformed_json", "body"
    yield "Infinity", b'{"a":"x","b":"y","score":Infinity}', "malformed_json", "body"
    yield "a number beyond a double", b'{"a":"x","b":"y","score":1e999}', "malformed_json", "body"
    yield "an integer beyond 64 bits", b'{"a":"x","b":"y","score":99999999999999999999}', "malformed_json", "body"
    yield "a raw control byte", b'{"a":"x\x01","b":"y","score":1}', "malformed_json", "body"
    yield "a zero byte", b'{"a":"x","b":"y","score":1}\x00', "malformed_json", "body"
    yield "an escaped zero", rb'{"a":"x\u0000z","b":"y","score":1}', "malformed_json", "body"
    yield "half a surrogate", rb'{"a":"\ud800","b":"y","score":1}', "malformed_json", "body"
    yield "invalid UTF-8", b'{"a":"x\xff","b":"y","score":1}', "malformed_json", "body"
    yield "overlong UTF-8", b'{"a":"x\xc0\xaf","b":"y","score":1}', "malformed_json", "body"
    yield "a field twice", b'{"a":"x","b":"y","score":1,"a":"x"}', "duplicate_field", "a"
    yield "deep nesting", b"[" * 100000, "wrong_type", "body"
    yield "a million small things", b"[" + b"[]," * 300000 + b"[]]", "too_many", "body"
    yield "null", b"null", "wrong_type", "body"
    yield "a number", b"1", "wrong_type", "body"
    yield "a string", b'"x"', "wrong_type", "body"
    yield "an empty list", b"[]", "bad_value", "matches"
    yield "a list of lists", b"[[]]", "wrong_type", "matches[0]"
    yield "a list with a hole", f"[{but()},null]", "wrong_type", "matches[1]"
    yield "an empty object", b"{}", "missing_field", "a"
    yield "a match of one", but(b=None), "missing_field", "b"
    yield "no score", but(score=None), "missing_field", "score"
    yield "the same agent twice", but(b="x"), "same_agent", "b"
    yield "the same agent, in a list", f"[{but()},{but(a='y')}]", "same_agent", "matches[1].b"
    yield "an unknown field", but(colour="red"), "unknown_field", "colour"
    yield "an unknown field, in a list", f"[{but()},{but(winner='a')}]", "unknown_field", "matches[1].winner"
    yield "a long unknown field", but(**{"u" * 5000: 1}), "unknown_field", "u" * 64
    yield "a score of 2", but(score=2), "bad_value", "score"
    yield "a score of -1", but(score=-1), "bad_value", "score"
    yield "a score of 0.3", but(score=0.3), "bad_value", "score"
    yield "a score next to 1", but(score=1 - 2**-53), "bad_value", "score"
    yield "a score in quotes", but(score="1"), "bad_value", "score"
    yield "a score of true", but(score=True), "bad_value", "score"
    yield "a score of null", b'{"a":"x","b":"y","score":null}', "bad_value", "score"
    for field in ("a", "b", "id"):
        yield f"{field} is a number", but(**{field: 7}), "bad_value", field
        yield f"{field} is a list", but(**{field: ["x"]}), "bad_value", field
        yield f"{field} is empty", but(**{field: ""}), "bad_value", field
        yield f"{field} has 65 bytes", but(**{field: long}), "bad_value", field
        yield f"{field} has 65 bytes in 22 characters", but(**{field: "\u20ac" * 21 + "\u00e9"}), "bad_value", field
        yield f"{field} has a line feed", but(**{field: "x\n"}), "bad_value", field
        yield f"{field} has DEL", but(**{field: "x\x7f"}), "bad_value", field
        yield f"{field} has a C1 control", but(**{field: "x\x85"}), "bad_value", field
    yield "the last of many is bad", "[" + ",".join([but()] * 999) + "," + but(b="") + "]", "bad_value", "matches[999].b"


def test_bad_matches():
    with Folder() as db, Server(db) as s:
        s.match("x", "y", 1)
        before = s.board()
        for name, body, code, field in bad_bodies():
            answer = s.post("/v1/matches", body)
            equal(f"matches, {name}", (answer.status, answer.error), (400, (code, field)))
            if not answer.json or not answer.json["error"]["message"]:
                check(f"matches, {name}: a message", False, answer.text)
        equal("nothing was stored", s.board(), before)
        equal("no number was lost", s.match("x", "y", 1).json["event"], 2)
        for length, name in ((64, "n" * 64), (64, "\u20ac" * 21 + "n"), (4, "\U0001f980")):
            equal(f"a name of {length} bytes is fine", (len(name.encode()), s.match(name, "y", 1).status,
                                                        s.get("/v1/agents/" + quote(name)).json["id"]), (length, 201, name))
        odd = 'a/b?c=d&e %"\\#+'
        equal("a name of odd characters", (s.match(odd, "y", 1).status, s.get("/v1/agents/" + quote(odd)).json["id"]), (201, odd))
        equal("it is found in a query, too", s.get(f"/v1/predict?a={quote(odd)}&b=y").json["a"], odd)


def test_bad_requests():
    with Folder() as db, Server(db) as s:
        s.match("x", "y", 1)
        body = '{"a":"x","b":"y","score":1}'
        for path, allow in (("/v1/matches", "POST"), ("/v1/votes", "POST"), ("/v1/agents/x", "GET, HEAD"),
                            ("/v1/leaderboard", "GET, HEAD"), ("/v1/predict", "GET, HEAD"), ("/v1/votes/x", "GET, HEAD"),
                            ("/healthz", "GET, HEAD"), ("/readyz", "GET, HEAD")):
            for method in ("DELETE", "PUT", "OPTIONS", "GET" if allow == "POST" else "POST"):
                answer = s.ask(method, path, body if method in ("POST", "PUT") else None)
                equal(f"{method} {path}: 405 with Allow", (answer.status, answer.headers["Allow"], answer.error[0]),
                      (405, allow, "method_not_allowed"))
        for path in ("/", "/v1", "/v1/match", "/v1/matches/", "/v1/matches/1", "/v1/leaderboard/x", "/metrics", "//v1/matches"):
            equal(f"GET {path}: 404", (s.get(path).status, s.get(path).error[0]), (404, "not_found"))
        equal("GET /v1/agents: 404", s.get("/v1/agents").status, 404)
        for name in ("", "n" * 65, "%01", "%7f", "%c2%80", "%ff", "%80", "%c0%af", "%e0%80%af", "%ed%a0%80", "%f0%80%80%af",
                     "%f4%90%80%80", "%f5%80%80%80", "%e2%82", "x%e2%82x", "%c3"):
            equal(f"GET /v1/agents/{name[:24]}: not a name", (s.get("/v1/agents/" + name).status, s.get("/v1/agents/" + name).error),
                  (400, ("bad_value", "id")))
        for name in ("%c2%a0", "%ef%bf%bf", "%ed%9f%bf", "%f4%8f%bf%bf", "%e0%a0%80", "%f0%90%80%80"):
            equal(f"GET /v1/agents/{name}: a name, unknown", s.get("/v1/agents/" + name).status, 404)
        for path in ("/v1/agents/%00", "/v1/agents/x%00", "/v1/agents/%", "/v1/agents/%4", "/v1/agents/%zz", "/v1/%"):
            equal(f"GET {path}: a bad escape", (s.get(path).status, s.get(path).error), (400, ("bad_target", "path")))
        equal("an unknown agent: 404", s.get("/v1/agents/nobody").error, ("not_found", "id"))
        for headers in ({}, {"Content-Type": "text/json"}, {"Content-Type": "application/jsonx"},
                        {"Content-Type": "application/x-www-form-urlencoded"}, {"Content-Type": "application/json, text/html"},
                        {**JSON, "Content-Encoding": "gzip"}):
            answer = s.post("/v1/matches", body, headers)
            equal(f"POST with {headers or 'no type'}: 415", (answer.status, answer.error[0]), (415, "unsupported_media_type"))
        space = b" " * (2**20 - len(body))
        equal("a body of 1 MiB", s.post("/v1/matches", body.encode() + space).status, 201)
        answer = s.post("/v1/matches", body.encode() + space + b" ")
        equal("a byte more: 413", (answer.status, answer.error), (413, ("too_large", "body")))
        equal("the connection goes on after it", s.get("/healthz").status, 200)
        answer = s.ask("POST", "/v1/matches", (b" " * 65536 for _ in range(40)), JSON)
        equal("too much in chunks: 413", (answer.status, answer.error), (413, ("too_large", "body")))
        chunked = s.ask("POST", "/v1/matches", (part.encode() for part in (body[:9], body[9:])), JSON)
        equal("a body in chunks", chunked.status, 201)
        answer = raw(s.address, b"POST /v1/matches HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                     b"Content-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n")
        check("Expect: 100-continue of a huge body: 413 at once", answer.startswith(b"HTTP/1.1 413 "), answer[:60])
        answer = raw(s.address, b"POST /v1/matches HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
                     b"Content-Length: 27\r\nExpect: 100-continue\r\n\r\n" + body.encode())
        check("Expect: 100-continue of a good one: 100, then 201", b"100 Continue" in answer and b" 201 " in answer, answer[:80])
        answer = raw(s.address, b"GET http://example.org/v1/agents/x HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n")
        check("a target in absolute form", answer.startswith(b"HTTP/1.1 200 "), answer[:60])
        for noise in (b"\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 9, b"GET / HTTP/1.1\r\nA" * 4000,
                      b"POST /v1/matches HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                      b"POST /v1/matches HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"):
            raw(s.address, noise, 0.3)
        head = s.ask("HEAD", "/v1/agents/x")
        equal("HEAD: the header of GET, no body", (head.status, head.headers["Content-Length"], head.text),
              (200, s.get("/v1/agents/x").headers["Content-Length"], ""))
        equal("after all that, the log has what was acknowledged", s.match("x", "y", 1).json["event"], 5)
        equal("answers are not for caches", s.get("/v1/agents/x").headers["Cache-Control"], "no-store")


def test_leaderboard():
    with Folder() as db, Server(db) as s:
        equal("an empty leaderboard", s.get("/v1/leaderboard").json,
              {"system": "glicko2", "total": 0, "offset": 0, "limit": 50, "agents": []})
        chance = random.Random(SEED)
        names = [f"agent-{i:02}" for i in range(60)]
        games = [[*chance.sample(names, 2), chance.choice((0, 0.5, 1))] for _ in range(600)]
        s.post("/v1/matches", [{"a": a, "b": b, "score": score} for a, b, score in games])
        everyone = s.get("/v1/leaderboard?limit=1000").json["agents"]
        equal("everyone is on it", sorted(agent["id"] for agent in everyone), sorted({n for g in games for n in g[:2]}))
        equal("best first", [a["display"] for a in everyone], sorted((a["display"] for a in everyone), reverse=True))
        equal("50 a page if not said", s.get("/v1/leaderboard").json["agents"], everyone[:50])
        equal("a page in the middle", s.get("/v1/leaderboard?limit=7&offset=11").json["agents"], everyone[11:18])
        equal("the last page is short", s.get("/v1/leaderboard?offset=55&limit=10").json["agents"], everyone[55:])
        equal("past the end", s.get("/v1/leaderboard?offset=999999999").json["agents"], [])
        equal("the same as one by one", [s.get("/v1/agents/" + a["id"]).json for a in everyone[:5]], everyone[:5])
        equal("matches are counted", sum(a["matches"] for a in everyone), 1200)
        s.post("/v1/matches", [{"a": "t2", "b": "t1", "score": 0.5}])
        tied = [a["id"] for a in s.get("/v1/leaderboard?limit=1000").json["agents"] if a["id"].startswith("t")]
        equal("equals stand in the order of their names", tied, ["t1", "t2"])
        for query, field in (("limit=0", "limit"), ("limit=1001", "limit"), ("limit=-1", "limit"), ("limit=ten", "limit"),
                             ("limit=", "limit"), ("limit", "limit"), ("limit=1.5", "limit"), ("limit=%2B1", "limit"),
                             ("limit=0x10", "limit"), ("limit=99999999999999999999", "limit"), ("offset=-1", "offset"),
                             ("offset=a", "offset"), ("offset=1000000000", "offset"), ("offset=%zz", "offset"),
                             ("limit=5%00", "limit"), ("limit=" + "0" * 300, "limit")):
            answer = s.get("/v1/leaderboard?" + query)
            equal(f"leaderboard?{query[:24]}: 400", (answer.status, answer.error), (400, ("bad_value", field)))
        equal("limit twice: 400", s.get("/v1/leaderboard?limit=1&limit=2").error, ("duplicate_field", "limit"))
        equal("an unknown parameter: 400", s.get("/v1/leaderboard?page=1").error, ("unknown_parameter", "page"))
        equal("also where there are none", s.get("/v1/agents/t1?x=1").error, ("unknown_parameter", "x"))


def test_predict():
    with Folder() as db, Server(db) as s:
        s.post("/v1/matches", [{"a": "x", "b": "y", "score": 1}] * 5 + [{"a": "p", "b": "q", "score": 0.5}])
        answer = s.get("/v1/predict?a=x&b=y").json
        check("the stronger is expected to win", 0.5 < answer["expected_a"] < 1, answer)
        equal("both add up to 1", answer["expected_a"] + answer["expected_b"], 1.0)
        other = s.get("/v1/predict?b=x&a=y").json
        check("turned round it is the same", math.isclose(other["expected_b"], answer["expected_a"], rel_tol=1e-14), other)
        equal("equals: 0.5", s.get("/v1/predict?a=p&b=q").json["expected_a"], 0.5)
        for query, status, error in (("", 400, ("missing_field", "a")), ("?a=x", 400, ("missing_field", "b")),
                                     ("?a=x&b=x", 400, ("same_agent", "b")), ("?a=x&b=nobody", 404, ("not_found", "b")),
                                     ("?a=nobody&b=x", 404, ("not_found", "a")), ("?a=&b=x", 400, ("bad_value", "a")),
                                     ("?a=x&b=%0a", 400, ("bad_value", "b")), ("?a=x&b=%ff", 400, ("bad_value", "b")),
                                     ("?a=x&b=" + "n" * 65, 400, ("bad_value", "b")), ("?a=x&b=y&c=z", 400, ("unknown_parameter", "c"))):
            answer = s.get("/v1/predict" + query)
            equal(f"predict{query[:20]}: {status}", (answer.status, answer.error), (status, error))


def wilson(up, total, z=1.9599639845400540):
    share = up / total
    centre, spread = share + z * z / (2 * total), z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return (centre - spread) / (1 + z * z / total), (centre + spread) / (1 + z * z / total)


def test_votes():
    with Folder() as db, Server(db) as s:
        equal("no votes yet: 404", s.get("/v1/votes/i").error, ("not_found", "id"))
        for up, down in ((1, 0), (1, 1), (8, 1)):
            while (now := (s.get("/v1/votes/i").json or {"up": 0, "down": 0})) and (now.get("up", 0), now.get("down", 0)) != (up, down):
                answer = s.post("/v1/votes", {"item": "i", "vote": "up" if now.get("up", 0) < up else "down"})
            lower, upper = wilson(up, up + down)
            equal(f"{up} up, {down} down: counted", (answer.status, answer.json["up"], answer.json["down"]), (201, up, down))
            check(f"{up} up, {down} down: Wilson's bounds", math.isclose(answer.json["lower"], lower, rel_tol=1e-12) and
                  math.isclose(answer.json["upper"], upper, rel_tol=1e-12), (answer.json, lower, upper))
        now = s.get("/v1/votes/i").json
        equal("GET gives the same", now, {key: answer.json[key] for key in now})
        for name, body, code, field in (
                ("no item", {"vote": "up"}, "missing_field", "item"), ("no vote", {"item": "i"}, "missing_field", "vote"),
                ("sideways", {"item": "i", "vote": "sideways"}, "bad_value", "vote"),
                ("a number", {"item": "i", "vote": 1}, "bad_value", "vote"),
                ("an empty item", {"item": "", "vote": "up"}, "bad_value", "item"),
                ("an unknown field", {"item": "i", "vote": "up", "weight": 2}, "unknown_field", "weight"),
                ("a list", [{"item": "i", "vote": "up"}], "wrong_type", "body"), ("not JSON", b"up", "malformed_json", "body"),
                ("twice", b'{"item":"i","vote":"up","vote":"up"}', "duplicate_field", "vote"), ("nothing", b"", "malformed_json", "body")):
            answer = s.post("/v1/votes", body)
            equal(f"votes, {name}", (answer.status, answer.error), (400, (code, field)))
        equal("nothing was counted", s.get("/v1/votes/i").json, now)
        s.stop()
        with Server(db) as t:
            equal("votes are there after a restart, to the bit", exact(t.get("/v1/votes/i").json), exact(now))
            equal("their numbers go on", t.post("/v1/votes", {"item": "i", "vote": "up"}).json["event"], 10)


def random_games(chance, count, players=40):
    names = [f"player {i}" for i in range(players)]
    games = [dict(zip(("a", "b", "score"), (*chance.sample(names, 2), chance.choice((0, 0.5, 1))))) for _ in range(count)]
    for game in games[::3]:
        game["id"] = f"{chance.random()}"
    return games


def test_replay():
    chance = random.Random(SEED)
    print(f"SEED={SEED}")
    for system, period in (("glicko2", "1"), ("glicko2", "0.00000001"), ("glicko2", "0"), ("elo", "1")):
        with Folder() as db:
            flags = ("--system", system, "--period-days", period)
            with Server(db, *flags) as s:
                games = random_games(chance, 3000)
                for i in range(0, 2900, 290):
                    s.post("/v1/matches", games[i:i + 290])
                for game in games[2900:]:
                    s.post("/v1/matches", game)
                s.post("/v1/votes", {"item": "i", "vote": "down"})
                served, predicted = s.board(), exact(s.get("/v1/predict?a=player%201&b=player%202").json)
            with Server(db, *flags) as s:
                equal(f"{system}, periods of {period} days: a restart gives the same bits", s.board() == served, True)
                equal(f"{system}, periods of {period} days: and the same prediction",
                      exact(s.get("/v1/predict?a=player%201&b=player%202").json), predicted)
                equal("it says how far it is", s.lines[1], "replayed 3000 of 3000 matches (100 %)")
                equal("numbers go on", s.match("player 1", "player 2", 1).json["event"], 3001)
            if system == "elo":
                continue
            with Server(db, "--system", "elo", "--period-days", period) as s:
                rerated = s.board()
                check("another system rates the same log anew", rerated.keys() == served.keys() and rerated != served)
                equal("and says its name", s.get("/v1/leaderboard").json["system"], "elo")


def test_periods():
    boards = []
    for period in ("0", "0.0000001"):
        with Folder() as db, Server(db, "--period-days", period) as s:
            for game in random_games(random.Random(SEED), 20, 6):
                s.post("/v1/matches", game)
            boards.append({name: agent["deviation"] for name, agent in s.board().items()})
    check("idle time makes ratings less certain", boards[0].keys() == boards[1].keys() and
          all(float.fromhex(boards[0][name]) <= float.fromhex(boards[1][name]) for name in boards[0]) and boards[0] != boards[1], boards)


def test_log_is_plain():
    with Folder() as db:
        with Server(db) as s:
            s.match("x", "y", 0.5, "key")
            s.match("y", "z", 0)
            times = [s.match("x", "z", 1).json["time_us"] for _ in range(3)]
        check("times do not fall", times == sorted(times) and times[0] > 1.7e15, times)
        check("a clean stop leaves one file", os.listdir(os.path.dirname(db)) == ["ratings.db"], os.listdir(os.path.dirname(db)))
        future = 4102444800000000
        query(db, "INSERT INTO matches (time_us, a, b, score) VALUES (?, 'x', 'y', 1)", future)
        with Server(db) as s:
            equal("a clock that was set back: the log's time stands still", s.match("x", "y", 1).json["time_us"], future)
            board = s.board()
        with Server(db) as s:
            equal("and a restart reads it", s.board() == board, True)
        equal("any SQLite reads the log", query(db, "SELECT event, a, b, score, key FROM matches LIMIT 2"),
              [(1, "x", "y", 0.5, "key"), (2, "y", "z", 0.0, None)])


def test_names_are_limited():
    with Folder() as db, Server(db, "--max-names", "4") as s:
        equal("as many agents as allowed", [s.match("a", "b", 1).status, s.match("c", "d", 1).status], [201, 201])
        answer = s.match("a", "e", 1)
        equal("one more: 507", (answer.status, answer.error[0]), (507, "full"))
        answer = s.post("/v1/matches", [{"a": "a", "b": "b", "score": 1}, {"a": "f", "b": "b", "score": 1}])
        equal("none of its batch is stored", (answer.status, s.get("/v1/agents/a").json["matches"]), (507, 1))
        equal("those who are there play on", s.match("a", "d", 1).status, 201)
        equal("items have their own room", [s.post("/v1/votes", {"item": i, "vote": "up"}).status for i in "abcde"], [201] * 4 + [507])
        s.stop()
        run = Server(db, "--max-names", "3", wait=False)
        equal("a log with more names than allowed: exit 1", run.end(), 1)
        check("it says so", any("--max-names" in line for line in run.errors), run.errors)


def test_metrics():
    with Folder() as db, Server(db) as s:
        text = s.metrics_client.get("/metrics")
        equal("Content-Type and Vary", (text.headers["Content-Type"], text.headers["Vary"]), (TEXT_TYPE, "Accept"))
        series = re.findall(r'^openclaw_http_requests_total\{route="([^"]+)",code="(\d+)"\} (\d+)$', text.text, re.MULTILINE)
        check("every route and code from the start, at 0", len(series) > 50 and {value for *_, value in series} == {"0"}, series)
        opened = s.metrics_client.get("/metrics", {"Accept": "application/openmetrics-text;version=1.0.0"})
        equal("OpenMetrics when asked", (opened.headers["Content-Type"], opened.text.endswith("# EOF\n")), (OPENMETRICS_TYPE, True))
        s.match("x", "y", 1), s.match("x", "y", 2), s.get("/nowhere"), s.get("/v1/agents/x")
        s.post("/v1/votes", {"item": "i", "vote": "up"})
        for sample, want in (('openclaw_http_requests_total{route="/v1/matches",code="201"}', 1),
                             ('openclaw_http_requests_total{route="/v1/matches",code="400"}', 1),
                             ('openclaw_http_requests_total{route="/v1/agents/{id}",code="200"}', 1),
                             ('openclaw_http_requests_total{route="other",code="404"}', 1),
                             ('openclaw_http_requests_total{route="/metrics",code="200"}', 6),
                             ("openclaw_matches_total", 1), ("openclaw_votes_total", 1), ("openclaw_rated_agents", 2),
                             ("openclaw_voted_items", 1), ("openclaw_storage_up", 1),
                             ("openclaw_http_request_duration_seconds_count", 5), ("openclaw_commit_duration_seconds_count", 2),
                             ('openclaw_tokens_offered_total{limit="pod"}', 5)):
            equal(sample, s.metric(sample), want)
        check("bytes of a name do not reach a label", "nowhere" not in s.metrics_client.get("/metrics").text)
        equal("the metrics port has no API", s.metrics_client.get("/v1/agents/x").status, 404)
        equal("probes on both ports", [c.get(p).status for c in (s.client, s.metrics_client) for p in ("/healthz", "/readyz")], [200] * 4)


def test_group_commit():
    with Folder() as db, Server(db) as s:
        def many(number):
            client = Client(s.address)
            for i in range(25):
                client.post("/v1/matches", {"a": f"a{number}", "b": f"b{i}", "score": 1})
            client.close()
        threads = [threading.Thread(target=many, args=(number,)) for number in range(16)]
        [t.start() for t in threads], [t.join() for t in threads]
        matches, commits = s.metric("openclaw_matches_total"), s.metric("openclaw_commit_duration_seconds_count")
        equal("four hundred matches of sixteen clients", matches, 400)
        check("shared commits", commits < matches, f"{commits} commits")


def test_flags():
    run = subprocess.run([SERVER, "--help"], capture_output=True, text=True, timeout=30)
    flags = re.findall(r"^  --([a-z-]+)", run.stdout, re.MULTILINE)
    check("--help: exit 0, all flags and their variables", run.returncode == 0 and len(flags) > 10 and all(
        f"$OPENCLAW_{flag.upper().replace('-', '_')}" in run.stdout for flag in flags[:-2]), run.stdout)
    systems = run.stdout.splitlines()[-1].split()
    check("--help: the systems that a board can have", "glicko2" in systems and "yuksel" not in systems, systems)
    run = subprocess.run([SERVER, "--version"], capture_output=True, text=True, timeout=30)
    check("--version", run.returncode == 0 and re.fullmatch(r"rating_server, libopenclaw \d+\.\d+\.\d+\n", run.stdout), run.stdout)
    for flags, names in ((["--capacity", "0"], "--capacity"), (["--capacity", "-5"], "--capacity"), (["--capacity", "ten"], "--capacity"),
                         (["--capacity", "9" * 30], "--capacity"), (["--capacity="], "--capacity"), (["--capacity"], "capacity"),
                         (["--refill-rate", "1.5"], "--refill-rate"), (["--period-days", "-1"], "--period-days"),
                         (["--period-days", "nan"], "--period-days"), (["--period-days", "inf"], "--period-days"),
                         (["--system", "chess"], "--system"), (["--system", "yuksel"], "4 numbers of a player beside its record"),
                         (["--synchronous", "off"], "--synchronous"), (["--threads", "1"], "--threads"),
                         (["--speed"], "speed"), (["extra"], "extra")):
        run = subprocess.run([SERVER, *flags], capture_output=True, text=True, timeout=30)
        check(f"{' '.join(flags)[:24]}: exit 2, named", run.returncode == 2 and names in run.stderr and not run.stdout, run)
    for listen in ("127.0.0.1", "127.0.0.1:70000", "127.0.0.1:x", "localhost:0", "300.0.0.1:0", ":0", "", "[::1]", "127.0.0.1:"):
        with Folder() as db:
            run = subprocess.run([SERVER, "--listen", listen, "--store", f"sqlite:{db}"], capture_output=True, text=True, timeout=30)
            check(f"--listen {listen!r}: exit 1, named", run.returncode == 1 and "--listen" in run.stderr, run)
    with Folder() as db, Server(db, "--capacity", "7", env={"OPENCLAW_CAPACITY": "5", "OPENCLAW_REFILL_RATE": "3"}) as s:
        equal("flags come before the environment", s.get("/v1/leaderboard").headers["RateLimit-Policy"], '"pod";q=7;w=1')
        other = subprocess.run([SERVER, "--listen", s.address, "--store", f"sqlite:{db}"], capture_output=True, text=True, timeout=30)
        check("a port in use: exit 1", other.returncode == 1 and "in use" in other.stderr, other)
    run = subprocess.run([SERVER], capture_output=True, text=True, timeout=30, env={**os.environ, "OPENCLAW_CAPACITY": "x"})
    check("a bad variable: exit 2, named", run.returncode == 2 and "$OPENCLAW_CAPACITY" in run.stderr, run)


if __name__ == "__main__":
    run_all([test_matches, test_idempotency, test_bad_matches, test_bad_requests, test_leaderboard, test_predict, test_votes,
             test_replay, test_periods, test_log_is_plain, test_names_are_limited, test_metrics, test_group_commit, test_flags])
