#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compare the sums of evaluate.h with the definitions, in exact fractions and 50 digits.

    tests/rating/oracle_evaluate.py BUILD          BUILD/tests/rating/drive_evaluate does our side
    SEED=7 CASES=2000 tests/rating/oracle_evaluate.py BUILD

Closing line: N passed, N failed.
"""
import sys
from decimal import Decimal as D, getcontext
from fractions import Fraction as F

sys.dont_write_bytecode = True  # The source tree stays clean.
from lib_oracle import R, SEED, answers, case_count, hexed

getcontext().prec = 50
CASES = case_count(600)
EDGE = 1e-15


def decimal(fraction):
    return D(fraction.numerator) / D(fraction.denominator)


def wanted_predictions(bins, rows):
    """Report and bins, by their definitions."""
    rows = [(F(p), F(s), F(w)) for p, s, w in rows]
    weight = sum(w for _, _, w in rows)
    losses = []
    for p, s, w in rows:
        q = decimal(min(max(p, F(EDGE)), F(1.0 - EDGE)))
        losses.append((-(decimal(s) * q.ln() + (1 - decimal(s)) * (1 - q).ln()), decimal(w)))
    loss = sum(x * w for x, w in losses) / decimal(weight)
    spread = sum((w * (x - loss)) ** 2 for x, w in losses).sqrt() / decimal(weight)
    brier = sum(w * (p - s) ** 2 for p, s, w in rows) / weight
    right = F(0)
    for p, s, w in rows:
        sides = (p - F(1, 2)) * (s - F(1, 2))
        right += w if sides > 0 else w / 2 if sides == 0 else 0
    table = [[r for r in rows if int(r[0] * bins) == i or (i == bins - 1 and r[0] == 1)] for i in range(bins)]
    gap = sum(abs(sum(w * (p - s) for p, s, w in b)) for b in table) / weight
    out = [D(0), D(0), decimal(weight), loss, spread, decimal(brier), decimal(right / weight), decimal(gap),
           decimal(sum(w * s for _, s, w in rows) / weight)]
    for i, b in enumerate(table):
        inside = sum(w for _, _, w in b)
        out += [D(len(b)), decimal(sum(w * p for p, _, w in b) / inside) if inside else (D(i) + D("0.5")) / bins,
                decimal(sum(w * s for _, s, w in b) / inside) if inside else D(0)]
    # The square of the spread is a difference of sums: as exact as they are.
    return out, sum((w * x) ** 2 for x, w in losses) / decimal(weight) ** 2


def wanted_ranks(teams):
    pairs = wrong = F(0)
    for i, (expected, rank) in enumerate(teams):
        for other_expected, other_rank in teams[:i]:
            if rank != other_rank:
                pairs += 1
                sign = (expected - other_expected) * (rank - other_rank)
                wrong += 1 if sign < 0 else F(1, 2) if sign == 0 else 0
    if pairs == 0:
        return None
    return [decimal(pairs), decimal(wrong / pairs)] + [D(0)] * 7 + [D(0), D("0.5"), D(0)]


def case(number):
    if number % 4 == 0:
        teams = [(float(R.randrange(8)), R.choice([R.uniform(1, 9), float(R.randrange(5))])) for _ in range(R.randrange(2, 40))]
        return [0.0] + [x for team in teams for x in team], (wanted_ranks(teams), D(1))
    bins = R.choice([1, 2, 4, 8, 16, 32])  # powers of two: p * bins is exact
    rows = []
    for _ in range(R.randrange(1, 60)):
        p = R.choice([R.random(), R.random(), 0.5, 0.0, 1.0, 10 ** R.uniform(-20, 0), R.randrange(33) / 32])
        s = R.choice([0.0, 1.0, 0.5, R.random()])
        rows.append((p, s, R.choice([1.0, 1.0, 10 ** R.uniform(-9, 6), R.uniform(0, 3)])))
    return [float(bins)] + [x for row in rows for x in row], wanted_predictions(bins, rows)


def main():
    print(f"SEED={SEED} CASES={CASES}")
    cases = [case(i) for i in range(CASES)]
    passed = failed = 0
    worst = D(0)
    said = answers("evaluate", [hexed(line) for line, _ in cases])
    for (line, (want, squares)), (status, *numbers) in zip(cases, said):
        got = [D(float.fromhex(x)) for x in numbers]
        error = D(0)
        for i, (g, w) in enumerate(zip(got, want or [])):
            if i == 4:
                error = max(error, abs(g * g - w * w) / squares)
            else:
                error = max(error, abs(g - w) / max(abs(w), D(1) if i == 7 else D("1e-3")))  # 7: differences, too
        good = status == ("1" if want is None else "0") and len(got) == len(want or []) and error < D("1e-13")
        worst = max(worst, error)
        passed += good
        failed += not good
        if not good and failed <= 5:
            print(f"FAIL status {status} error {float(error):.3g}: {line}\n  {[float(x) for x in got]}\n  "
                  f"{[float(x) for x in want or []]}")
    print(f"largest error {float(worst):.3g}")
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
