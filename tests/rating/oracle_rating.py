#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compare the ratings, the votes and the mathematics under them with an implementation of its own in 50 digits.

    tests/rating/oracle_rating.py BUILD            BUILD/tests/rating/drive_rating does our side
    SEED=7 CASES=20000 tests/rating/oracle_rating.py BUILD

Everything here follows the papers in their own variables (v, Delta, f(x) = 0 by false position to 1e-45) with Python's
`decimal`, so it shares no formula with the C files beyond the definition. It prints the largest error of each function in
units of the last place, and fails where one is above its bound. Closing line: N passed, N failed.
"""
import math
import sys
from decimal import Decimal as D, getcontext, localcontext

sys.dont_write_bytecode = True  # The source tree stays clean.
from lib_oracle import R, SEED, answers, case_count, hexed, pi

DIGITS = 60
getcontext().prec = DIGITS
getcontext().Emax = 10**9
getcontext().Emin = -(10**9)

CASES = case_count(1500)

PI = D("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534")
LN2 = D(2).ln()
LN10 = D(10).ln()
SCALE = D("173.7178")


# ---- functions in many digits

def erfc(x):
    """1 less a series of positive terms; with the digits that the difference takes away."""
    x = D(x)
    if x < 0:
        return 2 - erfc(-x)
    with localcontext() as context:
        context.prec = DIGITS + 10 + int(x * x * D("0.44") + x * x * D("0.44"))
        term = x
        total = x
        n = 0
        tiny = D(10) ** -(context.prec + 2)
        while term > total * tiny:
            n += 1
            term = term * 2 * x * x / (2 * n + 1)
            total += term
        pi_root = pi().sqrt()
        return 1 - 2 / pi_root * (-x * x).exp() * total


def normal_density(x):
    return (-D(x) ** 2 / 2).exp() / (2 * PI).sqrt()


def normal_below(x):
    with localcontext() as context:
        context.prec = DIGITS + 10
        return erfc(-D(x) / D(2).sqrt()) / 2


def quantile_error(p, x):
    """The x that belongs to p, from one that is near: Newton on exact values, which squares a relative error of 1e-15."""
    p, x = D(p), D(x)
    for _ in range(2):
        gap = normal_below(x) - p if p < D("0.5") else (1 - p) - normal_below(-x)
        step = gap / normal_density(x)
        x -= step / (1 + step * x / 2)
    return x


# ---- the systems, in the papers' variables

def elo_expected(curve, scale, difference):
    if curve == 0:
        return 1 / (1 + (-difference * LN10 / scale).exp())
    return normal_below(difference * D(2).sqrt() / scale)


def elo(curve, k, scale, advantage, first, second, score):
    k, scale, advantage, first, second, score = map(D, (k, scale, advantage, first, second, score))
    expected = elo_expected(curve, scale, first - second + advantage)
    return [first + k * (score - expected), second - k * (score - expected), expected]


def g_of(phi):
    return 1 / (1 + 3 * phi * phi / (PI * PI)).sqrt()


def volatility(sigma, phi, v, delta, tau):
    """The paper's step 5 with a tolerance of 1e-45; v None: no games."""
    if v is None or sigma == 0 or tau == 0:
        return sigma
    a = (sigma * sigma).ln()

    def f(x):
        e = x.exp()
        return e * (delta * delta - phi * phi - v - e) / (2 * (phi * phi + v + e) ** 2) - (x - a) / (tau * tau)

    low = a
    if delta * delta > phi * phi + v:
        high = (delta * delta - phi * phi - v).ln()
    else:
        k = 1
        while f(a - k * tau) < 0:
            k += 1
        high = a - k * tau
    f_low, f_high = f(low), f(high)
    for _ in range(2000):
        if abs(high - low) <= D(10) ** -45:
            break
        middle = low + (low - high) * f_low / (f_high - f_low)
        f_middle = f(middle)
        if f_middle * f_high <= 0:
            low, f_low = high, f_high
        else:
            f_low /= 2
        high, f_high = middle, f_middle
    return (low / 2).exp()


def glicko2_player(tau, player, elapsed, games, shift=0):
    """games: (value, deviation, score, weight); `shift` points are added to the player's value for the expectation."""
    value, deviation, sigma = player
    phi = deviation / SCALE
    precision = total = D(0)
    for other, other_deviation, score, weight in games:
        g = g_of(other_deviation / SCALE)
        gap = g * (value + shift - other) / SCALE
        expected = 1 / (1 + (-gap).exp())
        rest = 1 / (1 + gap.exp())  # 1 - expected, which 60 digits do not hold at 20,000 points
        precision += weight * g * g * expected * rest
        total += weight * g * (score * rest - (1 - score) * expected)
    if precision == 0:
        v, delta = None, D(0)
    else:
        v = 1 / precision
        delta = v * total
    sigma = min(volatility(sigma, phi, v, delta, tau), D(1000))  # OCL_RATING_VOLATILITY_MAX
    star = phi * phi + elapsed * sigma * sigma
    new = star / (1 + star * precision)
    most = D(10) ** 9  # OCL_RATING_VALUE_MAX
    return [max(-most, min(value + SCALE * new * total, most)), min(SCALE * new.sqrt(), most), sigma]


def glicko2_expected(difference, first_deviation, second_deviation):
    g = g_of((first_deviation**2 + second_deviation**2).sqrt() / SCALE)
    return 1 / (1 + (-g * difference / SCALE).exp())


def glicko2(solver, tau, advantage, *rest):
    tau, advantage = D(tau), D(advantage)
    rest = [D(x) for x in rest]
    a, b, score, times = rest[0:3], rest[3:6], rest[6], rest[7:9]
    return (glicko2_player(tau, a, times[0], [(b[0], b[1], score, D(1))], advantage)
            + glicko2_player(tau, b, times[1], [(a[0], a[1], 1 - score, D(1))], -advantage)
            + [glicko2_expected(a[0] - b[0] + advantage, a[1], b[1])])


def period(solver, tau, *rest):
    rest = [D(x) for x in rest]
    games = [(rest[i], rest[i + 1], rest[i + 2], D(1)) for i in range(4, len(rest), 3)]
    return glicko2_player(D(tau), rest[0:3], rest[3], games)


def wilson(positive, total, z):
    positive, total, z = D(positive), D(total), D(z)
    if total == 0:
        return [D(0), D(1)]
    p = positive / total
    middle = p + z * z / (2 * total)
    half = z * (p * (1 - p) / total + z * z / (4 * total * total)).sqrt()
    below = 1 + z * z / total
    low = positive / total if z == 0 else (middle - half) / below
    return [D(0) if positive == 0 else low, D(1) if positive == total else (middle + half) / below]


def match(system, teams, weight, advantage, shares, *rest):
    teams = int(teams)
    weight, advantage = D(weight), D(advantage)
    sizes = [int(rest[2 * i]) for i in range(teams)]
    outcomes = [D(rest[2 * i + 1]) for i in range(teams)]
    rest = [D(x) for x in rest[2 * teams:]]
    players = [rest[5 * i:5 * i + 5] for i in range(sum(sizes))]
    groups, at = [], 0
    for size in sizes:
        groups.append(players[at:at + size])
        at += size

    def mean(group):
        weights = [p[3] for p in group]
        if sum(weights) == 0:
            weights = [D(1)] * len(group)
        return (sum(w * p[0] for w, p in zip(weights, group)) / sum(weights),
                (sum((w * p[1]) ** 2 for w, p in zip(weights, group))).sqrt() / sum(weights))

    def score(i, j):
        if shares:
            return outcomes[i] / (outcomes[i] + outcomes[j])
        return D(1) if outcomes[i] > outcomes[j] else D(0) if outcomes[i] < outcomes[j] else D("0.5")

    means = [mean(group) for group in groups]
    shift = [advantage if i == 0 else D(0) for i in range(teams)]
    out = []
    for i, group in enumerate(groups):
        for p in group:
            if system == 0:
                change = sum(score(i, j) - elo_expected(0, D(400), means[i][0] + shift[i] - means[j][0] - shift[j])
                             for j in range(teams) if j != i)
                out += [p[0] + 32 * weight * p[3] * change / (teams - 1), p[1], p[2]]
            else:
                games = [(means[j][0] + shift[j], means[j][1], score(i, j), weight * p[3] / (teams - 1))
                         for j in range(teams) if j != i]
                new = glicko2_player(D("0.5"), p[:3], p[4], games, shift[i] + means[i][0] - p[0])
                out += new
    odds = []
    for i in range(teams):
        against = D(0)
        for j in range(teams):
            if j != i:
                gap = means[i][0] + shift[i] - means[j][0] - shift[j]
                e = elo_expected(0, D(400), gap) if system == 0 else glicko2_expected(gap, means[i][1], means[j][1])
                against += (1 - e) / e
        odds.append(1 / (1 + against))
    return out + [x / sum(odds) for x in odds]


# ---- cases

def log_uniform(low, high):
    return math.exp(R.uniform(math.log(low), math.log(high)))


def sign():
    return R.choice([-1.0, 1.0])


FUNCTIONS = {
    # name: exact, argument, cases as a part of CASES, bound in ulp
    "exp": (lambda x: D(x).exp(), lambda: R.choice([R.uniform(-708, 709.7), R.uniform(-2, 2), sign() * log_uniform(1e-20, 1)]), 2, 0.55),
    "exp2": (lambda x: (D(x) * LN2).exp(), lambda: R.choice([R.uniform(-1022, 1024), R.uniform(-2, 2)]), 2, 0.55),
    "log": (lambda x: D(x).ln(), lambda: R.choice([log_uniform(1e-308, 1e308), R.uniform(.5, 2), 1 + sign() * log_uniform(1e-15, .1)]), 2, 0.52),
    "log1p": (lambda x: (1 + D(x)).ln(), lambda: R.choice([R.uniform(-.999, 2), log_uniform(1e-30, 1e30), sign() * log_uniform(1e-18, .5)]), 2, 2),
    "erfc": (erfc, lambda: R.choice([R.uniform(-6, 26.5), R.uniform(-1, 1)]), .3, 3),
    "erfcx": (lambda x: (D(x) ** 2).exp() * erfc(x), lambda: R.choice([R.uniform(-26, 27), R.uniform(-1, 1)]), .3, 3),
    "normal_density": (normal_density, lambda: R.choice([R.uniform(-37, 37), R.uniform(-1, 1)]), 2, 2),
    "normal_below": (normal_below, lambda: R.choice([R.uniform(-37, 10), R.uniform(-1, 1)]), .3, 3.5),
    "normal_log_below": (lambda x: normal_below(x).ln() if x < 1 else (1 - normal_below(-x)).ln(),
                         lambda: R.choice([R.uniform(-37, 10), R.uniform(-1, 1)]), .3, 4),
}


def near_function(name, exact, argument, share, bound):
    for _ in range(int(CASES * share)):
        x = argument()
        yield name, [x], lambda got, x=x: [exact(x)]


def score():
    return R.choice([0.0, 0.5, 1.0, R.random()])


def record(wide):
    if wide:
        return [R.uniform(-20000, 20000), R.choice([0.0, log_uniform(1e-3, 1e5)]), R.choice([0.0, log_uniform(1e-6, 0.3), R.uniform(0, 4)])]
    return [R.uniform(0, 3000), R.uniform(20, 500), R.uniform(0.01, 0.2)]


def cases():
    for name, (exact, argument, share, _) in FUNCTIONS.items():
        yield from near_function(name, exact, argument, share, 0)
    for _ in range(CASES // 4):
        p = R.choice([R.random(), log_uniform(1e-300, .5), 1 - log_uniform(1e-16, .5), .5 + sign() * log_uniform(1e-16, .4)])
        yield "normal_quantile", [p], lambda got, p=p: [quantile_error(p, got[0])]
    for _ in range(CASES * 2):
        curve = R.choice([0, 0, 0, 1]) if R.random() < 0.3 else 0
        gap = R.choice([R.uniform(-800, 800), R.uniform(-9000, 9000), 0.0])
        first = R.uniform(-1000, 4000)
        line = [float(curve), log_uniform(.1, 100), R.choice([400.0, log_uniform(50, 4000)]), R.choice([0.0, R.uniform(-200, 200)]),
                first, first + gap, score()]
        yield "elo", line, lambda got, line=line: elo(*line)
    for i in range(CASES * 2):
        wide = i % 3 == 0
        tau = R.choice([0.0, 1e-12, 0.5, R.uniform(0.1, 1.5)])
        line = [0.0, tau, R.choice([0.0, R.uniform(-100, 100)])] + record(wide) + record(wide) + [
            score(), R.choice([0.0, 1.0, R.uniform(0, 5)]), R.uniform(0, 2)]
        yield "glicko2", line, lambda got, line=line: glicko2(*line)
    for i in range(CASES // 2):
        line = [0.0, R.uniform(0.1, 1.5)] + record(i % 4 == 0) + [R.uniform(0, 2)]
        for _ in range(R.randrange(0, 13)):
            line += record(i % 4 == 0)[:2] + [score()]
        yield "period", line, lambda got, line=line: period(*line)
    for _ in range(CASES * 2):
        total = R.choice([log_uniform(1e-3, 1e18), float(R.randrange(1, 10**R.randrange(1, 12)))])
        positive = R.choice([0.0, total, total * R.random(), float(math.floor(total * R.random())), total * log_uniform(1e-12, 1)])
        line = [positive, total, R.choice([1.959963984540054, 1.281551565545, R.uniform(0, 6)])]
        yield "wilson", line, lambda got, line=line: wilson(*line)
    for i in range(CASES // 2):
        teams = R.choice([2, 2, 3, 4, 6])
        shares = R.random() < 0.3
        line = [float(i % 2), float(teams), R.choice([1.0, R.uniform(0.1, 3)]), R.choice([0.0, R.uniform(-100, 100)]), float(shares)]
        sizes = [R.choice([1, 1, 1, 2, 3, 5]) for _ in range(teams)]
        for size in sizes:
            line += [float(size), R.uniform(0.1, 9) if shares else float(R.randrange(0, 3))]
        for _ in range(sum(sizes)):
            line += record(False) + [R.choice([1.0, 1.0, 0.0, R.uniform(0, 2)]), R.choice([0.0, R.uniform(0, 2)])]
        yield "match", line, lambda got, line=line: match(*line)


# Relative bounds.
BOUNDS = {"elo": 1e-12, "glicko2": 1e-12, "period": 1e-12, "wilson": 2e-15, "match": 1e-12}
# Where the values stand in a line, and which results are values: their errors count against the larger of before and after.
POINTS = {"elo": (4, 5), "glicko2": (3, 6), "period": (2,)}
VALUES = {"elo": (0, 1), "glicko2": (0, 3), "period": (0,)}
ULPS = {name: row[3] for name, row in FUNCTIONS.items()} | {"normal_quantile": 3}


def error_of(name, got, want, size):
    """In ulp for functions, else relative to the result, or to the sums that it came from (floor: the smallest normal)."""
    if name in ULPS:
        if abs(want) < D(2.3e-308):
            return D(0)
        return abs(D(got) - want) / D(math.ulp(float(want)))
    return abs(D(got) - want) / max(abs(want), size, D(2.3e-308))


def players_of(line):
    return sum(int(size) for size in line[5:5 + 2 * int(line[1]):2])


def main():
    print(f"SEED={SEED} CASES={CASES}")
    todo = list(cases())
    worst, passed, failed = {}, 0, 0
    said = answers("rating", [f"{name} {hexed(line)}" for name, line, _ in todo])
    for (name, line, exact), (status, *numbers) in zip(todo, said):
        got = [float.fromhex(x) for x in numbers]
        bad = None
        if status != "0" or not all(map(math.isfinite, got)):
            bad = f"status {status}, {got}"
        else:
            points = 0.0
            if name in POINTS:
                points = max(abs(line[i]) for i in POINTS[name])
            want = exact(got)
            for i, (g, w) in enumerate(zip(got, want)):
                if name == "match":
                    points = line[5 + 2 * int(line[1]) + 5 * (i // 3)] if i % 3 == 0 and i < 3 * players_of(line) else 0.0
                is_value = name == "match" or i in VALUES.get(name, ())
                error = error_of(name, g, w, D(abs(points)) if is_value else D(0))
                if error > worst.get(name, (-1,))[0]:
                    worst[name] = (error, line[:6], g, float(w))
                if error > D(ULPS.get(name) or BOUNDS[name]):
                    bad = f"number {i}: {g!r}, want {float(w)!r}, error {float(error):.3g}"
            if len(got) != len(want):
                bad = f"{len(got)} numbers, want {len(want)}"
        passed, failed = (passed, failed + 1) if bad else (passed + 1, failed)
        if bad and failed <= 10:
            print(f"FAIL {name} {hexed(line)}\n     {' '.join(map(repr, line))}\n     {bad}")
    for name, (error, line, *_) in worst.items():
        unit = "ulp" if name in ULPS else "relative"
        print(f"{name:18} largest error {float(error):8.3g} {unit}, at {' '.join(map(repr, line))}")
    print(f"{passed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
