#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compare the pairwise and ranking fits with an implementation of its own in 80 digits.

    tests/rating/oracle_pairwise.py BUILD            BUILD/tests/rating/drive_pairwise does our side
    SEED=7 CASES=500 tests/rating/oracle_pairwise.py BUILD

The models are written down as probabilities of outcomes, in strengths, with Python's `decimal`; every derivative is a
difference quotient of their logarithms with a step of 1e-20, exact to some 20 digits. From the answer of the library one
Newton step is taken here: its length is how far the answer is from the maximum. The errors are those of the inverse of the
second derivatives here, with the condition that the strengths sum to 0 as a border, not by holding one of them.
Closing line: N passed, N failed.
"""
import sys
from decimal import Decimal as D, getcontext

sys.dont_write_bytecode = True  # The source tree stays clean.
from lib_oracle import R, SEED, answers, case_count

getcontext().prec = 80
CASES = case_count(120)
H = D("1e-20")
# Of the largest parameter, of the logarithm of Rao and Kupper's (which may be tiny), of the likelihood, of the largest variance;
# the last times how lopsided the counts are, by which the equations are worse conditioned.
BOUNDS = {"strength": 2e-13, "tie": 1e-12, "likelihood": 1e-13, "errors": 1e-9}


# ---- the models, as their authors write them

def chances(ties, difference, tie):
    """Of the first winning, the second, a tie; of a tie as half a win each there is none."""
    a, b = difference.exp(), D(1)
    if ties == 0:
        return a / (a + b), b / (a + b), None
    if ties == 1:
        nu = tie.exp() * (a * b).sqrt()
        return a / (a + b + nu), b / (a + b + nu), nu / (a + b + nu)
    t = tie.exp()
    first, second = a / (a + t * b), b / (b + t * a)
    return first, second, 1 - first - second


def log_chances(ties, difference, tie):
    first, second, draw = chances(ties, difference, tie)
    if draw is None:
        return first.ln(), second.ln(), (first.ln() + second.ln()) / 2
    return first.ln(), second.ln(), draw.ln()


def derivatives(f):
    """By both arguments at 0: (f, f_1, f_2, f_11, f_12, f_22), each a list over the outcomes."""
    zero = D(0)
    at = {(i, j): f(H * i, H * j) for i in (-1, 0, 1) for j in (-1, 0, 1)}
    out = []
    for o in range(len(at[0, 0])):
        v = {k: x[o] if x[o] is not None else zero for k, x in at.items()}
        out.append((v[0, 0], (v[1, 0] - v[-1, 0]) / (2 * H), (v[0, 1] - v[0, -1]) / (2 * H),
                    (v[1, 0] - 2 * v[0, 0] + v[-1, 0]) / (H * H),
                    (v[1, 1] - v[1, -1] - v[-1, 1] + v[-1, -1]) / (4 * H * H),
                    (v[0, 1] - 2 * v[0, 0] + v[0, -1]) / (H * H)))
    return out


# ---- linear algebra

def solve(matrix, columns):
    """Gauss with pivoting; `columns` is a list of rows, one a row of the matrix."""
    n = len(matrix)
    rows = [list(matrix[i]) + list(columns[i]) for i in range(n)]
    for k in range(n):
        p = max(range(k, n), key=lambda i: abs(rows[i][k]))
        rows[k], rows[p] = rows[p], rows[k]
        for i in range(n):
            if i != k and rows[i][k] != 0:
                factor = rows[i][k] / rows[k][k]
                rows[i] = [x - factor * y for x, y in zip(rows[i], rows[k])]
    return [[x / rows[k][k] for x in rows[k][n:]] for k in range(n)]


def identity(n):
    return [[D(int(i == j)) for j in range(n)] for i in range(n)]


def bordered(matrix, items):
    """With the condition that the first `items` parameters sum to 0."""
    n = len(matrix)
    border = [D(int(i < items)) for i in range(n)]
    return [list(matrix[i]) + [border[i]] for i in range(n)] + [border + [D(0)]]


def step_and_errors(gradient, matrix, items, free, held, middle, damped):
    """Newton's step; errors of H^-1, and of (H + damping)^-1 B (H + damping)^-1."""
    n = len(matrix)
    keep = [i for i in range(n) if i not in held]
    cut = [[matrix[i][j] for j in keep] for i in keep]
    size = len(keep)

    def inverse(m, condition):
        if condition:
            full = solve(bordered(m, items), identity(size + 1))
            return [row[:size] for row in full[:size]]
        return solve(m, identity(size))

    plain = inverse(cut, free)
    step = [sum(plain[i][j] * gradient[keep[j]] for j in range(size)) for i in range(size)]
    around = inverse([[x + (damped if i == j else 0) for j, x in enumerate(row)] for i, row in enumerate(cut)],
                     free and damped == 0)
    errors = [[D(0)] * n, [D(0)] * n]
    for i in range(size):
        errors[0][keep[i]] = max(plain[i][i], D(0)).sqrt()
        if middle is not None:
            v = sum(around[i][a] * middle[keep[a]][keep[b]] * around[i][b] for a in range(size) for b in range(size))
            errors[1][keep[i]] = max(v, D(0)).sqrt()
    return step, errors


# ---- a problem of pairs

def pair_case():
    items = R.randint(2, 6)
    features = R.choice([0, 0, 1, 2])
    ties = R.randint(0, 2)
    big = R.choice([1, 1, 1, 1000])
    case = {
        "ties": ties, "solver": R.choice([1, 2]), "flags": R.randint(0, 1), "advantage": R.choice([0, R.uniform(-1, 1)]),
        "ridge": R.choice([0, 0, R.uniform(0.01, 3)]), "feature_ridge": R.choice([0.5, R.uniform(0.01, 3)]),
        "prior_games": R.choice([0, 0, R.uniform(0.1, 4)]), "damping": R.choice([0, 1e-5, 0.01]), "items": items,
        "pairs": [], "anchors": [], "big": big,
    }
    for i in range(items):
        for j in range(items):
            if i == j or R.random() < 0.2 and abs(i - j) != 1:
                continue
            row = [i, j, R.choice([1, R.randint(1, 40), R.uniform(0.2, 9) * big]), R.choice([1, R.uniform(0.2, 9)]),
                   R.choice([0.5, R.randint(1, 9)]), R.choice([1, R.uniform(0.1, 2)])]
            case["pairs"].append(row + [R.uniform(-2, 2) for _ in range(features)])
    case["features"] = features
    for item in sorted(R.sample(range(items), R.choice([0, 0, 0, 1, 2]))):
        case["anchors"].append([item, R.uniform(-1, 1), R.choice([0, R.uniform(0.1, 2)])])
    if len([a for a in case["anchors"] if a[2] == 0]) == items:
        case["anchors"] = []
    return case


def lopsided_case():
    """A million games of some pairs, one of others, hardly a tie: Rao and Kupper's parameter is nearly 1, and items are tied
    to others by single games."""
    c = pair_case()
    c.update(ties=R.choice([0, 1, 2, 2, 2]), flags=0, features=0, big=10 ** R.choice([6, 6, 9]), damping=0)
    if R.random() < 0.7:
        c.update(ridge=0, prior_games=0, anchors=[])
    for row in c["pairs"]:
        first, second = R.choice([(1, 1), (1, c["big"]), (c["big"], 1), (c["big"], c["big"])])
        row[2:] = [first * R.choice([1, R.uniform(0.3, 9)]), second * R.choice([1, R.uniform(0.3, 9)]),
                   R.choice([0, 0, 0, 0, 0.5, 1]), row[5]]
    if all(row[4] == 0 for row in c["pairs"]):
        c["pairs"][0][4] = 1
    return c


def pair_line(c):
    head = [c["ties"], c["solver"], c["flags"], c["advantage"], c["ridge"], c["feature_ridge"], c["prior_games"],
            c["damping"], c["items"], len(c["pairs"]), c["features"], len(c["anchors"])]
    rest = [x for row in c["pairs"] + c["anchors"] for x in row]
    return "fit " + " ".join(float(x).hex() for x in head + rest)


def pair_check(c, got):
    items, k = c["items"], c["features"]
    theta, coefficients = got[:items], got[items:items + k]
    advantage, tie_log, likelihood = got[items + k:items + k + 3]
    free_advantage, free_tie = c["flags"] == 1, c["ties"] > 0
    x = theta + ([advantage] if free_advantage else []) + coefficients + ([tie_log] if free_tie else [])
    n = len(x)
    gradient, games, total = [D(0)] * n, D(0), D(0)
    matrix = [[D(0)] * n for _ in range(n)]
    middle = [[D(0)] * n for _ in range(n)]
    for row in c["pairs"]:
        i, j, weight = row[0], row[1], D(row[5])
        counts = [D(y) for y in row[2:5]]
        along = [D(0)] * n
        along[i] += 1
        along[j] -= 1
        if free_advantage:
            along[items] = D(1)
        for f in range(k):
            along[items + free_advantage + f] = D(row[6 + f])
        other = [D(0)] * n
        if free_tie:
            other[-1] = D(1)
        difference = sum(a * b for a, b in zip(along, x)) + (0 if free_advantage else D(c["advantage"]))
        outcome = derivatives(lambda u, v: log_chances(c["ties"], difference + u, tie_log + v))
        for count, (f, f1, f2, f11, f12, f22) in zip(counts, outcome):
            games += count
            total += weight * count * f
            score = [f1 * a + f2 * b for a, b in zip(along, other)]
            for a in range(n):
                gradient[a] += weight * count * score[a]
                for b in range(n):
                    middle[a][b] += weight * weight * count * score[a] * score[b]
                    matrix[a][b] -= weight * count * (f11 * along[a] * along[b] + f12 * (
                        along[a] * other[b] + other[a] * along[b]) + f22 * other[a] * other[b])
    held = set()
    for i in range(items):
        gradient[i] -= D(c["ridge"]) * x[i]
        matrix[i][i] += D(c["ridge"])
        p = 1 / (1 + (-x[i]).exp())
        gradient[i] += D(c["prior_games"]) * (D("0.5") - p)
        matrix[i][i] += D(c["prior_games"]) * p * (1 - p)
    for f in range(items + free_advantage, items + free_advantage + k):
        gradient[f] -= D(c["feature_ridge"]) * x[f]
        matrix[f][f] += D(c["feature_ridge"])
    for item, value, deviation in c["anchors"]:
        if deviation == 0:
            held.add(item)
        else:
            precision = 1 / (D(deviation) * D(deviation))
            gradient[item] -= precision * (x[item] - D(value))
            matrix[item][item] += precision
    free = c["ridge"] == 0 and c["prior_games"] == 0 and not c["anchors"]
    step, errors = step_and_errors(gradient, matrix, items, free, held, middle, D(c["damping"]) * games)
    scale = 1 + max(abs(y) for y in x)
    out = [("strength", abs(s) / scale) for s in step]
    if c["ties"] == 2:
        out.append(("tie", abs(step[-1] / tie_log)))
    out += [("strength", abs(x[i] - D(v))) for i, v, d in c["anchors"] if d == 0]
    if free:
        out.append(("strength", abs(sum(theta)) / items))
    out.append(("likelihood", abs(likelihood - total) / abs(total)))
    for kind in range(1 if c["big"] >= 1e6 else 2):  # the sandwich's condition is the square of that
        mine = got[items + k + 3 + kind * n:items + k + 3 + (kind + 1) * n]
        out += [("errors", abs(a * a - b * b) / max(errors[kind]) ** 2) for a, b in zip(mine, errors[kind])]
    return out


# ---- a problem of rankings

def rank_case():
    items = R.randint(2, 6)
    case = {"ties": R.randint(0, 1), "ridge": R.choice([0, 0, R.uniform(0.01, 3)]), "items": items, "rankings": []}
    for r in range(items + R.randint(0, 12)):
        order = [r % items, (r + 1) % items] if r < items else R.sample(range(items), R.randint(0, items))
        rank, entries = 0, []
        for item in order:
            rank += 1 if r < items else R.choice([0, 1, 2])
            entries.append([item, rank])
        case["rankings"].append([R.choice([1, R.uniform(0.1, 5)]), entries])
    return case


def rank_line(c):
    numbers = [c["ties"], c["ridge"], c["items"], len(c["rankings"])]
    for weight, entries in c["rankings"]:
        numbers += [weight, len(entries)] + [x for entry in entries for x in entry]
    return "rank " + " ".join(float(x).hex() for x in numbers)


def rank_check(c, got):
    n = c["items"]
    x, mine, likelihood = got[:n], got[n:2 * n], got[2 * n]
    gradient, total = [-D(c["ridge"]) * y for y in x], D(0)
    matrix = [[D(c["ridge"]) if i == j else D(0) for j in range(n)] for i in range(n)]
    for weight, entries in c["rankings"]:
        weight = D(weight)
        left = {item: x[item].exp() for item, _ in entries}
        while left:
            top = min(rank for item, rank in entries if item in left)
            tied = [item for item, rank in entries if item in left and rank == top]
            for k, chosen in enumerate(tied):
                gone = D(k) / len(tied) if c["ties"] == 0 else D(0)
                part = {item: e * (1 - gone if item in tied else 1) for item, e in left.items()}
                d = sum(part.values())
                total += weight * (x[chosen] - d.ln())
                gradient[chosen] += weight
                for a in part:
                    gradient[a] -= weight * part[a] / d
                    for b in part:
                        matrix[a][b] += weight * ((part[a] / d if a == b else 0) - part[a] * part[b] / (d * d))
            for item in tied:
                del left[item]
    step, errors = step_and_errors(gradient, matrix, n, c["ridge"] == 0, set(), None, D(0))
    scale = 1 + max(abs(y) for y in x)
    return ([("strength", abs(s) / scale) for s in step] + [("likelihood", abs(likelihood - total) / max(abs(total), 1))] +
            [("errors", abs(a * a - b * b) / (b * b)) for a, b in zip(mine, errors[0])])


def main():
    print(f"SEED={SEED} CASES={CASES}")
    todo = []
    for i in range(CASES):
        if i % 4 < 3:
            case = lopsided_case() if i % 4 == 2 else pair_case()
            todo.append((pair_line(case), pair_check, case))
        else:
            case = rank_case()
            todo.append((rank_line(case), rank_check, case))
    worst, passed, failed = {}, 0, 0
    said = answers("pairwise", [line for line, _, _ in todo])
    for (line, check, case), (status, *numbers) in zip(todo, said):
        bad = None
        if status != "0":
            bad = f"status {status}"
        else:
            for what, error in check(case, [D(float.fromhex(x)) for x in numbers]):
                big = case.get("big", 1)
                name = f"{line.split()[0]} {what} (counts times {big:g})"
                worst[name] = max(worst.get(name, D(0)), error)
                if not error <= D(BOUNDS[what]) * D(big if what == "errors" else 1):
                    bad = f"{what}: error {float(error):.3g}"
        passed, failed = (passed, failed + 1) if bad else (passed + 1, failed)
        if bad and failed <= 10:
            print(f"FAIL {case}\n     {bad}")
    for name, error in sorted(worst.items()):
        print(f"{name:36} largest error {float(error):8.3g}")
    print(f"{passed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
