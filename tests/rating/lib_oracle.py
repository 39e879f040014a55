# SPDX-License-Identifier: MIT
"""What the oracles share: the seed, the driver and how it is asked, and pi in decimals.

SEED and CASES come from the environment, the build folder is the program's argument. Numbers go to a driver and come back
as hexadecimal doubles; an answer begins with its status.
"""
import os
import random
import subprocess
import sys
import time
from decimal import Decimal as D, getcontext, localcontext

SEED = int(os.environ.get("SEED", time.time_ns() % 10**9))
R = random.Random(SEED)
_pi = {}


def case_count(usual):
    return int(os.environ.get("CASES", usual))


def hexed(numbers):
    return " ".join(float(x).hex() for x in numbers)


def driver(name):
    """The path of the driver; where there is none the program ends, skipped."""
    path = os.path.join(sys.argv[1] if len(sys.argv) > 1 else "build", "tests/rating/drive_" + name)
    if not os.access(path, os.X_OK):
        print(f"skipped: no {path}")
        sys.exit(77)
    return path


def answers(name, lines):
    """The answers to all lines at once: of each the status and the numbers, as text."""
    text = "".join(line + "\n" for line in lines)
    said = subprocess.run([driver(name)], input=text, capture_output=True, text=True, check=True).stdout.splitlines()
    if len(said) != len(lines):
        print(f"{len(lines)} cases, {len(said)} answers\n0 passed, 1 failed")
        sys.exit(1)
    return [line.split() for line in said]


class Driver:
    """Asked one question after the other; all of them must be answered."""

    def __init__(self, name, number=float):
        self.process = subprocess.Popen([driver(name)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.number = number

    def words(self, *question):
        """The answer as text, without its status."""
        line = " ".join(word if isinstance(word, str) else float(word).hex() for word in question)
        print(line, file=self.process.stdin, flush=True)
        status, *rest = self.process.stdout.readline().split()
        if status != "0":
            raise SystemExit(f"status {status} of seed {SEED}: {line}")
        return rest

    def ask(self, *question):
        return [self.number(float.fromhex(x)) for x in self.words(*question)]


def pi():
    """Machin's formula, to the digits of the context."""
    digits = getcontext().prec
    if digits not in _pi:
        with localcontext() as context:
            context.prec = digits + 10

            def arctan_inverse(n):
                total = term = D(1) / n
                k = 1
                while abs(term) > D(10) ** -(digits + 8):
                    term = -term / (n * n)
                    k += 2
                    total += term / k
                return total

            _pi[digits] = 16 * arctan_inverse(5) - 4 * arctan_inverse(239)
    return _pi[digits]
