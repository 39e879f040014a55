#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The end of the cluster demo: what the pods, the clients and the log say, side by side, and whether it is the same.

`report.py FOLDER PLOT.png`: FOLDER is where cluster.sh noted addresses (setting.json) and phases (phases.tsv), send.py what
was acknowledged, and watch.py the metrics. Exit 1, with the reasons, if anything does not agree.
"""
import collections
import csv
import http.client
import json
import os
import statistics
import subprocess
import sys
import time

from replay import read_matches
from read_log import Log, LogError, Redis

SETTLE = 10  # Seconds within which all pods come to the same place when nothing is sent any more.
LOST = "lost", "502", "504"  # Nobody knows whether it was stored.
POD_COLUMNS = "position", "matches", "votes", "digest"
wrong = []


def expect(condition, reason):
    if not condition:
        wrong.append(reason)
    return condition


def heading(text, note=""):
    bold, plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
    print(f"\n{bold}{text}{plain}{'  ' if note else ''}{note}")


def rows(folder, name):
    with open(os.path.join(folder, name), newline="") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


# ---- the pods

def digest(address):
    connection = http.client.HTTPConnection(address, timeout=5)
    try:
        connection.request("GET", "/v1/digest")
        answer = connection.getresponse()
        text = answer.read()
        return json.loads(text) if answer.status == 200 else {"digest": f"{answer.status} {text.decode().strip()}"}
    except (OSError, http.client.HTTPException) as error:
        return {"digest": f"no answer: {error}"}
    finally:
        connection.close()


def show_pods(pods, last):
    """All at the end of the log, with the same digest."""
    until = time.time() + SETTLE
    while True:
        digests = {name: digest(address) for name, address in pods.items()}
        if all(d.get("position") == last for d in digests.values()) or time.time() > until:
            break
        time.sleep(0.05)
    heading("THE PODS", "GET /v1/digest of each; the digest is SHA-256 over every name and every bit of its rating")
    print(f"  {'':8}{'position':>18}{'matches':>10}  digest")
    for name, d in digests.items():
        print(f"  {name:8}{d.get('position', '-'):>18}{d.get('matches', 0):>10,}  {d['digest']}")
    for name, d in digests.items():
        expect(d.get("position") == last, f"{name} is at {d.get('position')}, the log ends at {last}")
    same = expect(len({tuple(d.get(c) for c in POD_COLUMNS) for d in digests.values()}) == 1, "the digests differ")
    print("  The same ratings, bit for bit." if same else "  NOT THE SAME.")
    return digests


# ---- what was acknowledged, and what is in the log

def show_log(folder, matches, log, digests):
    sent = {match["id"]: match for match in matches}
    acknowledged, missing, other = set(), [], []
    for _, _, key, event, time_us, _ in rows(folder, "acks.tsv"):
        acknowledged.add(key)
        match, found = sent[key], log.matches.get(key)
        if not found:
            missing.append(key)
        elif found != (int(event), int(time_us), match["a"], match["b"], match["score"]):
            other.append(f"{key}: acknowledged as event {event} at {time_us}, in the log: {tuple(found)}")
    heading("THE LOG", "read from Redis, entry by entry, without the servers")
    for label, number, note in (
            ("matches to send", len(sent), ""),
            ("acknowledged", len(acknowledged), ""),
            ("acknowledged and missing in the log", len(missing), ""),
            ("acknowledged as another event than that in the log", len(other), ""),
            ("counted in the log", len(log.matches), f"in {log.entries:,} entries"),
            ("found in it again, not counted again", log.repeated, "sent anew, by a client or by a pod, after a lost answer")):
        print(f"  {label:52}{number:>9,}{'  ' + note if note and number else ''}")
    expect(acknowledged == set(sent), f"{len(set(sent) - acknowledged)} matches were never acknowledged")
    expect(not missing, f"{len(missing)} acknowledged matches are not in the log: {', '.join(missing[:5])}")
    expect(not other, "; ".join(other[:3]))
    expect(set(log.matches) <= set(sent), "the log holds matches that no one sent")
    for name, d in digests.items():
        expect(d.get("matches") == len(log.matches),
               f"{name} counts {d.get('matches')} matches, the log holds {len(log.matches)}")


# ---- the clients

def show_clients(folder, phases):
    heading("THE CLIENTS", "through haproxy; what is not acknowledged is sent again, with the same id")
    columns = "seconds", "answered", "a second", "p50 ms", "longest ms", "503", "502, lost", "recognised"
    print(f"  {'':34}" + "".join(f"{c:>11}" for c in columns))
    answers = [(float(t), status) for t, status, _ in rows(folder, "answers.tsv")]
    # A batch has the same line of time for all its matches: a request is one of them.
    acks = {(t, took): int(again) for t, took, _, _, _, again in rows(folder, "acks.tsv")}
    total = collections.Counter()
    for _, start, end, label in phases:
        here = collections.Counter(status for t, status in answers if start <= t < end)
        took = [float(took) for (t, took) in acks if start <= float(t) < end]
        recognised = sum(again for (t, _), again in acks.items() if start <= float(t) < end)
        good, lost = here["200"] + here["201"], sum(here[status] for status in LOST)
        total.update(good=good, refused=here["503"], lost=lost, recognised=recognised)
        print(f"  {label:34}{end - start:>11.1f}{good:>11,}{good / (end - start):>11.0f}"
              + (f"{statistics.median(took) * 1e3:>11.1f}{max(took) * 1e3:>11,.1f}" if took else f"{'-':>11}{'-':>11}")
              + f"{here['503']:>11,}{lost:>11,}{recognised:>11,}")
    print(f"  {'together':34}{phases[-1][2] - phases[0][1]:>11.1f}{total['good']:>11,}{'':33}"
          f"{total['refused']:>11,}{total['lost']:>11,}{total['recognised']:>11,}")
    print("  recognised: stored the first time, though the answer was lost or a 503; the pods knew the id and counted it once.")


# ---- the plot

BIN = 0.5  # Seconds of the run that a point of the plot stands for.


def rates(samples, bins):
    """Answers a second in each bin, from (seconds, answers since the server's start); a drop is a new start."""
    grown = [0.0] * bins
    for (t0, n0, _), (t1, n1, _) in zip(samples, samples[1:]):
        for i in range(max(0, int(t0 / BIN)), min(bins, int(t1 / BIN) + 1)):
            part = min(t1, (i + 1) * BIN) - max(t0, i * BIN)
            grown[i] += max(0.0, part) / (t1 - t0) * (n1 - n0 if n1 >= n0 else n1)
    return [n / BIN for n in grown]


def draw(folder, phases, png):
    """Of each pod the answers and the lag, of the clients what they were told, for plot.gp."""
    start, end = phases[0][1], phases[-1][2]
    bins = int((end - start) / BIN)
    series = collections.defaultdict(list)
    for t, name, answered, lag in rows(folder, "metrics.tsv"):
        series[name].append((float(t) - start, int(answered), max(0.0, float(lag))))
    with open(os.path.join(folder, "pods.dat"), "w") as out:
        for i, point in enumerate(zip(*(rates(series[name], bins) for name in sorted(series)))):
            out.write(f"{(i + 0.5) * BIN} {' '.join(f'{rate:.2f}' for rate in point)}\n")
    for name, samples in series.items():
        with open(os.path.join(folder, f"lag-{name}.dat"), "w") as out:
            before = None
            for t, _, lag in samples:
                if before is not None and t - before > 1:
                    out.write("\n")  # it was away
                out.write(f"{t:.3f} {lag:.6f}\n")
                before = t
    told = collections.Counter((int((float(t) - start) / BIN), status) for t, status, _ in rows(folder, "answers.tsv"))
    with open(os.path.join(folder, "clients.dat"), "w") as out:
        out.writelines(f"{(i + 0.5) * BIN} {told[i, '503'] / BIN} {sum(told[i, s] for s in LOST) / BIN}\n" for i in range(bins))
    with open(os.path.join(folder, "faults.gp"), "w") as out:
        for i, (_, a, b, label) in enumerate((p for p in phases if p[0].startswith("fault")), 1):
            a, b = a - start, b - start
            out.write(f"set object {i} rectangle from {a:.2f},graph 0 to {b:.2f},graph 1 behind fillcolor rgb '#fbeae7' "
                      f"fillstyle solid 1 noborder\n"
                      f"set arrow {i} from {a:.2f},graph 0 to {a:.2f},graph 1 nohead lc rgb '#c0392b' lw 1.5 front\n"
                      f"set label {i} '{label}' at {(a + b) / 2:.2f},graph 1.06 center textcolor rgb '#c0392b'\n")
    variables = f"folder='{folder}'; output='{png}'; x_end={bins * BIN}"
    run = subprocess.run(["gnuplot", "-e", variables, os.path.join(os.path.dirname(os.path.abspath(__file__)), "plot.gp")],
                         capture_output=True, text=True)
    expect(run.returncode == 0 and os.path.exists(png), f"gnuplot: {run.stderr.strip()}")


def main():
    folder, png = sys.argv[1:]
    with open(os.path.join(folder, "setting.json")) as file:
        setting = json.load(file)
    phases = [(name, float(a), float(b), label) for name, a, b, label in rows(folder, "phases.tsv")]
    host, port = setting["redis"].split(":")
    try:
        log = Log(Redis(host, int(port)), setting["stream"])
    except (LogError, OSError) as error:
        sys.exit(f"demo: FAILED: the log: {error}")
    show_clients(folder, phases)
    show_log(folder, read_matches(setting["matches"]), log, show_pods(setting["pods"], log.last))
    draw(folder, phases, png)
    sys.stdout.flush()
    for reason in wrong:
        print(f"demo: FAILED: {reason}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
