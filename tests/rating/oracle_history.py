#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compare whole histories with Newton's method on all strengths of all players at once, in 60 digits.

    tests/rating/oracle_history.py BUILD            BUILD/tests/rating/drive_history does our side
    SEED=7 CASES=100 tests/rating/oracle_history.py BUILD

The library goes from player to player, with a tridiagonal elimination each, round after round. Here the logarithm of the
posterior (R. Coulom, CG 2008) is one function of all strengths: its gradient and its whole matrix of second derivatives are
written down and solved by Gauss; that it is a maximum is seen from the gradient, in 60 digits. Deviations are from the
inverse of each player's block of that matrix, with the ridge of the published programs. Closing line: N passed, N failed.
"""
import math
import sys

from mpmath import exp, log, mp, mpf, sqrt

sys.dont_write_bytecode = True  # The source tree stays clean.
from lib_oracle import Driver, R, SEED, case_count

mp.dps = 60
CASES = case_count(40)
POINTS = 400 / log(mpf(10))  # points in a natural unit
RIDGE = mpf("0.001")
BOUNDS = {"value": mpf("1e-9"), "deviation": mpf("1e-9"), "likelihood": mpf("1e-9")}


def solve(matrix, column):
    """Gauss; what is positive definite needs no pivoting."""
    n = len(matrix)
    rows = [list(row) + [c] for row, c in zip(matrix, column)]
    for k in range(n):
        for i in range(k + 1, n):
            if rows[i][k] != 0:
                factor = rows[i][k] / rows[k][k]
                rows[i][k:] = [x - factor * y for x, y in zip(rows[i][k:], rows[k][k:])]
    out = [None] * n
    for k in reversed(range(n)):
        out[k] = (rows[k][n] - sum(rows[k][j] * out[j] for j in range(k + 1, n) if rows[k][j] != 0)) / rows[k][k]
    return out


class Problem:
    """Strengths are numbered over all players; `where` gives the number of a player at a time."""

    def __init__(self, case):
        self.drift, self.virtual, self.draw = case["drift"], case["virtual"], case["draw"]
        self.games = case["games"]
        times = {}
        for g in self.games:
            for player in (g["first"], g["second"]):
                times.setdefault(player, set()).add(g["time"])
        self.players = [sorted(times.get(p, ())) for p in range(case["players"])]
        self.where = {}
        for p, days in enumerate(self.players):
            for day in days:
                self.where[p, day] = len(self.where)

    def blocks(self):
        return [[self.where[p, day] for day in days] for p, days in enumerate(self.players)]

    def outcomes(self, x, number, e):
        """Davidson's probabilities of a win, a draw and a loss."""
        win, draw, loss = e(x / 2), number(self.draw), e(-x / 2)
        return win / (win + draw + loss), draw / (win + draw + loss), loss / (win + draw + loss)

    def derivatives(self, r, number, e):
        """Gradient and negative second derivatives of the log posterior, in numbers of the given kind."""
        n = len(r)
        gradient, matrix = [number(0)] * n, [[number(0)] * n for _ in range(n)]

        def add(pull, curvature, up, down):
            for i, sign in ((up, 1), (down, -1)):
                if i is not None:
                    gradient[i] += sign * pull
                    matrix[i][i] += curvature
            if up is not None and down is not None:
                matrix[up][down] -= curvature
                matrix[down][up] -= curvature

        points, drift = number(POINTS), number(self.drift)
        for g in self.games:
            a, b = self.where[g["first"], g["time"]], self.where[g["second"], g["time"]]
            win, draw, loss = self.outcomes(r[a] - r[b] + number(g["advantage"]) / points, number, e)
            p = win + draw / 2  # the expected score; its slope is the score's variance
            variance = win * (1 - p)**2 + draw * (number(1) / 2 - p)**2 + loss * p**2
            add(number(g["weight"]) * (number(g["score"]) - p), number(g["weight"]) * variance, a, b)
        for player, days in enumerate(self.players):
            if not days:
                continue
            first = self.where[player, days[0]]
            p = 1 / (1 + e(-r[first]))
            add(number(self.virtual) * (1 - 2 * p), 2 * number(self.virtual) * p * (1 - p), first, None)
            for day, after in zip(days, days[1:]):
                precision = points**2 / (drift * (number(after) - number(day)))
                i, j = self.where[player, day], self.where[player, after]
                add((r[i] - r[j]) * -precision, precision, i, j)
        return gradient, matrix

    def maximum(self):
        near = min([b - a for days in self.players for a, b in zip(days, days[1:])], default=1) < 1e-4
        number, e = (mpf, exp) if near else (float, math.exp)
        r = [number(0)] * len(self.where)
        for _ in range(100):
            gradient, matrix = self.derivatives(r, number, e)
            step = solve(matrix, gradient)
            most = max(map(abs, step))
            r = [x + s / max(1.0, most / number(1.5)) for x, s in zip(r, step)]
            if most < 1e-8:
                break
        r = list(map(mpf, r))
        for _ in range(6):
            gradient, matrix = self.derivatives(r, mpf, exp)
            if max(map(abs, gradient)) < mpf(10) ** -25:
                return r, matrix
            r = [x + s for x, s in zip(r, solve(matrix, gradient))]
        raise ArithmeticError("not at a maximum")

    def deviations(self, matrix):
        out = [None] * len(matrix)
        for block in self.blocks():
            cut = [[matrix[i][j] + (RIDGE if i == j else 0) for j in block] for i in block]
            for place, i in enumerate(block):
                unit = [mpf(int(k == place)) for k in range(len(block))]
                out[i] = POINTS * sqrt(solve(cut, unit)[place])
        return out

    def likelihood(self, r):
        total = mpf(0)
        for g in self.games:
            x = r[self.where[g["first"], g["time"]]] - r[self.where[g["second"], g["time"]]] + g["advantage"] / POINTS
            win, draw, loss = self.outcomes(x, mpf, exp)
            if draw > 0 and g["score"] == 0.5:
                total += mpf(g["weight"]) * log(draw)
            else:  # a score between is that part of a win and the rest of a loss
                total += mpf(g["weight"]) * (mpf(g["score"]) * log(win) + (1 - mpf(g["score"])) * log(loss))
        return total


def random_case(number):
    players = R.randint(2, 6)
    plain = number % 3 == 0
    days = [float(d) for d in range(8)] if plain else [R.uniform(-3000, 3000) for _ in range(R.randint(1, 9))]
    if number % 4 == 1:  # times that hardly differ
        days = [R.uniform(-1, 1) * 10 ** R.uniform(-14, 3) for _ in days]
    games = []
    for _ in range(R.randint(1, 40)):
        first, second = R.sample(range(players), 2)
        games.append(dict(
            time=R.choice(days), first=first, second=second, score=R.choice([0, 1, 1, 0.5] + [R.random()] * (not plain)),
            advantage=0.0 if plain else R.choice([0, R.uniform(-200, 200)]),
            weight=1.0 if plain else R.choice([1, R.uniform(0.05, 3)])))
    return dict(players=players, games=games, drift=300.0 if plain else 10 ** R.uniform(-2, 4),
                virtual=1.0 if plain else R.uniform(0.3, 3), draw=R.choice([0.0, 0.0, 10 ** R.uniform(-2, 2)]))


def one_sided_case():
    """Somebody wins all of it, on many days: far out, and drifting."""
    games = [dict(time=float(day), first=day % 2, second=1 - day % 2, score=1 - day % 2, advantage=35.0, weight=R.uniform(1, 50))
             for day in range(20)]
    return dict(players=3, games=games, drift=3000.0, virtual=0.01, draw=0.0)


def ask(driver, case):
    numbers = [case["drift"], case["virtual"], case["draw"], case["players"], len(case["games"])]
    for g in case["games"]:
        numbers += [g["time"], g["score"], g["advantage"], g["weight"], g["first"], g["second"]]
    rest = iter(driver.words(*numbers))
    likelihood = float.fromhex(next(rest))
    histories = []
    for _ in range(case["players"]):
        histories.append([[mpf(float.fromhex(next(rest))) for _ in range(3)] for _ in range(int(next(rest)))])
    return likelihood, histories


def compare(driver, case, name, worst):
    """The number of comparisons that fail."""
    problem = Problem(case)
    r, matrix = problem.maximum()
    deviations = problem.deviations(matrix)
    likelihood, histories = ask(driver, case)
    failed = 0

    def check(what, got, want, size):
        nonlocal failed
        error = abs(got - want) / size
        worst[what] = max(worst.get(what, mpf(0)), error)
        if error > BOUNDS[what]:
            failed += 1
            print("FAIL %s of seed %d: %s %s, want %s" % (name, SEED, what, mp.nstr(got, 17), mp.nstr(want, 17)))

    want = problem.likelihood(r)
    check("likelihood", likelihood, want, max(abs(want), 1))
    for player, (days, got) in enumerate(zip(problem.players, histories)):
        if [float(point[0]) for point in got] != days:
            raise SystemExit("FAIL %s of seed %d: the times of player %d" % (name, SEED, player))
        for day, (_, value, deviation) in zip(days, got):
            i = problem.where[player, day]
            check("value", value, r[i] * POINTS, max(abs(r[i] * POINTS), deviations[i]))
            check("deviation", deviation, deviations[i], deviations[i])
    return failed


def main():
    driver = Driver("history")
    worst = {}
    bad = 0
    print("SEED=%d CASES=%d" % (SEED, CASES))
    cases = [("case %d" % i, random_case(i)) for i in range(CASES)] + [("one-sided case", one_sided_case())]
    for name, case in cases:
        bad += compare(driver, case, name, worst) > 0
    for what, error in worst.items():
        print("%-12s largest error %s" % (what, mp.nstr(error, 3)))
    print("%d passed, %d failed" % (len(cases) - bad, bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
