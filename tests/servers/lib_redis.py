# SPDX-License-Identifier: MIT
"""Real Redis servers, replicas and sentinels on 127.0.0.1 for one test each, and a small client to look into them.

REDIS_SERVER and REDIS_SENTINEL in the environment name other programs: another version, or Valkey.

They listen on ports below the range that the system gives to outgoing connections, so that a port stays free while its
server is down, and are stopped by their process id. The client speaks RESP2 and has no dependency.
"""
import atexit
import contextlib
import os
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time

SLOW = float(os.environ.get("OCL_TEST_SLOW") or 1)
GONE = (OSError, EOFError)
SERVER_PROGRAM = os.environ.get("REDIS_SERVER") or "redis-server"
SENTINEL_PROGRAM = os.environ.get("REDIS_SENTINEL") or "redis-sentinel"


given_ports = set()


def free_port():
    chance = random.SystemRandom()
    while True:
        # A thousand of its own for each of the processes that run at a time, and none of them twice.
        port = 15000 + os.getpid() % 17 * 1000 + chance.randrange(1000)
        if len(given_ports) > 900:
            given_ports.clear()
        if port in given_ports:
            continue
        given_ports.add(port)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port


class RedisError(Exception):
    """An error reply."""


class Redis:
    """One connection: ask("XLEN", "log") gives bytes, a number, a list, None, or raises RedisError."""

    def __init__(self, where, password=None, context=None, seconds=10.0):
        if isinstance(where, str):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(seconds * SLOW)
            self.socket.connect(where)
        else:
            self.socket = socket.create_connection(("127.0.0.1", where), timeout=seconds * SLOW)
        if context:
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self.file = self.socket.makefile("rb")
        if password:
            self.ask("AUTH", password)

    def send(self, *words):
        self.socket.sendall(command(*words))

    def ask(self, *words):
        self.send(*words)
        return self.reply()

    def reply(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise EOFError("connection closed")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RedisError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            length = int(rest)
            return None if length < 0 else self.file.read(length + 2)[:-2]
        if kind == b"*":
            return None if int(rest) < 0 else [self.reply() for _ in range(int(rest))]
        return rest

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.close()


def command(*words):
    """A command as bytes."""
    words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def entries(reply):
    """[(id, {field: value})] of XRANGE."""
    return [(place.decode(), dict(zip(pairs[::2], pairs[1::2]))) for place, pairs in reply]


# Nothing is written but the log of commands; that one is on the disk before the answer; and it is never rewritten, so
# that history() finds all that ever was in the log of matches.
SETTINGS = {"bind": "127.0.0.1", "protected-mode": "no", "save": "", "appendonly": "yes", "appendfsync": "always",
            "auto-aof-rewrite-percentage": "0", "maxmemory-policy": "noeviction", "repl-diskless-sync-delay": "0",
            "daemonize": "no", "databases": "16"}


class Store:
    """A Redis server with a folder of its own. Settings by name, `_` for `-`: Store(appendfsync="everysec")."""
    running = []

    def __init__(self, tls=False, start=True, **settings):
        self.folder = tempfile.mkdtemp(prefix="store-")
        atexit.register(self.remove)  # Whatever happens.
        self.data = os.path.join(self.folder, "data")
        self.path = os.path.join(self.folder, "socket")
        self.port = free_port()
        self.tls_port = None
        self.settings = {**SETTINGS, "unixsocket": self.path, **{name.replace("_", "-"): value for name, value in settings.items()}}
        self.password = self.settings.get("requirepass")
        self.connection = None
        self.process = None
        os.mkdir(self.data)
        if tls:
            self.tls_port = free_port()
            certify(self.folder)
            self.settings |= {"tls-port": self.tls_port, "tls-cert-file": self.file("server.crt"), "tls-auth-clients": "optional",
                              "tls-key-file": self.file("server.key"), "tls-ca-cert-file": self.file("ca.crt")}
        if start:
            self.start()

    def file(self, name):
        return os.path.join(self.folder, name)

    def start(self, **settings):
        """With its data, when it has any."""
        self.settings |= {name.replace("_", "-"): value for name, value in settings.items()}
        words = []
        for name, value in {"port": self.port, "dir": self.data, **self.settings}.items():
            words += [f"--{name}", *(value.split() if name == "replicaof" else [str(value)])]
        log = open(self.file("log"), "ab")
        with log:
            self.process = subprocess.Popen([SERVER_PROGRAM, *words], stdout=log, stderr=log)
        Store.running.append(self)
        self.wait()
        return self

    def wait(self, seconds=20.0):
        """Until it answers and has loaded its data."""
        end = time.monotonic() + seconds * SLOW
        while True:
            try:
                return self.ask("PING")
            except (*GONE, RedisError) as error:
                if self.process.poll() is not None or time.monotonic() > end:
                    with open(self.file("log"), encoding="utf-8", errors="replace") as log:
                        raise RuntimeError(f"the store does not start: {error}: {log.read()[-2000:]}") from error
            time.sleep(0.01)

    def connect(self, seconds=10.0):
        return Redis(self.port, self.password, seconds=seconds)

    def ask(self, *words):
        """By a connection that is kept while it works."""
        kept = self.connection is not None
        while True:
            if self.connection is None:
                self.connection = self.connect()
            try:
                return self.connection.ask(*words)
            except GONE:
                self.forget()
                if not kept:  # Sentinels cut the connections of a new master: then a new one is tried, once.
                    raise
                kept = False

    def forget(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def version(self):
        """(7, 0, 15); of Valkey the Redis that it says it is."""
        return tuple(int(n) for n in re.search(rb"redis_version:([0-9.]+)", self.ask("INFO", "server")).group(1).split(b"."))

    def set(self, name, value):
        return self.ask("CONFIG", "SET", name, value)

    def end(self, number):
        self.forget()
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
            self.process.wait()
        if self in Store.running:
            Store.running.remove(self)

    def kill(self):
        self.end(signal.SIGKILL)

    def stop(self):
        self.end(signal.SIGTERM)

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def keep(self, name):
        """A copy of the data as they are on the disk now, to go back to with lose()."""
        shutil.copytree(self.data, self.file(name))

    def lose(self, name=None):
        """Of a store that does not run: its data, or what was written since keep(name)."""
        shutil.rmtree(self.data)
        if name:
            shutil.copytree(self.file(name), self.data)
        else:
            os.mkdir(self.data)

    def log(self, key="openclaw:ratings:log"):
        """What is in the stream now."""
        return entries(self.ask("XRANGE", key, "-", "+"))

    def history(self, key="openclaw:ratings:log"):
        """All that ever was in the stream, trimmed or not, from the log of commands on the disk."""
        found = []
        folder = os.path.join(self.data, "appendonlydir")
        if os.path.isdir(folder):
            names = [name for name in os.listdir(folder) if name.endswith(".incr.aof")]
            names.sort(key=lambda name: int(re.search(r"\.(\d+)\.incr", name).group(1)))
        else:  # Before Redis 7 it is one file.
            folder, names = self.data, ["appendonly.aof"]
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                for words in commands(file.read()):
                    if words[0].upper() == b"XADD" and words[1] == key.encode():
                        place = next(i for i in range(2, len(words)) if re.fullmatch(rb"\d+-\d+", words[i]))
                        found.append((words[place].decode(), dict(zip(words[place + 1::2], words[place + 2::2]))))
        return found

    def remove(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.remove()


def commands(data):
    """The commands in a file of commands; what is cut off at its end was never there."""
    at = 0
    while at < len(data):
        end = data.find(b"\r\n", at)
        if end < 0:
            return
        if data[at:at + 1] == b"#":  # Redis 7 may write times there.
            at = end + 2
            continue
        words, count, at = [], int(data[at + 1:end]), end + 2
        for _ in range(count):
            end = data.find(b"\r\n", at)
            length = int(data[at + 1:end]) if end >= 0 else 0
            if end < 0 or end + 2 + length + 2 > len(data):
                return
            words.append(data[end + 2:end + 2 + length])
            at = end + 2 + length + 2
        yield words


class Sentinel(Store):
    """Watches masters by name: Sentinel({"ratings": store.port})."""

    def __init__(self, masters, down_after_ms=500, quorum=1):
        super().__init__(start=False)
        with open(self.file("sentinel.conf"), "w", encoding="ascii") as file:
            file.write(f"port {self.port}\nbind 127.0.0.1\nprotected-mode no\ndir {self.data}\n")
            for name, port in masters.items():
                file.write(f"sentinel monitor {name} 127.0.0.1 {port} {quorum}\n"
                           f"sentinel down-after-milliseconds {name} {int(down_after_ms * SLOW)}\n"
                           f"sentinel failover-timeout {name} 5000\n")
        self.start()

    def start(self, **settings):
        log = open(self.file("log"), "ab")
        with log:
            self.process = subprocess.Popen([SENTINEL_PROGRAM, self.file("sentinel.conf")], stdout=log, stderr=log)
        Store.running.append(self)
        self.wait()
        return self

    def master(self, name):
        return int(self.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", name)[1])


def certify(folder):
    """An authority, and a certificate of the server for localhost and 127.0.0.1; another authority that nobody trusts."""
    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
    for name in ("ca", "other"):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                "-keyout", f"{name}.key", "-out", f"{name}.crt", "-addext", "basicConstraints=critical,CA:TRUE")
    with open(os.path.join(folder, "names"), "w", encoding="ascii") as file:
        file.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    for name in ("server", "client"):
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                "-keyout", f"{name}.key", "-out", f"{name}.csr")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                "-extfile", "names", "-out", f"{name}.crt")


def trusting(store):
    """A TLS context for Redis(store.tls_port, context=...)."""
    return ssl.create_default_context(cafile=store.file("ca.crt"))


def remove_all():
    for store in list(Store.running):
        store.remove()
