#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compare "gaussian" with expectation propagation of its own in 50 digits, and chances with numeric integration.

    tests/rating/oracle_gaussian.py BUILD            BUILD/tests/rating/drive_gaussian does our side
    SEED=7 CASES=300 tests/rating/oracle_gaussian.py BUILD

Messages here are (precision, precision times mean) of the performances themselves, kept apart for both sides of each
difference and updated one factor after the other until nothing changes in the 25th digit; V and W are quotients of densities
and tails in mpmath. Nothing of that is in the C files, which keep one message a team and walk from both ends. Chances are
integrals by mpmath's own rule. Closing line: N passed, N failed.
"""
import sys

from mpmath import mp, mpf, sqrt, erfc, exp, pi, erfinv, quad

sys.dont_write_bytecode = True  # The source tree stays clean.
from lib_oracle import Driver, R, SEED, case_count

mp.dps = 50
CASES = case_count(60)


def below(x):
    return erfc(-x / sqrt(mpf(2))) / 2


def density(x):
    return exp(-x * x / 2) / sqrt(2 * pi)


def moments(t, margin, kind):
    """Shift and loss of variance of a unit normal around t that lies above the margin, or within it."""
    if kind == "win":
        x = t - margin
        with mp.extradps(30 + int(x * x / 2) if x > 0 else 30):
            v = density(x) / below(x)
            return v, v * (v + x)
    low, high = -margin - t, margin - t
    if low > 0:  # to the tail where digits are
        v, w = moments(-t, margin, kind)
        return -v, w
    with mp.extradps(60 + int(min(t * t, 10**5) / 2)):
        z = below(high) - below(low)
        v = (density(low) - density(high)) / z
        return v, v * v + (high * density(high) - low * density(low)) / z


def mixture(t, margin, decided):
    if decided == 1:
        return moments(t, margin, "win")
    draw = moments(t, margin, "draw") if margin > 0 else (-t, mpf(1))
    if decided == 0:
        return draw
    win = moments(t, margin, "win")
    return tuple(decided * a + (1 - decided) * b for a, b in zip(win, draw))


def rate(teams, weights, keys, beta, tau, draw, match_weight, decided_of):
    """The new (mu, sigma) of every player of every team; keys: lower is better."""
    beta, tau = mpf(beta), mpf(tau)
    margin = sqrt(mpf(2)) * erfinv(mpf(draw)) * beta
    prior = [
        (
            sum(a * mpf(p[0]) for a, p in zip(ws, team)),
            sum(mpf(a) ** 2 * (mpf(p[1]) ** 2 + tau**2 + beta**2) for a, p in zip(ws, team)),
        )
        for team, ws in zip(teams, weights)
    ]
    order = sorted(range(len(teams)), key=lambda i: (keys[i], -prior[i][0], prior[i][1], i))
    links = len(order) - 1
    down = [(mpf(0), mpf(0)) for _ in range(links)]  # of link i to the team behind
    up = [(mpf(0), mpf(0)) for _ in range(links)]  # and to the one ahead

    def state(place, without):
        mean, variance = prior[order[place]]
        precision, pull = 1 / variance, mean / variance
        for link, messages in ((place - 1, down), (place, up)):
            if 0 <= link < links and link != without:
                precision += messages[link][0]
                pull += messages[link][1]
        return pull / precision, 1 / precision

    for sweep in range(200):
        change = mpf(0)
        for i in list(range(links)) + list(range(links - 2, -1, -1)):
            (m1, v1), (m2, v2) = state(i, i), state(i + 1, i)
            a, b = order[i], order[i + 1]
            c = sqrt(v1 + v2)
            e = margin * sqrt(mpf(len(teams[a]) + len(teams[b])))
            v, w = mixture((m1 - m2) / c, e / c, decided_of(a, b))
            told = []
            for mean, variance, sign in ((m1, v1, 1), (m2, v2, -1)):
                after = variance * (1 - w * variance / c**2)
                moved = mean + sign * variance * v / c
                told.append((1 / after - 1 / variance, moved / after - mean / variance))
            for messages, new, place in ((up, told[0], i), (down, told[1], i + 1)):
                variance = prior[order[place]][1]
                change = max(change, abs(new[0] - messages[i][0]) * variance,
                             abs(new[1] - messages[i][1]) * sqrt(variance))
                messages[i] = new
        if change < mpf(10) ** -25 or links == 1:
            break
    else:
        raise ArithmeticError("not settled: %s" % change)

    out = [None] * len(teams)
    for place, i in enumerate(order):
        mean, variance = prior[i]
        seen, left = state(place, None)
        precision = (1 / left - 1 / variance) * match_weight
        pull = (seen / left - mean / variance) * match_weight
        left = 1 / (1 / variance + precision)
        seen = left * (mean / variance + pull)
        out[i] = []
        for a, (mu, sigma) in zip(weights[i], teams[i]):
            own = mpf(sigma) ** 2 + tau**2
            gain = mpf(a) * own / variance
            out[i].append((mu + gain * (seen - mean), sqrt(own - gain**2 * (variance - left))))
    return out


def performances_of(teams, weights, beta):
    """Mean and deviation of what each team performs."""
    return [
        (
            sum(mpf(a) * mpf(p[0]) for a, p in zip(ws, team)),
            sqrt(sum(mpf(a) ** 2 * (mpf(p[1]) ** 2 + mpf(beta) ** 2) for a, p in zip(ws, team))),
        )
        for team, ws in zip(teams, weights)
    ]


def expected_scores(teams, weights, beta, draw):
    """Of two teams: to be ahead by the margin, and half of being within it."""
    margin = sqrt(mpf(2)) * erfinv(mpf(draw)) * mpf(beta) * sqrt(mpf(len(teams[0]) + len(teams[1])))
    (mean, deviation), (other, spread) = performances_of(teams, weights, beta)
    c = sqrt(deviation**2 + spread**2)
    win, loss = below((mean - other - margin) / c), below((other - mean - margin) / c)
    return [win + (1 - win - loss) / 2, loss + (1 - win - loss) / 2]


def chances(teams, weights, beta):
    performances = performances_of(teams, weights, beta)
    out = []
    with mp.workdps(25):
        for i, (m, s) in enumerate(performances):
            others = [x for j, x in enumerate(performances) if j != i]

            def integrand(x):
                product = density((x - m) / s) / s
                for mean, deviation in others:
                    product *= below((x - mean) / deviation)
                return product

            ends = sorted({mean + k * deviation for mean, deviation in performances for k in (-12, -6, -2, 0, 2, 6, 12)})
            out.append(quad(integrand, ends))
    return out


def all_tie(teams, weights, beta, draw):
    """The chance of it by the definition, each best team by itself, in trapezoids, which have no error to speak of here."""
    margin = sqrt(mpf(2)) * erfinv(mpf(draw)) * mpf(beta)
    performances = performances_of(teams, weights, beta)
    with mp.workdps(25):
        step = min(deviation for _, deviation in performances) / (3 + len(teams))
        total, low = mpf(0), max(mean - 12 * deviation for mean, deviation in performances)
        for i, (mean, deviation) in enumerate(performances):
            x = low
            while x < mean + 12 * deviation:
                term = density((x - mean) / deviation) / deviation
                for j, (other, spread) in enumerate(performances):
                    if j != i and term > mpf("1e-30"):
                        near = (x - other) / spread
                        far = near - margin * sqrt(mpf(len(teams[i]) + len(teams[j]))) / spread
                        term *= below(near) - below(far) if near + far < 0 else below(-far) - below(-near)
                total += term * step
                x += step
    return total


def random_match(kind):
    spread = {"near": 5, "far": 100, "upset": 400}[kind]
    count = R.choice([2, 2, 3, 4, 6])
    teams = [[(25 + R.uniform(-spread, spread), R.uniform(0.3, 8.5)) for _ in range(R.choice([1, 1, 2, 3]))]
             for _ in range(count)]
    weights = [[R.choice([1, 1, R.uniform(0.05, 2)]) for _ in team] for team in teams]
    return teams, weights


def flat(teams, weights):
    numbers = [len(teams)]
    for team, ws in zip(teams, weights):
        numbers.append(len(team))
        for (mu, sigma), a in zip(team, ws):
            numbers += [mu, sigma, a]
    return numbers


def compare_ratings(driver, worst):
    failed = 0
    for case in range(CASES):
        kind = ["near", "near", "far", "upset"][case % 4]
        teams, weights = random_match(kind)
        shares = case % 3 == 2 and len(teams) == 2
        keys = [R.choice([1, 2, 3, 4]) if case % 2 else R.uniform(0.1, 9) for _ in teams]
        beta, tau = R.choice([(25 / 6, 25 / 300), (R.uniform(0.5, 9), R.uniform(0, 1))])
        draw = R.choice([0.1, 0.1, R.uniform(0.01, 0.8), 0.0])
        match_weight = R.choice([1, 1, R.uniform(0.1, 4)])

        def decided(a, b):
            if not shares:
                return 1 if keys[a] != keys[b] else 0
            return 2 * mpf(keys[a]) / (mpf(keys[a]) + mpf(keys[b])) - 1

        order = [-k for k in keys] if shares else keys
        want = rate(teams, weights, order, beta, tau, draw, mpf(match_weight), decided)
        got = driver.ask("rate", int(shares), beta, tau, draw, match_weight, 1e-12, *flat(teams, weights), *keys)
        at = iter(got)
        for team, before in zip(want, teams):
            for (mu, sigma), (old, _) in zip(team, before):
                scale = max(abs(mu), abs(mu - old), sigma)
                error = max(abs(next(at) - mu) / scale, abs(next(at) - sigma) / sigma)
                worst[kind] = max(worst.get(kind, 0), error)
                if error > mpf("1e-11"):
                    failed += 1
                    print("FAIL rate: case %d of seed %d, error %s: %s" % (case, SEED, mp.nstr(error, 3), teams))
    return failed


def compare_chances(driver, worst):
    failed = 0
    for case in range(max(CASES // 6, 5)):
        teams, weights = random_match(["near", "near", "far"][case % 3])
        beta = R.uniform(1, 6)
        draw = R.choice([0, 0.1, R.uniform(0.01, 0.9)])
        wanted = chances(teams, weights, beta) if len(teams) > 2 else expected_scores(teams, weights, beta, draw)
        for got, want in zip(driver.ask("predict", beta, draw, *flat(teams, weights)), wanted):
            error = abs(got - want)
            worst["chance"] = max(worst.get("chance", 0), error)
            worst["small chance, relative"] = max(worst.get("small chance, relative", 0),
                                                  error / want if want > mpf("1e-12") else 0)
            if error > mpf("2e-14"):
                failed += 1
                print("FAIL predict: case %d of seed %d: %s, want %s" % (case, SEED, got, mp.nstr(want, 17)))
    return failed


def compare_draws(driver, worst):
    failed = 0
    for case in range(max(CASES // 6, 5)):
        teams, weights = random_match(["near", "near", "far"][case % 3])
        beta, draw = R.uniform(3, 6), R.choice([0.1, R.uniform(0.1, 0.9), 0.9999])
        weights = [[max(a, 0.3) for a in ws] for ws in weights]
        got, want = driver.ask("draw", beta, draw, *flat(teams, weights))[0], all_tie(teams, weights, beta, draw)
        worst["draw"] = max(worst.get("draw", 0), abs(got - want))
        if want > mpf("1e-12"):
            worst["small draw, relative"] = max(worst.get("small draw, relative", 0), abs(got - want) / want)
        if abs(got - want) > mpf("2e-14"):
            failed += 1
            print("FAIL draw: case %d of seed %d: %s, want %s" % (case, SEED, got, mp.nstr(want, 17)))
    return failed


def main():
    driver = Driver("gaussian")
    worst = {}
    print("SEED=%d CASES=%d" % (SEED, CASES))
    failed = compare_ratings(driver, worst)
    failed += compare_chances(driver, worst)
    failed += compare_draws(driver, worst)
    for name, error in worst.items():
        print("%-24s largest error %s" % (name, mp.nstr(error, 3)))
    print("%d passed, %d failed" % (CASES + 2 * max(CASES // 6, 5), failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
