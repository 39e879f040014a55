#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""limits.py BUILD [OUT]: libopenclaw's limits beside their peers, time and exactness, in one run.

Writes OUT/limits.md and OUT/limits.svg (OUT is this folder, or BUILD/peers with BENCH_QUICK=1, which takes a minute
instead of ten). A peer whose tools are missing is listed as skipped; exits 77 when all of them are.
"""
import array
import bisect
import datetime
import math
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "plot"))

# pylint: disable=wrong-import-position
import bars
from peer import HERE, QUICK, Peer, Skipped, first_line, load, machine, run, table, take_turns, tool

ROUNDS, MS = (3, 10) if QUICK else (61, 5)
YEAR_NS = 31_557_600 * 10**9
SECOND_NS = 10**9


# ---- the programs

def build_ours(build):
    """make has built it."""
    program = os.path.join(build, "bench", "bench_peer_limits")
    if not os.path.exists(program):
        raise Skipped(f"no {program}: run make")
    return [program, "--serve"]


def build_rust(name):
    """A program of the cargo workspace."""
    def build(directory):
        tool("cargo")
        target = os.path.join(directory, "peers", "rust")
        run("cargo", "build", "--release", "--locked", "--quiet", "--manifest-path", f"{HERE}/rust/Cargo.toml",
            env={"CARGO_TARGET_DIR": target})
        return [f"{target}/release/peer-{name}"]
    return build


def build_go(directory):
    """The Go program."""
    tool("go")
    program = os.path.join(directory, "peers", "xtime")
    run("go", "build", "-mod=readonly", "-o", program, ".", cwd=f"{HERE}/go")
    return [program]


def build_java(directory):
    """The Java program, its library by Maven."""
    tool("mvn", "javac", "java")
    out = os.path.join(directory, "peers", "java")
    jar = f"{out}/lib/bucket4j_jdk17-core-8.19.0.jar"
    if not os.path.exists(jar):
        run("mvn", "-q", "-B", "-f", f"{HERE}/java/pom.xml", "dependency:copy-dependencies",
            f"-DoutputDirectory={out}/lib")
    run("javac", "-cp", jar, "-d", f"{out}/classes", f"{HERE}/java/Harness.java", f"{HERE}/java/Bucket4j.java")
    return ["java", "-cp", f"{out}/classes:{jar}", "Bucket4j"]


def build_c(name, packages=(), libraries=()):
    """A C program of the folder c/."""
    def build(directory):
        tool("cc", "pkg-config")
        flags, version = [], "-"
        if packages:
            if subprocess.run(["pkg-config", "--exists", *packages], check=False).returncode != 0:
                raise Skipped("no " + " ".join(packages))
            flags = run("pkg-config", "--cflags", *packages).split()
            version = run("pkg-config", "--modversion", *packages)
        program = os.path.join(directory, "peers", name)
        os.makedirs(os.path.dirname(program), exist_ok=True)
        run("cc", "-O2", "-std=gnu11", "-pthread", *flags, f'-DPEER_TOOLCHAIN="cc -O2, {first_line("cc", "-dumpversion")}"',
            f'-DPEER_VERSION="{version}"', "-o", program, f"{HERE}/c/{name}.c", *libraries, "-lm")
        return [program]
    return build


OURS = Peer("libopenclaw", build_ours)
GOVERNOR = Peer("governor", build_rust("governor"))
PINGORA = Peer("pingora-limits", build_rust("pingora"))
THROTTLECRAB = Peer("throttlecrab", build_rust("throttlecrab"), threads_max=1)
XTIME = Peer("x/time/rate", build_go)
BUCKET4J = Peer("bucket4j", build_java, warm_ms=300 if QUICK else 1500)
METER = Peer("rte_meter", build_c("rte_meter", ["libdpdk"], ["-lrte_meter", "-lrte_eal"]), threads_max=1)
MUTEX = Peer("mutex and double", build_c("mutex_double"))
PEERS = [OURS, GOVERNOR, PINGORA, THROTTLECRAB, XTIME, BUCKET4J, METER, MUTEX]


# ---- one limiter: a table a clock, so that each stands beside those with the same clock

TALLY = ("libopenclaw with a tally", OURS, {"variant": "tally"})
SINGLE = [
    ("monotonic", "Monotonic clock", "`CLOCK_MONOTONIC`, `Instant`, `System.nanoTime`; x/time/rate reads the wall clock "
     "beside it, throttlecrab only the wall clock",
     [("libopenclaw", OURS, {}), TALLY, ("governor, MonotonicClock", GOVERNOR, {}),
      ("throttlecrab", THROTTLECRAB, {}), ("x/time/rate", XTIME, {}), ("bucket4j, lock-free", BUCKET4J, {}),
      ("bucket4j, synchronized", BUCKET4J, {"variant": "synchronized"}), ("mutex and double", MUTEX, {})]),
    ("tsc", "Time-stamp counter", "governor's default clock, by the crate quanta",
     [("libopenclaw", OURS, {}), TALLY, ("governor, QuantaClock", GOVERNOR, {}),
      ("libopenclaw, srTCM meter", OURS, {"variant": "meter"}), ("rte_meter, srTCM", METER, {})]),
    ("coarse", "Coarse clock", "ours: the kernel's, a tick of 4 ms; governor's: written each millisecond by a thread of "
     "its own", [("libopenclaw", OURS, {}), ("governor, QuantaUpkeepClock", GOVERNOR, {})]),
    ("given", "Given time", "no clock is read; governor and bucket4j ask a clock of ours that stands still, the others "
     "get a time that goes on",
     [("libopenclaw, take_at", OURS, {}), TALLY, ("governor", GOVERNOR, {}), ("throttlecrab", THROTTLECRAB, {}),
      ("x/time/rate, AllowN", XTIME, {}), ("bucket4j, lock-free", BUCKET4J, {}), ("mutex and double", MUTEX, {}),
      ("libopenclaw, srTCM meter", OURS, {"variant": "meter"}), ("rte_meter, srTCM", METER, {})]),
]
WORKS = [("clock alone", "clock", 1), ("denied", "denied", 1), ("granted", "granted", 1), ("mixed", "mixed", 1),
         ("denied, 2 threads", "denied", 2), ("granted, 2 threads", "granted", 2), ("mixed, 2 threads", "mixed", 2)]
SHARES = {"denied": (0, 0.001), "granted": (1, 1), "mixed": (0.4, 0.6), "hit": (0.99, 1)}


def check_shares(what, work, timings):
    """A work is what it is called only if as many calls were granted as it says."""
    low, high = SHARES.get(work, (0, 1))
    return [f"{what}, {label}: {timing.share:.3f} of the calls were granted" for label, timing in timings.items()
            if timing.ns and not low <= timing.share <= high]


def cell(timing, ours=None):
    """Best, median in brackets, and how many times ours."""
    if not timing.ns:
        return "–"
    ratio = f" {timing.best / ours.best:.2f}×" if ours is not None and ours is not timing and ours.ns else ""
    return f"{timing.best:.1f} ({timing.median:.1f}){ratio}"


def time_single(notes, picture):
    """All of SINGLE; Markdown."""
    text = ["## One limiter\n",
            "Nanoseconds a call a thread: best (median) of the rounds, and how many times ours; above 1×, ours is "
            "faster. Denied: a token a year. Granted: 4e9 tokens and a million a second, so that tokens are always in "
            "use. Mixed: two such limiters, a coin's toss which. 2 threads share the limiter.\n"]
    for clock, title, note, entries in SINGLE:
        found = {}
        for head, work, threads in WORKS:
            if clock == "given" and work == "clock":
                continue
            print(f"  {title}: {head}", flush=True)
            found[head] = take_turns(entries, {"work": work, "clock": clock, "threads": threads}, ROUNDS, MS)
            notes += check_shares(f"{title}, {head}", work, found[head])
        ours = {head: timings[entries[0][0]] for head, timings in found.items()}
        rows = [[label] + [cell(found[head][label], ours[head]) for head in found] for label, _, _ in entries
                if any(found[head][label].ns for head in found)]
        text += [f"### {title}\n", f"{note[0].upper()}{note[1:]}.\n", table([""] + list(found), rows)]
        for label, _, _ in entries:
            picture += [(clock, label, head, found[head][label].best) for head in found if found[head][label].ns]
    return "\n".join(text)


# ---- keyed

KEYED = [("libopenclaw, take", OURS, {"clock": "tsc"}), ("libopenclaw, 32 at a time", OURS, {"clock": "tsc", "batch": 32}),
         ("libopenclaw, huge pages", OURS, {"clock": "tsc", "variant": "huge"}),
         ("libopenclaw, 32 at a time, huge pages", OURS, {"clock": "tsc", "batch": 32, "variant": "huge"}),
         ("governor, DashMap", GOVERNOR, {"clock": "tsc"}), ("pingora-limits (counts, approximate)", PINGORA, {}),
         ("throttlecrab (one thread)", THROTTLECRAB, {})]
MEMORY = ("(a random line of memory, nothing else)", OURS, {"work": "line"})
KEYS = [("1 k", 1000), ("1 M", 1_000_000)] + ([] if QUICK else [("10 M", 10_000_000)])
DRAWS = 1 << (18 if QUICK else 21)


def key_of(i):
    """The i-th key, as the programs make it: the last step of SplitMix64."""
    z = (i + 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
    return z ^ (z >> 31)


def zipf(keys, random_numbers):
    """Draws by Zipf's law, s = 1: the inverse of the harmonic numbers, exact for the first 4096 ranks and by Euler's
    expansion H(k) = ln k + gamma + 1/2k beyond."""
    gamma = 0.5772156649015329
    head, total = [], 0.0
    for rank in range(1, min(keys, 4096) + 1):
        total += 1 / rank
        head.append(total)
    whole = total if keys <= 4096 else math.log(keys) + gamma + 0.5 / keys
    for u in random_numbers:
        h = u * whole
        if h <= head[-1]:
            yield bisect.bisect_left(head, h)
        else:
            yield min(keys - 1, int(math.exp(h - gamma)))


def draws(build, keys, dist):
    """A file of keys in the order of the calls; made once."""
    path = os.path.join(build, "peers", f"draws-{keys}-{dist}-{DRAWS}.bin")
    if not os.path.exists(path):
        numbers = random.Random(20261123 + keys)
        ranks = zipf(keys, (numbers.random() for _ in range(DRAWS))) if dist == "zipf" else (
            numbers.randrange(keys) for _ in range(DRAWS))
        with open(path + ".new", "wb") as file:
            array.array("Q", (key_of(rank) for rank in ranks)).tofile(file)
        os.rename(path + ".new", path)
    return path


def start_afresh():
    """End the programs that hold keys: freed memory would hide how much the next ones take."""
    for peer in (OURS, GOVERNOR, PINGORA, THROTTLECRAB):
        peer.stop()


def time_keyed(build, notes, picture):
    """Keys that are there; Markdown."""
    found, size = {}, {}
    for count, keys in KEYS:
        for dist in ("uniform", "zipf"):
            for threads in (1, 2):
                head = f"{count}, {dist}" + (", 2 threads" if threads > 1 else "")
                print(f"  keyed: {head}", flush=True)
                entries = ([MEMORY] if dist == "uniform" else []) + KEYED
                found[head] = take_turns(entries, {"work": "hit", "keys": keys, "draws": draws(build, keys, dist),
                                                 "threads": threads}, ROUNDS, MS)
                notes += check_shares(f"keyed, {head}", "hit", found[head])
            for label, timing in found[head.split(", 2")[0]].items():
                if timing.ns and label != MEMORY[0] and dist == "uniform" and keys == 1_000_000:
                    size[label] = timing.bytes / keys
            start_afresh()
    ours = KEYED[0][0]
    parts = ["## Keyed\n",
             "Nanoseconds a call a thread, best (median), and how many times our single take. Every key has been seen "
             "before and every call is granted: a billion tokens a key, one a second. Keys are 8 bytes (text of 16 for "
             "throttlecrab), in an order drawn beforehand. Ours is made for as many keys as there are; the clock is the "
             "time-stamp counter for ours and governor, the monotonic one for pingora-limits, the wall clock for "
             "throttlecrab. First, what memory alone costs: loads of random lines from as many bytes as our table, each of "
             "which waits for the one before. Huge pages: the table's memory is the caller's, who asked for them (`madvise`). Bytes a key: of a million; ours is the table, the others what their process grew by.\n"]
    for threads, title in ((1, "### One thread\n"), (2, "### Two threads on one limiter\n")):
        heads = [head for head in found if head.endswith("2 threads") == (threads == 2)]
        rows = [[MEMORY[0]] + [cell(found[head][MEMORY[0]]) if MEMORY[0] in found[head] else "–" for head in heads] +
                (["–"] if threads == 1 else [])]
        for label, _, _ in KEYED:
            if any(found[head][label].ns for head in heads):
                row = [label] + [cell(found[head][label], found[head][ours]) for head in heads]
                rows.append(row + [("–" if label not in size else f"{size[label]:.1f}" if size[label] > 0.1 else "< 0.1")] if threads == 1 else row)
        parts += [title, table([""] + [head.replace(", 2 threads", "") for head in heads] +
                               (["bytes a key"] if threads == 1 else []), rows)]
    for label, _, _ in KEYED:
        picture += [("keyed", label, head, found[head][label].best) for head in found if found[head][label].ns]
    return "\n".join(parts + [time_odd_keys()])


def time_odd_keys():
    """A key that is denied, keys that were never seen, a table that is full; Markdown."""
    entries = [KEYED[0]] + [entry for entry in KEYED if entry[1] is not OURS]
    found = {}
    for head, work, keys, threads in [("one key, denied", "hot", 1000, 1), ("one key, denied, 2 threads", "hot", 1000, 2),
                                      ("never seen", "new", 1_000_000, 1), ("table full", "overflow", 100_000, 1)]:
        print(f"  keyed: {head}", flush=True)
        found[head] = take_turns(entries, {"work": work, "keys": keys, "threads": threads}, ROUNDS, MS)
        start_afresh()
    rows = [[label] + [cell(found[head][label], found[head][entries[0][0]]) for head in found]
            for label, _, _ in entries]
    return "\n".join([
        "### Odd keys\n",
        "One key of a thousand that is denied (pingora-limits only counts it). Never seen: each call brings a new key; "
        "ours takes over the cells of others that are full again, in a table that stays as large as it is, the others "
        "grow. Table full: every cell is busy and each call brings a new key, which draws from an overflow bucket; the "
        "others have no bound.\n", table([""] + list(found), rows)])


# ---- leases and bundles

def time_shared(notes, picture):
    """A hot bucket by leases, and three limits at once; Markdown."""
    lease = [("libopenclaw, leases, TSC", OURS, {"work": "lease", "clock": "tsc"}),
             ("libopenclaw, leases, time given", OURS, {"work": "lease", "clock": "given"}),
             ("libopenclaw, bucket, TSC", OURS, {"work": "granted", "clock": "tsc"}),
             ("governor, QuantaClock", GOVERNOR, {"work": "granted", "clock": "tsc"}),
             ("bucket4j, lock-free", BUCKET4J, {"work": "granted", "clock": "monotonic"}),
             ("x/time/rate", XTIME, {"work": "granted", "clock": "monotonic"}),
             ("mutex and double", MUTEX, {"work": "granted", "clock": "monotonic"})]
    bundle = [("libopenclaw, ocl_bundle_take, time-stamp counter", OURS, {"clock": "tsc"}),
              ("libopenclaw, ocl_bundle_take, monotonic", OURS, {"clock": "monotonic"}),
              ("governor, three checks in a row (not all or nothing), QuantaClock", GOVERNOR, {"clock": "tsc"}),
              ("bucket4j, one bucket of three bandwidths, monotonic", BUCKET4J, {"clock": "monotonic"})]
    tables = []
    for title, entries, common in [
            ("### One hot bucket, two threads, every take granted\n", lease, {"threads": 2}),
            ("### Three limits in one call, every one granted\n", bundle, {"work": "bundle", "threads": 1})]:
        print(f"  {title.strip('# ').strip()}", flush=True)
        found = take_turns(entries, common, ROUNDS, MS)
        notes += check_shares(title.strip("# \n"), "granted", found)
        rows = [[label, cell(timing, found[entries[0][0]])] for label, timing in found.items() if timing.ns]
        if entries is lease:
            picture += [("lease", label, "granted", timing.best) for label, timing in found.items() if timing.ns]
        tables += [title, table(["", "ns a call a thread"], rows)]
    start_afresh()
    return "\n".join(["## Leases and bundles\n",
                      "A lease draws tokens in chunks of up to 64, so that threads seldom meet at the bucket. Time given: the clock is read "
                      "once for 1000 takes.\n"] + tables)


# ---- exactness

# Tokens, period, bucket size.
RATES = [("1 a year", 1, YEAR_NS, 10), ("7 a minute", 7, 60 * SECOND_NS, 10), ("3 a second", 3, SECOND_NS, 10),
         ("1e6/s", 10**6, SECOND_NS, 1000), ("46e6/s", 46 * 10**6, SECOND_NS, 1000),
         ("300e6/s", 3 * 10**8, SECOND_NS, 1000), ("600e6/s", 6 * 10**8, SECOND_NS, 1000),
         ("999999999/s", 999_999_999, SECOND_NS, 1000), ("1e9/s", 10**9, SECOND_NS, 1000)]
UPTIMES_NS = [0, YEAR_NS, 10 * YEAR_NS]
TESTED = [("libopenclaw, bucket", OURS, {}), ("libopenclaw, a key", OURS, {"variant": "keyed"})] + [
    (peer.name, peer, {}) for peer in (GOVERNOR, THROTTLECRAB, XTIME, BUCKET4J, METER, MUTEX)]
LEASED = ("libopenclaw, leases", OURS, {"variant": "lease"})


def ask_each(command, entries=None, **words):
    """Each peer's answer, or why there is none."""
    answers = {}
    for label, peer, own in entries or TESTED:
        try:
            answers[label] = peer.ask(command, **words, **own) if not peer.skipped else peer.skipped
        except Skipped as why:
            answers[label] = str(why)
    return answers


def deviation(admitted, exact):
    """How much too much or too little."""
    if admitted == exact:
        return "exact"
    if exact and abs(admitted - exact) <= 1:
        return f"{admitted - exact:+d} token".replace("-", "−")
    part = f"{(admitted - exact) / exact * 100:+.2g} %".replace("-", "−") if exact else "too many"
    return f"**{part}**"


def sweep(rows):
    """Rates and uptimes: what a window admits of what the arithmetic allows."""
    for label, tokens, period_ns, burst in RATES:
        wanted = 40 if period_ns == YEAR_NS else (2000 if QUICK else 20000) if tokens < 1000 else (
            20_000 if QUICK else 500_000)
        step_ns = max(1, int(period_ns / tokens * 0.37))
        steps = max(1, int(wanted * period_ns / tokens / step_ns))
        exact = steps * step_ns * tokens // period_ns
        texts = []
        for uptime_ns in UPTIMES_NS:
            answers = ask_each("window", tokens=tokens, period_ns=period_ns, burst=burst, uptime_ns=uptime_ns,
                               step_ns=step_ns, steps=steps, cap=4 * exact + 100)
            texts.append([answer if isinstance(answer, str) else deviation(answer["admitted"], exact)
                          for answer in answers.values()])
        rows.append([f"{label}: {exact}"] + [
            different[0] if len(set(different)) == 1 else "; ".join(different) for different in zip(*texts)])


def counted(rows, title, exact, command, field, **words):
    """A test with a small number for an answer."""
    answers = ask_each(command, **words)
    rows.append([f"{title}: {exact}"] + [
        answer if isinstance(answer, str) else str(answer[field]) if answer[field] == exact else f"**{answer[field]}**"
        for answer in answers.values()])


def corners(rows):
    """Bursts of long periods, a bucket of one, keys that come back, a clock that goes back, and waits."""
    for name, period_ns, burst in [("a year × 600", YEAR_NS, 600), ("30 days × 8000", 30 * 86400 * SECOND_NS, 8000),
                                   ("an hour × 5.2 M", 3600 * SECOND_NS, 5_200_000)]:
        counted(rows, f"at once from a full bucket, {name}", burst, "window", "drained", tokens=1, period_ns=period_ns,
                burst=burst, cap=1)
    counted(rows, "a bucket of 1, 1 a second: in 50 ns", 0, "window", "admitted", tokens=1, period_ns=SECOND_NS, burst=1,
            step_ns=1, steps=50, cap=50)
    worst = {label: (0, "exact") for label, _, _ in TESTED}
    for tenths in range(1, 400, 3 if not QUICK else 20):
        answers = ask_each("window", tokens=1, period_ns=SECOND_NS, burst=10, step_ns=tenths * SECOND_NS // 10, steps=1,
                           cap=100)
        exact = min(10, tenths // 10)
        for name, answer in answers.items():
            if isinstance(answer, str):
                worst[name] = (math.inf, answer)
            elif abs(answer["admitted"] - exact) > worst[name][0]:
                worst[name] = (abs(answer["admitted"] - exact),
                               f"**{answer['admitted']} of {exact}** after {tenths / 10} s")
    rows.append(["10 tokens, 1 a second, back after 0.1 to 40 s"] + [text for _, text in worst.values()])
    counted(rows, "10 tokens at one time, the clock a second back between", 10, "back", "admitted", tokens=1000,
            period_ns=SECOND_NS, burst=10, uptime_ns=5 * SECOND_NS, step_ns=SECOND_NS, cap=100)
    for label, tokens, period_ns in [("3 a second", 3, SECOND_NS), ("7 a minute", 7, 60 * SECOND_NS),
                                     ("600e6/s", 6 * 10**8, SECOND_NS)]:
        exact = -(-period_ns // tokens)
        answers = ask_each("wait", tokens=tokens, period_ns=period_ns, burst=1000 if tokens > 1000 else 10)
        rows.append([f"the wait told at {label}: {exact} ns"] + [
            answer if isinstance(answer, str) else
            str(answer["wait_ns"]) if answer["granted"] else f"**{answer['wait_ns']}, then denied**"
            for answer in answers.values()])


def shared(rows):
    """Threads on one limiter and the real clock: admitted over size + rate x time."""
    for threads in (2, 4, 8):
        answers = ask_each("shared", SHARED, threads=threads, tokens=10**6, period_ns=SECOND_NS, burst=SHARED_BURST,
                           ms=200 if QUICK else 2000)
        cells = []
        for answer in answers.values():
            if isinstance(answer, str):
                cells.append(answer)
                continue
            ratio = answer["admitted"] / (SHARED_BURST + answer["elapsed_ns"] / 1000)
            cells.append(f"**{ratio:.4f}**" if ratio > 1.0001 else f"{ratio:.4f}")
        rows.append([f"1e6/s, {threads} threads, {0.2 if QUICK else 2} s: at most 1"] + cells)


SHARED = TESTED[:2] + [LEASED] + [entry for entry in TESTED[2:] if entry[1].threads_max > 1]
SHARED_BURST = 100_000


def test_exactness():
    """All tests; Markdown."""
    head = [""] + [label for label, _, _ in TESTED]
    rates, corner_rows, shared_rows = [], [], []
    print("  exactness: rates", flush=True)
    sweep(rates)
    print("  exactness: corners", flush=True)
    corners(corner_rows)
    print("  exactness: threads", flush=True)
    shared(shared_rows)
    return "\n".join([
        "## Exactness\n",
        "Each is told the time and asked for one token after the other. What differs from exact arithmetic is set in "
        "bold: too much (+) or too little (−). Rates: the bucket is emptied, then time goes on in steps of 0.37 of a "
        "token (at least 1 ns) and every token is taken that is there; the number behind a rate is how many that should be. "
        "Where it matters how long the limiter has been up, three answers: new, 1 year, 10 years.\n",
        table(head, rates), "Corners, and what is right:\n", table(head, corner_rows),
        f"Threads that take as fast as they can from one bucket of {SHARED_BURST:,} tokens, by the clock of the machine; "
        "admitted over size + rate × time. Below 1: the threads were put aside for longer than the bucket holds.\n",
        table([""] + [label for label, _, _ in SHARED], shared_rows)])


# ---- the report

def draw_picture(picture, path):
    """Bars of the best rounds; what it shows is in the tables, too."""
    best = {(group, label, head): ns for group, label, head, ns in picture}

    def panel(title, group, heads, names):
        labels = list(dict.fromkeys(label for at, label, _ in best if at == group))
        rows = [(label, label.startswith("libopenclaw"), [best.get((group, label, head)) for head in heads])
                for label in labels]
        return (title, names, [row for row in rows if any(row[2])])

    pair, both = ["denied", "granted"], ["denied, 2 threads", "granted, 2 threads"]
    keyed = ["1 M, uniform", "1 M, zipf"]
    return bars.draw([
        [panel("Monotonic clock, ns a call", "monotonic", pair, pair),
         panel("A million keys, ns a call", "keyed", keyed, ["uniform", "Zipf"]),
         panel("2 threads, one hot bucket, ns a call", "lease", ["granted"], ["granted"])],
        [panel("Time-stamp counter, ns a call", "tsc", pair, pair),
         panel("Time-stamp counter, 2 threads on it", "tsc", both, pair),
         panel("Given time, ns a call", "given", pair, pair)]], path)


def versions():
    """Who took part, and who did not."""
    rows = []
    for peer in PEERS:
        if peer.skipped:
            rows.append([peer.name, f"skipped: {peer.skipped}"])
        else:
            by = peer.about["toolchain"]
            if "rust" in peer.command[0]:
                by = first_line("rustc", "--version").split(" (")[0] + ", " + by
            rows.append([peer.name, f"{peer.about['version']}; {by}"])
    return table(["", "version; compiler"], rows, 2)


def main():
    """Build, measure, write."""
    build = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build")
    out = os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 else os.path.join(build, "peers") if QUICK else HERE
    os.makedirs(os.path.join(build, "peers"), exist_ok=True)
    os.environ.setdefault("RUNTIME_DIRECTORY", os.path.join(build, "peers"))
    for peer in PEERS:
        print(f"  building {peer.name}", flush=True)
        peer.prepare(build)
        if peer.skipped:
            print(f"skipped: {peer.name}: {peer.skipped}", flush=True)
    if OURS.skipped:
        sys.exit(f"limits.py: {OURS.skipped}")
    if all(peer.skipped for peer in PEERS if peer not in (OURS, MUTEX)):
        print("skipped: no peer can be built here")
        sys.exit(77)
    notes, picture, before = [], [], load()
    parts = [time_single(notes, picture), time_keyed(build, notes, picture), time_shared(notes, picture), test_exactness()]
    head = [
        "# Limits beside their peers\n",
        f"{datetime.date.today().isoformat()}, by `make bench-peers`{' in its quick mode' if QUICK else ''}. {machine()}; "
        f"load average {before} before, {load()} after. {ROUNDS} rounds of {MS} ms a work, all programs in turns, "
        f"pinned{', ahead of others (nice −10)' if OURS.ahead else ''}; with 2 threads fewer and longer rounds, so that both "
        f"run at the same time. Every work was warmed up first, Java's {BUCKET4J.warm_ms / 1000} s.\n", versions()]
    for peer in PEERS:
        peer.stop()
    if notes:
        head.append("\nTo be looked into:\n\n" + "\n".join(f"- {note}" for note in notes) + "\n")
    path = os.path.join(out, "limits.md")
    if draw_picture(picture, os.path.join(out, "limits.svg")):
        head.append("\n![The tables as bars: the best rounds, in nanoseconds](limits.svg)\n")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(head + parts))
    print(f"wrote {path}")


if __name__ == "__main__":
    main()
