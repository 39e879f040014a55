#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How examples/rating_server treats those who come: limit, token, slow clients, the stop.

    test_rating_server_clients.py BUILD_DIR
"""
import http.client
import os
import re
import signal
import socket
import sys
import threading
import time

sys.dont_write_bytecode = True  # The source tree stays clean.
from lib_rating_server import SLOW, Client, Folder, Server, check, equal, query, run_all, wait_until
from lib_redis import free_port

MATCH = b'{"a":"x","b":"y","score":1}'


def connect(address):
    host, port = address.rsplit(":", 1)
    connection = socket.create_connection((host, int(port)), timeout=20 * SLOW)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def head(length, path="/v1/matches"):
    return (f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n").encode()


def read_to_end(connection):
    answer = b""
    try:
        while piece := connection.recv(65536):
            answer += piece
    except OSError:
        pass
    return answer


def test_limit():
    with Folder() as db, Server(db, "--capacity", "4", "--refill-rate", "1") as s:
        answers = [s.match("x", "y", 1), s.get("/v1/agents/x"), s.get("/v1/nowhere"), s.match("x", "y", 7)]
        equal("four tokens, four answers", [a.status for a in answers], [201, 200, 404, 400])
        equal("each says the policy", {a.headers["RateLimit-Policy"] for a in answers}, {'"pod";q=4;w=4'})
        equal("and what is left, more in a second", [a.headers["RateLimit"] for a in answers], [f'"pod";r={i};t=1' for i in (3, 2, 1, 0)])
        denied = s.match("x", "y", 1)
        equal("then 429", (denied.status, denied.error[0]), (429, "rate_limited"))
        equal("with Retry-After and RateLimit", [denied.headers[n] for n in ("Retry-After", "RateLimit", "RateLimit-Policy")],
              ["1", '"pod";r=0;t=1', '"pod";q=4;w=4'])
        equal("nothing was stored", s.metric("openclaw_matches_total"), 1)
        for client in (s.client, s.metrics_client):
            equal("probes are never limited", {client.get(p).status for p in ("/healthz", "/readyz") for _ in range(20)}, {200})
        equal("nor are metrics", {s.metrics_client.get("/metrics").status for _ in range(20)}, {200})
        equal("probes say nothing of the limit", s.get("/healthz").headers["RateLimit"], None)
        check("denied requests are offered tokens", s.metric('openclaw_tokens_offered_total{limit="pod"}') == 5 and
              s.metric('openclaw_requests_denied_total{limit="pod"}') == 1)
        time.sleep(1.05)
        equal("after Retry-After it passes", s.match("x", "y", 1).status, 201)
    with Folder() as db, Server(db, "--capacity", "3", "--refill-rate", "0") as s:
        answers = [s.get("/v1/leaderboard") for _ in range(4)]
        equal("a bucket that is not refilled", [a.status for a in answers], [200, 200, 200, 429])
        equal("has no window and promises nothing", [answers[3].headers[n] for n in ("RateLimit-Policy", "RateLimit", "Retry-After")],
              ['"pod";q=3', '"pod";r=0', None])
    with Folder() as db, Server(db, "--capacity", "1000", "--refill-rate", "200") as s:
        fields = s.get("/v1/leaderboard").headers
        check("the defaults: a window of five seconds", fields["RateLimit-Policy"] == '"pod";q=1000;w=5' and
              re.fullmatch(r'"pod";r=999(;t=1)?', fields["RateLimit"]), str(fields))


def test_token():
    with Folder() as db:
        path = os.path.join(os.path.dirname(db), "token")
        with open(path, "w", encoding="ascii") as file:
            file.write("s3cret-Token~1\n")
        with Server(db, "--token-file", path, "--capacity", "100", "--refill-rate", "0") as s:
            for given in (None, "", "Bearer", "Bearer ", "Bearer x", "Bearer s3cret-Token~", "Bearer s3cret-Token~1x", "Bearer s3cret-token~1",
                          "Basic czNjcmV0", "s3cret-Token~1", "Bearer s3cret-Token~1s3cret-Token~1", "Bearer " + "s" * 4000):
                answer = s.match("x", "y", 1, headers={} if given is None else {"Authorization": given})
                equal(f"Authorization: {(given or 'none')[:28]}: 401", (answer.status, answer.error, answer.headers["WWW-Authenticate"]),
                      (401, ("unauthorized", "Authorization"), 'Bearer realm="openclaw"'))
            for path_ in ("/v1/leaderboard", "/v1/agents/x", "/v1/nowhere", "/v1/votes/x"):
                equal(f"{path_} asks for it, too", s.get(path_).status, 401)
            equal("nothing was stored, no token of the bucket was spent",
                  (s.metric("openclaw_matches_total"), s.metric('openclaw_tokens_offered_total{limit="pod"}')), (0, 0))
            for given in ("Bearer s3cret-Token~1", "bearer s3cret-Token~1", "BEARER   s3cret-Token~1"):
                equal(f"Authorization: {given[:6]}: in", s.match("x", "y", 1, headers={"Authorization": given}).status, 201)
            equal("probes and metrics are open", [c.get(p).status for c in (s.client, s.metrics_client) for p in ("/healthz", "/readyz")] +
                  [s.metrics_client.get("/metrics").status], [200] * 5)
        with Server(db, env={"OPENCLAW_TOKEN": "other"}) as s:
            equal("a token in the environment", [s.match("x", "y", 1, headers={"Authorization": "Bearer " + t}).status
                                                for t in ("other", "s3cret-Token~1")], [201, 401])
        for content in ("", "\n", "two words\n", "x" * 513, "caf\u00e9"):
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
            s = Server(db, "--token-file", path, wait=False)
            equal(f"a token of {content[:9]!r}: exit 1", s.end(), 1)
            check("it names the flag", any("--token-file" in line for line in s.errors), s.errors)
        s = Server(db, "--token-file", path + "x", wait=False)
        equal("a token file that is missing: exit 1", s.end(), 1)


def cut_after(name, address, begin, drip):
    """Send `begin`, then `drip` every 0.1 s: how long until the server hangs up?"""
    start = time.monotonic()
    connection = connect(address)
    connection.settimeout(0.1)
    try:
        connection.sendall(begin)
        while time.monotonic() - start < 20 * SLOW:
            try:
                if not connection.recv(65536):
                    break
            except socket.timeout:
                connection.sendall(drip)
    except OSError:
        pass
    took = time.monotonic() - start
    connection.close()
    check(f"{name}: cut off after 1 s", 0.9 < took < 3 * SLOW, f"{took:.2f} s")


def test_slow_clients():
    with Folder() as db, Server(db, "--request-timeout", "1", "--max-connections", "8", "--threads", "2") as s:
        s.post("/v1/matches", [{"a": f"agent {i} " + "n" * 48, "b": "y", "score": 1} for i in range(1000)])
        cases = [("a silent client", b"", b""), ("half a request line", b"GET /v1/le", b""),
                 ("a header, byte by byte", b"GET /v1/leaderboard HTTP/1.1\r\nHost: x\r\nA: ", b"a"),
                 ("a body, byte by byte", head(len(MATCH) + 10000), b" "), ("a body that stops", head(len(MATCH)) + MATCH[:9], b""),
                 ("a body in chunks, without end", head(0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked"), b"1\r\n \r\n")]
        threads = [threading.Thread(target=cut_after, args=(name, s.address, begin, drip)) for name, begin, drip in cases]
        [t.start() for t in threads], [t.join() for t in threads]
        hungry = connect(s.address)
        hungry.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        start = time.monotonic()
        try:
            for _ in range(100):
                hungry.sendall(b"GET /v1/leaderboard?limit=1000 HTTP/1.1\r\nHost: x\r\n\r\n")
                time.sleep(0.02)
            while time.monotonic() - start < 3:  # Reads next to nothing of 20 MB.
                hungry.recv(1)
                time.sleep(0.05)
                hungry.send(b"G")
        except OSError:
            pass
        check("a client that does not read: cut off", time.monotonic() - start < 3 * SLOW, f"{time.monotonic() - start:.2f} s")
        hungry.close()
        steady = Client(s.address)
        equal("a client that asks in time stays", [(time.sleep(0.4), steady.get("/v1/agents/y").status)[1] for _ in range(5)], [200] * 5)
        steady.close()
        crowd = [connect(s.address) for _ in range(30)]
        start = time.monotonic()
        late = Client(s.address)
        equal("more silent clients than connections: others are served when those are cut", late.get("/v1/agents/y").status, 200)
        took = time.monotonic() - start
        check("within a few times the limit", took < 8 * SLOW, f"{took:.1f} s")
        late.close(), [c.close() for c in crowd]
        equal("nothing of theirs was stored", s.metric("openclaw_matches_total"), 1000)


def test_many_bodies():
    with Folder() as db, Server(db, "--request-timeout", "10", "--max-connections", "200") as s:
        crowd = []
        for _ in range(40):
            connection = connect(s.address)
            connection.sendall(head(2**20) + b" " * (2**20 - 1))
            crowd.append(connection)
        refused = sum(b" 503 " in answer[:20] for answer in (
            (connection.sendall(b" "), connection.shutdown(socket.SHUT_WR), read_to_end(connection))[2] for connection in crowd))
        # 8 if they come one after the other; up to 16 if all wait at half their size, when 12 MiB are left for 40 more halves.
        check("bodies share 32 MiB; who comes when they are full is told to come again", 4 <= refused <= 16, f"{refused} of 40")
        with open(f"/proc/{s.process.pid}/status", encoding="ascii") as status:
            peak = int(re.search(r"VmHWM:\s+(\d+)", status.read()).group(1)) // 1024
        check("memory stays small", peak < 120 * max(1, SLOW), f"{peak} MiB")
        equal("afterwards all is free again", [s.post("/v1/matches", MATCH + b" " * 2**19).status for _ in range(80)], [201] * 80)


def test_drain():
    with Folder() as db:
        s = Server(db)
        slow = connect(s.address)
        slow.sendall(head(len(MATCH)) + MATCH[:9])
        idle = Client(s.address)
        idle.get("/healthz")
        time.sleep(0.2)
        s.process.send_signal(signal.SIGTERM)
        check("SIGTERM: it says that it drains", wait_until(lambda: "draining" in s.lines), s.lines)
        ready = Client(s.metrics_address)
        answer = ready.get("/readyz")
        equal("/readyz is red", (answer.status, answer.json["reason"], ready.get("/healthz").status), (503, "draining", 200))
        def refused():
            try:
                connect(s.address).close()
                return False
            except ConnectionError:
                return True
        check("new connections are refused", wait_until(refused, 5))
        check("it waits for the open request", s.process.poll() is None)
        slow.sendall(MATCH[9:])
        answer = read_to_end(slow)
        check("which is finished, and the connection closed", answer.startswith(b"HTTP/1.1 201 ") and b"Connection: close" in answer, answer)
        equal("then it ends: exit code", s.end(), 0)
        equal("the match is stored", query(db, "SELECT count(*) FROM matches"), [(1,)])

        s = Server(db, "--drain-timeout", "1")
        slow = connect(s.address)
        slow.sendall(head(len(MATCH)) + MATCH[:9])
        time.sleep(0.2)
        start = time.monotonic()
        s.process.send_signal(signal.SIGTERM)
        equal("a request that never ends: exit code", s.end(), 0)
        check("after --drain-timeout", 0.9 < time.monotonic() - start < 4 * SLOW, f"{time.monotonic() - start:.2f} s")

        s = Server(db, "--drain-delay", "2")
        start = time.monotonic()
        s.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "draining" in s.lines)
        late = Client(s.address)
        equal("--drain-delay: /readyz is red, but requests are served", (late.get("/readyz").status, late.post("/v1/matches", MATCH).status), (503, 201))
        equal("then it ends: exit code", s.end(), 0)
        check("after the delay", 1.9 < time.monotonic() - start < 6 * SLOW, f"{time.monotonic() - start:.2f} s")


def test_drain_under_load():
    for round_ in range(3):
        with Folder() as db:
            s = Server(db)
            acknowledged, refused, surprises, told = set(), set(), [], threading.Event()
            def busy(number):
                client, i = Client(s.address), 0
                while True:
                    key = f"{number}/{i}"
                    try:
                        answer = client.post("/v1/matches", {"a": f"a{number}", "b": "b", "score": 1, "id": key})
                    except (ConnectionError, http.client.HTTPException, OSError) as error:
                        if not told.is_set():
                            surprises.append(f"cut off before the signal: {error!r}")
                        return
                    if answer.status == 201:
                        acknowledged.add(key)
                    elif told.is_set() and answer.status == 503 and "the server is stopping" in answer.text:
                        refused.add(key)  # It came when nothing was open any more.
                    else:
                        surprises.append(answer.text)
                    i += 1
            threads = [threading.Thread(target=busy, args=(number,)) for number in range(8)]
            [t.start() for t in threads]
            time.sleep(0.4)
            told.set()
            s.process.send_signal(signal.SIGTERM)
            code = s.end()
            [t.join() for t in threads]
            equal(f"SIGTERM under load, round {round_}: exit code", (code, surprises), (0, []))
            stored = {key for key, in query(db, "SELECT key FROM matches")}
            check(f"all {len(acknowledged)} acknowledged matches are stored", acknowledged and acknowledged <= stored,
                  sorted(acknowledged - stored)[:5])
            check(f"none of {len(refused)} refused ones is", not refused & stored, refused & stored)


def make_log(db, count):
    Server(db).stop()
    query(db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO matches"
          " SELECT i, 1700000000000000 + i, 'agent ' || (i % 61), 'agent ' || (61 + i % 59), (i % 3) / 2.0, NULL FROM n", count)


def test_start():
    with Folder() as db:
        make_log(db, 2000000)
        port = free_port()
        def start():
            s = Server(db, "--listen", f"127.0.0.1:{port}", wait=False)
            def answers():
                try:
                    client = Client(f"127.0.0.1:{port}")
                    return [client.get("/healthz"), client.get("/readyz"), client.get("/v1/leaderboard"), client.post("/v1/matches", MATCH)]
                except (ConnectionError, http.client.HTTPException, OSError):
                    return None
            return s, wait_until(answers)
        s, (health, ready, read, write) = start()
        equal("while the log is replayed it is alive", health.status, 200)
        equal("but not ready", (ready.status, ready.json["reason"]), (503, "starting: the log is being replayed"))
        equal("and says so to those who come", [(a.status, a.error[0], a.headers["Retry-After"]) for a in (read, write)], [(503, "starting", "1")] * 2)
        s.process.send_signal(signal.SIGTERM)
        equal("SIGTERM meanwhile: exit code", s.end(), 0)
        check("at once", not any("listening" in line for line in s.lines), s.lines)
        s, _ = start()
        s.wait_ready()
        equal("left alone it is ready in the end", s.get("/readyz").status, 200)
        progress = [re.fullmatch(r"replayed (\d+) of 2000000 matches \((\d+) %\)", line) for line in s.lines[:-1]]
        check("it says how far it is", len(progress) >= 2 and all(progress) and progress[-1].group(2) == "100", s.lines)
        equal("with all matches", sum(a["matches"] for a in s.board().values()), 4000000)
        s.kill()


if __name__ == "__main__":
    run_all([test_limit, test_token, test_slow_clients, test_many_bodies, test_drain, test_drain_under_load, test_start])
