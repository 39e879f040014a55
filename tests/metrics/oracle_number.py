#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Numbers of lib/metrics/number.c against Python's: `oracle_number.py BUILD_DIR`.

Python prints the shortest decimal that reads back, and of several the nearest (David Gay's algorithm): the digits must be
the same. The layout is worked out here from digits and exponent, as Go's format 'g' has it. Random bits from SEED. The
table of powers is compared with exact arithmetic. Closing line: N passed, N failed.
"""
import math
import os
import random
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
COUNT = 300000


def bits_of(value):
    return struct.unpack("<Q", struct.pack("<d", value))[0]


def expected(value):
    if math.isnan(value):
        return "NaN", "NaN"
    if math.isinf(value):
        return ("+Inf" if value > 0 else "-Inf",) * 2
    if value == 0:
        return "0", "0.0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = whole + fraction
    point = len(whole) + int(exponent or 0)  # value = 0.digits * 10^point
    stripped = digits.lstrip("0")
    point -= len(digits) - len(stripped)
    digits = stripped.rstrip("0")
    x = point - 1
    if x < -4 or x >= 6:
        text = digits[0] + ("." + digits[1:] if len(digits) > 1 else "") + "e%+03d" % x
    elif point <= 0:
        text = "0." + "0" * -point + digits
    elif point < len(digits):
        text = digits[:point] + "." + digits[point:]
    else:
        text = digits + "0" * (point - len(digits))
    return sign + text, sign + (text if "." in text or "e" in text else text + ".0")


def values(source):
    for exponent in range(0x7FF):
        for low in (0, 1, 2, (1 << 52) - 1, (1 << 52) - 2, source.getrandbits(52)):
            yield exponent << 52 | low
    for power in range(-323, 309):
        for digit in range(1, 10):
            near = bits_of(float("%de%d" % (digit, power)))
            yield from (near - 1 if near > 0 else near, near, near + 1)
    for _ in range(COUNT):
        yield source.getrandbits(64)
        yield bits_of(source.randrange(1 << 40) / 10 ** source.randrange(8))
        yield bits_of(source.random())
    yield 0x7FF << 52
    yield 0xFFF << 52
    yield 0x7FF8 << 48
    yield 1 << 63


def main():
    seed = int(os.environ.get("SEED", str(int(time.time()))), 0)
    print("SEED=%d" % seed)
    all_bits = list(values(random.Random(seed)))
    program = os.path.join(BUILD, "tests", "metrics", "drive_number")
    run = subprocess.run([program], input="".join("%016x\n" % bits for bits in all_bits), text=True, check=True,
                         stdout=subprocess.PIPE)
    lines = run.stdout.splitlines()
    failed = int(len(lines) != len(all_bits))
    for bits, line in zip(all_bits, lines):
        want = "%s %s" % expected(struct.unpack("<d", struct.pack("<Q", bits))[0])
        if line != want:
            failed += 1
            if failed < 20:
                print("%016x: %s, not %s" % (bits, line, want))
    table = subprocess.run([sys.executable, os.path.join(HERE, "powers.py"), "--check"], check=False).returncode
    failed += table != 0
    print("%d passed, %d failed" % (len(all_bits) + 1 - min(failed, len(all_bits) + 1), failed))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
