#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ratings.py BUILD [OUT]: libopenclaw's ratings beside their peers, time and exactness, in one run.

Writes OUT/ratings.md and OUT/ratings.svg (OUT is this folder, or BUILD/peers with BENCH_QUICK=1, which takes about a
minute). A peer whose tools are missing is listed as skipped; exits 77 when all of them are.
"""
import array
import csv
import datetime
import json
import math
import os
import random
import shutil
import statistics
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "plot"))

# pylint: disable=wrong-import-position
import bars
from peer import HERE, QUICK, Peer, Skipped, first_line, load, machine, run, table, take_turns, tool
from ratings_cases import CASES, ORDERS

ROUNDS, MS = (3, 5) if QUICK else (31, 5)
FIT_ROUNDS = 2 if QUICK else 5


# ---- the programs

def build_ours(build):
    """make has built it."""
    program = os.path.join(build, "bench", "bench_peer_ratings")
    if not os.path.exists(program):
        raise Skipped(f"no {program}: run make")
    return [program, "--serve"]


def build_skillratings(build):
    """A program of the cargo workspace."""
    tool("cargo")
    target = os.path.join(build, "peers", "rust")
    run("cargo", "build", "--release", "--locked", "--quiet", "-p", "peer-skillratings", "--manifest-path",
        f"{HERE}/rust/Cargo.toml", env={"CARGO_TARGET_DIR": target})
    return [f"{target}/release/peer-skillratings"]


def build_ours_native(build):
    """Ours for the machine at hand, in a folder of its own."""
    out = os.path.join(build, "peers", "native")
    program = f"{out}/bench/bench_peer_ratings"
    run("make", "--silent", f"B={out}", "CFLAGS=-O2 -g -march=native", program, cwd=f"{HERE}/../..", env={"MAKEFLAGS": ""})
    return [program, "--serve"]


def build_skillratings_native(build):
    """As build_skillratings(), for the machine at hand."""
    tool("cargo")
    target = os.path.join(build, "peers", "rust-native")
    run("cargo", "build", "--release", "--locked", "--quiet", "-p", "peer-skillratings", "--manifest-path",
        f"{HERE}/rust/Cargo.toml", env={"CARGO_TARGET_DIR": target, "RUSTFLAGS": "-C target-cpu=native"})
    return [f"{target}/release/peer-skillratings"]


def build_node(name):
    """The script, beside its packages in the build folder."""
    def build(directory):
        tool("node", "npm")
        out = os.path.join(directory, "peers", "node")
        os.makedirs(out, exist_ok=True)
        for file in ("package.json", "package-lock.json", "ratings.mjs"):
            shutil.copy(f"{HERE}/node/{file}", out)
        if not os.path.exists(f"{out}/node_modules/{name}"):
            run("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", cwd=out)
        return ["node", f"{out}/ratings.mjs", name]
    return build


def build_python(name):
    """The script, by the Python of a virtual environment in the build folder."""
    def build(directory):
        out = os.path.join(directory, "peers", "python")
        if not os.path.exists(f"{out}/ready"):
            run(sys.executable, "-m", "venv", "--clear", out)
            run(f"{out}/bin/pip", "install", "--quiet", "--disable-pip-version-check", "-r",
                f"{HERE}/python/requirements.txt")
            with open(f"{out}/ready", "w", encoding="ascii"):
                pass
        return [f"{out}/bin/python", f"{HERE}/python/pairwise.py", name]
    return build


OURS = Peer("libopenclaw", build_ours)
SKILLRATINGS = Peer("skillratings", build_skillratings, threads_max=1)
OPENSKILL = Peer("openskill", build_node("openskill"), warm_ms=100 if QUICK else 1000, threads_max=1)
TRUESKILL = Peer("ts-trueskill", build_node("ts-trueskill"), warm_ms=100 if QUICK else 1000, threads_max=1)
EVALICA = Peer("evalica", build_python("evalica"), threads_max=1)
CHOIX = Peer("choix", build_python("choix"), threads_max=1)
OURS_NATIVE = Peer("libopenclaw, native", build_ours_native)
SKILLRATINGS_NATIVE = Peer("skillratings, native", build_skillratings_native, threads_max=1)
PEERS = [OURS, SKILLRATINGS, OPENSKILL, TRUESKILL, EVALICA, CHOIX, OURS_NATIVE, SKILLRATINGS_NATIVE]


# ---- matches: a table a kind, its works as rows, the programs as columns

COLUMNS = ("libopenclaw, in columns", OURS, {"elo": "elo-many", "glicko2": "glicko2-many"})
KINDS = [
    ("Two players", "", "K 32; c 63.2; tau 0.5; Glicko-Boost's, Stephenson's and Yuksel's defaults. In columns: many games "
     "a call. skillratings' Glicko-2 stops when ln σ² is closer than 1e-6, ours at the last bits. A period: one player, "
     "ten games.",
     [("Elo", "elo", 1000), ("Glicko", "glicko", 1000), ("Glicko, a period of 10", "glicko-period", 1000),
      ("Glicko-2", "glicko2", 1000), ("Glicko-2, new players", "glicko2-new", 1000),
      ("Glicko-2, a period of 10", "glicko2-period", 1000), ("Glicko-Boost", "glicko-boost", 1000),
      ("Glicko-Boost, a period of 10", "glicko-boost-period", 1000), ("Stephenson (Sticko)", "stephenson", 1000),
      ("Stephenson, a period of 10", "stephenson-period", 1000), ("Yuksel", "yuksel", 1000)],
     [("libopenclaw", OURS, {}), COLUMNS, ("skillratings", SKILLRATINGS, {})]),
    ("Federations", "", "The players' own games of two, and tournaments of ten. DWZ's regulation has normal curves and rounds its "
     "coefficient: skillratings has Elo's curve and does not, and so have the works that say Elo's curve here. US Chess: "
     "players of 30 games and more, B 10; new players have at most 6, who by the regulation are at the root of an equation, "
     "for which skillratings takes a formula that is the root where no opponent is 400 points from it. Ingo: ours counts an "
     "opponent as at most 40 points away, by the rules. FIFA has no tournaments.",
     [("DWZ", "dwz", 1000), ("DWZ, a tournament of 10", "dwz-period", 1000), ("DWZ, Elo's curve", "dwz-elo", 1000),
      ("DWZ, Elo's curve, a tournament of 10", "dwz-elo-period", 1000), ("US Chess", "uscf", 1000),
      ("US Chess, a tournament of 10", "uscf-period", 1000), ("US Chess, new players", "uscf-new", 1000),
      ("US Chess, new players, a tournament of 10", "uscf-new-period", 1000), ("EGF", "egf", 1000),
      ("EGF, a tournament of 10", "egf-period", 1000), ("Ingo", "ingo", 1000),
      ("Ingo, a tournament of 10", "ingo-period", 1000), ("FIFA", "fifa", 1000)],
     [("libopenclaw", OURS, {}), ("skillratings", SKILLRATINGS, {})]),
    ("TrueSkill", "gaussian", "Ours: \"gaussian\", carried to 1e-10 of a deviation, and once more to 1e-4, about where "
     "the peers stop. Games of two are won, drawn and lost; free-for-alls of 10 and 100 have no ties.", None,
     [("libopenclaw, to 1e-10", OURS, {}), ("libopenclaw, to 1e-4", OURS, {"variant": "loose"}),
      ("skillratings", SKILLRATINGS, {}), ("ts-trueskill", TRUESKILL, {})]),
    ("Weng-Lin, Bradley-Terry, every pair", "bt", "The only Weng-Lin model of skillratings, which leaves tau out; ours and "
     "openskill's add it to each deviation.", None,
     [("libopenclaw", OURS, {}), ("skillratings", SKILLRATINGS, {}), ("openskill", OPENSKILL, {})]),
    ("Weng-Lin, Plackett-Luce", "pl", "openskill's default.", None,
     [("libopenclaw", OURS, {}), ("openskill", OPENSKILL, {})]),
]
SHAPES = [("1v1", "1v1", 1000), ("5v5", "5v5", 100), ("free-for-all of 10", "ffa10", 100),
          ("free-for-all of 100", "ffa100", 10)]
PLAYERS, GAMES = 10240, 1024


def make_inputs(build):
    """The file that bench_peer_ratings.c tells of: players, then scores."""
    path = os.path.join(build, "peers", "ratings-inputs.bin")
    numbers, values = random.Random(20261123), array.array("d")
    for _ in range(PLAYERS):
        values.extend(numbers.uniform(low, high) for low, high in
                      [(1000, 2000), (30, 350), (0.04, 0.08), (10, 40), (1, 8.5)])
    values.extend(numbers.choice((1.0, 0.5, 0.0)) for _ in range(GAMES))
    with open(path, "wb") as file:
        values.tofile(file)
    return path


def digits(number):
    """Enough of it to compare."""
    return f"{number:,.0f}" if number >= 1000 else f"{number:.0f}" if number >= 100 else f"{number:.1f}"


def times_ours(ratio):
    """How many times ours."""
    return f" {ratio:.2f}×" if ratio < 10 else f" {ratio:,.0f}×"


def cell(timing, ours=None):
    """Best, median in brackets, and how many times ours."""
    if timing is None or not timing.ns:
        return "–"
    ratio = timing.best / ours.best if ours is not None and ours is not timing and ours.ns else None
    return f"{digits(timing.best)} ({digits(timing.median)})" + (
        "" if ratio is None else times_ours(ratio))


def time_matches(inputs, picture):
    """All of KINDS; Markdown."""
    text = ["## Matches\n",
            "Nanoseconds a match, best (median) of the rounds, and how many times ours; above 1×, ours is faster. The same "
            "players and scores for all, drawn from a fixed seed: 1000 games of two, 100 matches of ten, 10 of a hundred, "
            "again and again. What a library wants its players in was made beforehand.\n"]
    for title, system, note, works, entries in KINDS:
        rows = []
        for name, work, block in works or [(name, f"{system}-{shape}", block) for name, shape, block in SHAPES]:
            print(f"  {title}: {name}", flush=True)
            asked = [(label, peer, {"work": own[work]} if work in own else own) for label, peer, own in entries
                     if label != COLUMNS[0] or work in own]
            found = take_turns(asked, {"work": work, "draws": inputs, "block": block, "threads": 1}, ROUNDS, MS)
            ours = found[entries[0][0]]
            rows.append([name] + [cell(found.get(label), ours) for label, _, _ in entries])
            picture += [(title, name, label, timing.best) for label, timing in found.items() if timing.ns]
        text += [f"### {title}\n", note + "\n", table([""] + [label for label, _, _ in entries], rows)]
    return "\n".join(text)


# ---- the same, each compiled for the machine at hand

def native_works():
    """Title, work, block, and what the work is called where it is done in columns."""
    columns = COLUMNS[2]
    works = [(name, work, block, columns.get(work)) for name, work, block in KINDS[0][3] + KINDS[1][3]]
    for title, system in (("TrueSkill", "gaussian"), ("Bradley-Terry full", "bt")):
        works += [(f"{title}, {name}", f"{system}-{shape}", block, None) for name, shape, block in SHAPES]
    return works


def time_native(inputs):
    """Ours and skillratings with all instructions of this machine; Markdown."""
    if OURS_NATIVE.skipped or SKILLRATINGS_NATIVE.skipped:
        return ""
    head = ["libopenclaw", COLUMNS[0], "skillratings"]
    rows = []
    for name, work, block, many in native_works():
        print(f"  for this machine: {name}", flush=True)
        entries = [(head[0], OURS_NATIVE, {}), (head[2], SKILLRATINGS_NATIVE, {})]
        if many:
            entries.insert(1, (head[1], OURS_NATIVE, {"work": many}))
        found = take_turns(entries, {"work": work, "draws": inputs, "block": block, "threads": 1}, ROUNDS, MS)
        rows.append([name] + [cell(found.get(label), found[head[0]]) for label in head])
    return "\n".join(["## Compiled for this machine\n",
                      "As above, with `-march=native` and `-C target-cpu=native`: all instructions of this machine for both, "
                      "where above both have those of every x86-64 or aarch64.\n",
                      table([""] + head, rows)])


# ---- Bradley-Terry from rows

def rows_of_llmfao(build):
    """The comparisons of llmfao as a file of rows, what exact arithmetic makes of them, and the number of items."""
    vectors = os.environ.get("OCL_VECTORS") or os.path.join(HERE, "..", "..", "..", "shared", "vectors")
    folder = os.path.join(vectors, "rating")
    if not os.path.exists(f"{folder}/llmfao_sequence.csv"):
        raise Skipped("no vectors (OCL_VECTORS)")
    with open(f"{folder}/llmfao_bt.json", encoding="utf-8") as file:
        exact = json.load(file)
    place = {name: i for i, name in enumerate(exact["names"])}
    with open(f"{folder}/llmfao_sequence.csv", encoding="utf-8", newline="") as file:
        games = list(csv.DictReader(file))
    path = os.path.join(build, "peers", "rows-llmfao.bin")
    with open(path, "wb") as file:
        array.array("I", (place[game["left"]] for game in games)).tofile(file)
        array.array("I", (place[game["right"]] for game in games)).tofile(file)
        file.write(bytes({"left": 0, "right": 1, "tie": 2}[game["winner"]] for game in games))
    return path, exact["bt_half_ties_theta_sum0"], len(place)


def made_rows(build, count, ties):
    """A file of rows of 129 models."""
    path = os.path.join(build, "peers", f"rows-{count}{ties}.bin")
    if not os.path.exists(path):
        OURS.ask("rows", draws=path, count=count, keys=129, variant=ties or "none")
    return path


METHODS = [("libopenclaw", OURS, ""), ("evalica, bradley_terry", EVALICA, "frame"),
           ("evalica, its core on lists", EVALICA, "core"), ("choix, ilsr_pairwise", CHOIX, "ilsr"),
           ("choix, mm_pairwise", CHOIX, "mm"), ("choix, opt_pairwise", CHOIX, "opt")]


def centred(theta):
    """The same strengths around 0."""
    mean = math.fsum(theta) / len(theta)
    return [value - mean for value in theta]


def fit_all(path, items, exact):
    """Each method on one file: what it took, and how far from the maximum it stopped."""
    found = {}
    for number in range(FIT_ROUNDS):
        for label, peer, variant in METHODS[number % len(METHODS):] + METHODS[:number % len(METHODS)]:
            if peer.skipped or label in found and found[label] is None:
                continue
            try:
                words = {"variant": variant} if variant else {}
                answer = peer.ask("fit", timeout=300, draws=path, keys=items, **words)
                found.setdefault(label, ([], []))[0].append(answer["ms"])
                found[label][1][:] = centred(answer["theta"])
            except Skipped as why:
                print(f"  skipped: {label}: {why}", flush=True)
                found[label] = None
    exact = exact or found["libopenclaw"][1]
    ours = min(found["libopenclaw"][0])
    row = []
    for label, _, _ in METHODS:
        if not found.get(label):
            row.append("–")
            continue
        times, theta = found[label]
        off = max(abs(a - b) for a, b in zip(theta, exact))
        ratio = "" if label == "libopenclaw" else times_ours(min(times) / ours)
        row.append(f"{min(times):,.1f} ({statistics.median(times):,.1f}){ratio}" +
                   (f"; off by {off:.0e}" if theta is not exact else ""))
    return row, {label: min(times[0]) for label, times in found.items() if times}


def time_fits(build, picture):
    """Bradley-Terry; Markdown."""
    rows = []
    sets = [("129 models, 10 M rows, a fifth tied" if not QUICK else "129 models, 1 M rows, a fifth tied",
             lambda: (made_rows(build, 1_000_000 if QUICK else 10_000_000, "ties"), None, 129)),
            ("129 models, 20,000 rows, no ties", lambda: (made_rows(build, 20_000, ""), None, 129)),
            ("llmfao: 59 models, 8,931 rows, two fifths tied", lambda: rows_of_llmfao(build))]
    for title, make in sets:
        print(f"  Bradley-Terry: {title}", flush=True)
        try:
            path, exact, items = make()
        except Skipped as why:
            print(f"skipped: {title}: {why}", flush=True)
            continue
        row, best = fit_all(path, items, exact)
        rows.append([title] + row)
        picture += [("Bradley-Terry", title, label, ms) for label, ms in best.items()]
    return "\n".join([
        "## Bradley-Terry from rows\n",
        "Milliseconds for all of it, best (median), from rows in memory (ours: columns of numbers; evalica: arrays of "
        "numbers, or the lists that its core takes; choix: pairs of winner and loser) to strengths; how many times "
        "ours; and how far the farthest log-odds is from the maximum of the likelihood, each at its own default of "
        "when to stop. Exact for llmfao are 60 digits, for the others ours. choix knows no ties and is given no rows "
        "that have them, and no more than 20,000 rows.\n",
        table([""] + [label for label, _, _ in METHODS], rows)])


# ---- exactness

TESTED = [("libopenclaw", OURS), ("skillratings", SKILLRATINGS), ("openskill", OPENSKILL), ("ts-trueskill", TRUESKILL)]


def ask_rate(peer, case):
    """The numbers after a match, as floats; or why there are none."""
    if peer.skipped:
        return "–"
    words = {"work": case["system"], "teams": case["teams"], "ranks": case["ranks"], "beta": case.get("beta", 25 / 6),
             "tau": case.get("tau", 0)}
    try:
        answer = peer.ask("rate", timeout=5, **words)
    except Skipped as why:
        return "**never ends**" if str(why) == "no answer" else "–"
    if "refused" in answer:
        told = answer["refused"].replace("|", "/")
        return f"refused: {told}" if told.startswith("OCL_E") else f"**{told}**"
    return [[float(number) for number in player] for player in answer["after"]]


def judged(after, exact):
    """How far from exact, the worst of all numbers; relative, or absolute below 1."""
    if isinstance(after, str):
        return after
    if any(math.isnan(number) or math.isinf(number) for player in after for number in player):
        return "**NaN**"
    worst = max(abs(a - b) / max(1, abs(b)) for player, right in zip(after, exact) for a, b in zip(player, right))
    text = "exact" if worst < 1e-12 else f"{worst:.0e}"
    return text if worst < 1e-9 else f"**{text}**"


def ordered(after, better, worse):
    """Whether each of `better` stands above each of `worse`, by their means; without either, whether it is refused."""
    if isinstance(after, str):
        return after if better or "throws" not in after else after.replace("**", "")
    if any(math.isnan(number) for player in after for number in player):
        return "**NaN**"
    if not better:
        return "as it was" if [player[0] for player in after] == [25.0] else "**rated**"
    high, low = min(after[i][0] for i in better), max(after[i][0] for i in worse)
    text = f"{high:.2f} > {low:.2f}" if high > low else f"{high:.2f} ≤ {low:.2f}"
    return text if high > low else f"**{text}**"


def test_exactness():
    """All cases; Markdown."""
    print("  exactness", flush=True)
    head = [""] + [label for label, _ in TESTED]
    rows = [[case["title"]] + [judged(ask_rate(peer, case), case["exact"]) for _, peer in TESTED] for case in CASES]
    order_rows = [[case["title"]] + [ordered(ask_rate(peer, case), case["better"], case["worse"]) for _, peer in TESTED]
                  for case in ORDERS]
    return "\n".join([
        "## Exactness\n",
        "One match each. How far the worst of all numbers is from exact arithmetic (60 digits and more): as part of "
        "it, or, for numbers below 1, in itself; `exact` is below 1e-12, bold is above 1e-9, no number or a panic. "
        "Weng-Lin without tau, which skillratings has not. –: not a system of that library. skillratings' TrueSkill "
        "is its `trueskill_multi_team`; openskill's ties are its own.\n",
        table(head, rows), "Who should stand above whom after it: the lowest mean of those, the highest of these. A "
        "match of one team is no match.\n",
        table(head, order_rows)])


# ---- the report

def draw_picture(picture, path):
    """Bars of the best rounds; what it shows is in the tables, too."""
    best = {(title, name, label): ns for title, name, label, ns in picture}

    def panel(title, name, head=None):
        rows = [(label, label.startswith("libopenclaw"), [value]) for (at, work, label), value in best.items()
                if at == title and work == name]
        # What is very much slower is left to the tables, unless there is nothing else: it would press the rest flat.
        near = [row for row in rows if row[2][0] < 30 * rows[0][2][0]]
        rows = near if any(not ours for _, ours, _ in near) else rows
        return (head or f"{title}, {name}", ["ns a match" if title != "Bradley-Terry" else "ms"], rows)

    fits = [name for title, name, _ in best if title == "Bradley-Terry"]
    bradley_terry, plackett_luce = KINDS[3][0], KINDS[4][0]
    columns = [[panel("Two players", name) for name in ("Elo", "Glicko", "Glicko-2", "Yuksel")],
               [panel("Federations", name, name) for name in ("DWZ", "US Chess", "EGF", "Ingo", "FIFA")],
               [panel("TrueSkill", name) for name, _, _ in SHAPES[::2]] + [panel("TrueSkill", "5v5")],
               [panel(bradley_terry, name, f"Bradley-Terry full, {name}") for name, _, _ in SHAPES[::2]] +
               [panel(plackett_luce, SHAPES[2][0], f"Plackett-Luce, {SHAPES[2][0]}")] +
               [panel("Bradley-Terry", name, f"From rows: {name}") for name in list(dict.fromkeys(fits))[:1]]]
    return bars.draw([[one for one in column if one[2]] for column in columns], path)


def versions():
    """Who took part, and who did not."""
    rows = []
    for peer in PEERS:
        if peer.skipped:
            rows.append([peer.name, f"skipped: {peer.skipped}"])
        else:
            by = peer.about["toolchain"]
            if peer in (SKILLRATINGS, SKILLRATINGS_NATIVE):
                by = first_line("rustc", "--version").split(" (")[0] + ", " + by
            if peer is SKILLRATINGS_NATIVE:
                by += ", target-cpu=native"
            rows.append([peer.name, f"{peer.about['version']}; {by}"])
    return table(["", "version; compiler"], rows, 2)


def main():
    """Build, measure, write."""
    build = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build")
    out = os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 else os.path.join(build, "peers") if QUICK else HERE
    os.makedirs(os.path.join(build, "peers"), exist_ok=True)
    for peer in PEERS:
        print(f"  building {peer.name}", flush=True)
        peer.prepare(build)
        if peer.skipped:
            print(f"skipped: {peer.name}: {peer.skipped}", flush=True)
    if OURS.skipped:
        sys.exit(f"ratings.py: {OURS.skipped}")
    if all(peer.skipped for peer in PEERS if peer is not OURS):
        print("skipped: no peer can be built here")
        sys.exit(77)
    picture, before = [], load()
    inputs = make_inputs(build)
    parts = [time_matches(inputs, picture), time_native(inputs), time_fits(build, picture), test_exactness()]
    head = [
        "# Ratings beside their peers\n",
        f"{datetime.date.today().isoformat()}, by `make bench-peers`{' in its quick mode' if QUICK else ''}. {machine()}; "
        f"load average {before} before, {load()} after. {ROUNDS} rounds of {MS} ms a work, fits {FIT_ROUNDS}, all "
        f"programs in turns, pinned{', ahead of others (nice −10)' if OURS.ahead else ''}. Every work was warmed up "
        f"first, JavaScript's {OPENSKILL.warm_ms / 1000} s.\n", versions()]
    for peer in PEERS:
        peer.stop()
    path = os.path.join(out, "ratings.md")
    if draw_picture(picture, os.path.join(out, "ratings.svg")):
        head.append("\n![The tables as bars: the best rounds](ratings.svg)\n")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(head + parts))
    print(f"wrote {path}")


if __name__ == "__main__":
    main()
