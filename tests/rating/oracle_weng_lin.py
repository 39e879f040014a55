#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compare the five Weng-Lin models with the formulas as the paper prints them, every pair and every sum, in 60 digits.

    tests/rating/oracle_weng_lin.py BUILD          BUILD/tests/rating/drive_weng_lin does our side
    SEED=7 CASES=5000 tests/rating/oracle_weng_lin.py BUILD

It shares nothing with the C files: sums over all teams instead of prefixes, Omega, Delta and sigma_team instead of what is
left of them, ties of neighbours as the mean over all orders that are tried one by one, V and W by their definitions with as
many digits as the cancellation needs. Closing line: N passed, N failed.
"""
import itertools
import sys
from decimal import Decimal as D, getcontext, localcontext

sys.dont_write_bytecode = True  # The source tree stays clean.
from lib_oracle import R, SEED, answers, case_count, hexed, pi

getcontext().prec = 60
getcontext().Emax = 10**9
getcontext().Emin = -(10**9)
CASES = case_count(800)
PL, BT_FULL, BT_PART, TM_FULL, TM_PART = range(5)


def below(x):
    """The normal distribution: 1/2 and a series of positive terms."""
    term = total = abs(x)
    n = 1
    while term > total * D(10) ** -(getcontext().prec + 5) and term != 0:
        n += 2
        term = term * x * x / n
        total += term
    part = density(x) * total
    return D("0.5") + (part if x >= 0 else -part)


def density(x):
    return (-x * x / 2).exp() / (2 * pi()).sqrt()


def win_v_w(x):
    with localcontext() as context:
        context.prec = 70 + int(x * x) if x < 0 else 70
        v = density(x) / below(x)
        return v, v * (v + x)


def draw_v_w(x, e):
    with localcontext() as context:
        context.prec = 110 + int((abs(x) + e) ** 2) + 4 * max(0, -e.adjusted())
        mass = below(e - x) - below(-e - x)
        v = (density(-e - x) - density(e - x)) / mass
        return v, v * v + ((e - x) * density(e - x) + (e + x) * density(e + x)) / mass


def pair(model, x, e, s):
    """Surprise of the first, information."""
    if model in (BT_FULL, BT_PART, PL):
        p = 1 / (1 + (-x).exp())
        return s - p, p * (1 - p)
    if s == D("0.5"):
        return draw_v_w(x, e)
    decided = abs(2 * s - 1)
    v, w = win_v_w((x if s > D("0.5") else -x) - e)
    v = v if s > D("0.5") else -v
    if decided == 1:
        return v, w
    dv, dw = draw_v_w(x, e)
    return decided * v + (1 - decided) * dv, decided * w + (1 - decided) * dw


def score_of(shares, a, b):
    if shares:
        return a / (a + b)
    return D(1) if a > b else D(0) if a < b else D("0.5")


def plackett_luce(c, mu, sigma, outcome, ties, gamma):
    k = len(mu)
    e = [((m - max(mu)) / c).exp() for m in mu]
    omega, delta = [D(0)] * k, [D(0)] * k
    for group in {outcome[i] for i in range(k)}:
        tied = [i for i in range(k) if outcome[i] == group]
        behind = [i for i in range(k) if outcome[i] < group]
        g, tail, mass = len(tied), sum((e[i] for i in behind), D(0)), sum(e[i] for i in tied)
        for j in range(g):
            if ties:
                stage, part, share = tail + mass, D(1), D(1) / g
            else:
                part, share = 1 - D(j) / g, D(1)
                stage = tail + part * mass
            for i in tied:
                p = part * e[i] / stage
                omega[i] -= share * p
                delta[i] += share * p * (1 - p)
            for i in behind:
                p = e[i] / stage
                omega[i] -= share * p
                delta[i] += share * p * (1 - p)
        for i in tied:
            omega[i] += D(1) / g if ties else 1
    return [(sigma[i] / c * omega[i], gamma(sigma[i], c) * sigma[i] / c**2 * delta[i]) for i in range(k)]


def orders_of(outcome, ties):
    """All orders, best first, that the outcome allows; with ties as openskill has them the order of the arguments."""
    groups = [[i for i in range(len(outcome)) if outcome[i] == x] for x in sorted(set(outcome), reverse=True)]
    if ties:
        return [sum(groups, [])]
    return [sum(map(list, choice), []) for choice in itertools.product(*(itertools.permutations(g) for g in groups))]


def pairs(model, mu, sigma, settings, shares, outcome, opponents, weight):
    """Omega and Delta of each team over its opponents; sigma is the variance, as everywhere here."""
    out = []
    for i in range(len(mu)):
        omega = delta = D(0)
        for q in opponents[i]:
            c = (sigma[i] + sigma[q] + 2 * settings["beta"] ** 2).sqrt() * (2 if model == TM_PART else 1)
            v, w = pair(model, (mu[i] - mu[q]) / c, settings["margin"] / c, score_of(shares, outcome[i], outcome[q]))
            omega += weight[i] * sigma[i] / c * v
            delta += weight[i] * settings["gamma"](sigma[i], c) * sigma[i] / c**2 * w
        out.append((omega, delta))
    return out


def team_sums(model, mu, sigma, settings, shares, outcome):
    k = len(mu)
    if model in (BT_FULL, TM_FULL):
        return pairs(model, mu, sigma, settings, shares, outcome, [[q for q in range(k) if q != i] for i in range(k)], [D(1)] * k)
    if model == PL:
        c = sum((s + settings["beta"] ** 2 for s in sigma), D(0)).sqrt()
        gamma = settings["gamma"]
        if shares and k > 2:
            e = [(m / c).exp() for m in mu]
            p = [x / sum(e) for x in e]
            return [(sigma[i] / c * (outcome[i] / sum(outcome) - p[i]), gamma(sigma[i], c) * sigma[i] / c**2 * p[i] * (1 - p[i]))
                    for i in range(k)]
        if shares:
            s = outcome[0] / sum(outcome)
            decided = abs(2 * s - 1)
            whole = plackett_luce(c, mu, sigma, [s > D("0.5"), s < D("0.5")], settings["ties"], gamma)
            drawn = plackett_luce(c, mu, sigma, [1, 1], settings["ties"], gamma)
            return [tuple(decided * x + (1 - decided) * y for x, y in zip(a, b)) for a, b in zip(whole, drawn)]
        return plackett_luce(c, mu, sigma, outcome, settings["ties"], gamma)
    window, mean = (4, True) if settings["window"] else (1, False)
    total = [[D(0), D(0)] for _ in range(k)]
    orders = orders_of(outcome, settings["ties"])
    cache = {}
    for order in orders:
        for at, i in enumerate(order):
            near = order[max(0, at - window):at] + order[at + 1:at + 1 + window]
            for q in near:
                if (i, q) not in cache:
                    cache[i, q] = pairs(model, mu, sigma, settings, shares, outcome,
                                        [[q] if j == i else [] for j in range(k)], [D(1)] * k)[i]
                for n in range(2):
                    total[i][n] += cache[i, q][n] / (len(near) if mean else 1) / len(orders)
    return total


def rate(line):
    model, ties, window, gamma, weights = (int(x) for x in line[:5])
    beta, kappa, tau, drift, margin, advantage, match_weight = (D(x) for x in line[5:12])
    shares, k = line[12] != 0, int(line[13])
    sizes = [int(line[14 + 2 * i]) for i in range(k)]
    outcome = [D(line[15 + 2 * i]) for i in range(k)]
    rest = [D(x) for x in line[14 + 2 * k:]]
    players = [rest[4 * i:4 * i + 4] for i in range(sum(sizes))]
    variance = [p[1] ** 2 + drift**2 * p[3] + (tau**2 if p[2] > 0 else 0) for p in players]
    starts = [sum(sizes[:i]) for i in range(k)]
    mu = [sum(players[j][0] for j in range(starts[i], starts[i] + sizes[i])) + (advantage if i == 0 else 0) for i in range(k)]
    sigma = [sum(variance[starts[i]:starts[i] + sizes[i]]) for i in range(k)]
    gammas = [lambda s, c: s.sqrt() / c, lambda s, c: D(1) / k, lambda s, c: D(1)]
    settings = {"ties": ties, "window": window, "beta": beta, "margin": margin, "gamma": gammas[gamma]}
    out = []
    for i, (omega, delta) in enumerate(team_sums(model, mu, sigma, settings, shares, outcome)):
        for j in range(starts[i], starts[i] + sizes[i]):
            w = players[j][2]
            if weights == 1 and omega < 0 and w > 0:
                w = min(1 / w, D(1000000))
            w *= match_weight
            left = max(1 - variance[j] / sigma[i] * delta * w, kappa)
            out += [players[j][0] + variance[j] / sigma[i] * omega * w, (variance[j] * left).sqrt()]
    return out


def case(number):
    model = number % 5
    k = R.choice([2, 2, 3, 4, 6, 8]) if number % 60 else 70
    if k > 8 and model in (TM_FULL, BT_FULL):
        k = 66 if number % 120 == 0 else 9
    shares = R.random() < 0.2
    wide = R.random() < 0.2
    line = [float(model), float(R.randrange(2)), float(R.randrange(2)), float(R.randrange(3)), float(R.randrange(2)),
            R.choice([25 / 6, 25 / 6, R.uniform(1, 9)]), 1e-4, R.choice([0.0, 25 / 300, R.uniform(0, 2)]), R.uniform(0, 0.5),
            R.choice([0.1, R.uniform(0, 3)]), R.choice([0.0, R.uniform(-4, 4)]), R.choice([1.0, R.uniform(0.2, 2)]), float(shares), float(k)]
    sizes = [R.choice([1, 1, 1, 2, 3]) for _ in range(k)]
    for i, size in enumerate(sizes):
        # of many teams few are tied: all orders are tried
        outcome = R.uniform(0.1, 5) if shares else float(R.randrange(k)) if k < 9 else float(i // 2 * 7 % 35)
        line += [float(size), outcome]
    for _ in range(sum(sizes)):
        line += [R.uniform(0, 50) if not wide else R.uniform(-3000, 3000), R.uniform(0.1, 9), R.choice([1.0, 1.0, 0.0, R.uniform(0.1, 3)]),
                 R.choice([0.0, R.uniform(0, 60)])]
    if model in (TM_FULL, TM_PART) and wide:  # the digits that a definition needs grow with the square
        line = [x if abs(x) < 100 else x / 20 for x in line]
    if model in (BT_PART, TM_PART) and k > 9:
        line[1] = 1.0
    return line


def main():
    print(f"SEED={SEED} CASES={CASES}")
    lines = [case(i) for i in range(CASES)]
    passed = failed = 0
    worst = {}
    for line, (status, *numbers) in zip(lines, answers("weng_lin", [hexed(line) for line in lines])):
        got = [float.fromhex(x) for x in numbers]
        want = rate(line) if status == "0" else []
        values = line[14 + 2 * int(line[13])::4]
        error = D(0)
        for i, (g, w) in enumerate(zip(got, want)):
            # a value counts against the larger of itself and what it moved by, in points of the match
            size = max(abs(w), abs(D(values[i // 2])), abs(w - D(values[i // 2])), D("0.1")) if i % 2 == 0 else abs(w)
            error = max(error, abs(D(g) - w) / size)
        name = int(line[0])
        if error >= worst.get(name, (D(-1),))[0]:
            worst[name] = (error, line)
        if status == "0" and len(got) == len(want) > 0 and error < D("2e-12"):
            passed += 1
        else:
            failed += 1
            if failed <= 5:
                print(f"FAIL status {status} error {float(error):.3g}: {line}\n     {got}\n     {[float(x) for x in want]}")
    for name in sorted(worst):
        print(f"model {name}: largest error {float(worst[name][0]):.3g} relative")
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
