#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compare the systems of the federations with their formulas as printed, in fractions and in 40 digits.

    tests/rating/oracle_national.py BUILD          BUILD/tests/rating/drive_national does our side
    SEED=7 CASES=5000 tests/rating/oracle_national.py BUILD

It shares nothing with the C files: go by logarithms of distances instead of their seventh power, expectations by powers of
ten, the special formula of US Chess by the corners in order and exact fractions, FIDE's table from the text of the handbook,
a performance rating by the check that it adds up. Closing line: N passed, N failed.
"""
import math
import os
import random
import subprocess
import sys
import time
from decimal import Decimal as D, getcontext
from fractions import Fraction as F

getcontext().prec = 40
SEED = int(os.environ.get("SEED", time.time_ns() % 10**9))
CASES = int(os.environ.get("CASES", 600))
R = random.Random(SEED)
OK, ERANGE = 0, -2

FIDE = """0-3 50 4-10 51 11-17 52 18-25 53 26-32 54 33-39 55 40-46 56 47-53 57 54-61 58 62-68 59 69-76 60 77-83 61 84-91 62
92-98 63 99-106 64 107-113 65 114-121 66 122-129 67 130-137 68 138-145 69 146-153 70 154-162 71 163-170 72 171-179 73
180-188 74 189-197 75 198-206 76 207-215 77 216-225 78 226-235 79 236-245 80 246-256 81 257-267 82 268-278 83 279-290 84
291-302 85 303-315 86 316-328 87 329-344 88 345-357 89 358-374 90 375-391 91 392-411 92 412-432 93 433-456 94 457-484 95
485-517 96 518-559 97 560-619 98 620-735 99""".split()


def logistic(difference, scale=400):
    return 1 / (1 + D(10) ** (-D(difference) / scale))


def normal(z):
    """The normal distribution by a series of positive terms; |z| below 15."""
    term = total = abs(z)
    n = 1
    while term > total * D(10) ** -38 and term != 0:
        n += 2
        term = term * z * z / n
        total += term
    pi = D("3.14159265358979323846264338327950288419716939937510582097494459")
    part = (-z * z / 2).exp() / (2 * pi).sqrt() * total
    return D("0.5") + (part if z >= 0 else -part)


def table(difference):
    points = int(math.floor(abs(F(difference)) + F(1, 2)))
    for span, hundredths in zip(FIDE[0::2], FIDE[1::2]):
        low, high = map(int, span.split("-"))
        if low <= points <= high:
            share = D(hundredths) / 100
            break
    else:
        share = D(1)
    return share if difference >= 0 else 1 - share


def clamp(x, low, high):
    return max(low, min(high, x))


# ---- the formulas


def egf_change(own, opponent, score, handicap):
    """`handicap` stones are the opponent's."""
    own_here = D(own) + (100 * (-D(handicap) - D("0.5")) if handicap < 0 else 0)
    opponent_here = D(opponent) + (100 * (D(handicap) - D("0.5")) if handicap > 0 else 0)

    def beta(r):
        return -7 * max(3300 - r, D(1)).ln()

    expected = 1 / (1 + (beta(opponent_here) - beta(own_here)).exp())
    con = (max(3300 - D(own), D(1)) / 200) ** D("1.6")
    bonus = (1 + ((2300 - D(own)) / 80).exp()).ln() / 5
    return con * (D(score) - expected) + bonus


def egf(weight, low, high, rating, games):
    total = sum(egf_change(rating, *game) for game in games)
    return clamp(D(rating) + D(weight) * total, D(low), D(high)) if games else D(rating)


def ingo(most, rating, age, games):
    if not games:
        return F(rating)
    n = len(games)
    e = 20 if age == 0 or age > 25 else 15 if age > 20 else 10
    others = [clamp(F(o), F(rating) - F(most), F(rating) + F(most)) if most else F(o) for o, _ in games]
    performance = F(sum(others), n) - (100 * sum(F(s) for _, s in games) / n - 50)
    return (performance * n + F(rating) * e) / (n + e)


def dwz_e(rating, index, age, surplus, rounded):
    r = D(rating)
    youth = 0 < age <= 20
    e0 = (r / 1000) ** 4 + (5 if youth else 10 if 0 < age <= 25 else 15)
    f = clamp(r / 2000, D("0.5"), D(1)) if youth and surplus >= 0 else D(1)
    brake = ((1300 - r) / 150).exp() - 1 if r < 1300 and surplus < 0 else D(0)
    e = max(D(5), e0 * f + brake)
    e = min(e, D(150) if brake > 0 else min(D(30), 5 * max(D(1), D(index))))
    return (e + D("0.5")).to_integral_value("ROUND_FLOOR") if rounded else e


def dwz_k(rating, index, age, surplus, rounded):
    """The edition of 2026; the rows of its table fall by 2 from the third column on."""
    r = max(D(rating), D(1100))
    young = 0 < age <= 25
    row = 48 if young and r < 2200 else 44 if not young and r < 2000 else 41
    k = D(60) if index < 3 else D(row - 2 * (min(int(index), 11) - 3))
    if surplus < 0:
        k *= min(D(1), (r + 800) / 2400)
    elif 0 < age <= 20:
        k += max(D(0), (2000 - r) / 30)
    elif r < 1600:
        k += 4
    k = ((10 * k + D("0.5")).to_integral_value("ROUND_FLOOR") / 10) if rounded else k
    return min(k, D(80))


def dwz_expected(curve, difference):
    return logistic(difference) if curve == 0 else normal(difference / (200 * D(2).sqrt()))


def dwz(curve, flags, rating, index, age, games):
    if not games:
        return D(rating), D(index)
    surplus = sum(D(s) - dwz_expected(curve, D(rating) - D(o)) for o, s in games)
    if flags & 2:
        return max(D(1100), D(rating) + dwz_k(rating, index, age, surplus, flags & 1 == 0) * surplus), D(index) + 1
    e = dwz_e(rating, index, age, surplus, flags & 1 == 0)
    return D(rating) + 800 * surplus / (e + len(games)), D(index) + 1


def fifa(importance, flags, first, second, score):
    out = []
    for own, other, s in ((first, second, score), (second, first, 1 - score)):
        if flags & 2:
            s = D("0.75") if s == 1 else D("0.5")
        change = D(importance) * (D(s) - logistic(D(own) - D(other), 600))
        out.append(D(own) + (max(change, D(0)) if flags & 1 else change))
    return out


def ecf(curve, rating, age, games):
    expected = logistic if curve else table
    k = 40 if 0 < age < 18 else 20
    return D(rating) + k * sum((D(s) - expected(D(rating) - D(o)) for o, s in games), D(0))


def uscf_special(n_before, record, rating, games):
    """The corners in order; between two of them f is a line."""
    rating = F(rating)
    own, a = {0: (rating, F(1, 2)), 1: (rating - 400, F(1)), 2: (rating + 400, F(0))}[record]

    def line(d):
        return clamp(F(1, 2) + d / 800, F(0), F(1))

    def f(r):
        return n_before * (line(r - own) - a) + sum(line(r - F(o)) - F(s) for o, s in games)

    corners = sorted({x + d for x in [own] * (n_before > 0) + [F(o) for o, _ in games] for d in (-400, 400)})
    values = [f(c) for c in corners]
    lower, upper = -math.inf, math.inf  # the ratings where f is 0
    if values[0] < 0:
        i = next(i for i, v in enumerate(values) if v >= 0)
        lower = corners[i - 1] + (corners[i] - corners[i - 1]) * -values[i - 1] / (values[i] - values[i - 1])
    if values[-1] > 0:
        i = max(i for i, v in enumerate(values) if v <= 0)
        upper = corners[i] + (corners[i + 1] - corners[i]) * -values[i] / (values[i + 1] - values[i])
    return min(F(2700), clamp(rating, lower, upper))


def uscf(threshold, flags, record, rating, played, games):
    if not games:
        return D(rating), D(played)
    r, m = D(rating), len(games)
    most = 50 / (D("0.662") + D("0.00000739") * (2569 - r) ** 2).sqrt() if r <= 2355 else D(50)
    n = min(D(played), most)
    if played <= 8 or record:
        record = record if played > 0 else 0
        special = uscf_special(F(n), record, rating, games)
        after = D(special.numerator) / D(special.denominator)
    else:
        k = D(800)
        if flags & 1 and r > 2200:
            k = D(200) if r > 2500 else 800 * (D("6.5") - D("0.0025") * r)
        change = k / (n + m) * sum(D(s) - logistic(r - D(o)) for o, s in games)
        over = change - D(threshold) * D(max(m, 4)).sqrt()
        after = r + change + (max(D(0), over) if m >= 3 and not flags & 2 else 0)
    return max(D(100), after), D(played) + m


# ---- cases


def pick(*values):
    return R.choice(values)


def rating_near(mean, spread):
    value = R.gauss(mean, spread)
    return float(pick(round(value), round(value, 1), value))


def score():
    return pick(0.0, 0.5, 1.0, 1.0, 0.0, R.random() if R.random() < 0.2 else 0.5)


def chess_games(mean, most, all_one_way=0.2):
    fixed = pick(0.0, 1.0) if R.random() < all_one_way else None
    return [(rating_near(mean, pick(50, 300, 900)), score() if fixed is None else fixed) for _ in range(R.randint(0, most))]


def classical(games):
    """Fractions: of shares, a flat piece and its end may differ by one rounding."""
    return [(o, math.floor(2 * s) / 2) for o, s in games]


def flat(games):
    return [x for game in games for x in game]


def case():
    kind = pick("egf", "egf-pair", "ingo", "dwz", "dwz", "dwz-first", "fifa", "ecf", "ecf-performance", "uscf", "uscf", "uscf")
    if kind.startswith("egf"):
        head = [pick(1.0, 0.75, 0.5, 0.25), -900.0, 1e9]
        rating = rating_near(pick(-800, 500, 2000, 2600), 300)
        games = [(rating_near(rating, 200), score(), float(pick(0, 0, 0, 0.5, 1, -1, 4, -6.5, 9, -9))) for _ in range(R.randint(0, 9))]
        if kind == "egf":
            return kind, head + [rating] + flat(games), (OK, [egf(*head, rating, games)])
        opponent, s, h = (games + [(1000.0, 1.0, 0.0)])[0]
        low, high = D(head[1]), D(head[2])
        first, second = egf_change(rating, opponent, s, h), egf_change(opponent, rating, 1 - D(s), -h)
        want = [clamp(D(rating) + D(head[0]) * first, low, high), clamp(D(opponent) + D(head[0]) * second, low, high)]
        return kind, head + [rating, opponent, s, h], (OK, want)
    if kind == "ingo":
        most, rating, age = pick(40.0, 40.0, 0.0, 12.5), rating_near(130, 60), float(pick(0, 12, 20, 20.5, 21, 25, 26, 70))
        games = chess_games(130, 12) if R.random() < 0.3 else [(rating_near(130, 50), s) for _, s in chess_games(0, 12)]
        return kind, [most, rating, age] + flat(games), (OK, [ingo(most, rating, age, games)])
    if kind == "dwz":
        head = [pick(0, 1), R.randrange(4), rating_near(pick(700, 1250, 1600, 2300), 200), float(pick(0, 1, 2, 3, 5, 6, 10, 11, 40)),
                float(pick(0, 10, 20, 20.5, 25, 26, 60))]
        games = chess_games(head[2], 11)
        if head[0] == 1:
            games = [(o, s) for o, s in games if abs(o - head[2]) < 3000]
        return kind, head + flat(games), (OK, dwz(*head, games))
    if kind == "dwz-first":
        curve, games = pick(0, 1), [(max(o, 300.0), s) for o, s in chess_games(pick(900, 1500), 14)]
        games = [(min(o, 2700.0), s) for o, s in games]
        share = sum(D(s) for _, s in games) / len(games) if games else D(0)
        if len(games) < 5 or not 0 < share < 1:
            return kind, [curve] + flat(games), (ERANGE, [])
        return kind, [curve] + flat(games), ("adds up", (curve, None, games))
    if kind == "fifa":
        flags = R.randrange(4)
        head = [pick(5.0, 10.0, 25.0, 60.0), flags, rating_near(1400, 200), rating_near(1400, 200),
                pick(0.0, 1.0) if flags & 2 else pick(0.0, 0.5, 1.0)]
        return kind, head, (OK, fifa(*head))
    if kind == "ecf":
        head = [pick(0, 1), rating_near(1700, 300), float(pick(0, 17.9, 18, 40))]
        games = chess_games(head[1], 12)
        return kind, head + flat(games), (OK, [ecf(*head, games)])
    if kind == "ecf-performance":
        nominal, games = rating_near(1600, 200), chess_games(1600, 14)
        return kind, [nominal] + flat(games), ("adds up", (0, nominal, games))
    rating = rating_near(pick(300, 1500, 2250, 2600), 300)
    head = [pick(10.0, 14.0), R.randrange(4), pick(0, 0, 1, 2), max(rating, 100.0), float(pick(0, 1, 3, 8, 9, 20, 26, 300))]
    games = classical(chess_games(head[3], 9, 0.4))
    return kind, head + flat(games), (OK, uscf(*head, games))


def right(want, got):
    status, values = want
    if status == "adds up":
        curve, nominal, games = values
        if got[0] != OK:
            return False
        rating = D(got[1])
        if nominal is not None:
            games = games + [(nominal, 0.5)]
        elif rating <= 800:  # a first rating of the DSB, drawn together
            rating = 8 * (rating - 700)
        # Scored and expected points, a hundred-millionth of a point to either side.
        over, under = (sum(D(s) - dwz_expected(curve, rating + e - D(o)) for o, s in games) for e in (-D("1e-8"), D("1e-8")))
        return over >= 0 >= under
    if got[0] != status:
        return False
    for w, g in zip(values, got[1:]):
        w = D(w.numerator) / D(w.denominator) if isinstance(w, F) else D(w)
        if abs(w - D(g)) > max(abs(w) * D("1e-12"), D("1e-9")):
            return False
    return True


def main():
    driver = subprocess.Popen([os.path.join(sys.argv[1], "tests/rating/drive_national")], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True)
    print(f"oracle_national: SEED={SEED} CASES={CASES}")
    passed = failed = 0
    seen = {}
    for _ in range(CASES):
        kind, numbers, want = case()
        line = " ".join([kind] + [float(x).hex() for x in numbers])
        driver.stdin.write(line + "\n")
        driver.stdin.flush()
        words = driver.stdout.readline().split()
        got = [int(words[0])] + [float.fromhex(w) for w in words[1:]]
        seen[kind] = seen.get(kind, 0) + 1
        if right(want, got):
            passed += 1
        else:
            failed += 1
            print("FAIL", kind, numbers, "want", want[0], [float(x) for x in want[1]] if want[0] == OK else want[1], "got", got)
    driver.stdin.close()
    driver.wait()
    print(" ".join(f"{k}: {v}" for k, v in sorted(seen.items())))
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
