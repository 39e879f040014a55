#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An exact oracle of the meters: Python fractions against the C code, packet by packet.

Usage: oracle_meter.py BUILD_DIR   (SEED=n repeats a run, ROUNDS=n sets its length)

Two oracles, neither of which shares code or method with the library, which keeps a word of tokens charged on an axis.

`Ticking` is the RFCs' own: counters that are incremented one tick at a time, Tc first and then Te (RFC 2697, section 3),
each tick at its exact rational time. A tick is a unit of the library, 2^-s token, or a token where the traffic keeps to
the times at which tokens tick. Colours and counts must be equal.

`Flowing` has no ticks: tokens flow continuously, as fractions, and what C cannot hold flows on to E. The library may differ
from it by what a unit is for each packet that found a bucket full; so a colour may differ only where a count is that
close to the packet's size, and then the run is over.
"""
import math
import os
import random
import subprocess
import sys
from fractions import Fraction

SRTCM, TRTCM, EXCESS = 1, 2, 3
AWARE, PACKETS, STRICT = 1, 2, 4
GREEN, YELLOW, RED = 0, 1, 2
SECOND = 10**9
YEAR = 31557600 * SECOND


def unit_shift(widest, refill, period):
    """s of the unit of 2^-s token, as meter_state.h describes it."""
    s = 0
    while refill and s < 32 and widest << (s + 1) <= 2**59 and refill << (s + 1) <= period:
        s += 1
    return s


class Meter:
    """Section 3 of each RFC, given what is in the buckets."""

    def __init__(self, kind, flags, cir, cbs, rate, burst, period, used, other_used, start):
        self.kind, self.flags, self.period, self.start = kind, flags, period, start
        self.cir, self.cbs, self.burst = cir, cbs, burst
        self.rate = cir if kind == SRTCM else rate
        self.tc, self.to = Fraction(cbs - used), Fraction(burst - other_used)
        self.now = start
        self.margin = None

    def has(self, tokens, size):
        """Are `size` tokens there? Keeps how close it was."""
        wanted = size + (1 if self.flags & STRICT else 0)
        distance = abs(tokens - wanted)
        self.margin = distance if self.margin is None else min(self.margin, distance)
        return tokens >= wanted

    def mark(self, size, colour, now):
        self.margin = None
        self.advance(now)
        b = 1 if self.flags & PACKETS else size
        colour = colour if self.flags & AWARE else GREEN
        if colour == RED:
            return RED
        if self.kind == TRTCM:
            if not self.has(self.to, b):
                return RED
            green = colour == GREEN and self.has(self.tc, b)
            self.to -= b
            self.tc -= b if green else 0
            return GREEN if green else YELLOW
        if colour == GREEN and self.has(self.tc, b):
            self.tc -= b
            return GREEN
        if self.has(self.to, b):
            self.to -= b
            return YELLOW
        return RED


class Ticking(Meter):
    def __init__(self, *settings, whole=False):
        super().__init__(*settings)
        both = self.cbs + self.burst
        single = self.kind == SRTCM
        self.c_unit = Fraction(1, 1 if whole else 2**unit_shift(both if single else self.cbs, self.cir, self.period))
        self.o_unit = Fraction(1, 1 if whole else 2**unit_shift(both if single else self.burst, self.rate, self.period))

    def ticks(self, rate, unit, now):
        """Ticks at the times k * period / (rate / unit), k = 1, 2, ..., up to now, less those counted before."""
        every = Fraction(self.period) * unit / rate if rate else None
        return math.floor((now - self.start) / every) - math.floor((self.now - self.start) / every) if rate else 0

    def advance(self, now):
        k = self.ticks(self.cir, self.c_unit, now)
        j = self.ticks(self.rate, self.o_unit, now)
        if k + j < 50:      # one at a time, as the RFC has it
            for _ in range(k):
                if self.tc < self.cbs:
                    self.tc += self.c_unit
                elif self.kind == SRTCM and self.to < self.burst:
                    self.to += self.c_unit
            for _ in range(j if self.kind != SRTCM else 0):
                if self.to < self.burst:
                    self.to += self.o_unit
        else:
            to_c = min(k, int((self.cbs - self.tc) / self.c_unit))
            self.tc += to_c * self.c_unit
            to_o = k - to_c if self.kind == SRTCM else j
            self.to += min(to_o, int((self.burst - self.to) / self.o_unit)) * self.o_unit
        self.now = now


class Flowing(Meter):
    def advance(self, now):
        earned = Fraction(self.cir * (now - self.now), self.period)
        to_c = min(earned, self.cbs - self.tc)
        self.tc += to_c
        to_o = earned - to_c if self.kind == SRTCM else Fraction(self.rate * (now - self.now), self.period)
        self.to = min(self.to + to_o, Fraction(self.burst))
        self.now = now


def settings(r, whole):
    period = r.choice([1, 1000, SECOND, SECOND, 60 * SECOND, r.randrange(1, 2**r.randrange(2, 55))])
    most = min(16 * period, 2**58)
    cir = r.choice([0, 1, r.randrange(0, most + 1), r.randrange(0, min(most, 2 * period) + 1),
                    min(most, 125_000_000), min(most, 1_250_000_000)])
    cbs, burst = (r.choice([1, 1500, 10_000, r.randrange(1, 2**r.randrange(2, 40)), 2**57]) for _ in range(2))
    kind, flags = r.randrange(1, 4), r.randrange(4)
    if whole:
        period = r.choice([1, 8, 1000, 125_000, SECOND // 3])
        cir = 1
    rate = 0
    if kind == TRTCM:
        rate = cir if whole else min(most, cir + r.randrange(0, cir + 2))
    if kind == EXCESS:
        flags |= r.choice([0, STRICT])
        rate = r.randrange(0, 3) if whole else r.choice([0, cir, r.randrange(0, most + 1)])
    if kind == SRTCM and r.random() < 0.2:
        cbs, burst = r.choice([(0, burst), (cbs, 0)])
    used = r.choice([0, 0, cbs, r.randrange(0, cbs + 1)])
    other_used = r.choice([0, 0, burst, r.randrange(0, burst + 1)])
    start = r.choice([0, SECOND, r.randrange(0, 2**62), 10 * YEAR])
    return kind, flags, cir, cbs, rate, burst, period, used, other_used, start


def packet(r, meter):
    cbs, burst = meter.cbs, meter.burst
    return r.choice([0, 1, 64, 1500, cbs, burst, cbs + 1, burst + 1, r.randrange(0, cbs + burst + 2),
                     int(meter.tc), int(meter.to), int(meter.tc) + 1, int(meter.to) + 1, 2**64 - 1])


def gap(r, meter, whole):
    if whole:
        return meter.period * r.choice([0, 0, 1, 2, r.randrange(0, 40), r.randrange(0, 10**6)])
    fill = (meter.cbs + meter.burst) * meter.period // max(meter.cir, 1)
    return r.choice([0, 0, 1, r.randrange(0, 1000), meter.period // max(meter.cir, 1) + r.randrange(0, 3),
                     min(fill, YEAR), r.randrange(0, min(fill, YEAR) + 1), r.randrange(0, 10 * SECOND),
                     r.randrange(0, YEAR) if r.random() < 0.1 else 0])


class Run:
    def __init__(self, build):
        self.process = subprocess.Popen([os.path.join(build, "tests/limit/drive_meter")], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.lines, self.wanted = [], []

    def ask(self, want, *words):
        self.lines.append(" ".join(str(w) for w in words))
        self.wanted.append(want)

    def compare(self):
        out, _ = self.process.communicate("\n".join(self.lines) + "\n")
        answers = out.splitlines()
        if len(answers) != len(self.wanted):
            sys.exit(f"oracle_meter: {len(self.wanted)} calls, {len(answers)} answers")
        unsure = False
        for i, (line, want, got) in enumerate(zip(self.lines, self.wanted, answers)):
            if line.startswith("init"):
                unsure = False
            verdict = want(got.split())
            if unsure or verdict:
                continue
            if verdict is None:     # too close to call: what follows of this meter says nothing
                unsure = True
                continue
            before = "\n  ".join(self.lines[max(i - 12, 0):i + 1])
            sys.exit(f"oracle_meter: call {i} differs\n  {before}\n  library: {got}\n  oracle:  {want.text}")
        return len(answers)


class Colour:
    def __init__(self, colour, margin=None, slack=0):
        self.colour, self.text = colour, f"0 {colour}"
        self.close = margin is not None and margin <= slack

    def __call__(self, got):
        return True if got == ["0", str(self.colour)] else None if self.close else False


class Counts:
    def __init__(self, tc, to, slack=0):
        self.values, self.slack, self.text = (tc, to), slack, f"0 {float(tc)} {float(to)}"

    def __call__(self, got):
        return got[0] == "0" and all(abs(Fraction(g) - v) <= self.slack + abs(v) / 2**52
                                     for g, v in zip(got[1:], self.values))


def init(run, values):
    run.ask(lambda got: got == ["0"], "init", *values)


def ticking(run, r, packets, whole):
    values = settings(r, whole)
    init(run, values)
    meter, now = Ticking(*values, whole=whole), values[-1]
    for _ in range(packets):
        now += gap(r, meter, whole)
        if now - values[-1] >= 2**58:
            return
        size, colour = packet(r, meter), r.randrange(3)
        run.ask(Colour(meter.mark(size, colour, now)), "mark", size, colour, now)
        run.ask(Counts(meter.tc, meter.to), "snapshot", now)


def flowing(run, r, packets):
    values = settings(r, False)
    init(run, values)
    meter, now = Flowing(*values), values[-1]
    kind, _, cir, cbs, rate, burst, period = values[:7]
    if kind == SRTCM:
        unit = Fraction(1, 2**unit_shift(cbs + burst, cir, period))
    else:
        unit = Fraction(1, 2**min(unit_shift(cbs, cir, period), unit_shift(burst, rate, period)))
    for n in range(1, packets + 1):
        now += gap(r, meter, False)
        if now - values[-1] >= 2**58:
            return
        size, colour = packet(r, meter), r.randrange(3)
        slack = 2 * n * unit
        want = meter.mark(size, colour, now)
        run.ask(Colour(want, meter.margin, slack), "mark", size, colour, now)
        run.ask(Counts(meter.tc, meter.to, slack), "snapshot", now)


def main():
    seed = int(os.environ.get("SEED", random.SystemRandom().randrange(2**32)))
    rounds = int(os.environ.get("ROUNDS", "300"))
    print(f"oracle_meter: SEED={seed}")
    r = random.Random(seed)
    run = Run(sys.argv[1])
    for _ in range(rounds):
        ticking(run, r, 60, whole=False)
        ticking(run, r, 60, whole=True)
        flowing(run, r, 60)
    calls = run.compare()
    print(f"{calls} calls agree\n1 passed, 0 failed")


main()
