#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fields of lib/limit/headers.c against exact fractions and a reader of RFC 9651: `oracle_headers.py BUILD_DIR`.

BUILD_DIR/tests/limit/drive_headers does our side. The expected numbers are worked out here with Python's fractions from
what headers.h says, on a bucket of its own; each value must be a list in the strict grammar below, and http_sf (PyPI), if
it is there, must read the same from it. Random cases from SEED. Closing line: N passed, N failed[, N skipped].
"""
import base64
import math
import os
import random
import re
import subprocess
import sys
import time
from fractions import Fraction

try:
    import http_sf
except ImportError:
    http_sf = None

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
CASES = int(os.environ.get("CASES", "20000"))
NEVER = 2**64 - 1
TOP = 999999999999999
S = 10**9

STRING = r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"'
INTEGER = r"-?[0-9]{1,15}"
BYTES = r":((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?):"
PARAMETER = rf";([a-z*][a-z0-9_\-.*]*)=(?:({INTEGER})|{STRING}|{BYTES})"


def read_item(text):
    """The item that the text is: its name and parameters. Fails on whatever else."""
    match = re.match(STRING, text)
    name = re.sub(r"\\(.)", r"\1", match.group(1))
    parameters, at = {}, match.end()
    while at < len(text):
        match = re.compile(PARAMETER).match(text, at)
        key, integer, string, data = match.groups()
        assert key not in parameters
        parameters[key] = int(integer) if integer is not None else string if string is not None else base64.b64decode(data)
        at = match.end()
    return name, parameters


def any_size(source, most):
    return min(source.getrandbits(source.randrange(1, most.bit_length() + 1)), most)


def case(source):
    """A bucket with some exact number of tokens, or debt, is asked for some."""
    period = max(1, any_size(source, 2**55))
    capacity = max(1, any_size(source, 2**58))
    refill = any_size(source, 16 * period)
    if source.randrange(3) == 0:
        capacity, refill, period = source.randrange(1, 2000), source.randrange(0, 2000), source.choice([1, 7, 60]) * S
    held = capacity - Fraction(any_size(source, 2 * capacity) * 8 + source.randrange(8), 8) if source.randrange(4) else Fraction(capacity)
    rate = Fraction(refill, period)

    def wait(tokens):
        if held >= tokens:
            return 0
        if rate == 0:
            return NEVER
        return min(math.ceil((tokens - held) / rate), NEVER)

    tokens = any_size(source, capacity)
    name = "".join(chr(source.randrange(0x20, 0x7F)) for _ in range(source.randrange(1, 65)))
    key = bytes(source.randrange(256) for _ in range(source.randrange(65))) if source.randrange(2) else b""
    decision = (capacity, math.floor(held), wait(tokens), wait(capacity))
    fill, rest = (capacity / rate / S if rate else None), max(0, math.floor(held))
    policy = {"q": min(capacity, TOP)}
    if fill is not None:
        policy["w"] = min(math.ceil(fill), TOP)
    limit = {"r": min(rest, TOP)}
    exact = wait(rest + 1) if rest < capacity else NEVER
    limits = [dict(limit, t=-(-ns // S)) for ns in (exact, exact + 1)] if exact != NEVER else [limit]
    if exact != NEVER and decision[3] == NEVER:  # the bucket cannot say when it is full
        limits = [dict(limit, t=-(-decision[2] // S))] if decision[2] not in (0, NEVER) and held >= 0 else [limit]
    if key:
        policy["pk"] = key
        limits = [dict(limit, pk=key) for limit in limits]
    retry = decision[2] if decision[2] == NEVER else -(-decision[2] // S)
    line = f"{capacity} {refill} {period} 0 {decision[0]} {decision[1]} {decision[2]} {decision[3]} {name.encode().hex()} {key.hex() or '-'}"
    return line, name, policy, limits, str(retry)


def agrees(text, name, wanted):
    """Does the value say what is wanted, to our own reader and to the other?"""
    read = read_item(text)
    if read[0] != name or read[1] not in wanted or read[1].get("w") == 0:
        return False
    if http_sf is None:
        return True
    (value, parameters), = http_sf.parse(text.encode(), tltype="list")
    return value == name and {key: bytes(v) if isinstance(v, (bytes, bytearray)) else v for key, v in parameters.items()} == read[1]


def main():
    seed = int(os.environ.get("SEED", str(int(time.time()))), 0)
    print(f"SEED={seed}")
    source = random.Random(seed)
    cases = [case(source) for _ in range(CASES)]
    program = os.path.join(BUILD, "tests", "limit", "drive_headers")
    run = subprocess.run([program], input="".join(c[0] + "\n" for c in cases), text=True, check=True, stdout=subprocess.PIPE)
    lines = run.stdout.splitlines()
    failed = int(len(lines) != 3 * len(cases))
    for (line, name, policy, limits, retry), head, *values in zip(cases, lines[::3], lines[1::3], lines[2::3]):
        try:
            good = head == f"0 {retry}" and agrees(values[0], name, [policy]) and agrees(values[1], name, limits)
        except (AttributeError, AssertionError):  # not an item
            good = False
        if not good:
            failed += 1
            if failed < 10:
                print(f"{line}\n    {head} {values}\n    wanted {policy} {limits} {retry}")
    if http_sf is None:
        print("skipped: http_sf is not there to read the fields as well")
    print(f"{len(cases) - failed} passed, {failed} failed, {int(http_sf is None)} skipped")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
