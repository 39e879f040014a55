#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The command-line example rate_csv: what it says of good files, and that every kind of bad file gets a message with file,
line and advice, and exit code 1; of bad command lines 2; never a crash.

    tests/examples/test_rate_csv.py BUILD        BUILD/examples/rate_csv is run
    SEED=7 ROUNDS=5000 tests/examples/test_rate_csv.py BUILD

Closing line: N passed, N failed.
"""
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import unicodedata

PROGRAM = os.path.abspath(os.path.join(sys.argv[1] if len(sys.argv) > 1 else "build", "examples/rate_csv"))
SEED = int(os.environ.get("SEED", time.time_ns() % 10**9))
ROUNDS = int(os.environ.get("ROUNDS", 300)) // int(os.environ.get("OCL_TEST_SLOW", 1) or 1)
GNUPLOT = shutil.which("gnuplot")
passed = failed = 0


def check(name, good, detail=""):
    global passed, failed
    passed += bool(good)
    failed += not good
    if not good:
        print(f"FAIL {name}: {str(detail)[:600]}")


def run(data, *arguments, environment=None):
    """Exit code, output and messages; `data` is the file, or None for no file."""
    if isinstance(data, str):
        data = data.encode()
    files = ["-"] if data is not None else []
    done = subprocess.run([PROGRAM, *arguments, *files], input=data, capture_output=True, timeout=120, env=environment)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def ratings(data, *arguments):
    code, out, err = run(data, "--format", "json", "--top", "0", *arguments)
    check(f"json of {arguments}", code == 0, err)
    report = json.loads(out) if code == 0 else {"players": [], "systems": []}
    return report, {p["player"]: p for p in report["players"]}


def elo(games, k=32.0):
    """Elo and its log loss, by the definition."""
    table, loss = {}, 0.0
    for a, b, score in games:
        ra, rb = table.get(a, 1500.0), table.get(b, 1500.0)
        expected = 1 / (1 + 10 ** ((rb - ra) / 400))
        loss -= score * math.log(expected) + (1 - score) * math.log(1 - expected)
        table[a], table[b] = ra + k * (score - expected), rb - k * (score - expected)
    return table, loss / len(games)


def yuksel(games):
    """Yuksel's rating, its deviations and its log loss: Skill-Based Matchmaking for Competitive Two-Player Games, algorithm 2."""
    q, table, loss = math.log(10) / 400, {}, 0.0
    for a, b, score in games:
        pair = [table.setdefault(name, {"r": 1500.0, "D": 0.0, "W": 0.0, "R": 0.0, "V": 0.0}) for name in (a, b)]
        g = [[1 / math.sqrt(1 + 3 * (q * f / math.pi) ** 2 * (p["V"] / p["W"] if p["W"] else 0)) for p in pair] for f in (1, 2)]
        expected = 1 / (1 + 10 ** ((pair[1]["r"] - pair[0]["r"]) / 400))
        loss -= score * math.log(expected) + (1 - score) * math.log(1 - expected)
        force = [g[0][1] * (score - expected), g[0][0] * (expected - score)]
        curve = [g[0][1 - i] * q * expected * (1 - expected) + g[1][i] * pair[i]["D"] for i in (0, 1)]
        change = (curve[0] * force[0] - curve[1] * force[1]) / (curve[0] ** 2 + curve[1] ** 2)
        change = max(-350, min(350, change))
        for i, (p, step) in enumerate(zip(pair, (change, -change))):
            p["r"] += step
            p["D"] = force[i] / step if step else curve[i]
            p["W"] = g[1][i] * p["W"] + 1
            off = p["r"] - p["R"]
            p["R"] += off / p["W"]
            p["V"] = g[1][i] * p["V"] + off * (p["r"] - p["R"])
    return {n: (p["r"], math.sqrt(p["V"] / p["W"])) for n, p in table.items()}, loss / len(games)


GAMES = [("ann", "bob", 1.0), ("bob", "cy", 0.5), ("cy", "ann", 0.0), ("dee, jr.", 'e "x"', 1.0), ("ann", "bob", 0.0)]


def quote(text):
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\n;\t') else text


def good_files():
    """One log in many forms gives the ratings of Elo."""
    table, loss = elo(GAMES)
    word = {1.0: "left", 0.0: "right", 0.5: "tie"}
    chess = {1.0: "1-0", 0.0: "0-1", 0.5: "1/2-1/2"}
    goals = {1.0: "3,1", 0.0: "0,2", 0.5: "1,1"}
    name = {1.0: 0, 0.0: 1}
    forms = {
        "left right winner": ("id,left,right,winner\n", [f"7,{quote(a)},{quote(b)},{word[s]}" for a, b, s in GAMES], []),
        "chess": ("White,Black,Result\n", [f"{quote(a)},{quote(b)},{chess[s]}" for a, b, s in GAMES], []),
        "goals": ("home_team,away_team,home_score,away_score\n", [f"{quote(a)},{quote(b)},{goals[s]}" for a, b, s in GAMES], []),
        "names": ("p,q,who\n", [f"{quote(a)},{quote(b)},{quote((a, b)[name[s]]) if s != 0.5 else 'nobody'}" for a, b, s in GAMES],
                  ["--a", "p", "--b", "q", "--winner", "who", "--tie", "nobody"]),
        "ranks": ("p,q,x,y\n", [f"{quote(a)},{quote(b)},{2 - s},{1 + s}" for a, b, s in GAMES],
                  ["--teams", "p,q", "--ranks", "x,y"]),
        "scores": ("p,q,x,y\n", [f"{quote(a)},{quote(b)},{goals[s]}" for a, b, s in GAMES],
                   ["--a", "p", "--b", "q", "--score-a", "x", "--score-b", "y"]),
    }
    for form, (header, rows, flags) in forms.items():
        for end in "\n", "\r\n":
            text = header.replace("\n", end) + end.join(rows)  # no line end at the end
            report, players = ratings(text, "--system", "elo", *flags)
            check(f"{form}: players", players.keys() == table.keys(), players.keys())
            check(f"{form}: ratings", all(abs(p["rating"] - table[n]) < 1e-6 for n, p in players.items()), players)
            check(f"{form}: log loss", report["systems"] and abs(report["systems"][0]["log_loss"] - loss) < 1e-9, report)
    header, rows, _ = forms["left right winner"]
    for separator in ";", "\t":
        text = "\ufeff" + "".join(separator.join(quote(x) for x in row) + "\n" for row in
                                  [["left", "right", "winner"]] + [[a, b, word[s]] for a, b, s in GAMES])
        report, players = ratings(text, "--system", "elo")
        check(f"separator {separator!r}", all(abs(players[n]["rating"] - table[n]) < 1e-6 for n in table), players)
    report, players = ratings('left,right,winner,note\nann,b,left,"two\r\nlines, ""quoted"""\n\nb,ann,ann,' + "p" * 1000000 + "\n")
    check("text of many lines and a megabyte passed over", players["ann"]["won"] == 2 and report["results"] == 2, players)
    for text in ["left, right, winner\nann, bob,bob\n", "left ,right,winner\t\n ann ,bob , bob\n", 'left,right,"winner"\n"ann", " bob" ,"bob "\n']:
        report, players = ratings(text, "--system", "elo")
        check(f"blanks around fields {text!r}", players.keys() == {"ann", "bob"} and players["bob"]["won"] == 1, players)
    report, players = ratings("winner,loser\na,b\nb,c\n", "--system", "elo")
    check("winner loser", players["a"]["won"] == 1 and players["c"]["lost"] == 1, players)
    report, players = ratings("t1,t2,t3,r1,r2,r3\na+x,b,c,1,2,2\nb,c,,1,2,\na,c,b,3,2,1\n", "--teams", "t1,t2,t3", "--ranks", "r1,r2,r3",
                              "--split", "+")
    check("teams", players["x"]["won"] == 1 and players["b"]["results"] == 3 and players["c"]["lost"] == 3, players)
    check("teams: order judged", any(s.get("rank_inversions", -1) >= 0 for s in report["systems"]), report["systems"])
    report, players = ratings("a,b,score_a,score_b\nx,y,3,1\n", "--shares", "--system", "elo")
    check("shares", abs(players["x"]["rating"] - 1508) < 1e-9, players)


def memories():
    """A system that keeps more of a player than a record."""
    source = random.Random(7)
    names = [f"p{i}" for i in range(40)]
    games = [(*source.sample(names[:3 + number // 4], 2), source.choice([0.0, 0.5, 1.0])) for number in range(150)]
    text = "left,right,winner\n" + "".join(f"{a},{b},{({1.0: 'left', 0.0: 'right', 0.5: 'tie'})[s]}\n" for a, b, s in games)
    table, loss = yuksel(games)
    for systems in "yuksel", "elo,yuksel":
        report, players = ratings(text, "--system", systems)
        own = [s for s in report["systems"] if s["system"] == "yuksel"]
        check(f"{systems}: log loss", own and abs(own[0]["log_loss"] - loss) < 1e-9, report["systems"])
        if report["best"] == "yuksel":
            check(f"{systems}: ratings", players.keys() == table.keys() and all(
                abs(p["rating"] - table[n][0]) < 1e-6 and abs(p["deviation"] - table[n][1]) < 1e-6 for n, p in players.items()), players)
            check(f"{systems}: what was measured is no doubt", all(p["low"] is p["high"] is None for p in players.values()))
    check("memories: seen", report["systems"] and len(players) == len(table) > 30, players)
    report, _ = ratings(text)
    check("memories: among all", "yuksel" in [s["system"] for s in report["systems"] if "log_loss" in s], report["systems"])
    if GNUPLOT:
        with tempfile.TemporaryDirectory() as folder:
            code, _, err = run(text, "--system", "yuksel", "--plot", folder)
            lines = open(os.path.join(folder, "histories.tsv"), encoding="utf-8").read().split("\n\n\n") if code == 0 else []
            last = [float(block.strip().splitlines()[-1].split("\t")[1]) for block in lines if block.strip()]
            best = sorted((r for r, _ in table.values()), reverse=True)[:len(last)]
            check("memories: histories end at the ratings", len(last) == 8 and all(abs(x - y) < 1e-5 for x, y in zip(last, best)), (last, err))
    report, players = ratings("t1,t2,r1,r2\na+b,c+d,1,2\na,b,1,2\n", "--teams", "t1,t2", "--ranks", "r1,r2", "--split", "+")
    out_of_it = {s["system"]: (s["players_refused"], s["teams_refused"]) for s in report["systems"] if "teams_refused" in s}
    check("teams of two", out_of_it.get("yuksel") == out_of_it.get("fifa") == (4, 2) and "elo" not in out_of_it and len(players) == 4,
          report["systems"])


def times():
    text = "when,left,right,winner\n{},a,b,left\n{},a,b,right\n"
    idle = {}
    for first, second in [("2026-01-01", "2026-03-02"), ("20260101", "20260302"), ("1767225600", "1772409600"),
                          ("2026-01-01T00:00:00Z", "2026-03-02 01:00+01:00"), ("1767225600000", "1772409600000")]:
        _, players = ratings(text.format(first, second), "--time", "when", "--system", "glicko2")
        idle[first] = players["a"]["deviation"]
    check("times in all forms alike", max(idle.values()) - min(idle.values()) < 1e-9, idle)
    _, still = ratings(text.format("2026-01-01", "2026-03-02"), "--time", "when", "--system", "glicko2", "--period-days", "0")
    check("idle time widens", still["a"]["deviation"] < idle["20260101"], still)
    for first, second in [("2026-02-29", "x"), ("2026-13-01", "x"), ("2026-02-02", "2026-02-01"), ("", "1"), ("soon", "1"), ("1e9", "1")]:
        code, _, err = run(text.format(first, second), "--time", "when")
        check(f"bad time {first} {second}: column", 'column "when"' in err, err)
        check(f"bad time {first} {second}", code == 1 and "standard input:" in err and "expected" in err, err)


def times_by_name():
    """A column that is called like a time is one, if the first row says so."""
    text = "{},left,right,winner\n{},a,b,left\n{},a,b,right\n"
    for column in "date", "Date", "timestamp", "time", "day":
        for first, second in ("2026-01-01", "2026-03-02"), ("1767225600", "1772409600"), ("1950-01-01", "1951-01-01"):
            report, by_name = ratings(text.format(column, first, second), "--system", "glicko2")
            _, by_flag = ratings(text.format(column, first, second), "--time", column, "--system", "glicko2")
            check(f"times by name {column} {first}", report["time"] == column and by_name == by_flag, (by_name, by_flag))
        report, without = ratings(text.format(column, first, second), "--no-time", "--system", "glicko2")
        check(f"no time {column}", report["time"] is None and without["a"]["deviation"] < by_name["a"]["deviation"], report)
    for first in "90", "13/08/2022", "", "soon":
        code, out, err = run(text.format("date", first, "2"), "--system", "elo")
        check(f"no times by name {first}", code == 0 and f'"{first}": not taken for a time' in err and "no times" in out, (out, err))
    code, out, err = run(text.format("when", "2026-01-01", "2026-03-02"), "--system", "elo")
    check("columns told", code == 0 and 'standard input: "left", "right", winner "winner", no times' in out, out)
    code, out, err = run(text.format("date", "2026-01-02", "2026-01-01"), "--system", "elo")
    check("times by name out of order", code == 1 and "standard input:3:" in err and "--no-time" in err, err)


def contests():
    """A row an entrant gives what a row a contest gives, of contests of more than a row could hold, too."""
    source = random.Random(11)
    names = [f"p{i}" for i in range(7)]
    wide, long = "w1,w2,w3,w4,r1,r2,r3,r4,day\n", "day,contest,who,place\n"
    for number in range(30):
        who, ranks = source.sample(names, 4), [source.randrange(1, 4) for _ in range(4)]
        wide += ",".join(who) + "," + ",".join(map(str, ranks)) + f",2026-02-{number % 28 + 1 if number < 28 else 28:02}\n"
        long += "".join(f"2026-02-{number % 28 + 1 if number < 28 else 28:02},no {number},{w},{r}\n" for w, r in zip(who, ranks))
    flags = ["--contest", "contest", "--player", "who", "--rank", "place"]
    _, by_row = ratings(wide, "--teams", "w1,w2,w3,w4", "--ranks", "r1,r2,r3,r4", "--time", "day")
    report, by_entrant = ratings(long, *flags, "--time", "day")
    check("contests as rows of entrants", report["results"] == 30 and by_row == by_entrant, (by_row, by_entrant))
    big = "c,who,pts\n" + "".join(f"1,p{i}+q{i},{i}\n" for i in range(1000))
    report, players = ratings(big, "--contest", "c", "--player", "who", "--points", "pts", "--split", "+", "--system", "elo-mmr,plackett-luce")
    check("a contest of 2000 in 1000 teams", report["results"] == 1 and len(players) == 2000 and players["q999"]["won"] == 1
          and players["p0"]["lost"] == 1 and players["p999"]["rating"] > players["p500"]["rating"] > players["p0"]["rating"], report["results"])
    for name, text, line, words in [
        ("alone", "c,p,r\n1,a,1\n1,b,2\n2,a,1\n3,a,1\n3,b,1\n", 4, "fewer than two entrants"),
        ("alone at the end", "c,p,r\n1,a,1\n1,b,2\n2,a,1\n", 4, "fewer than two entrants"),
        ("again", "c,p,r\n1,a,1\n1,b,2\n2,a,1\n2,b,1\n1,c,1\n", 6, "stand further up"),
        ("twice in it", "c,p,r\n1,a,1\n1,a,2\n1,b,2\n", 3, "plays twice"),
        ("without a name", "c,p,r\n1,a,1\n,a,2\n1,b,3\n", 3, 'column "c": an empty name'),
        ("without a rank", "c,p,r\n1,a,1\n1,b,\n1,c,3\n", 3, 'column "r": an empty'),
    ]:
        code, _, err = run(text, "--contest", "c", "--player", "p", "--rank", "r", "--system", "elo")
        check(f"contest {name}", code == 1 and f"standard input:{line}: " in err and words in err, err)
        code, out, err = run(text, "--contest", "c", "--player", "p", "--rank", "r", "--system", "elo", "--skip-bad")
        check(f"contest {name}, left out", code == 0 and "left out 1 row of" in err, (out, err))
    teams = ["--contest", "c", "--player", "p", "--rank", "r", "--split", "+", "--system", "elo", "--skip-bad"]
    _, with_bad = ratings("c,p,r\n1,a+x,1\n1,d+d,2\n1,b+y,3\n", *teams)
    _, without = ratings("c,p,r\n1,a+x,1\n1,b+y,3\n", *teams)
    check("contest: a team left out leaves nothing", with_bad == without, (with_bad, without))
    code, _, err = run("c,p,r,t\n1,a,1,2026-01-01\n1,b,2,2026-01-02\n", "--contest", "c", "--player", "p", "--rank", "r", "--time", "t")
    check("contest at two times", code == 1 and "standard input:3: " in err and "another time" in err, err)
    for arguments in flags[:4], flags[2:], flags + ["--points", "x"], flags + ["--a", "x", "--b", "y"], flags + ["--shares"]:
        code, _, err = run("x\n", *arguments)
        check(f"contest by {arguments}", code == 2 and "expected" in err, err)


def unknown_is_not_a_number():
    """What a system does not know is empty or null in the files for programs."""
    text = "left,right,winner\n" + "a,b,left\nb,c,left\nc,a,tie\n" * 4
    for system, deviations, intervals in ("elo", 0, 0), ("uscf", 0, 0), ("dwz", 0, 0), ("glicko2", 1, 1), ("yuksel", 1, 0), ("ecf", 0, 0):
        _, players = ratings(text, "--system", system)
        known = {(p["deviation"] is not None, p["low"] is not None, p["high"] is not None) for p in players.values()}
        check(f"JSON of what {system} knows", known == {(bool(deviations), bool(intervals), bool(intervals))}, players)
        _, out, _ = run(text, "--system", system, "--format", "csv")
        rows = [line.split(",") for line in out.splitlines()[1:]]
        check(f"CSV of what {system} knows", len(rows) == 3 and all(
            (bool(r[3]), bool(r[4]), bool(r[5]), len(r)) == (bool(deviations), bool(intervals), bool(intervals), 11) for r in rows), out)
    report, _ = ratings(text, "--system", "elo")
    bins = report["systems"][0]["calibration"]
    check("JSON of empty tenths", any(b["predictions"] == 0 for b in bins) and all(
        (b["predictions"] == 0) == (b["predicted"] is None) == (b["observed"] is None) for b in bins), bins)


def idle_before_a_game():
    """A prediction knows how long the players were idle: Glicko's, after so many periods that both know as little as at first."""
    q = math.log(10) / 400

    def g(deviation):
        return 1 / math.sqrt(1 + 3 * (q * deviation / math.pi) ** 2)

    curve = q * q * g(350) ** 2 / 4
    step = q / (1 / 350**2 + curve) * g(350) / 2  # what each moves by its first game, even before it
    text = "when,left,right,winner\n2020-01-01,a,b,left\n2026-01-01,a,b,left\n"
    for days, deviation in (0.001, 350), (0, 1 / math.sqrt(1 / 350**2 + curve)):
        expected = 1 / (1 + 10 ** (-g(deviation * math.sqrt(2)) * 2 * step / 400))
        report, _ = ratings(text, "--time", "when", "--system", "glicko", "--warm-up", "1", "--period-days", str(days))
        got = report["systems"][0]["log_loss"]
        check(f"idle players are predicted as such, period {days}", abs(got + math.log(expected)) < 1e-9, (got, -math.log(expected)))


def fit_intervals():
    """Intervals of the fit where they are known: a tie, one result, a streak, and many results."""
    points = 400 / math.log(10)

    def chance(x):
        return 1 / (1 + math.exp(-x))

    def reach(wins, losses):
        """With one game more against 0, half won, where someone never lost: the root of the slope, and the inverse of the curvature."""
        prior = 1 if min(wins, losses) == 0 else 0
        low, high = -50.0, 50.0
        for _ in range(200):
            at = (low + high) / 2
            slope = wins - (wins + losses) * chance(2 * at) + prior * (0.5 - chance(at))
            low, high = (at, high) if slope > 0 else (low, at)
        pair = (wins + losses) * chance(2 * low) * chance(-2 * low)
        own = prior * chance(low) * chance(-low)
        variance = (own + pair) / (own * (own + 2 * pair)) if prior else 1 / (4 * pair)
        return low * points, 1.959963984540054 * math.sqrt(variance) * points

    for name, winners in ("one result", "a"), ("30 to 0", "a" * 30), ("7 to 3", "aaaaaaabbb"), ("one tie", "t"):
        text = "left,right,winner\n" + "".join(f"a,b,{'tie' if w == 't' else w}\n" for w in winners)
        report, _ = ratings(text, "--fit", "--system", "elo")
        first = report["fit"]["players"][0]
        ties = winners.count("t") / 2
        at, width = reach(winners.count("a") + ties, winners.count("b") + ties)
        check(f"fit of {name}", abs(first["points"] - 1500 - at) < 1e-6 and abs(first["high"] - first["points"] - width) < 1e-6
              and abs(first["points"] - first["low"] - width) < 1e-6, (first, at, width))
        check(f"fit of {name}: ranks", [first["rank_best"], first["rank_worst"]] == [1, 2], first)


def bad_files():
    head = "left,right,winner\n"
    cases = {
        "nothing": ("", 1, "empty"),
        "header alone": (head, 2, "no results"),
        "missing column": ("left,rihgt,winner\na,b,left\n", 1, "no columns that are known"),
        "unclosed quote": (head + 'a,b,left\na,"b,left\nc,d,left\n', 3, "never closed"),
        "text behind quote": (head + '"a"x,b,left\n', 2, "behind a closing quote"),
        "quote inside": (head + 'a"x,b,left\n', 2, "quote inside a field"),
        "lone return": (head + "a,b,left\rc,d,left\n", 2, "carriage return"),
        "too few fields": (head + "a,b\n", 2, "2 fields, not 3: expected"),
        "too many fields": (head + "a,b,left,left\n", 2, "4 fields, not 3: expected"),
        "empty name": (head + "a,,left\n", 2, "empty name"),
        "spaces": (head + "a,   ,left\n", 2, "empty name"),
        "control byte": (head + "a\x07,b,left\n", 2, "control character"),
        "line end in a name": (head + 'a,"b\nc",left\n', 2, "control character"),
        "C1 control": (head + "a\u0085,b,left\n", 2, "control character"),
        "NUL": (head + "a\0,b,left\n", 2, "NUL"),
        "not UTF-8": ((head + "a").encode() + b"\xe9,b,left\n", 2, "not UTF-8"),
        "overlong UTF-8": ((head + "a").encode() + b"\xc0\x80,b,left\n", 2, "not UTF-8"),
        "UTF-16": (head.encode("utf-16"), 1, "UTF-16"),
        "megabyte name": (head + "a" * 1000000 + ",b,left\n", 2, "more than 256 bytes"),
        "17 megabytes": (head + 'a,b,"' + "x\n" * 9000000, 2, "longer than 16 MiB"),
        "many fields": ("," * 70000 + "\n", 1, "65536 fields"),
        "unknown winner": (head + "a,b,left\na,b,zebra\n", 3, '"zebra"'),
        "empty winner": (head + "a,b,\n", 2, "not a winner"),
        "against itself": (head + "a,a,left\n", 2, "plays twice"),
        "both sides mean it": (head + "right,left,left\n", 2, "means either side"),
        "no score": ("home,away,home_score,away_score\na,b,1,\n", 2, "empty score"),
        "score in words": ("home,away,home_score,away_score\na,b,1,two\n", 2, "expected a number"),
        "score nan": ("home,away,home_score,away_score\na,b,1,nan\n", 2, "expected a number"),
        "score hexadecimal": ("home,away,home_score,away_score\na,b,1,0x10\n", 2, "expected a number"),
        "score too large": ("home,away,home_score,away_score\na,b,1,1e99\n", 2, "expected a number"),
    }
    for name, (data, line, words) in cases.items():
        code, out, err = run(data, "--system", "elo")
        check(name, code == 1 and out == "" and f"standard input:{line}: " in err and words in err, f"{code} {err}")
        check(f"{name}: one screen", len(err) < 1000 and not any(ord(c) < 32 and c != "\n" for c in err), err)
    text = head + "a,b,left\na,b\nb,\"c,left\n"
    code, out, err = run(text, "--skip-bad", "--system", "elo")
    check("skip bad", code == 0 and "standard input:3:" in err and "left out 2 rows" in err, err)
    for name, text, lines in [("at the end", head + "a,b,left\n\"x,b,left\n" + "c,d,left\n" * 1000, 1001),
                              ("closed by another", head + "a,b,left\n\"x,b,left\n" + "c,d,left\n" * 9 + "\"y\",b,left\nc,d,left\n", 11)]:
        code, out, err = run(text, "--skip-bad", "--system", "elo")
        check(f"skip bad loses no good rows: quote {name}", code == 1 and "standard input:3:" in err and f"{lines} lines" in err, err)
    code, out, err = run(head + 'a,b,left\n"x\n\nx",b,left\nc,d,left\n', "--skip-bad", "--system", "elo")
    check("skip bad tells a row of many lines", code == 0 and "standard input:3:" in err and "left out 1 row (3 lines) of 3" in err and "here is 3 lines long" in err, err)
    text = "date," + head + "".join(f"{day},{row}\n" for day, row in
                                    [("2026-01-01", "a,b,left"), ("2099-01-01", "a,b,left"), ("2026-01-01", "a,b"), ("2026-01-01", "a,b,zebra")]
                                    + [("2026-01-02", "a,b,left")] * 7 + [("soon", "a,b,left")])
    code, out, err = run(text, "--skip-bad", "--time", "date", "--system", "elo")
    check("skip bad tells kinds", code == 0 and "left out 10 rows of 12" in err and all(
        f" {count}, the first in line {line}: {words}" in err for count, line, words in
        [(1, 4, "expected as many as in the header"), (1, 5, "not a winner"), (7, 6, "earlier than a row before"), (1, 13, "expected a time")]), err)
    check("skip bad names the row in the way", 'column "date": "2026-01-02": earlier than "2099-01-01" in line 3' in err
          and "standard input:3: rows behind this one were too early" in err, err)
    check("skip bad shows the first of each kind", 'standard input:13: column "date": "soon": expected a time' in err, err)
    code, out, err = run("a,b,c,x,y,z\np,q,r,1,0,0\n", "--teams", "a,b,c", "--scores", "x,y,z", "--shares")
    check("shares of two with nothing", code == 1 and "scores of team 3: 0: expected" in err, err)
    code, out, err = run("a,b,score_a,score_b\nx,y,0,0\n", "--shares")
    check("shares of nothing", code == 1 and "shares of 0" in err, err)
    code, out, err = run("a,b,score_a,score_b\nx,y,-1,2\n", "--shares")
    check("negative share", code == 1 and "negative share" in err, err)


def command_lines():
    for name, arguments, words in [
        ("no file", [], "expected a FILE"), ("unknown flag", ["--zebra"], "zebra"), ("two files", ["a", "b"], "one FILE"),
        ("unknown system", ["--system", "zebra", "x"], "zebra"), ("no system", ["--system", "", "x"], "no system"),
        ("half a pair", ["--a", "x", "f"], "both or none"), ("no winner", ["--a", "x", "--b", "y", "f"], "--winner"),
        ("two ways", ["--a", "x", "--b", "y", "--winner", "w", "--score-a", "s", "--score-b", "t", "f"], "one of"),
        ("winner alone", ["--winner", "w", "f"], "--a and --b"), ("teams alone", ["--teams", "x,y", "f"], "--scores or --ranks"),
        ("bad format", ["--format", "xml", "f"], "xml"), ("bad number", ["--top", "-1", "f"], "whole number"),
        ("bad days", ["--period-days", "nan", "f"], "number"), ("demo and file", ["--demo", "f"], "no FILE"),
    ]:
        code, out, err = run(None, *arguments)
        check(name, code == 2 and words in err and out == "", f"{code} {err}")
    for name, header, arguments, words in [
        ("twice, known", "left,left,right,winner", [], '2 columns are called "left"'),
        ("twice but for case", "left,right,winner,Winner", [], '2 columns are called "winner"'),
        ("twice, by flag", "p,q,w,w", ["--a", "p", "--b", "q", "--winner", "w"], '2 columns are called "w"'),
        ("same side", "p,q,r,s", ["--a", "p", "--b", "p", "--winner", "r"], '"p" is given two meanings'),
        ("same points", "p,q,r,s", ["--a", "p", "--b", "q", "--score-a", "r", "--score-b", "r"], '"r" is given two meanings'),
        ("same ranks", "p,q,r,s", ["--teams", "p,q", "--ranks", "r,r"], '"r" is given two meanings'),
        ("time of the winner", "p,q,r,s", ["--a", "p", "--b", "q", "--winner", "r", "--time", "r"], '"r" is given two meanings'),
    ]:
        code, out, err = run(f"{header}\n1,2,3,4\n", *arguments)
        check(f"column {name}", code == 1 and "standard input:1: " in err and words in err, err)
    report, _ = ratings("left,right,winner,note,note\na,b,left,,\n", "--system", "elo")
    check("a column that is not used may come twice", report.get("results") == 1, report)
    for arguments in ["--a", "x", "--b", "right", "--winner", "winner"], ["--time", "zebra"]:
        code, out, err = run("left,right,winner\na,b,left\n", *arguments)
        check(f"no such column {arguments}", code == 1 and "no column" in err and '"left", "right"' in err, err)
    code, _, err = run(None, "/nonexistent/file.csv")
    check("no such file", code == 1 and "/nonexistent/file.csv" in err, err)
    code, _, err = run(None, "/")
    check("a folder", code == 1 and "folder" in err, err)
    code, _, err = run("left,right,winner\na,b,left\n", "--out", "/nonexistent/out")
    check("no such output", code == 1 and "/nonexistent/out" in err, err)
    code, out, _ = run(None, "--help")
    check("help", code == 0 and "usage:" in out and "glicko2" in out)
    if os.path.exists("/dev/full"):
        code, _, err = run("left,right,winner\na,b,left\n", "--out", "/dev/full")
        check("full disk", code == 1 and "cannot write" in err, err)


def demo():
    code, out, err = run(None, "--demo", "--fit", "--top", "5")
    check("demo", code == 0 and "fits best" in out and "All results at once" in out and err == "", err)
    code, _, err = run(None, "--demo", "--fit", "--progress", "always")
    check("progress of the fit", "fitting 24 players" in err and "intervals of 24 players" in err and err.endswith("\r\x1b[K"), err)
    losses = [float(line[25:35]) for line in out.splitlines() if line[25:35].strip()[:2] == "0." and "always" not in line]
    check("demo sorted by log loss", len(losses) > 5 and losses == sorted(losses), losses)
    code, csv, _ = run(None, "--demo-csv", "--demo-results", "500")
    report, players = ratings(csv, "--time", "date", "--fit")
    check("demo as CSV", report["results"] == 500 and len(players) == 24 and len(report["fit"]["players"]) == 24, report)
    best = report["systems"][0]["log_loss"]
    check("distance to the best", all(abs(s["log_loss"] - best - s["behind_best"]) < 1e-9 and s["behind_best_error"] < 0.1
                                      for s in report["systems"]), report["systems"])
    check("demo beats guessing", report["systems"][0]["log_loss"] < math.log(2), report["systems"][0])
    code, out, err = run(csv, "--format", "csv", "--top", "3", "--system", "elo,glicko2")
    check("CSV out", code == 0 and len(out.splitlines()) == 4 and "fits best" in err, out)
    code, out, err = run(csv, "--warm-up", "1000")
    check("all warm-up", code == 0 and "No result is left" in out and "no system can be called the best" in out and "Ratings by" not in out, out)
    code, out, err = run(csv, "--warm-up", "1000", "--system", "elo")
    check("all warm-up, one system", code == 0 and "No result is left" in out and "Ratings by elo" in out, out)
    report, _ = ratings(csv, "--system", "elo,all,elo")
    every, _ = ratings(csv)
    check("all in a list", report["systems"] == every["systems"], report["systems"])


def table():
    """Columns stand below each other however wide the names are, and few things are counted as few."""
    names = ["日本チーム", "Écosse", "e\u0301cole", "한국", "ａｂ", "plain", "\U0001f600"]
    _, out, _ = run("left,right,winner\n" + "".join(f"{a},{b},left\n" for a, b in zip(names, names[1:])), "--system", "elo")
    rows = out.split("Ratings by elo")[1].splitlines()[2:]
    ends = {sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in row) for row in rows}
    check("table of wide names", len(rows) == 8 and len(ends) == 1, out)
    _, out, _ = run("left,right,winner\na,b,left\n", "--system", "elo,fifa")
    check("one result", "foretold 1 result before it saw it" in out, out)
    check("worse than guessing", "No system is better than to guess one half" in out, out)
    _, out, _ = run(None, "--demo")
    check("better than guessing", "No system is better" not in out, out)


def pictures():
    """What is drawn, and that it is."""
    with tempfile.TemporaryDirectory() as folder:
        nasty = 'left,right,winner\n"a ""b"" \'c\' \\n `d` $e","%f {g} _h^i",left\nz,"%f {g} _h^i",z\n'
        code, out, err = run("no results", "--plot", os.path.join(folder, "x"), environment={"PATH": folder})
        check("plot without gnuplot", code == 1 and out == "" and "no gnuplot" in err and "columns" not in err, err)
        code, _, err = run(nasty, "--plot", "/nonexistent/x")
        check("plot nowhere", code == 1 and "/nonexistent/x" in err, err)
        if not GNUPLOT:
            print("skipped: no gnuplot")
            return
        target = os.path.join(folder, "it's a \"plot\"")
        code, _, err = run(nasty, "--plot", target, "--system", "glicko2")
        check("plot", code == 0, err)
        for name in "histories", "ratings", "calibration":
            for kind, magic in ("png", b"\x89PNG"), ("svg", b"<?xml"):
                path = os.path.join(target, f"{name}.{kind}")
                good = os.path.exists(path) and open(path, "rb").read(5).startswith(magic) and os.path.getsize(path) > 2000
                check(f"plot {name}.{kind}", good)

        def draw(text, *arguments):
            code, _, err = run(text, "--plot", folder, *arguments)
            check(f"pictures of {arguments}", code == 0, err)
            return [open(os.path.join(folder, f"{name}.svg"), encoding="utf-8").read() for name in ("histories", "ratings")]

        histories, _ = draw("winner,loser\nann,bob\n", "--system", "elo")
        curve = open(os.path.join(folder, "histories.tsv"), encoding="utf-8").read().split("\n")[:2]
        check("a curve begins with the rating of a new player", curve == ["0\t1500", "1\t1516"], curve)
        check("players of one result are drawn", histories.count("#gpPt6' transform") == 2 and "best" not in histories)
        histories, ratings_ = draw("winner,loser\n" + "".join(f"p{i},p{i + 1}\n" for i in range(44)), "--system", "elo")
        check("how many are drawn of how many", "the best 8 of 45" in histories and "the best 40 of 45" in ratings_ and "(cut" not in histories)
        histories, _ = draw("winner,loser\n" + "a,b\n" * 3 + "a,b\nb,a\n" * 60, "--system", "glicko2")
        check("a cut is told", "(cut: the first results of some players lie between" in histories)


def fuzz():
    """Broken files of all kinds end with 0 or 1 and a message."""
    source = random.Random(SEED)
    seeds = [b"left,right,winner\na,b,left\nb,c,tie\nc,a,a\n", b'white;black;result\n"x ""y""";z;1-0\r\nz;"x";1/2-1/2\r\n',
             b"home,away,home_score,away_score,when\na,b,3,1,2026-01-01\nb,a,2,2,2026-01-02T10:00:00Z\n"]
    pieces = [b'"', b'""', b",", b";", b"\t", b"\n", b"\r", b"\r\n", b"\0", b"\xff", b"\xc2", b"left", b"tie", b"1e308", b"-", b"2026-",
              b"x" * 300, b" ", b"\xef\xbb\xbf", b"\xff\xfe"]
    for number in range(ROUNDS):
        data = bytearray(source.choice(seeds) * source.choice([1, 1, 3]))
        for _ in range(source.randrange(1, 8)):
            at = source.randrange(len(data) + 1)
            data[at:at + source.choice([0, 0, 1, 3, 20])] = source.choice(pieces + [bytes([source.randrange(256)])])
        flags = source.choice([[], ["--skip-bad"], ["--skip-bad", "--fit"]]) + source.choice([[], ["--time", "when"]])
        code, _, err = run(bytes(data), "--system", "elo,glicko2", *flags)
        check(f"fuzz {number} {bytes(data)!r} {flags}", code == 0 or (code == 1 and err.startswith("rate_csv: ")), f"{code} {err}")


def main():
    if not os.access(PROGRAM, os.X_OK):
        print(f"skipped: no {PROGRAM}")
        return 77
    print(f"SEED={SEED} ROUNDS={ROUNDS}")
    good_files()
    memories()
    times()
    times_by_name()
    contests()
    unknown_is_not_a_number()
    idle_before_a_game()
    fit_intervals()
    bad_files()
    command_lines()
    demo()
    table()
    pictures()
    fuzz()
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
