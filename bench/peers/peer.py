# SPDX-License-Identifier: MIT
"""What every comparison with peers needs: build their programs, keep them running, and put the same work to them in turns.

A peer is a program in its own language that reads one command a line and answers with one line of JSON (README.md beside
this file tells the protocol). A comparison, such as limits.py, lists its peers and works, and writes what it found.
"""
import json
import os
import platform
import select
import shutil
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
NICE = -10
QUICK = bool(os.environ.get("BENCH_QUICK"))


class Skipped(Exception):
    """A peer, or one work of it, that cannot be had here; says why."""


def tool(*names):
    """Check that commands exist."""
    for name in names:
        if shutil.which(name) is None:
            raise Skipped(f"no {name}")


def run(*command, cwd=None, env=None):
    """Run a build step; what it says is shown only when it fails."""
    done = subprocess.run(command, cwd=cwd, env={**os.environ, **(env or {})}, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        sys.stderr.write(done.stdout[-2000:])
        raise Skipped(f"{os.path.basename(command[0])} failed")
    return done.stdout.strip()


def first_line(*command):
    """What a tool calls itself."""
    return run(*command).splitlines()[0]


def go_ahead(process):
    """Let a program, a session of its own, go before what else the machine does, where that is allowed. Says whether."""
    try:
        os.setpriority(os.PRIO_PROCESS, process.pid, NICE)
        if os.path.exists(f"/proc/{process.pid}/autogroup"):  # the kernel shares out by session first
            with open(f"/proc/{process.pid}/autogroup", "w", encoding="ascii") as group:
                group.write(str(NICE))
    except OSError:
        return False
    return True


class Peer:
    """One program. `build` returns its command line, or raises Skipped; `warm_ms` is how long a loop runs before it
    counts, which a just-in-time compiler needs; `threads_max` is 1 where it is not made for more."""

    def __init__(self, name, build, warm_ms=20, threads_max=64):
        self.name = name
        self.build = build
        self.warm_ms = warm_ms
        self.threads_max = threads_max
        self.skipped = None
        self.about = {}
        self.process = None
        self.ahead = False
        self.command = None

    def prepare(self, build_dir):
        """Build it and start it once."""
        try:
            self.command = self.build(build_dir)
            self.about = self.ask("about")
        except Skipped as why:
            self.skipped = str(why)

    def start(self):
        """Start the program, if it is not running."""
        if self.process is None:
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
                                            start_new_session=True)
            self.ahead = go_ahead(self.process)

    def stop(self):
        """Let the program end."""
        if self.process is not None:
            self.process.stdin.close()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process.stdout.close()
            self.process = None

    def pin(self, cores):
        """Put all threads of the program on these cores; those it makes later inherit that."""
        for thread in os.listdir(f"/proc/{self.process.pid}/task"):
            try:
                os.sched_setaffinity(int(thread), cores)
            except ProcessLookupError:
                pass

    def ask(self, command, cores=None, timeout=120, **words):
        """Put one command; its answer as a dictionary."""
        self.start()
        if cores:
            self.pin(cores)
        line = " ".join([command] + [f"{name}={value}" for name, value in words.items()])
        self.process.stdin.write((line + "\n").encode())
        text, end = b"", time.monotonic() + timeout
        while not text.endswith(b"\n"):
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))
            piece = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not piece:
                self.process.kill()
                self.stop()
                raise Skipped("no answer" if not ready else "ended early")
            text += piece
        answer = json.loads(text)
        if "skip" in answer or "error" in answer:
            raise Skipped(answer.get("skip") or answer["error"])
        return answer


class Timing:
    """The rounds of one peer at one work: nanoseconds a call a thread."""

    def __init__(self):
        self.ns, self.calls, self.granted, self.bytes, self.skipped = [], 0, 0, 0, None

    @property
    def best(self):
        """The fastest round."""
        return min(self.ns)

    @property
    def median(self):
        """The round in the middle."""
        return statistics.median(self.ns)

    @property
    def share(self):
        """How many of the calls were granted."""
        return self.granted / self.calls if self.calls else 0


def cores_for(threads):
    """The last cores: the first is where interrupts go."""
    cores = sorted(os.sched_getaffinity(0))
    return cores[-threads:] if threads <= len(cores) else cores


WARM_TIMEOUT_S = 300  # setting up ten million keys takes some


def take_turns(entries, words, rounds, milliseconds):
    """Time `entries` (label, peer, own words) at one work, in turns: A B C, B C A, ... Returns label -> Timing."""
    timings = {label: Timing() for label, _, _ in entries}
    cores = cores_for(words.get("threads", 1))
    live = []
    for label, peer, own in entries:
        if peer.skipped:
            timings[label].skipped = peer.skipped
            continue
        try:
            if words.get("threads", 1) > peer.threads_max:
                raise Skipped("one thread only")
            peer.ask("time", cores, WARM_TIMEOUT_S, **{**words, **own, "ms": peer.warm_ms})
            live.append((label, peer, own))
        except Skipped as why:
            timings[label].skipped = str(why)
    if words.get("threads", 1) > 1:
        # Long enough that both threads run at the same time, also where others want the cores.
        rounds, milliseconds = max(3, rounds // 4), 6 * milliseconds
    for number in range(rounds):
        for label, peer, own in live[number % max(1, len(live)):] + live[:number % max(1, len(live))]:
            answer = peer.ask("time", cores, **{**words, **own, "ms": milliseconds})
            timing = timings[label]
            timing.ns.append(answer["ns"])
            timing.calls += answer["calls"]
            timing.granted += answer["granted"]
            timing.bytes = answer["bytes"]
    return timings


def load():
    """The load averages, as text."""
    return "{:.2f} {:.2f} {:.2f}".format(*os.getloadavg())


def machine():
    """One line on the machine."""
    model, caches = platform.machine(), ""
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as info:
        for line in info:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    try:
        with open("/sys/devices/system/cpu/cpu0/cache/index3/size", encoding="ascii") as size:
            caches = f", L3 {size.read().strip()}"
    except OSError:
        pass
    virtual = ", virtual" if shutil.which("systemd-detect-virt") and subprocess.run(
        ["systemd-detect-virt", "-q"], check=False).returncode == 0 else ""
    return f"{model}, {len(os.sched_getaffinity(0))} cores{caches}{virtual}, Linux {platform.release().split('-')[0]}"


def table(head, rows, left=1):
    """A Markdown table; the first `left` columns are flush left."""
    rule = ["---"] * left + ["---:"] * (len(head) - left)
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in [head, rule] + rows) + "\n"
