#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What examples/rating_server does when its disk fails, and with files that are not a log.

    test_rating_server_storage.py BUILD_DIR

A disk fails in three ways: lib_fault_disk.c under the server (no privileges), a limit of the file size, and a small file
system that fills up (mounted; skipped openly where that is not allowed).
"""
import contextlib
import errno
import os
import resource
import shutil
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True  # The source tree stays clean.
from lib_rating_server import Client, Folder, Server, check, equal, query, run_all, skip, wait_until

HERE = os.path.dirname(os.path.abspath(__file__))


def is_red(server, reason):
    answers = [client.get("/readyz") for client in (server.client, server.metrics_client)]
    return all(a.status == 503 and reason in a.json["reason"] for a in answers)


def is_green(server):
    return server.get("/readyz").status == 200 and server.metrics_client.get("/readyz").status == 200


def broken_and_mended(name, db, server, breaks, mends, reason):
    """The whole story of one failure: what is refused, what is still served, what is there afterwards."""
    s = server
    acknowledged = [s.match("x", "y", 1, f"before {i}").json["event"] for i in range(10)]
    s.post("/v1/votes", {"item": "i", "vote": "up"})
    board = s.board()
    breaks()
    answer = s.match("x", "y", 0, "during")
    equal(f"{name}: 503 with the reason", (answer.status, answer.error[0], reason in answer.json["error"]["message"],
                                           answer.headers["Retry-After"]), (503, "storage_unavailable", True, "1"))
    equal(f"{name}: votes, too", s.post("/v1/votes", {"item": "i", "vote": "up"}).status, 503)
    equal(f"{name}: and batches", s.post("/v1/matches", [{"a": "x", "b": "y", "score": 1}] * 500).status, 503)
    known = s.match("x", "y", 1, "before 3")
    equal(f"{name}: what is known is answered", (known.status, known.json["event"]), (200, acknowledged[3]))
    check(f"{name}: /readyz is red on both ports and says why", is_red(s, reason), s.get("/readyz").text)
    equal(f"{name}: but it lives", s.get("/healthz").status, 200)
    equal(f"{name}: and serves what is committed", (s.board() == board, s.get("/v1/votes/i").json["up"]), (True, 1))
    time.sleep(1.5)
    check(f"{name}: it stays red", is_red(s, reason))
    equal(f"{name}: the metric says so", s.metric("openclaw_storage_up"), 0)
    mends()
    check(f"{name}: mended, /readyz turns green by itself", wait_until(lambda: is_green(s), 10), s.get("/readyz").text)
    again = s.match("x", "y", 0, "during")
    equal(f"{name}: the refused match is new", (again.status, again.json["duplicate"]), (201, False))
    equal(f"{name}: numbers go on without a gap", again.json["event"], acknowledged[-1] + 1)
    after = s.board()
    code = s.kill()
    equal(f"{name}: kill -9", code, -9)
    with Server(db) as t:
        equal(f"{name}: after kill -9 all that was acknowledged is there, to the bit", t.board() == after, True)
        equal(f"{name}: and nothing else", t.match("x", "y", 1).json["event"], again.json["event"] + 1)


def test_faults():
    compiler = os.environ.get("CC") or "cc"
    with Folder() as db:
        folder = os.path.dirname(db)
        library = os.path.join(folder, "fault.so")
        control = os.path.join(folder, "fault")
        built = subprocess.run([*compiler.split(), "-shared", "-fPIC", "-o", library, os.path.join(HERE, "lib_fault_disk.c"), "-ldl"],
                               capture_output=True, text=True)
        if not check("the failing disk compiles", built.returncode == 0, built.stderr):
            return
        env = {"LD_PRELOAD": library, "FAULT_DISK": control,
               "ASAN_OPTIONS": "verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", "")}
        def breaks(text):
            with open(control + "~", "w", encoding="ascii") as file:
                file.write(text)
            os.rename(control + "~", control)
        for name, text, reason in (("read-only disk", f"{errno.EROFS}", os.strerror(errno.EROFS)),
                                   ("full disk", f"{errno.ENOSPC}", "full"),
                                   ("broken disk", f"{errno.EIO}", os.strerror(errno.EIO)),
                                   ("disk that cannot sync", f"sync:{errno.EIO}", os.strerror(errno.EIO))):
            path = f"{db}-{name.replace(' ', '-')}"
            server = Server(path, env=env)
            broken_and_mended(name, path, server, lambda: breaks(text), lambda: os.unlink(control), reason)

        s = Server(db, env=env)
        s.match("x", "y", 1, "a")
        breaks(f"{errno.ENOSPC}")
        answers = []
        def one(number):
            client = Client(s.address)
            answers.append(client.post("/v1/matches", {"a": "x", "b": "y", "score": 1, "id": f"crowd {number}"}).status)
            client.close()
        threads = [threading.Thread(target=one, args=(number,)) for number in range(24)]
        [t.start() for t in threads], [t.join() for t in threads]
        equal("a crowd at a full disk: all are told", answers, [503] * 24)
        code = s.stop()
        equal("SIGTERM with a full disk: exit code", code, 0)
        os.unlink(control)
        equal("the log has what was acknowledged", query(db, "SELECT event, key FROM matches"), [(1, "a")])


def test_file_size_limit():
    with Folder() as db:
        s = Server(db)
        size = lambda suffix: os.path.getsize(db + suffix) if os.path.exists(db + suffix) else 0
        def breaks():
            limit = max(size(""), size("-wal"))
            resource.prlimit(s.process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        def mends():
            resource.prlimit(s.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        broken_and_mended("file size limit", db, s, breaks, mends, os.strerror(errno.EFBIG))


@contextlib.contextmanager
def small_disk(folder, options):
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, text=True) \
        if os.geteuid() == 0 and shutil.which("mount") else None
    if done is None or done.returncode != 0:
        skip(f"a file system with {options}", "cannot mount" + (f": {done.stderr.strip()}" if done else ""))
        yield False
        return
    try:
        yield True
    finally:
        for server in list(Server.running):
            server.kill()
        subprocess.run(["umount", folder], check=True)


def test_full_disk():
    with Folder() as db, small_disk(os.path.dirname(db), "size=2m") as mounted:
        if not mounted:
            return
        folder = os.path.dirname(db)
        ballast = os.path.join(folder, "ballast")
        def breaks():
            with open(ballast, "wb", buffering=0) as file, contextlib.suppress(OSError):
                while file.write(b"\0" * 4096):
                    pass
        s = Server(db)
        broken_and_mended("full file system", db, s, breaks, lambda: os.unlink(ballast), "full")

        # Until it is full of matches: what was acknowledged stays, then and after kill -9.
        s = Server(db)
        last, status = 0, 201
        start = s.get("/v1/agents/x").json["last_event"]
        while status == 201:
            answer = s.post("/v1/matches", [{"a": "x", "b": "y", "score": 1}] * 500)
            status = answer.status
            if status == 201:
                last = answer.json["results"][-1]["event"]
        equal("filled by matches: 503", (status, answer.error[0]), (503, "storage_unavailable"))
        board = s.board()
        equal("the last that was acknowledged is served", board["x"]["last_event"], last)
        s.kill()
        copy = os.path.join(folder, "..", os.path.basename(folder) + "-copy")
        shutil.copytree(folder, copy)
        try:
            with Server(os.path.join(copy, "ratings.db")) as t:
                equal(f"elsewhere all {last - start} are there, to the bit", t.board() == board, True)
        finally:
            shutil.rmtree(copy)


def test_read_only_from_the_start():
    with Folder() as db, small_disk(os.path.dirname(db), "size=2m") as mounted:
        if not mounted:
            return
        folder = os.path.dirname(db)
        with Server(db) as s:
            s.match("x", "y", 1)
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        s = Server(db, wait=False)
        equal("a log on a read-only disk: exit 1", s.end(), 1)
        check("it says so", any("cannot be written" in line for line in s.errors), s.errors)
        s = Server(db + "-new", wait=False)
        equal("no log on a read-only disk: exit 1", s.end(), 1)
        check("it says so, too", any("unable to open" in line for line in s.errors), s.errors)


def refused(name, db, *words):
    before = open(db, "rb").read() if os.path.isfile(db) else None
    s = Server(db, wait=False)
    code = s.end()
    equal(f"{name}: exit 1", code, 1)
    check(f"{name}: the reason", any(db in line and all(word in line for word in words) for line in s.errors), s.errors)
    if before is not None:
        check(f"{name}: the file is as it was", open(db, "rb").read() == before)


def test_files():
    with Folder() as db:
        with open(db, "w", encoding="ascii") as file:
            file.write("This is a letter, not a database.\n" * 100)
        refused("a text file", db, "not a database")
        os.unlink(db)
        query(db, "CREATE TABLE songs (name TEXT)")
        refused("another program's database", db, "another program")
        query(db, "DROP TABLE songs")
        query(db, "PRAGMA application_id = 7")
        refused("another program's empty database", db, "another program")
        os.unlink(db)
        refused("a folder", os.path.dirname(db), "unable to open")
        refused("a folder that is missing", os.path.join(db, "sub", "ratings.db"), "unable to open")
        open(db, "wb").close()
        with Server(db) as s:
            equal("an empty file is a new log", s.match("x", "y", 1).status, 201)
            s.post("/v1/matches", [{"a": f"agent {i}", "b": "y", "score": 1, "id": f"key {i}"} for i in range(3000)])
            s.post("/v1/votes", {"item": "i", "vote": "up"})
            t = Server(db, wait=False)
            equal("a log that is in use: exit 1", t.end(), 1)
            check("it says so", any("another process" in line for line in t.errors), t.errors)
            equal("its user goes on", s.match("x", "y", 1).status, 201)
        good = open(db, "rb").read()

        def spoilt(name, sql, *words):
            with open(db, "wb") as file:
                file.write(good)
            query(db, sql)
            refused(name, db, *words)
        spoilt("a layout of the future", "PRAGMA user_version = 2", "layout 2")
        spoilt("a gap in the numbers", "DELETE FROM matches WHERE event = 1500", "after match 1499")
        spoilt("a first record that is missing", "DELETE FROM matches WHERE event = 1", "after match 0")
        spoilt("a score of 0.7", "UPDATE matches SET score = 0.7 WHERE event = 7", "after match 6")
        spoilt("a match of one", "UPDATE matches SET b = a WHERE event = 8", "after match 7")
        spoilt("a name that is too long", f"UPDATE matches SET a = '{'n' * 65}' WHERE event = 9", "after match 8")
        spoilt("a name that is not UTF-8", "UPDATE matches SET a = CAST(x'ff' AS TEXT) WHERE event = 9", "after match 8")
        spoilt("time that falls", "UPDATE matches SET time_us = 5 WHERE event = 10", "after match 9")
        spoilt("a vote sideways", "UPDATE votes SET up = 2", "after vote 0")
        spoilt("a missing table", "DROP TABLE votes", "no such table")

        def torn(name, content):
            with open(db, "wb") as file:
                file.write(content)
            s = Server(db, wait=False)
            equal(f"{name}: exit 1", s.end(), 1)
            check(f"{name}: the reason", any(db in line for line in s.errors), s.errors)
        torn("cut in half", good[:len(good) // 2 // 4096 * 4096])
        torn("a page of zeros", good[:8 * 4096] + b"\0" * 4096 + good[9 * 4096:])
        torn("a page of noise", good[:12 * 4096] + bytes(i * 7919 % 251 for i in range(4096)) + good[13 * 4096:])
        with open(db, "wb") as file:
            file.write(good)
        index = query(db, "SELECT rootpage FROM sqlite_schema WHERE name = 'matches_key'")[0][0] - 1
        torn("an index that a replay does not read", good[:index * 4096] + b"\xff" * 4096 + good[(index + 1) * 4096:])
        torn("a spoilt header", b"SQLite format 9" + good[15:])


def test_synchronous():
    """The answer leaves after the sync: seen from outside, by the system calls."""
    if not shutil.which("strace"):
        skip("the order of sync and answer", "no strace")
        return
    for mode, syncs in (("full", True), ("normal", False)):
        with Folder() as db:
            s = Server(db, "--synchronous", mode)
            s.match("x", "y", 1)
            trace = os.path.join(os.path.dirname(db), "trace")
            tracer = subprocess.Popen(["strace", "-f", "-o", trace, "-e", "trace=fdatasync,fsync,sendto,sendmsg,writev,write",
                                       "-p", str(s.process.pid)], stderr=subprocess.PIPE, text=True)
            first = tracer.stderr.readline()
            if "attached" not in first:
                tracer.wait()
                skip("the order of sync and answer", first.strip())
                s.stop()
                return
            equal(f"--synchronous {mode}: traced", s.match("x", "y", 1).status, 201)
            tracer.terminate()
            tracer.wait()
            s.stop()
            with open(trace, encoding="ascii", errors="replace") as file:
                lines = file.readlines()
            answers = [i for i, line in enumerate(lines) if "HTTP/1.1 201" in line]
            done = [i for i, line in enumerate(lines) if "sync" in line and "= 0" in line]
            check(f"--synchronous {mode}: the disk has it before the answer leaves" if syncs else
                  f"--synchronous {mode}: no wait for the disk", len(answers) == 1 and
                  (any(i < answers[0] for i in done) if syncs else not done), "".join(lines))


if __name__ == "__main__":
    run_all([test_faults, test_file_size_limit, test_full_disk, test_read_only_from_the_start, test_files, test_synchronous])
