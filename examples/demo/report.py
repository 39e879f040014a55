#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The end of the demo: what the server and Prometheus say, set out for a person, and checked.

`report.py WORK PLOT.png`: WORK is the folder in which run.sh noted where everything listens (setting.json), when each
phase began and ended (phases.tsv), and what was sent in it (NAME.json). Exit 1, with the reasons, if anything does not
add up.
"""
import csv
import http.client
import json
import os
import subprocess
import sys

from prometheus import NoData, Prometheus

ROWS = 12  # of the leaderboard
CORRELATION_MIN = 0.93  # 24 seeds gave 0.966 to 0.983
SETTLE = 1.5  # Seconds after a phase, in which nothing is sent, within which Prometheus has scraped once more.
BUCKET = '{job="rating_server",limit="pod"}'
OFFERED, REFILL, AVAILABLE, CAPACITY, UTILISATION, GRANTED, DENIED = (name + BUCKET for name in (
    "openclaw_tokens_offered_total", "openclaw_token_bucket_refill_tokens_per_second", "openclaw_token_bucket_available",
    "openclaw_token_bucket_capacity", "openclaw_token_bucket_utilisation", "openclaw_requests_granted_total",
    "openclaw_requests_denied_total"))
DEMAND = f"rate({OFFERED}[2s]) / {REFILL}"

wrong = []


def expect(condition, reason):
    if not condition:
        wrong.append(reason)


def heading(text, note=""):
    print(f"\n\033[1m{text}\033[0m{'  ' if note else ''}{note}" if sys.stdout.isatty() else f"\n{text}{'  ' if note else ''}{note}")


def load(work, name):
    with open(os.path.join(work, name)) as file:
        return json.load(file)


# ---- ratings

def leaderboard(address):
    """All agents, best first."""
    connection = http.client.HTTPConnection(address, timeout=10)
    agents = []
    while True:
        connection.request("GET", f"/v1/leaderboard?limit=1000&offset={len(agents)}")
        answer = connection.getresponse()
        page = json.loads(answer.read())
        if answer.status != 200:
            sys.exit(f"demo: the leaderboard: {answer.status} {page}")
        agents += page["agents"]
        if len(agents) >= page["total"]:
            return page["system"], agents


def spearman(a, b):
    """Rank correlation of two lists; equals share their mean rank."""

    def ranks(values):
        order = sorted(range(len(values)), key=values.__getitem__)
        rank = [0.0] * len(values)
        i = 0
        while i < len(order):
            j = i
            while j + 1 < len(order) and values[order[j + 1]] == values[order[i]]:
                j += 1
            for k in order[i:j + 1]:
                rank[k] = (i + j) / 2
            i = j + 1
        return rank

    x, y = ranks(a), ranks(b)
    mean = (len(x) - 1) / 2
    top = sum((p - mean) * (q - mean) for p, q in zip(x, y))
    return top / (sum((p - mean) ** 2 for p in x) * sum((q - mean) ** 2 for q in y)) ** 0.5


def show_ratings(work, system, agents):
    matches = load(work, "replay.json")["matches"]
    heading("LEADERBOARD", f"{system}, {len(agents):,} agents, {matches:,} matches; placed by rating - 2 deviations")
    expect(sum(a["matches"] for a in agents) == 2 * matches, "the agents' matches do not add up to those replayed")
    strengths = os.path.join(work, "strengths.csv")
    if os.path.exists(strengths):
        with open(strengths, newline="") as file:
            truth = {row["agent"]: float(row["strength"]) for row in csv.DictReader(file)}
        order = sorted(truth, key=truth.get, reverse=True)
        print(f"  {'place':>5}  {'agent':<16}{'rating':>8}{'deviation':>11}{'matches':>9}{'true strength':>15}{'true place':>12}")
        for place, a in enumerate(agents[:ROWS], 1):
            print(f"  {place:5}  {a['id']:<16}{a['value']:8.0f}{a['deviation']:11.0f}{a['matches']:9,}"
                  f"{truth[a['id']]:15.0f}{order.index(a['id']) + 1:12}")
        correlation = spearman([a["value"] for a in agents], [truth[a["id"]] for a in agents])
        print(f"  Rank correlation of all {len(agents)} ratings with the true strengths: {correlation:.3f} (Spearman; 1 is perfect)")
        expect(correlation >= CORRELATION_MIN, f"rank correlation {correlation:.3f} is below {CORRELATION_MIN}")
        return
    share = load(work, "replay.json")["share"]
    width = max(len(a["id"]) for a in agents[:ROWS]) + 2
    print(f"  {'place':>5}  {'name':<{width}}{'rating':>8}{'deviation':>11}{'matches':>9}{'points won':>12}")
    for place, a in enumerate(agents[:ROWS], 1):
        print(f"  {place:5}  {a['id']:<{width}}{a['value']:8.0f}{a['deviation']:11.0f}{a['matches']:9,}{share[a['id']]:12.1%}")


# ---- the bucket

def show_requests(work, prometheus, phases):
    """Each phase twice: as its client counted the answers, and as the bucket's counters grew in Prometheus."""
    heading("REQUESTS", "answers that the clients got, and what the bucket counted, read from Prometheus")
    print(f"  {'':26}{'answers':>9}{'200 ok':>9}{'429':>9}{'granted':>11}{'denied':>9}{'demand/refill':>15}")
    total = [0] * 4
    for name, start, end, label in phases:
        sent = load(work, f"{name}.json")
        refill = prometheus.value(REFILL, end)
        grew = [round(prometheus.value(q, end + SETTLE) - prometheus.value(q, start)) for q in (GRANTED, DENIED, OFFERED)]
        row = [sent["granted"], sent["denied"], *grew[:2]]
        total = [a + b for a, b in zip(total, row)]
        print(f"  {label:26}{sent['granted'] + sent['denied']:9,}{row[0]:9,}{row[1]:9,}{row[2]:11,}{row[3]:9,}"
              f"{grew[2] / (end - start) / refill:15.2f}")
        expect(row[:2] == row[2:], f"{label}: the client counted {row[:2]} granted and denied, the bucket {row[2:]}")
        expect(sent.get("other", 0) == sent.get("errors", 0) == 0, f"{label}: other answers or errors: {sent}")
    now = phases[-1][2] + SETTLE
    whole = [round(prometheus.value(q, now)) for q in (GRANTED, DENIED)]
    print(f"  {'together':26}{total[0] + total[1]:9,}{total[0]:9,}{total[1]:9,}{whole[0]:11,}{whole[1]:9,}")
    expect(whole == total[:2], f"since the start the bucket counted {whole}, the clients {total[:2]}")
    below, above = load(work, "below.json"), load(work, "above.json")
    expect(below["denied"] == 0, f"{below['denied']} requests were denied below the refill rate")
    expect(above["denied"] > 0, "nothing was denied above the refill rate")
    _, start, end, label = phases[-1]
    capacity, refill, seconds = prometheus.value(CAPACITY, end), prometheus.value(REFILL, end), end - start
    most = capacity + refill * seconds
    print(f"  In {seconds:.1f} s of overload a full bucket lets {capacity:,.0f} + {refill:,.0f} x {seconds:.1f} = {most:,.0f} "
          f"pass and no more: {above['granted']:,}.")
    # wrk starts some milliseconds late and then takes its full time.
    expect(most * 0.98 < above["granted"] <= most + refill * 0.5, f"{label}: {above['granted']} granted, not about {most:.0f}")


def show_gauges(prometheus, start, end):
    heading("THE BUCKET", f"as Prometheus answers, over the {end - start:.0f} seconds of the run")
    print(f"  {'':46}{'at the end':>12}{'least':>9}{'most':>9}")
    for label, query, form in ((CAPACITY.replace(BUCKET, ""), CAPACITY, "{:,.0f}"),
                               (AVAILABLE.replace(BUCKET, ""), AVAILABLE, "{:,.0f}"),
                               (UTILISATION.replace(BUCKET, ""), UTILISATION, "{:.2f}"),
                               ("demand ratio: rate(offered) / refill", DEMAND, "{:.2f}")):
        values = [prometheus.value(query, end)]
        values += [prometheus.value(f"{which}_over_time(({query})[{end - start:.0f}s:1s])", end) for which in ("min", "max")]
        now, least, most = (form.format(v) for v in values)
        print(f"  {label:46}{now:>12}{least:>9}{most:>9}")
    print("  Demand above 1 cannot be granted for long; an autoscaler adds a pod at 0.7, before the bucket is empty.")


def draw(work, prometheus, phases, start, end, png):
    """Series with a value a scrape, and the phases, for plot.gp."""
    # Asked for right after each scrape, rate(...[2s]) is the exact mean between that scrape and the one before.
    scrape = prometheus.value(f"timestamp({AVAILABLE})", start)
    queries = AVAILABLE, DEMAND, f"rate({GRANTED}[2s]) / {REFILL}", f"rate({GRANTED}[2s])", f"rate({DENIED}[2s])"
    available, *rates = (prometheus.series(query, scrape + 0.05, end) for query in queries)
    for query, series in zip(queries, (available, *rates)):
        if len(series) < (end - start) * 0.9:
            raise NoData(f"Prometheus has {len(series)} values in {end - start:.0f} seconds for {query}")
    with open(os.path.join(work, "available.dat"), "w") as out:
        out.writelines(f"{t - 0.05 - start:.2f} {v:.6g}\n" for t, v in sorted(available.items()))
    with open(os.path.join(work, "rates.dat"), "w") as out:
        for t in sorted(rates[0]):
            values = " ".join(f"{series[t]:.6g}" if t in series else "NaN" for series in rates)
            out.write(f"{t - 0.05 - 0.5 - start:.2f} {values}\n")
    with open(os.path.join(work, "phases.gp"), "w") as out:
        for i, (_, a, b, label) in enumerate(phases, 1):
            out.write(f"set object {i} rectangle from {a - start:.2f},graph 0 to {b - start:.2f},graph 1 behind "
                      f"fillcolor rgb '#eef1f6' fillstyle solid 1 noborder\n")
            out.write(f"set label {i} '{label}' at {(a + b) / 2 - start:.2f},graph 1.05 center textcolor rgb '#333333'\n")
    capacity, refill = prometheus.value(CAPACITY, end), prometheus.value(REFILL, end)
    variables = (f"available='{work}/available.dat'; rates='{work}/rates.dat'; phases='{work}/phases.gp'; output='{png}'; "
                 f"x_end={end - start:.2f}; capacity={capacity:.0f}; refill={refill:.0f}")
    run = subprocess.run(["gnuplot", "-e", variables, os.path.join(os.path.dirname(__file__), "plot.gp")],
                         capture_output=True, text=True)
    expect(run.returncode == 0 and os.path.exists(png), f"gnuplot: {run.stderr.strip()}")


def main():
    work, png = sys.argv[1:]
    setting = load(work, "setting.json")
    prometheus = Prometheus(setting["prometheus"])
    with open(os.path.join(work, "phases.tsv")) as file:
        phases = [(n, float(a), float(b), label) for n, a, b, label in csv.reader(file, delimiter="\t")]
    system, agents = leaderboard(setting["server"])
    show_ratings(work, system, agents)
    try:
        for target in prometheus.targets():
            expect(target["health"] == "up" and not target["lastError"],
                   f"Prometheus: target {target['scrapeUrl']} is {target['health']}: {target['lastError']}")
        expect(prometheus.value('min_over_time(up{job="rating_server"}[5m])', setting["end"]) == 1, "a scrape failed")
        matches = load(work, "replay.json")["matches"]
        expect(prometheus.value('openclaw_matches_total{job="rating_server"}', setting["end"]) == matches,
               "openclaw_matches_total is not the number of matches replayed")
        show_requests(work, prometheus, phases)
        show_gauges(prometheus, setting["start"], setting["end"])
        draw(work, prometheus, phases, setting["start"], setting["end"], png)
    except NoData as error:
        expect(False, str(error))
    if wrong:
        sys.stdout.flush()
        for reason in wrong:
            print(f"demo: FAILED: {reason}", file=sys.stderr)
        return 1
    heading("PLOT", png)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OSError as error:
        sys.exit(f"demo: FAILED: {error}")
