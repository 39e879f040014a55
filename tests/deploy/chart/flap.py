#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Does the chart's autoscaler flap? An hour and a half of load on simulated pods, scaled by the arithmetic of Kubernetes' controller.

flap.py run FILE         the HorizontalPodAutoscaler in FILE under each load; exit 1 if the number of pods swings
flap.py bursts FILE [SEED]
                         the same under 60 random trains of bursts, each no longer than 0.4 of the time in which a bucket fills
flap.py cases FILE       the arithmetic of `spec.behavior` against cases, one a line (hpa_random_behavior.jsonl)

Pods are token buckets whose load is split evenly; one that is new serves after 20 s. Prometheus scrapes and evaluates, and the controller
looks, every 15 s, one after the other. Both signals of the chart are formed as rules.yml forms them.
"""
import json
import math
import random
import sys

import yaml

STEP, START, LENGTH = 15, 20, 5400
CAPACITY, REFILL = 1000.0, 200.0


def stabilise(current, desired, recommendations, up, down):
    """Recommendations are (value, age); those younger than a window count."""
    low = min([value for value, age in recommendations if age < up] + [desired])
    high = max([value for value, age in recommendations if age < down] + [desired])
    return min(max(current, low), high)


def change(events, period):
    return sum(amount for amount, age in events if age < period)


def limit(current, desired, least, most, behavior, ups, downs):
    """How far one look may go. Events are (change, age)."""
    rules = behavior["scaleUp" if desired > current else "scaleDown"]
    select = rules.get("selectPolicy", "Max")
    bounds = []
    for policy in rules["policies"]:
        added, removed = change(ups, policy["periodSeconds"]), change(downs, policy["periodSeconds"])
        begun = current - added + removed
        value = policy["value"]
        if desired > current:
            bounds.append(begun + value if policy["type"] == "Pods" else math.ceil(begun * (1 + value / 100)))
        else:
            bounds.append(begun - value if policy["type"] == "Pods" else int(begun * (1 - value / 100)))
    if desired > current:
        bound = current if select == "Disabled" else max(current, (max if select == "Max" else min)(bounds))
        return min(desired, bound, most)
    if desired < current:
        bound = current if select == "Disabled" else min(current, (min if select == "Max" else max)(bounds))
        return max(desired, bound, least)
    return desired


class Controller:
    """HorizontalPodAutoscaler: AverageValue, the largest of several metrics, then windows, then limits."""

    def __init__(self, hpa):
        self.least, self.most, self.behavior = hpa["minReplicas"], hpa["maxReplicas"], hpa["behavior"]
        part = hpa["metrics"][0][hpa["metrics"][0]["type"].lower()]
        self.target = float(part["target"]["averageValue"])
        self.least_ratio = 1 - float(self.behavior["scaleDown"].get("tolerance", 0.1))
        self.most_ratio = 1 + float(self.behavior["scaleUp"].get("tolerance", 0.1))
        self.recommended, self.ups, self.downs = [], [], []

    def look(self, now, replicas, sums):
        proposals = []
        for total in sums:
            ratio = total / (self.target * replicas)
            proposals.append(replicas if self.least_ratio <= ratio <= self.most_ratio else math.ceil(total / self.target))
        wanted = max(proposals)
        aged = [(value, now - at) for value, at in self.recommended]
        up, down = (self.behavior[key]["stabilizationWindowSeconds"] for key in ("scaleUp", "scaleDown"))
        stable = stabilise(replicas, wanted, aged, up, down)
        self.recommended.append((wanted, now))
        stable = min(max(stable, self.least), self.most)
        new = limit(replicas, stable, self.least, self.most, self.behavior,
                    [(amount, now - at) for amount, at in self.ups], [(amount, now - at) for amount, at in self.downs])
        if new > replicas:
            self.ups.append((new - replicas, now))
        if new < replicas:
            self.downs.append((replicas - new, now))
        return new


class Pod:
    def __init__(self, born):
        self.born, self.tokens, self.offered, self.granted = born, CAPACITY, 0.0, 0.0
        self.lows, self.scrapes = [], []

    def second(self, load):
        self.tokens = min(CAPACITY, self.tokens + REFILL)
        granted = min(load, self.tokens)
        self.tokens -= granted
        self.offered += load
        self.granted += granted
        self.lows = self.lows[-59:] + [self.tokens]

    def demand(self):
        """rate(offered[1m]) / refill"""
        window = self.scrapes[-4:]
        if len(window) < 2:
            return 0.0
        (begun, first), (ended, last) = window[0], window[-1]
        return (last - first) / (ended - begun) / REFILL

    def watermark(self):
        return 1 - min(self.lows) / CAPACITY if self.lows else 0.0


def simulate(hpa, load):
    """Returns the number of pods at each look, and the share of requests denied."""
    controller = Controller(hpa)
    pods = [Pod(-START) for _ in range(controller.least)]
    offered = granted = 0.0
    trace = []
    sums = (0.0, 0.0)
    for now in range(LENGTH):
        ready = [pod for pod in pods if now - pod.born >= START]
        for pod in ready:
            before = pod.granted
            pod.second(load(now) / len(ready))
            offered, granted = offered + load(now) / len(ready), granted + pod.granted - before
        if now % STEP == 0:
            for pod in ready:
                pod.scrapes.append((now, pod.offered))
        if now % STEP == 5:
            sums = (sum(pod.demand() for pod in ready), sum(pod.watermark() for pod in ready))
        if now % STEP == 10:
            replicas = controller.look(now, len(pods), sums)
            pods += [Pod(now) for _ in range(replicas - len(pods))]
            del pods[replicas:]
            trace.append(replicas)
    return trace, 1 - granted / offered


LOADS = {
    # name: (load at a second, most reversals of direction, minutes until it must stand still, pods then)
    # A load that begins all at once overshoots, because new pods are counted at once and the old ones' minute still holds
    # what they have handed on: up, and once down again.
    "steady 350/s": (lambda now: 350, 1, 10, {3}),
    "steady 1000/s": (lambda now: 1000, 1, 10, {8}),
    "200/s, 1600/s from minute 10 to 30, 200/s": (lambda now: 1600 if 600 <= now < 1800 else 200, 1, 65, {2}),
    "3 s of 1500/s, each 15 s, just after a scrape": (lambda now: 1500 if 1 <= now % 15 < 4 else 0, 1, 10, {4}),
    "3 s of 1500/s, each 15 s, over a scrape": (lambda now: 1500 if now % 15 in (14, 0, 1) else 0, 1, 10, {4}),
    # Three times up, and down in between.
    "100 to 1900/s and back, in 30 minutes": (lambda now: 1000 - 900 * math.cos(now * 2 * math.pi / 1800), 5, None, None),
}


def load_hpa(path):
    with open(path, encoding="utf-8") as file:
        return [document for document in yaml.safe_load_all(file) if document and document["kind"] == "HorizontalPodAutoscaler"][0]["spec"]


def moves(trace):
    return [b - a for a, b in zip(trace, trace[1:]) if a != b]


def reversals(trace):
    steps = moves(trace)
    return sum(1 for a, b in zip(steps, steps[1:]) if (a > 0) != (b > 0))


def run(path):
    hpa, bad = load_hpa(path), 0
    for name, (load, most, still, final) in LOADS.items():
        trace, denied = simulate(hpa, load)
        late = [] if still is None else moves(trace[still * 4:])
        wrong = reversals(trace) > most or late or (final is not None and trace[-1] not in final)
        bad += bool(wrong)
        print(f"{'flaps: ' if wrong else ''}{name}: {len(moves(trace))} changes, {reversals(trace)} reversals, {min(trace)} to {max(trace)} pods, "
              f"{trace[-1]} at the end, {100 * abs(denied):.2f} % denied")
    return 1 if bad else 0


def bursts(path, seed="1"):
    hpa, bad, chance = load_hpa(path), 0, random.Random(int(seed))
    print(f"seed {seed}")
    for _ in range(60):
        length, period, phase = chance.choice((1, 2)), chance.choice((15, 20, 31, 45, 60, 90, 120, 200)), chance.randrange(15)
        height, base = chance.uniform(500, 9000) / math.sqrt(length), chance.choice((0, 100, 300, 600, 1000))
        trace, _ = simulate(hpa, lambda now: base + (height if (now + phase) % period < length else 0))
        # The load begins all at once, so what comes in the first half hour is no swing.
        swings = reversals(trace[120:])
        bad += swings > 1
        if swings > 1:
            print(f"flaps: {base}/s, and {height:.0f}/s for {length} s each {period} s: {swings} reversals")
    print(f"{bad} of 60 flap")
    return 1 if bad else 0


def cases(path):
    bad = count = 0
    with open(path, encoding="utf-8") as file:
        for line in file:
            case = json.loads(line)
            count += 1
            aged = [(r["recommendation"], r["ageSeconds"]) for r in case["recommendations"]]
            behavior = {key: case[key] for key in ("scaleUp", "scaleDown")}
            stable = stabilise(case["currentReplicas"], case["desiredReplicas"], aged,
                               *(behavior[key]["stabilizationWindowSeconds"] or 0 for key in ("scaleUp", "scaleDown")))
            ups, downs = ([(e["replicaChange"], e["ageSeconds"]) for e in case[key]] for key in ("scaleUpEvents", "scaleDownEvents"))
            final = limit(case["currentReplicas"], stable, case["minReplicas"], case["maxReplicas"], behavior, ups, downs)
            wanted = case["expected_head"]
            if (stable, final) != (wanted["stabilized"], wanted["final"]):
                bad += 1
                print(f"{case['id']}: {stable}, {final}; wanted {wanted}")
    print(f"{count} cases, {bad} wrong")
    return 1 if bad or not count else 0


if __name__ == "__main__":
    sys.exit({"run": run, "bursts": bursts, "cases": cases}[sys.argv[1]](*sys.argv[2:]))
