# SPDX-License-Identifier: MIT
"""pairwise.py PEER: Bradley-Terry from rows by evalica or choix; the protocol is told in bench/peers/README.md, the file of
rows in bench/peers/ours_pairwise.h."""
import json
import platform
import sys
import time
from importlib.metadata import version

import numpy as np

NAME = sys.argv[1]
CHOIX_ROWS_MAX = 20000


class Skip(Exception):
    """A work that this peer is not put to; says why."""


def read_rows(path):
    """First items, second items, outcomes."""
    data = np.fromfile(path, dtype=np.uint8)
    count = len(data) // 9
    first, second = data[:4 * count].view(np.uint32), data[4 * count:8 * count].view(np.uint32)
    return first.astype(np.int64), second.astype(np.int64), data[8 * count:]


def prepare_evalica(path, items, variant):
    """The rows as evalica wants them, and what fits them."""
    import evalica  # pylint: disable=import-outside-toplevel
    import pandas  # pylint: disable=import-outside-toplevel
    first, second, outcomes = read_rows(path)
    winners = np.array([int(evalica.Winner.X), int(evalica.Winner.Y), int(evalica.Winner.Draw)], np.uint8)[outcomes]
    index = pandas.Index(range(items))
    if variant == "frame":
        winners = winners.tolist()
        return lambda: np.log(evalica.bradley_terry(first, second, winners, index=index).scores.reindex(index).to_numpy())
    from evalica import _brzo  # pylint: disable=import-outside-toplevel
    lists = {"xs": first.tolist(), "ys": second.tolist(), "winners": winners.tolist(), "weights": [1.0] * len(first)}
    return lambda: np.log(_brzo.bradley_terry(**lists, total=items, win_weight=1.0, tie_weight=0.5, tolerance=1e-6,
                                              limit=100)[0])


def prepare_choix(path, items, variant):
    """The rows as choix wants them, and what fits them."""
    import choix  # pylint: disable=import-outside-toplevel
    first, second, outcomes = read_rows(path)
    if (outcomes == 2).any():
        raise Skip("knows no ties")
    if len(first) > CHOIX_ROWS_MAX:
        raise Skip("too many rows")
    rows = [(a, b) if outcome == 0 else (b, a) for a, b, outcome in
            zip(first.tolist(), second.tolist(), outcomes.tolist())]
    fit = {"ilsr": choix.ilsr_pairwise, "mm": choix.mm_pairwise, "opt": choix.opt_pairwise}[variant]
    return lambda: fit(items, rows)


prepared = {}


def answer_fit(words):
    """Time one fit."""
    key = (words["draws"], words["variant"])
    if key not in prepared:
        prepared.clear()
        prepare = prepare_evalica if NAME == "evalica" else prepare_choix
        prepared[key] = prepare(words["draws"], int(words["keys"]), words["variant"])
    start = time.perf_counter()
    theta = prepared[key]()
    return {"ms": (time.perf_counter() - start) * 1e3, "theta": [float(value) for value in theta]}


def answer(line):
    """One command."""
    command, *pairs = line.split()
    words = dict(pair.split("=", 1) for pair in pairs)
    if command == "about":
        return {"peer": NAME, "version": version(NAME),
                "toolchain": f"Python {platform.python_version()}, numpy {np.__version__}"}
    if command == "fit":
        return answer_fit(words)
    return {} if command == "drop" else {"skip": "no such command"}


for told in sys.stdin:
    try:
        reply = answer(told)
    except Skip as why:
        reply = {"skip": str(why)}
    except Exception as error:  # pylint: disable=broad-exception-caught
        reply = {"skip": f"{type(error).__name__}: {error}"[:100].replace('"', "'")}
    print(json.dumps(reply), flush=True)
