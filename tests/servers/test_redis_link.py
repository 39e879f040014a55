#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How the rating server's connection to a Redis treats real servers, and servers that behave badly.

    test_redis_link.py BUILD_DIR

Real: TCP, a socket path, passwords, TLS, a replica, sentinels and a failover, a server that is stopped or loading. A
small server of this script sends what a real one does not: halves, single bytes, nonsense, nothing.
"""
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True  # The source tree stays clean.
from lib_rating_server import BUILD, SLOW, check, equal, run_all, wait_until

DRIVE = os.path.abspath(os.path.join(BUILD, "tests", "servers", "drive_redis_link"))
# An answer to AUTH, ROLE and PING that lets a link through.
ROLE = b"*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n"
GREETING = ROLE + b"+PONG\r\n"


class Drive:
    """A running drive_redis_link: say() gives it a line and returns its answer."""

    def __init__(self, url, *files, password=None):
        environment = {name: value for name, value in os.environ.items() if name != "PASSWORD"}
        if password is not None:
            environment["PASSWORD"] = password
        self.process = subprocess.Popen([DRIVE, url, *[file or "-" for file in files]], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, errors="replace", env=environment)
        self.watch = threading.Timer(30 * SLOW, self.process.kill)
        self.watch.start()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.stdin.close()
        code = self.process.wait()
        self.watch.cancel()
        self.process.stdout.close()
        if error[0] is None and code != 0:
            check("the drive ends well", False, code)

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hear(self):
        return self.process.stdout.readline().rstrip("\n")

    def say(self, line):
        self.tell(line)
        return self.hear()

    def connect(self, seconds=3):
        """(result, milliseconds, reason or peer)"""
        result, milliseconds, reason = self.say(f"connect {seconds * SLOW}").split(" ", 2)
        return result, int(milliseconds), reason


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Redis:
    """A redis-server, or a sentinel, in a folder of its own."""

    def __init__(self, folder, *options, config="", sentinel=False, wait=True):
        self.port = free_port()
        self.folder = tempfile.mkdtemp(dir=folder)
        path = os.path.join(self.folder, "redis.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"bind 127.0.0.1\nport {self.port}\ndir {self.folder}\n{config}\n")
            if not sentinel:
                file.write('save ""\nrepl-diskless-sync-delay 0\n')
        self.process = subprocess.Popen(["redis-sentinel" if sentinel else "redis-server", path, *options],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.url = f"redis://127.0.0.1:{self.port}"
        if wait and not wait_until(self.is_there, 5):
            raise RuntimeError("redis-server does not start")

    def is_there(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def ask(self, line):
        """An inline command without a password; what comes at once."""
        with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
            connection.sendall(line.encode() + b"\r\n")
            return connection.recv(65536).decode()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait()


class Fake:
    """Answers each connection by a function of it; says how often it was asked."""

    def __init__(self, answer, path=None):
        self.listener = socket.socket(socket.AF_UNIX) if path else socket.socket()
        self.listener.bind(path or ("127.0.0.1", 0))
        self.listener.listen(8)
        self.port = None if path else self.listener.getsockname()[1]
        self.url = f"unix:{path}" if path else f"redis://127.0.0.1:{self.port}"
        self.answer, self.count, self.said = answer, 0, b""
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.count += 1
            with connection, contextlib.suppress(OSError):
                self.said = connection.recv(65536)
                self.answer(connection)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)


def says(data, then_wait=0.0):
    def answer(connection):
        connection.sendall(data)
        if then_wait:
            connection.settimeout(then_wait)
            connection.recv(1)
    return answer


def is_about(milliseconds, seconds):
    """A deadline: never before, and at most 300 ms behind, which a busy machine keeps and two waits in a row do not."""
    return seconds * 1000 - 1 <= milliseconds <= seconds * 1000 + 300 * SLOW


def expect(name, got, result, *words):
    """The result, and a reason of one line that holds the words and no password."""
    check(name, got[0] == result and all(word in got[2] for word in words) and "s3cret" not in got[2], got)


def test_tcp_and_socket_path(folder):
    path = os.path.join(folder, "redis.sock")
    with Redis(folder, config=f"unixsocket {path}\ndatabases 4") as redis:
        for url, database in ((redis.url, 0), (f"redis://localhost:{redis.port}/3", 3), (f"unix:{path}", 0), (f"unix:{path}?db=3", 3)):
            with Drive(url) as drive:
                equal(f"{url.split(':')[0]}: connected", drive.connect()[0], "ok")
                equal("and answered", drive.say("ask 1 PING"), "PONG")
                check("in the database chosen", f" db={database} " in drive.say("ask 1 CLIENT INFO"))
                equal("an error is a reply", drive.say("ask 1 NO-SUCH").split(",")[0], "-ERR unknown command 'NO-SUCH'")
                equal("and the link stays open", drive.say("is-open"), "yes")
        with Drive(redis.url + "/4") as drive:
            expect("no such database", drive.connect(), "refused", f"127.0.0.1:{redis.port}: SELECT: ERR DB index is out of range")
            equal("leaves it closed", drive.say("is-open"), "no")
            check("which is said again", drive.say("ask 1 PING").endswith("out of range"))
        with Drive(redis.url) as drive:
            equal("a nested reply", (drive.connect()[0], drive.say("ask 1 RPUSH l a b"), drive.say("ask 1 EVAL return{1,{'x',{}},false} 0")),
                  ("ok", "(2)", "[(1) [x []] nil]"))
    port = free_port()
    with Drive(f"redis://127.0.0.1:{port}") as drive:
        expect("nobody there", drive.connect(), "later", f"127.0.0.1:{port}: cannot connect: Connection refused")
    with Drive(f"unix:{folder}/none") as drive:
        expect("no socket there", drive.connect(), "later", f"{folder}/none: cannot connect: No such file")
    with Drive("redis://no-such-host.invalid") as drive:
        expect("no such host", drive.connect(), "later", "no-such-host.invalid:6379: cannot find its address: ")


def test_pipelines(folder):
    with Redis(folder) as redis, Drive(redis.url) as drive:
        drive.connect()
        check("10,000 commands, each its own reply", drive.say("pings 10000 10").startswith("ok"))
        answer = drive.say("pings 100000 20")
        check("100,000 commands", answer.startswith("ok"), answer)
        print(f"      100,000 in one pipeline: {100000 / float(answer.split()[1]):,.0f} a second")
        check("20 MB sent", drive.say("fill big 20000000 10").startswith("ok"))
        answer = drive.say("fetch big 20000000 1")
        check("20 MB received", answer.startswith("ok"), answer)
        print(f"      a reply of 20 MB: {float(answer.split()[1]) * 1000:.0f} ms")
        check("40 replies of 1 MB in one pipeline", drive.say("fill chunk 1000000 10").startswith("ok") and
              drive.say("fetch chunk 1000000 40").startswith("ok"))
        line = "ask 5 " + " ".join(["ECHO", "x" * 60000])
        check("a large command, a large reply", drive.say(line) == "x" * 60000)
        equal("an empty value", (drive.say("ask 1 GETRANGE big 5 4"), drive.say("ask 1 GET none")), ("", "nil"))
        equal("the link is still in step", drive.say("ask 1 STRLEN big"), "(20000000)")


def test_passwords(folder):
    with Redis(folder, config="requirepass s3cret\nuser app on >app-s3cret ~* +@connection +role\nuser poor on >s3cret +@connection") as redis:
        with Drive(redis.url, password="s3cret") as drive:
            equal("the password", drive.connect()[0], "ok")
        with Drive(redis.url, password="s3cret-wrong") as drive:
            expect("a wrong password", drive.connect(), "refused", "AUTH: WRONGPASS")
        with Drive(redis.url) as drive:
            expect("no password", drive.connect(), "refused", "ROLE: NOAUTH")
        user = redis.url.replace("//", "//app@")
        with Drive(user + "/1", password="app-s3cret") as drive:
            equal("a user and its password", (drive.connect()[0], drive.say("ask 1 ACL WHOAMI")), ("ok", "-NOPERM this user has no permissions to run the 'acl|whoami' command"))
        with Drive(user, password="s3cret") as drive:
            expect("a user and another's password", drive.connect(), "refused", "AUTH: WRONGPASS")
        with Drive(redis.url.replace("//", "//poor@"), password="s3cret") as drive:
            expect("a user that may not", drive.connect(), "refused", "ROLE: NOPERM", "'role'")
    with Redis(folder) as redis, Drive(redis.url, password="s3cret") as drive:
        expect("a password where none is set", drive.connect(), "refused", "AUTH: ERR AUTH <password> called without")
    with Fake(says(b"-ERR unknown command `AUTH`, with args beginning with: `s3cret`\r\n")) as fake, Drive(fake.url, password="s3cret") as drive:
        expect("an echo of the password is cut off", drive.connect(), "refused", "AUTH: ERR unknown command")
        check("which was given", b"s3cret" in fake.said)


def make_certificates(folder):
    """Two authorities; a server's certificate for the name `localhost` only, another for 127.0.0.1, one for a client."""
    def run(*words):
        subprocess.run(["openssl", *words], check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    for ca in ("ca", "other"):
        run("req", "-x509", *key, "-keyout", ca + ".key", "-out", ca + ".crt", "-subj", "/CN=" + ca, "-days", "2")
    for name, alternative in (("name", "DNS:localhost"), ("address", "IP:127.0.0.1"), ("client", "DNS:client")):
        run("req", *key, "-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name)
        with open(os.path.join(folder, "ext"), "w", encoding="ascii") as file:
            file.write("subjectAltName=" + alternative)
        run("x509", "-req", "-in", name + ".csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "ext", "-out", name + ".crt")
    run("ec", "-in", "client.key", "-aes256", "-passout", "pass:x", "-out", "locked.key")


def test_tls(folder):
    def at(name):
        return os.path.join(folder, name)

    def config(name, clients):
        return f"tls-port {port}\ntls-cert-file {at(name + '.crt')}\ntls-key-file {at(name + '.key')}\ntls-ca-cert-file {at('ca.crt')}\ntls-auth-clients {clients}"

    make_certificates(folder)
    port = free_port()
    by_name, by_address = f"rediss://localhost:{port}/2", f"rediss://127.0.0.1:{port}"
    with Redis(folder, config=config("name", "no")) as redis:
        with Drive(by_name, at("ca.crt")) as drive:
            equal("TLS by name", (drive.connect()[0], drive.say("ask 1 PING")), ("ok", "PONG"))
            check("20 MB there and back", drive.say("fill big 20000000 10").startswith("ok"))
            answer = drive.say("fetch big 20000000 1")
            check("whole", answer.startswith("ok"), answer)
            check("10,000 commands", drive.say("pings 10000 10").startswith("ok"))
            check("12 MB of replies while 100 are asked for", drive.say("fill chunk 120000 10").startswith("ok") and drive.say("fetch chunk 120000 100").startswith("ok"))
        with Drive(by_address, at("ca.crt")) as drive:
            expect("a certificate for a name, asked by address", drive.connect(), "refused", "not trusted: IP address mismatch")
        with Drive(by_name, at("other.crt")) as drive:
            expect("another authority", drive.connect(), "refused", "not trusted: self-signed certificate")
        with Drive(by_name) as drive:
            expect("the system's authorities", drive.connect(), "refused", "not trusted: ")
        for name, files, words in (("no such authority", ("none",), ("read authorities", "none: No such file")),
                                   ("an authority that is a key", ("ca.key",), ("read authorities", "ca.key: ")),
                                   ("no such certificate", ("ca.crt", "none", "client.key"), ("read a certificate", "No such file")),
                                   ("a key for another", ("ca.crt", "client.crt", "name.key"), ("name.key: key values mismatch",)),
                                   ("a locked key", ("ca.crt", "client.crt", "locked.key"), ("read a key from", "locked.key")),
                                   ("a key alone", ("ca.crt", None, "client.key"), ("without a certificate",))):
            with Drive(by_name, *[file and at(file) for file in files]) as drive:
                expect(name, drive.connect(), "refused", *words)
        with Drive(redis.url.replace("redis:", "rediss:"), at("ca.crt")) as drive:
            got = drive.connect(0.5)
            check("TLS to a server without", got[0] != "ok" and ("TLS" in got[2] or "closed" in got[2]), got)
        with Drive(by_name.replace("rediss:", "redis:")) as drive:
            expect("no TLS to a server with", drive.connect(0.5), "later", "")
        redis.process.send_signal(signal.SIGSTOP)
        with Drive(by_name, at("ca.crt")) as drive:
            got = drive.connect(0.4)
            expect("a stopped server", got, "later", "no handshake in time")
            check("in time", is_about(got[1], 0.4 * SLOW), got)
    with Redis(folder, config=config("address", "yes")):
        with Drive(by_address, at("ca.crt"), at("client.crt"), at("client.key")) as drive:
            equal("TLS by address, with a client's certificate", (drive.connect()[0], drive.say("ask 1 PING")), ("ok", "PONG"))
        with Drive(by_address, at("ca.crt")) as drive:
            expect("without one", drive.connect(), "refused", "certificate required")
        with Drive(by_name, at("ca.crt"), at("client.crt"), at("client.key")) as drive:
            expect("a certificate for an address, asked by name", drive.connect(), "refused", "not trusted: hostname mismatch")


def test_silence(folder):
    with Redis(folder) as redis, Drive(redis.url) as drive:
        drive.connect()
        redis.process.send_signal(signal.SIGSTOP)
        time.sleep(0.05)
        got = drive.say("ask 0.4 PING").split(" ", 2)
        check("a stopped server: no answer, in time", got[0] == "null" and is_about(int(got[1]), 0.4) and "no answer in time" in got[2], got)
        equal("and closed", drive.say("is-open"), "no")
        result, milliseconds, reason = drive.connect(0.4)
        check("connecting to it", result == "later" and is_about(milliseconds, 0.4 * SLOW) and "no answer in time" in reason, (milliseconds, reason))
        redis.process.send_signal(signal.SIGCONT)
        equal("once it runs again", (drive.connect()[0], drive.say("ask 1 PING")), ("ok", "PONG"))
        drive.tell("ask 3 BLPOP none 0")
        time.sleep(0.2)
        redis.process.kill()
        began = time.monotonic()
        check("killed while it is waited for", "closed the connection" in drive.hear() and time.monotonic() - began < 1 * SLOW)

    def drip(connection):
        connection.sendall(GREETING)
        connection.recv(100)
        connection.sendall(b"$100000\r\n")
        while True:
            connection.sendall(b"x" * 10)
            time.sleep(0.01)

    with Fake(drip) as fake, Drive(fake.url) as drive:
        got = (drive.connect()[0], *drive.say("ask 0.4 PING").split(" ", 2))
        check("a reply in drips has no more time", got[0] == "ok" and is_about(int(got[2]), 0.4) and "in time" in got[3], got)

    asked = threading.Event()

    def deaf(connection):
        connection.sendall(GREETING)
        asked.wait(20 * SLOW)

    with Fake(deaf) as fake, Drive(fake.url) as drive:
        got = (drive.connect()[0], *drive.say("fill big 50000000 0.8").split(" ", 2))
        check("a server that reads nothing", got[0] == "ok" and got[1] == "null" and is_about(int(got[2]), 0.8) and
              "did not take the commands in time" in got[3], got)
        asked.set()

    def flood(connection):
        connection.sendall(GREETING)
        connection.recv(100)
        connection.sendall(b"*4\r\n" + (b"*1000000\r\n" + b":1\r\n" * 1000000) * 4)

    with Fake(flood) as fake, Drive(fake.url) as drive:
        got = (drive.connect()[0], *drive.say("ask 0.03 PING").split(" ", 2))
        check("a reply that comes fast has no more time either", got[0] == "ok" and got[1] == "null" and "in time" in got[3], str(got)[:200])


def test_stubborn(folder):
    """A server, or a proxy, that reads nothing more until what it answered is read."""
    start = b"*2\r\n$4\r\nECHO\r\n"

    def echo(connection):
        connection.sendall(GREETING)
        rest = b""
        while data := connection.recv(65536):
            rest += data
            last = rest.rfind(start)
            # Whole commands only: up to the last that began, or to the end, if that is the end of a command.
            last = len(rest) if rest.endswith(b"\r\n") and rest.count(b"\r\n", last) == 5 else max(last, 0)
            connection.sendall(rest[:last].replace(start, b""))
            rest = rest[last:]

    with Fake(echo, os.path.join(folder, "fake.sock")) as fake, Drive(fake.url) as drive:
        got = (drive.connect()[0], drive.say(f"pings 100000 {10 * SLOW}"))
        check("100,000 commands and a server that wants its answers read", got[0] == "ok" and got[1].startswith("ok"), got)


def test_bad_answers(folder):
    def split(connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(GREETING)
        while connection.recv(65536):
            for byte in b"*4\r\n$5\r\nab\r\nc\r\n:-7\r\n$-1\r\n*2\r\n+OK\r\n-ERR no\r\n":
                connection.sendall(bytes([byte]))
                time.sleep(0.002)

    with Fake(split) as fake, Drive(fake.url) as drive:
        equal("byte by byte", (drive.connect()[0], drive.say("ask 5 X")), ("ok", "[ab\\r\\nc (-7) nil [OK -ERR no]]"))
        equal("and again", drive.say("ask 5 X"), "[ab\\r\\nc (-7) nil [OK -ERR no]]")

    for name, data, words in (("cut in mid-reply", b"$10\r\nabc", ("closed the connection",)),
                              ("closed without a word", b"", ("closed the connection",)),
                              ("not the protocol", b"HTTP/1.1 400 Bad Request\r\n\r\n", ("cannot read its answer: Protocol error",)),
                              ("an absurd array", b"*2147483647\r\n", ("cannot read its answer: ",)),
                              ("a large array", b"*1048577\r\n", ("cannot read its answer: ",)),
                              ("an array that no number holds", b"*99999999999999999999\r\n", ("cannot read its answer: ",)),
                              ("arrays too deep", b"*1\r\n" * 12, ("cannot read its answer: ",)),
                              ("a length that is none", b"$-2\r\n", ("cannot read its answer: ",))):
        def answer(connection, data=data):
            connection.sendall(GREETING)
            connection.recv(100)
            connection.sendall(data)

        with Fake(answer) as fake, Drive(fake.url) as drive:
            got = (drive.connect()[0], *drive.say("ask 3 PING").split(" ", 2))
            check(name, got[0] == "ok" and got[1] == "null" and int(got[2]) < 1000 * SLOW and all(word in got[3] for word in words), got)

    def endless(connection):
        connection.sendall(GREETING)
        connection.recv(100)
        connection.sendall(b"$100000000\r\n")
        while True:
            connection.sendall(b"x" * 1000000)

    with Fake(endless) as fake, Drive(fake.url) as drive:
        got = (drive.connect()[0], *drive.say(f"ask {10 * SLOW} PING").split(" ", 2))
        check("a reply that fills the memory", got[0] == "ok" and got[1] == "null" and "its answer is too large" in got[3], got)

    for name, data, result, words in (("too many clients", b"-ERR max number of clients reached\r\n", "later", ("max number of clients",)),
                                      ("protected mode", b"-DENIED Redis is running in protected mode\r\n", "refused", ("ROLE: DENIED",)),
                                      ("loading", ROLE + b"-LOADING Redis is loading the dataset in memory\r\n", "later", ("PING: LOADING",)),
                                      ("a master that is down", b"-MASTERDOWN Link with MASTER is down\r\n", "later", ("ROLE: MASTERDOWN",)),
                                      ("our own echo", b"*1\r\n$4\r\nROLE\r\n*1\r\n$4\r\nPING\r\n", "later", ("ROLE: ROLE; expected a master",)),
                                      ("nonsense to ROLE", b":1\r\n", "later", ("ROLE: an answer that no Redis gives",)),
                                      ("an empty ROLE", b"*0\r\n", "later", ("ROLE: an answer that no Redis gives",)),
                                      ("nonsense to PING", ROLE + b"*-1\r\n", "later", ("PING: an answer that no Redis gives",)),
                                      ("control characters", b"-ERR a\x1b[31m\tb\r\n", "later", ("ERR a?[31m?b",)),
                                      ("a very long error", b"-ERR " + b"long " * 1000 + b"\r\n", "later", ("ERR long",))):
        with Fake(says(data)) as fake, Drive(fake.url) as drive:
            expect(name, drive.connect(), result, *words)
    path = os.path.join(folder, "fake.sock")
    with Fake(says(GREETING), path) as fake, Drive(fake.url) as drive:
        expect("by a socket path", drive.connect(), "ok", path)


def test_loading(folder):
    with Redis(folder) as redis, Drive(redis.url) as filler:
        equal("something to load", (filler.connect()[0], filler.say("ask 5 EVAL for\ti=1,20000\tdo\tredis.call('set','k'..i,i)end 0"),
                                    filler.say("ask 5 SAVE")), ("ok", "nil", "OK"))
        # Each key takes some time to load, and the server answers now and then meanwhile.
        with Redis(folder, config=f"dir {redis.folder}\nkey-load-delay 100\nloading-process-events-interval-bytes 1024", wait=False) as slow:
            with Drive(slow.url) as drive:
                wait_until(slow.is_there, 3)
                expect("while it loads", drive.connect(), "later", "PING: LOADING")


def test_sentinels(folder):
    with Redis(folder, config="masterauth s3cret\nrequirepass s3cret") as master, \
            Redis(folder, config=f"replicaof 127.0.0.1 {master.port}\nmasterauth s3cret\nrequirepass s3cret") as replica, \
            contextlib.ExitStack() as stack:
        config = (f"sentinel monitor ratings 127.0.0.1 {master.port} 1\nsentinel down-after-milliseconds ratings 700\n"
                  "sentinel failover-timeout ratings 3000\nsentinel auth-pass ratings s3cret")
        # One sentinel asks for a password, one does not, and one is not there.
        one = stack.enter_context(Redis(folder, config=config + "\nrequirepass s3cret\nsentinel sentinel-pass s3cret", sentinel=True))
        two = stack.enter_context(Redis(folder, config=config, sentinel=True))
        none = free_port()
        url = f"redis-sentinel://127.0.0.1:{none},127.0.0.1:{one.port},127.0.0.1:{two.port}/ratings/1"
        with Drive(replica.url, password="s3cret") as drive:
            expect("a replica", drive.connect(), "later", f"ROLE: a replica, of 127.0.0.1:{master.port}; expected a master")
        with Drive(one.url, password="s3cret") as drive:
            expect("a sentinel as the store", drive.connect(), "refused", "ROLE: a sentinel")
        with Drive(url.replace("/ratings", "/other"), password="s3cret") as drive:
            expect("a master that no sentinel knows", drive.connect(), "later", "no sentinel of 3 names the master; ")
        with Drive(f"redis-sentinel://127.0.0.1:{one.port}/ratings") as drive:
            expect("a sentinel that asks for a password", drive.connect(), "refused", "SENTINEL: NOAUTH")
        with Drive(f"redis-sentinel://127.0.0.1:{one.port},127.0.0.1:{none}/ratings", password="s3cret-wrong") as drive:
            expect("and gets a wrong one", drive.connect(), "refused", f"127.0.0.1:{one.port}: AUTH: WRONGPASS")
        with Drive(f"redis-sentinel://127.0.0.1:{master.port}/ratings", password="s3cret") as drive:
            expect("a server as the sentinel", drive.connect(), "refused", "SENTINEL: ERR unknown command 'SENTINEL'")
        with Drive(f"redis-sentinel://127.0.0.1:{none}/ratings") as drive:
            expect("no sentinel there", drive.connect(), "later", "no sentinel of 1", "Connection refused")
        with Drive(f"redis-sentinel://127.0.0.1:{two.port}/ratings", password="s3cret") as drive:
            equal("one without a password is given none", drive.connect()[0], "ok")
        with Drive(url, password="s3cret") as drive:
            got = drive.connect()
            expect("the master by its sentinels", got, "ok", f"127.0.0.1:{master.port}")
            equal("is written to", drive.say("ask 1 SET a 1"), "OK")
            with Fake(says(b"")) as first, Drive(url.replace(str(none), str(first.port)), password="s3cret") as other:
                equal("the sentinel that answered is asked first", (other.connect()[0], other.connect()[0], first.count), ("ok", "ok", 1))
            equal("replicated", drive.say("ask 3 WAIT 1 2000"), "(1)")
            wait_until(lambda: str(replica.port) in two.ask("SENTINEL replicas ratings"), 12)
            master.process.kill()
            began = time.monotonic()
            results = set()

            def connected():
                got = drive.connect(1)
                results.add(got[0])
                return got[0] == "ok" and got

            got = wait_until(connected, 12)
            check("a failover: the replica, soon", got and got[2] == f"127.0.0.1:{replica.port}", got)
            print(f"      a failover took {time.monotonic() - began:.1f} s")
            equal("until then: later", results - {"ok"}, {"later"})
            equal("it has the data, and takes more", (drive.say("ask 1 GET a"), drive.say("ask 1 SET a 2")), ("1", "OK"))
        wait_until(lambda: str(replica.port) in two.ask("SENTINEL get-master-addr-by-name ratings"), 10)
        one.process.send_signal(signal.SIGSTOP)
        with Drive(url, password="s3cret") as drive:
            got = drive.connect(2)
            expect("one stopped sentinel leaves time for the next", got, "ok", f"127.0.0.1:{replica.port}")
        two.process.send_signal(signal.SIGSTOP)
        with Drive(url, password="s3cret") as drive:
            result, milliseconds, reason = drive.connect(1)
            check("stopped sentinels leave in time", result == "later" and milliseconds <= 1300 * SLOW and "no answer in time" in reason, (result, milliseconds, reason))


def in_folder(test):
    def run():
        with tempfile.TemporaryDirectory() as folder:
            test(folder)
    run.__name__ = test.__name__
    return run


run_all([in_folder(test) for test in (test_tcp_and_socket_path, test_pipelines, test_passwords, test_tls, test_silence, test_stubborn, test_bad_answers,
                                      test_loading, test_sentinels)])
