#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Texts of lib/limit/settings.c against the grammar of settings.h as a regular expression, and exact fractions.

`oracle_settings.py BUILD_DIR`; BUILD_DIR/tests/limit/drive_settings does our side. Random lists that follow the grammar,
most with a few bytes changed: both must accept the same, with the same numbers, and refuse the rest with the same status.
Random cases from SEED. Closing line: N passed, N failed.
"""
import math
import os
import random
import re
import subprocess
import sys
import time
from fractions import Fraction

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
CASES = int(os.environ.get("CASES", "40000"))
OK, DENIED, EINVAL, ERANGE = 0, 1, -1, -2
S = 10**9

UNITS = {"ns": 1, "us": 1000, "ms": 10**6, "s": S, "min": 60 * S, "h": 3600 * S, "d": 86400 * S, "w": 7 * 86400 * S}
WORDS = {"nanosecond": "ns", "microsecond": "us", "millisecond": "ms", "second": "s", "minute": "min", "hour": "h", "day": "d", "week": "w"}
NAMES = {**{u: u for u in UNITS}, **WORDS, **{w + "s": u for w, u in WORDS.items()}, "sec": "s"}
SUFFIXES = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12,
            "Ki": 2**10, "ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
WHOLE = r"[0-9](?:_?[0-9])*"
NUMBER = rf"({WHOLE})(?:\.({WHOLE}))?((?:[kK]i?|[MGT]i?)?)"
END = r"(?![A-Za-z])"
BURST = rf"(?i:burst)[ \t]+{NUMBER}{END}"
RATE = rf"{NUMBER}{END}[ \t]*(?:/|(?i:per){END})[ \t]*(?:({WHOLE})[ \t]*)?([A-Za-z]+)"
LIMIT = re.compile(rf"[ \t]*(?:(?P<all>(?i:unlimited){END})|(?P<rate>{RATE})(?:[ \t]+(?P<after>{BURST}))?|(?P<burst>{BURST}))"
                   rf"(?:(?<=[0-9A-Za-z])[ \t]+(?P<too>(?i:unlimited)){END})?[ \t]*")


class Range(Exception):
    """A number out of its range."""


def number(whole, fraction, suffix):
    whole, fraction = whole.replace("_", ""), (fraction or "").replace("_", "")
    value = Fraction(int(whole + fraction) * SUFFIXES[suffix], 10 ** len(fraction))
    if len(fraction) > 9 or int(whole + fraction) >= 2**64 or value.numerator >= 2**64:
        raise Range
    return value


def limit(text):
    """The four numbers of one limit; None if it is none; Range."""
    match = LIMIT.fullmatch(text)
    if match is None or (match["all"] and match["too"]):
        return None
    flags = int(bool(match["all"] or match["too"]))
    if match["all"]:
        return 1, 1, S, flags
    burst = re.search(BURST, text)
    burst = burst and number(*burst.groups())
    rate = None
    if match["rate"]:
        whole, fraction, suffix, count, unit = re.match(RATE, match["rate"]).groups()
        if unit.lower() not in NAMES:
            return None
        rate = number(whole, fraction, suffix)
        period = int((count or "1").replace("_", "")) * UNITS[NAMES[unit.lower()]] * rate.denominator
        if int((count or "1").replace("_", "")) >= 2**64 or not 0 < period <= 2**55 or rate.numerator > 16 * period:
            raise Range
    if burst is not None and burst.denominator != 1:
        return None
    if burst is not None and not 1 <= burst <= 2**58:
        raise Range
    if rate is None:
        return int(burst), 0, S, flags
    if burst is None and not 0 < math.ceil(rate) <= 2**58:
        raise Range
    return int(burst) if burst is not None else math.ceil(rate), rate.numerator, period, flags


def expected(text):
    """What the driver prints, without the shortest texts: of two errors in one limit either status will do."""
    answer = []
    for part in text.split(","):
        try:
            read = limit(part)
        except Range:
            return answer, (ERANGE, EINVAL)
        if read is None:
            return answer, (EINVAL, ERANGE)
        answer.append(read)
    return answer, (DENIED,)


def any_number(source):
    digits = str(source.getrandbits(source.choice([1, 4, 8, 16, 40, 58, 70])))
    if source.randrange(5) == 0 and len(digits) > 1:
        at = source.randrange(1, len(digits))
        digits = digits[:at] + "_" + digits[at:]
    if source.randrange(4) == 0:
        digits += "." + "".join(source.choice("0055123") for _ in range(source.randrange(1, source.choice([4, 11]))))
    return digits + source.choice([""] * 8 + list(SUFFIXES))


def any_case(source, word):
    return source.choice([word, word, word.upper(), word.title()])


def any_limit(source):
    space = lambda least: source.choice(["", " ", " ", "\t", "  "][least:])
    form = source.randrange(12)
    text = space(0)
    if form == 0:
        return text + any_case(source, "unlimited")
    if form > 1:
        text += any_number(source)
        text += source.choice([space(0) + "/" + space(0), space(1) + any_case(source, "per") + space(1)])
        text += source.choice(["", "", str(source.randrange(100)) + space(0)]) + any_case(source, source.choice(list(NAMES)))
    if form < 6:
        text += (space(1) if form > 1 else "") + any_case(source, "burst") + space(1) + any_number(source)
    return text + (space(1) + any_case(source, "unlimited") if source.randrange(8) == 0 else "") + space(0)


def any_text(source):
    text = ",".join(any_limit(source) for _ in range(source.choice([1, 1, 1, 2, 3])))
    for _ in range(source.choice([0, 0, 0, 1, 1, 2])):
        at = source.randrange(len(text) + 1)
        new = source.choice(["", "", source.choice("0159_. /kKiMGTsmhdwnuburstplie,-+\t\0\n"), chr(source.randrange(256))])
        text = text[:at] + new + text[at + source.randrange(2):]
    return text


def main():
    seed = int(os.environ.get("SEED", str(int(time.time()))), 0)
    print(f"SEED={seed}")
    source = random.Random(seed)
    texts = [any_text(source) for _ in range(CASES)]
    program = os.path.join(BUILD, "tests", "limit", "drive_settings")
    lines = "".join(text.encode("latin-1").hex() + "\n" for text in texts)
    run = subprocess.run([program], input=lines, text=True, check=True, stdout=subprocess.PIPE)
    answers = run.stdout.splitlines()
    failed, accepted = int(len(answers) != len(texts)), 0
    for text, answer in zip(texts, answers):
        *read, end = answer.split("|")
        status, offset = (int(field) for field in end.split())
        got = [tuple(int(field) for field in one.split(" ", 4)[:4]) for one in read]
        wanted, statuses = expected(text)
        good = got == wanted and status in statuses and offset <= len(text)
        for one, part in zip(read, text.split(",")):
            shortest = one.split(" ", 4)[4]
            good = good and limit(shortest) == tuple(int(field) for field in one.split(" ", 4)[:4])
            good = good and len(shortest) <= len(part)
        accepted += status == DENIED
        if not good:
            failed += 1
            if failed < 10:
                print(f"{text!r}\n    {answer}\n    wanted {wanted} {statuses}")
    if not CASES // 10 < accepted < CASES - CASES // 10:
        failed += 1
        print(f"only {accepted} of {CASES} were limits")
    print(f"{max(0, len(texts) - failed)} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
