#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write the constants of lib/rating/egf.c: `tests/rating/egf_table.py > lib/rating/egf_table.h`.

Needs mpmath (Debian: python3-mpmath). Nothing in the build runs this; the header is kept in the tree so that every
machine compiles the same bits, and this file says where they come from.
"""
from mpmath import mp, mpf

mp.dps = 60
PIECES, OCTAVES = 32, 32


def c(x):
    """A double as a C hexadecimal literal."""
    return float(x).hex()


def main():
    print("/* SPDX-License-Identifier: MIT */")
    print("/* Constants of egf.c. Written by tests/rating/egf_table.py; do not edit. */")
    print("#ifndef OCL_RATING_EGF_TABLE_H")
    print("#define OCL_RATING_EGF_TABLE_H")
    print("\n/* The middle of a piece of 1 .. 2, and 2 itself; its reciprocal, its power 1.6, its logarithm. */")
    print(f"static const double pieces[{PIECES + 1}][4] = {{")
    for piece in range(PIECES + 1):
        x = 1 + (piece + mpf(1) / 2) / PIECES
        print("\t{" + ", ".join(map(c, (x, 1 / x, x**mpf("1.6"), mp.log(x)))) + "},")
    print("};\n\n/* (2^k / 200)^1.6. */")
    print(f"static const double octaves[{OCTAVES}] = {{")
    print("\t" + ", ".join(c((mpf(2)**k / 200)**mpf("1.6")) for k in range(OCTAVES)) + ",")
    print("};\n\n#endif")


main()
