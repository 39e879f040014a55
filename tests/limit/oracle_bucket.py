#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An exact oracle of the bucket: Python fractions against the C code, call by call.

Usage: oracle_bucket.py BUILD_DIR   (SEED=n repeats a run, ROUNDS=n sets its length)

`Unit` states what the header promises, to the unit: tokens earned are the floor of an exact rational, in units of 2^-s
token; every answer of the library (status, remaining, both waits) must be equal to its, through random calls with idle
gaps, old clocks and live changes. decades() knows no units: over 50 years of demand, the tokens granted are, to the
token, what the rate has earned. Neither shares code or method with the library, which scales by a rounded reciprocal.
"""
import math
import os
import random
import subprocess
import sys
from fractions import Fraction

NEVER = 2**64 - 1
YEAR_NS = 31557600 * 10**9
FULL_MAX, DEBT_MAX, SHIFT_MAX = 2**59, 2**60, 32
OK, DENIED, EINVAL, ERANGE = 0, 1, -1, -2


class Unit:
    """Tokens in units of 2^-s; all times and sums exact."""

    def __init__(self, cap, refill, period, used, start):
        self.set(cap, refill, period)
        self.base = start
        self.start = Fraction(0)           # earned at base, with its fraction
        self.v = used << self.s
        self.slots = {}
        self.generation = 0
        self.lowered = 0
        self.integral = Fraction(0)        # token-ns of used, up to self.seen
        self.seen = start
        self.offered = self.granted = 0

    def set(self, cap, refill, period):
        self.cap, self.refill, self.period = cap, refill, period
        self.s = 0
        while (refill and self.s < SHIFT_MAX and cap << (self.s + 1) <= FULL_MAX
               and refill <= period >> (self.s + 1)):
            self.s += 1
        self.full = cap << self.s
        self.rate = Fraction(refill << self.s, period)   # units a ns

    def exact(self, now):
        return self.start + max(now - self.base, 0) * self.rate

    def earned(self, now):
        return math.floor(self.exact(now))

    def charged(self, now):
        return max(self.v, self.earned(now))

    def advance(self, now):
        """Integrate used tokens up to now: a line down to zero."""
        if now <= self.seen:
            return
        used = max(Fraction(self.v) - self.exact(self.seen), 0)
        if not self.rate:       # nothing moves it: used is what it shows, a whole number of units
            used = max(self.v - self.earned(self.seen), 0)
        dt = Fraction(now - self.seen)
        if self.rate and used / self.rate < dt:
            dt = used / self.rate
        self.integral += (used * dt - self.rate * dt * dt / 2) / 2**self.s
        self.seen = now

    def when(self, units, now):
        """Wait until earned() reaches units."""
        need = Fraction(units) - self.start
        if need <= 0:
            return 0
        if not self.rate:
            return NEVER
        at = self.base + math.ceil(need / self.rate)
        return NEVER if at > 2**64 - 1 else max(at - now, 0)

    def decision(self, now, missing):
        charged = self.charged(now)
        earned = self.earned(now)
        remaining = (earned + self.full - charged) >> self.s   # Python shifts round down
        retry = self.when(earned + missing, now) if missing else 0
        reset = self.when(charged, now) if charged > earned else 0
        return (self.cap, remaining, retry, reset)

    def take(self, n, now, peek=False):
        if n > self.cap:
            return (ERANGE,)
        self.advance(now)
        nxt = self.charged(now) + (n << self.s)
        missing = max(nxt - self.earned(now) - self.full, 0)
        if not missing and n and not peek:
            self.v = nxt
            self.granted += n
        if n and not peek:
            self.offered += n
        return (DENIED if missing else OK,) + self.decision(now, missing)

    def give_back(self, units, now, undoes=False):
        if self.v <= self.earned(now) or units <= 0:
            return DENIED
        lower = max(self.v - units, self.earned(now))
        if not undoes or self.v - lower != units:
            self.lowered += self.v - lower
        self.v = lower
        return OK

    def refund(self, n, now):
        if n > self.cap:
            return (ERANGE,)
        self.advance(now)
        self.give_back(n << self.s, now)
        return (OK,)

    def settle(self, estimated, actual, now):
        if estimated > self.cap or (actual > 2**58 and actual > estimated):
            return (ERANGE,)
        if actual <= estimated:
            return self.refund(estimated - actual, now)
        self.advance(now)
        units = (actual - estimated) << self.s
        if units > DEBT_MAX or self.charged(now) + units > self.earned(now) + self.full + DEBT_MAX:
            return (ERANGE,)
        self.v = self.charged(now) + units
        self.offered += actual - estimated
        self.granted += actual - estimated
        return (OK,)

    def drain(self, most, now):
        self.advance(now)
        n = min(max(self.earned(now) + self.full - self.charged(now), 0) >> self.s, most)
        if n == 0:
            self.offered += 1 if most else 0
            return (DENIED, 0)
        self.v = self.charged(now) + (n << self.s)
        self.offered += n
        self.granted += n
        return (OK, n)

    def reserve(self, slot, n, max_wait, now):
        self.slots[slot] = None
        if n == 0 or n > self.cap:
            return (ERANGE, 0, 0)
        self.advance(now)
        nxt = self.charged(now) + (n << self.s)
        last = self.earned(min(now + max_wait, 2**64 - 1))
        wait = self.when(nxt - self.full, now) if nxt > self.earned(now) + self.full else 0
        self.offered += n
        if nxt > last + self.full or nxt - self.earned(now) > self.full + DEBT_MAX:
            return (DENIED, 0, wait)
        self.v = nxt
        self.granted += n
        self.slots[slot] = (n, nxt, self.generation, self.lowered)
        return (OK, n, wait)

    def cancel(self, slot, now):
        self.advance(now)
        held = self.slots.get(slot)
        self.slots[slot] = None
        if held is None or held[2] != self.generation:
            return (DENIED,)
        later = max(self.v + self.lowered - held[3] - held[1], 0)    # taken since
        last = self.lowered == held[3] and self.v == held[1]
        return (self.give_back((held[0] << self.s) - later, now, last),)

    def change(self, cap, refill, period, now):
        self.advance(now)
        exact = Fraction(math.floor(self.exact(now) * 2**56), 2**56)
        used = max(Fraction(self.v) - exact, 0)                   # old units
        held = (Fraction(self.full) - used) / 2**self.s           # tokens, below 0: debt
        base = max(now, self.base)
        self.set(cap, refill, period)
        used = (cap - min(held, Fraction(cap))) * 2**self.s       # new units
        used = Fraction(math.ceil(used * 2**56), 2**56)           # 56 bits of fraction are kept
        self.base = base
        self.v = math.ceil(used)
        self.start = self.v - used
        self.generation += 1
        return (OK,)

    def snapshot(self, now):
        self.advance(now)
        used = max(self.v - self.earned(now), 0)
        return (OK, self.cap, self.refill, Fraction(self.full - used, 2**self.s), Fraction(used, 2**self.s),
                self.offered, self.granted, self.integral / 10**9)


def near(text, want, tolerance):
    return abs(Fraction(text) - want) <= tolerance


def settings(random_):
    kind = random_.randrange(6)
    if kind == 0:
        refill, period = 1, YEAR_NS
    elif kind == 1:
        refill, period = random_.choice([1, 3, 7, 200, 999, 10**6]), 10**9
    elif kind == 2:
        refill, period = random_.choice([10**9, 999_999_999, 600_000_000, 300_000_001]), 10**9
    elif kind == 3:
        refill, period = 0, 10**9
    else:
        period = random_.randrange(1, 2**random_.randrange(1, 56)) or 1
        refill = random_.randrange(0, min(16 * period, 2**random_.randrange(1, 60)) + 1)
    cap = random_.choice([1, 2, 10, 1000, 2**20, 2**40, random_.randrange(1, 2**random_.randrange(2, 58))])
    return cap, refill, period


def pick_tokens(random_, cap):
    return random_.choice([0, 1, 1, 1, min(2, cap), min(cap, random_.randrange(0, cap + 1)), cap, cap + 1])


def pick_gap(random_, unit):
    """Idle gaps from a nanosecond to a decade, and those that the bucket's own rate suggests."""
    period, refill, cap = unit.period, max(unit.refill, 1), unit.cap
    token = period // refill
    return random_.choice([0, 0, 0, 1, random_.randrange(0, 1000), token, max(token - 1, 0), token + 1,
                           random_.randrange(0, 10**10), min(cap * period // refill, 10 * YEAR_NS),
                           random_.randrange(0, 10 * YEAR_NS) if random_.random() < 0.05 else 0])


class Run:
    def __init__(self, build):
        self.process = subprocess.Popen([os.path.join(build, "tests/limit/drive_bucket")], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.lines, self.wanted = [], []

    def ask(self, want, *words):
        self.lines.append(" ".join(str(w) for w in words))
        self.wanted.append(want)

    def compare(self):
        out, _ = self.process.communicate("\n".join(self.lines) + "\n")
        answers = out.splitlines()
        if len(answers) != len(self.wanted):
            sys.exit(f"oracle_bucket: {len(self.wanted)} calls, {len(answers)} answers")
        for i, (line, want, got) in enumerate(zip(self.lines, self.wanted, answers)):
            if not want(got.split()):
                before = "\n  ".join(self.lines[max(i - 12, 0):i + 1])
                sys.exit(f"oracle_bucket: call {i} differs\n  {before}\n  library: {got}\n  oracle:  {want.text}")
        return len(answers)


class Want:
    """Equal to the last digit. Only after a live change, which keeps the fraction of a unit to 56 bits, a wait of hours
    or more may be a nanosecond off."""

    def __init__(self, values, changes=0):
        self.values, self.changes, self.text = values, changes, " ".join(str(v) for v in values)

    def __call__(self, got):
        if len(got) != len(self.values):
            return False
        return all(str(v) == g or (self.changes and 2**42 < v < NEVER and abs(v - int(g)) <= 1)
                   for v, g in zip(self.values, got))


class WantSnapshot:
    """Doubles: as exact as a double of this size can be; the integral but for the floor of each look, see slack."""

    def __init__(self, values, slack):
        self.values, self.slack, self.text = values, slack, " ".join(str(float(v)) for v in values)

    def __call__(self, got):
        w = self.values
        size = max(abs(w[3]), abs(w[4]), 1)
        return (got[0] == "0" and got[1] == str(w[1]) and got[2] == str(w[2]) and near(got[3], w[3], size / 2**50)
                and near(got[4], w[4], size / 2**50) and got[5] == str(w[5]) and got[6] == str(w[6])
                and (w[7] > 10**21 or near(got[7], w[7], self.slack + abs(w[7]) / 2**44)))


def sweep(run, random_, calls):
    cap, refill, period = settings(random_)
    now = random_.choice([0, 10**9, random_.randrange(0, 2**62), 10 * YEAR_NS])
    used = random_.choice([0, 0, cap, random_.randrange(0, cap + 1)])
    unit = Unit(cap, refill, period, used, now)
    run.ask(Want((OK,)), "init", cap, refill, period, used, now, 0)
    slack, changed = Fraction(0), False
    for _ in range(calls):
        now += pick_gap(random_, unit)
        if now >= 2**63:
            return
        at = now - random_.choice([0, 0, 0, 0, random_.randrange(0, 10**6), 3600 * 10**9]) if random_.random() < 0.2 else now
        at = max(at, 0)
        if unit.earned(now) > 2**58:    # years at a high rate: the library's base may have moved up to now
            at = now
        if at < unit.seen:      # the integral is defined for time that goes forward
            slack = None
        n = pick_tokens(random_, unit.cap)
        word = random_.choice(["take"] * 6 + ["plain"] * 4 + ["peek", "refund", "drain", "reserve", "reserve",
                                                              "cancel", "settle", "change", "snapshot"])
        if slack is not None:   # used is looked at to the unit: each token moved may be off by what a unit takes
            held = max(unit.v - unit.earned(at), 0) >> unit.s
            slack += 4 * Fraction(max(n, unit.cap, held)) / (unit.rate or 1) / 10**9 + Fraction(1, 10**9)
        if word == "take":
            run.ask(Want(unit.take(n, at), unit.generation), word, n, at)
        elif word == "plain":
            run.ask(Want(unit.take(n, at)[:1]), word, n, at)
        elif word == "peek":
            run.ask(Want(unit.take(n, at, peek=True), unit.generation), word, n, at)
        elif word == "refund":
            run.ask(Want(unit.refund(n, at)), word, n, at)
        elif word == "settle":
            actual = random_.choice([0, n, n + 1, 2 * n, random_.randrange(0, 2 * unit.cap + 1), 2**63])
            run.ask(Want(unit.settle(n, actual, at)), word, n, actual, at)
        elif word == "drain":
            most = random_.choice([0, 1, n, 2**64 - 1])
            run.ask(Want(unit.drain(most, at)), word, most, at)
        elif word == "reserve":
            slot = random_.randrange(16)
            wait = random_.choice([0, 1, 10**6, 10**9, 10**12, YEAR_NS, 2**64 - 1])
            run.ask(Want(unit.reserve(slot, n, wait, at), unit.generation), word, slot, n, wait, at)
        elif word == "cancel":
            slot = random_.randrange(16)
            if unit.earned(now) > 2**58:    # likewise: what moves the base ends what may be cancelled
                continue
            run.ask(Want(unit.cancel(slot, at)), word, slot, at)
        elif word == "change" and (at >= unit.base) and random_.random() < 0.5:
            cap, refill, period = settings(random_)
            probe = Unit(cap, refill, period, 0, 0)
            debt = max(Fraction(unit.v) - unit.exact(at) - unit.full, 0) / 2**unit.s
            if math.floor(debt) >= DEBT_MAX >> probe.s:
                run.ask(Want((ERANGE,)), word, cap, refill, period, 0, at, 0)
            else:
                run.ask(Want(unit.change(cap, refill, period, at)), word, cap, refill, period, 0, at, 0)
                changed = True
        elif word == "snapshot":
            answer = unit.snapshot(at)
            run.ask(WantSnapshot(answer, slack if slack is not None else Fraction(10**60)), word, at)


def decades(run, random_, years, counts):
    """Demand that takes all there is, for decades: what the library grants is, to the token, what the rate earns."""
    cap = random_.choice([2**40, 2**50, 2**58])
    refill, period = random_.choice([(1, YEAR_NS), (3, 10**9), (7, 60 * 10**9), (999_999_999, 10**9), (10**9, 10**9),
                                     (600_000_001, 10**9), (16, 1), (random_.randrange(1, 2**40), 2**40 - 87)])
    unit = Unit(cap, refill, period, cap, 0)
    run.ask(Want((OK,)), "init", cap, refill, period, cap, 0, 0)
    longest = cap * period // refill * 9 // 10       # never full: nothing is forfeited
    now = granted = 0
    for _ in range(300):
        now += random_.randrange(1, max(2, min(longest, years * YEAR_NS // 150)))
        answer = unit.drain(2**64 - 1, now)
        granted += answer[1]
        run.ask(Want(answer), "drain", 2**64 - 1, now)
        if granted != refill * now // period:
            sys.exit(f"oracle_bucket: {granted} granted, {refill * now // period} earned")
    counts["years"] = max(counts["years"], now / YEAR_NS)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    seed = int(os.environ.get("SEED", random.SystemRandom().randrange(2**32)))
    rounds = int(os.environ.get("ROUNDS", "400"))
    print(f"oracle_bucket: SEED={seed}")
    random_ = random.Random(seed)
    run = Run(sys.argv[1])
    counts = {"years": 0}
    for i in range(rounds):
        sweep(run, random_, 120)
        if i % 8 == 0:
            decades(run, random_, 50, counts)
    print(f"oracle_bucket: {run.compare()} calls equal to exact arithmetic, over up to {counts['years']:.0f} years")


main()
