#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Powers of ten for lib/metrics/number.c, in exact integer arithmetic.

    powers.py          print lib/metrics/powers.h
    powers.py --check  compare it with what is there; exit 1 if they differ

Entry p is the least whole number that is not below 10^p * 2^-e, with e such that it has 128 bits.
"""
import os
import sys

LEAST, MOST = -292, 324
HEAD = """/* SPDX-License-Identifier: MIT */
/* Powers of ten to 128 bits, rounded up: written by tests/metrics/powers.py, which also checks it. */
#ifndef OCL_METRICS_POWERS_H
#define OCL_METRICS_POWERS_H

#include <stdint.h>

#define OCL__POWER_LEAST (%d)
#define OCL__POWER_MOST  %d

/* 10^(OCL__POWER_LEAST + i) = { high, low } * 2^e, with the top bit of high set. */
/* clang-format off */
static const uint64_t ocl__powers_of_ten[OCL__POWER_MOST - OCL__POWER_LEAST + 1][2] = {
"""


def power(p):
    if p >= 0:
        top, bottom = 10 ** p, 1
        bits = top.bit_length()
    else:
        top, bottom = 1, 10 ** -p
        bits = -(bottom.bit_length() - 1)  # 2^(bits-1) <= 10^p < 2^bits: no power of ten below 1 is one of two
    shift = 128 - bits
    if shift >= 0:
        top <<= shift
    else:
        bottom <<= -shift
    value = -(-top // bottom)
    assert value >> 127 == 1, p
    return value


def header():
    lines = [HEAD % (LEAST, MOST)]
    for p in range(LEAST, MOST + 1):
        value = power(p)
        lines.append("\t{ 0x%016x, 0x%016x }, /* %d */\n" % (value >> 64, value & (1 << 64) - 1, p))
    lines.append("};\n/* clang-format on */\n\n#endif\n")
    return "".join(lines)


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "lib", "metrics", "powers.h")
        sys.exit(0 if open(path).read() == header() else "lib/metrics/powers.h is not what powers.py writes")
    sys.stdout.write(header())
