#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compare "elo-mmr" with an implementation of its own in 40 digits, contest after contest.

    tests/rating/oracle_elo_mmr.py BUILD            BUILD/tests/rating/drive_elo_mmr does our side
    SEED=7 CASES=50 tests/rating/oracle_elo_mmr.py BUILD

A performance is where the derivative of the log likelihood of the places is 0, a value where that of the log posterior is: both
are written here as sums of hyperbolic tangents, pair by pair, as A. Ebtekar and P. Liu do (arXiv 2101.00400), and
solved in 40 digits. The C files have exponentials instead and sum large contests over cells. Neither side is told the other's
state in between: histories drift apart if one contest is wrong. Closing line: N passed, N failed.
"""
import math
import sys

from mpmath import exp, mp, mpf, pi, sqrt, tanh

sys.dont_write_bytecode = True  # The source tree stays clean.
from lib_oracle import Driver, R, SEED, case_count

mp.dps = 40
CASES = case_count(24)
BOUND = mpf("1e-12")  # of the larger of the number and the deviation; seen: 3e-14
LOGISTIC = pi / (2 * sqrt(mpf(3)))  # tanh of this is what a logistic variable of deviation 1 asks for
VALUE_MAX = mpf(10) ** 9


def clamp(x, low, high):
    return max(low, min(high, x))


def root(terms, line, x, scale):
    """Of the increasing function (x - mean) precision + sum of c + k tanh a (x - m): bisection in doubles, then Newton's steps,
    the last of which must be of no account."""
    near = [tuple(map(float, t)) for t in terms]
    mean, precision = map(float, line)

    def rough(at):
        return (at - mean) * precision + math.fsum(c + k * math.tanh(a * (at - m)) for c, k, a, m in near)

    width = float(scale)
    low, high = float(x) - width, float(x) + width
    while rough(low) > 0:
        low, width = low - width, 2 * width
    while rough(high) < 0:
        high, width = high + width, 2 * width
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rough(middle) < 0 else (low, middle)
    x = mpf(low)
    for _ in range(30):
        height, slope = (x - line[0]) * line[1], mpf(line[1])
        for c, k, a, m in terms:
            t = tanh(a * (x - m))
            height += c + k * t
            slope += k * a * (1 - t * t)
        x -= height / slope
        if abs(height / slope) < scale * mpf(10) ** -12:  # its square is what is left
            return x
    raise ArithmeticError("no root")


class Player:
    """A normal factor (mean and precision), and logistic ones: [place, deviation, weight left]."""

    def __init__(self, value, deviation):
        self.value = self.performance = self.mean = mpf(value)
        self.deviation = mpf(deviation)
        self.precision = 1 / self.deviation**2
        self.past = []

    def grow(self, grown, speed):
        if grown <= self.deviation:
            return
        delta = (self.deviation / grown) ** 2
        tau = delta ** mpf(speed)
        precision = tau * self.precision + (1 - tau) / self.deviation**2
        self.mean = (tau * self.precision * self.mean + (1 - tau) / self.deviation**2 * self.value) / precision
        self.precision = delta * precision
        for factor in self.past:
            factor[2] *= tau * delta
        self.deviation = grown

    def forget(self):
        place, deviation, weight = self.past.pop(0)
        part = weight / deviation**2
        self.mean = (self.mean * self.precision + part * place) / (self.precision + part)
        self.precision += part

    def most_likely(self):
        terms = [(0, 2 * w * LOGISTIC / d, LOGISTIC / d, place) for place, d, w in self.past]
        return root(terms, (self.mean, self.precision), self.value, self.deviation)


def settings_of(case, split):
    plain = case % 3 == 0
    s = dict(weight=0.2, limit=80.0, drift=0.0, speed=1.0, advantage=0.0, value=(0.0, 0.0), deviation=(0.0, 0.0), history=32,
             split=0)
    if not plain:
        s.update(weight=R.choice([0.2, R.uniform(0.05, 2)]), limit=R.uniform(30, 150), drift=R.choice([0, R.uniform(1, 60)]),
                 speed=R.choice([0, 1, R.uniform(0.1, 4)]), advantage=R.choice([0, R.uniform(-100, 100)]),
                 history=R.choice([1, 2, 5, 32]), split=split)
        if R.random() < 0.4:
            s["value"] = (R.uniform(900, 1300), R.uniform(1700, 2100))
        if R.random() < 0.4:
            s["deviation"] = (R.choice([0, R.uniform(20, 120)]), R.choice([0, R.uniform(300, 400)]))
    return s


class Model:
    def __init__(self, settings):
        self.s = settings
        self.plain = []  # (value, deviation): no history
        self.full = []

    def grown(self, deviation, weight, elapsed):
        s = self.s
        most = mpf(s["deviation"][1]) or VALUE_MAX
        new = sqrt(deviation**2 + weight * mpf(s["limit"]) ** 2 + elapsed * mpf(s["drift"]) ** 2)
        return min(new, most) if new > deviation else deviation

    def variance(self, weight):
        s = self.s
        return (1 + 1 / weight) * mpf(s["limit"]) ** 2 + mpf(s["drift"]) ** 2 / weight

    def limited(self, value, deviation):
        s = self.s
        low, high = s["value"] if any(s["value"]) else (-VALUE_MAX, VALUE_MAX)
        return clamp(value, mpf(low), mpf(high)), clamp(deviation, mpf(s["deviation"][0]),
                                                        mpf(s["deviation"][1]) or VALUE_MAX)

    def team(self, members, states):
        """Mean and deviation as one opponent, from (value, deviation) of each member."""
        weights = [mpf(m["weight"]) for m in members]
        if sum(weights) == 0:
            weights = [mpf(1)] * len(members)
        parts = [w / sum(weights) for w in weights]
        return sum(p * v for p, (v, _) in zip(parts, states)), sqrt(sum((p * d) ** 2 for p, (_, d) in zip(parts, states)))

    def meeting(self, contest, states):
        """Every team's mean and deviation as it comes to the contest."""
        out = []
        for number, members in enumerate(contest["teams"]):
            came = [(states[m["player"]][0],
                     self.grown(states[m["player"]][1], contest["weight"] * mpf(self.s["weight"]) * mpf(m["weight"]),
                                mpf(m["elapsed"]))) for m in members]
            value, deviation = self.team(members, came)
            out.append((value + (mpf(self.s["advantage"]) + mpf(contest["advantage"]) if number == 0 else 0), deviation))
        return out

    def above(self, contest, states):
        """How much above its mean each team performed."""
        teams = self.meeting(contest, states)
        luck = self.variance(contest["weight"] * mpf(self.s["weight"]))
        slopes = [LOGISTIC / sqrt(d**2 + luck) for _, d in teams]
        tie = mpf(1) / 2 if self.s["split"] else mpf(1)
        known = {}
        out = []
        for i, (value, deviation) in enumerate(teams):
            kind = tuple(standing(contest, i, j) for j in range(len(teams)))
            if kind not in known or contest["kind"] == 2:  # level teams have the same equation
                terms = [(a * (max(-won, 0) - max(won, 0)), a * (abs(won) + 2 * tie * (1 - abs(won))), a, mu)
                         for won, (mu, _), a in zip(kind, teams, slopes)]
                known[kind] = root(terms, (mpf(0), mpf(0)), value, 1 / min(slopes))
            out.append(known[kind] - value)
        return out

    def terms(self, contest, team, member, above):
        return contest["weight"] * mpf(self.s["weight"]) * mpf(member["weight"]), mpf(member["elapsed"]), above[team]

    def rate(self, contest):
        states = {i: (p.value, p.deviation) for i, p in enumerate(self.full)}
        full = self.above(contest, states)
        plain = full if states == dict(enumerate(self.plain)) else self.above(contest, dict(enumerate(self.plain)))
        out = []
        for number, members in enumerate(contest["teams"]):
            for m in members:
                weight, elapsed, above = self.terms(contest, number, m, full)
                player = self.full[m["player"]]
                player.grow(self.grown(player.deviation, weight, elapsed), self.s["speed"])
                if weight > 0:
                    self.play(player, weight, above)
                self.plain[m["player"]] = self.play_plain(self.plain[m["player"]], weight, elapsed, plain[number])
                out.append((m["player"], [player.value, player.deviation, player.performance, player.mean, player.precision,
                                          *self.plain[m["player"]]]))
        return out

    def play(self, player, weight, above):
        variance = self.variance(weight)
        while len(player.past) >= self.s["history"]:
            player.forget()
        player.performance = player.value + above
        player.past.append([player.performance, sqrt(variance), mpf(1)])
        player.value, player.deviation = self.limited(player.most_likely(),
                                                      1 / sqrt(1 / player.deviation**2 + 1 / variance))

    def play_plain(self, record, weight, elapsed, above):
        value, deviation = record[0], self.grown(record[1], weight, elapsed)
        if weight == 0:
            return value, deviation
        once = Player(value, deviation)
        self.play(once, weight, above)
        return once.value, once.deviation

    def chances(self, contest):
        """Of two teams: the difference of their performances is logistic."""
        states = dict(enumerate(self.plain))
        (a, da), (b, db) = [self.team(members, [states[m["player"]] for m in members]) for members in contest["teams"]]
        a += mpf(self.s["advantage"]) + mpf(contest["advantage"])
        luck = 2 * self.variance(contest["weight"] * mpf(self.s["weight"]))
        p = 1 / (1 + exp(-2 * LOGISTIC * (a - b) / sqrt(da**2 + db**2 + luck)))
        return [p, 1 - p]


def standing(contest, i, j):
    """1: i came in front of j, -1: behind, 0: level; a share lies between."""
    a, b = contest["outcome"][i], contest["outcome"][j]
    if i == j:
        return mpf(0)
    if contest["kind"] == 2:
        return 2 * mpf(a) / (mpf(a) + mpf(b)) - 1
    better = a < b if contest["kind"] == 0 else a > b
    return mpf(0) if a == b else mpf(1) if better else mpf(-1)


def random_contest(pool, teams, singles, kinds=(0, 0, 1, 2), places=(2, 5, 10**6)):
    present = R.sample(range(pool), pool)
    groups = []
    while present and len(groups) < teams:
        size = 1 if singles else R.choice([1, 1, 1, 2, 3])
        groups.append([dict(player=p, weight=R.choice([1, 1, 1, 0, R.uniform(0.2, 3)]), elapsed=R.choice([0, 1, R.uniform(0, 30)]))
                       for p in present[:size]])
        present = present[size:]
    kind = R.choice(kinds)
    most = R.choice(places)
    outcome = [R.randint(1, most) if kind != 2 else R.uniform(0.5, 9) for _ in groups]
    return dict(teams=groups, kind=kind, outcome=outcome, weight=mpf(R.choice([1, 1, R.uniform(0.3, 3)])),
                advantage=R.choice([0, 0, R.uniform(-80, 80)]))


def flat(contest):
    numbers = [contest["weight"], contest["advantage"], len(contest["teams"])]
    for members in contest["teams"]:
        numbers.append(len(members))
        for m in members:
            numbers += [m["player"], m["weight"], m["elapsed"]]
    return numbers


class Count:
    names = ["value", "deviation", "performance", "normal mean", "normal precision", "plain value", "plain deviation", "chance"]

    def __init__(self):
        self.worst = dict.fromkeys(self.names, mpf(0))
        self.passed = self.failed = 0

    def compare(self, what, name, got, want, size):
        error = abs(got - want) / max(abs(want), size)
        self.worst[name] = max(self.worst[name], error)
        if error <= BOUND:
            self.passed += 1
            return
        self.failed += 1
        print("FAIL %s of seed %d: %s %s, want %s" % (what, SEED, name, mp.nstr(got, 17), mp.nstr(want, 17)))


def start(driver, case, pool, split):
    s = settings_of(case, split)
    model = Model(s)
    driver.ask("settings", s["weight"], s["limit"], s["drift"], s["speed"], s["advantage"], *s["value"], *s["deviation"],
               s["history"], s["split"])
    for i in range(pool):
        value, deviation = (1500, 350) if case % 3 == 0 and R.random() < 0.5 else (R.uniform(800, 2400), R.uniform(60, 300))
        driver.ask("player", i, value, deviation)
        model.full.append(Player(value, deviation))
        model.plain.append((mpf(value), mpf(deviation)))
    return model


def play(driver, model, contest, what, count):
    if len(contest["teams"]) == 2:
        for got, want in zip(driver.ask("predict", *flat(contest)), model.chances(contest)):
            count.compare(what, "chance", got, want, 0)
    got = iter(driver.ask("contest", contest["kind"], *flat(contest), *contest["outcome"]))
    for player, numbers in model.rate(contest):
        for name, want in zip(Count.names, numbers):
            size = 0 if "deviation" in name or "precision" in name else model.full[player].deviation
            count.compare("%s player %d" % (what, player), name, next(got), want, size)


def rest(driver, model, player, what, count):
    """Time passes without a contest."""
    periods = R.uniform(0, 50)
    got = driver.ask("age", player, periods)
    full = model.full[player]
    full.grow(model.grown(full.deviation, mpf(0), mpf(periods)), model.s["speed"])
    value, deviation = model.plain[player]
    model.plain[player] = (value, model.grown(deviation, mpf(0), mpf(periods)))
    count.compare(what, "deviation", got[0], full.deviation, 0)
    count.compare(what, "plain deviation", got[1], model.plain[player][1], 0)


def main():
    driver = Driver("elo_mmr", mpf)
    count = Count()
    print("SEED=%d CASES=%d" % (SEED, CASES))
    for case in range(CASES):
        pool = R.choice([2, 4, 9])
        model = start(driver, case, pool, R.randint(0, 1))
        for number in range(12 if pool > 2 else 40):
            what = "case %d contest %d" % (case, number)
            contest = random_contest(pool, R.choice([2, pool, pool]), R.random() < 0.6)
            if len(contest["teams"]) >= 2:
                play(driver, model, contest, what, count)
            if R.random() < 0.3:
                rest(driver, model, R.randrange(pool), what, count)
    for number in range(2):  # so many that the sums go over cells
        model = start(driver, number, 110, 1)
        play(driver, model, random_contest(110, 110, True, [0, 1], [30]), "large contest %d" % number, count)
    for name, error in count.worst.items():
        print("%-16s largest error %s" % (name, mp.nstr(error, 3)))
    print("%d passed, %d failed" % (count.passed, count.failed))
    return 1 if count.failed else 0


if __name__ == "__main__":
    sys.exit(main())
