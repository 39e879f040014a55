#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Matches of agents whose true strength is known: `simulate.py MATCHES.csv STRENGTHS.csv [--seed N] ...`.

Strengths lie evenly on a normal curve, on the Elo scale: an agent 400 points stronger wins ten times as often as it loses.
A tenth of the matches between equals are ties, fewer the further apart the two are. The same seed gives the same files.
"""
import argparse
import csv
import random
import statistics
import sys


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("matches")
    parser.add_argument("strengths")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--agents", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=60, help="matches of each agent")
    parser.add_argument("--spread", type=float, default=250.0, help="standard deviation of the strengths, points")
    options = parser.parse_args()
    if options.agents < 2 or options.rounds < 1:
        sys.exit("simulate: needs 2 agents and 1 round at least")
    rng = random.Random(options.seed)

    curve = statistics.NormalDist(1500.0, options.spread)
    strengths = [curve.inv_cdf((i + 0.5) / options.agents) for i in range(options.agents)]
    rng.shuffle(strengths)  # so that the number of an agent says nothing about it
    agents = [f"agent-{i + 1:02}" for i in range(options.agents)]
    strength = dict(zip(agents, strengths))

    with open(options.matches, "w", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(("left", "right", "winner"))
        for _ in range(options.rounds):
            rng.shuffle(agents)
            for left, right in zip(agents[::2], agents[1::2]):
                expected = 1 / (1 + 10 ** ((strength[right] - strength[left]) / 400))
                tie = 0.4 * expected * (1 - expected)
                toss = rng.random()
                winner = "left" if toss < expected - tie / 2 else "tie" if toss < expected + tie / 2 else "right"
                rows.writerow((left, right, winner))
    with open(options.strengths, "w", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(("agent", "strength"))
        rows.writerows((agent, f"{strength[agent]:.1f}") for agent in sorted(strength))


if __name__ == "__main__":
    main()
