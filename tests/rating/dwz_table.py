#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write the constants of lib/rating/dwz.c: `tests/rating/dwz_table.py > lib/rating/dwz_table.h`.

Needs mpmath (Debian: python3-mpmath). Nothing in the build runs this; the header is kept in the tree so that every
machine compiles the same bits, and this file says where they come from.
"""
from mpmath import mp, mpf

mp.dps = 60
PIECES, STEPS, DEGREE = 33, 8, 8


def central(x):
    """The standard normal probability between 0 and x."""
    return mp.erf(x / mp.sqrt(2)) / 2


def fit(piece):
    """Coefficients by powers of the steps from the middle; one of the points met is the middle itself."""
    n = DEGREE + 1
    points = [mp.cos(mp.pi * (2 * i + 1) / (2 * n)) / 2 for i in range(n)]
    matrix, right = mp.matrix(n, n), mp.matrix(n, 1)
    for i, t in enumerate(points):
        for j in range(n):
            matrix[i, j] = t**j
        right[i] = central((piece + t) / STEPS)
    return [x if abs(x) > mpf(10)**-30 else 0 for x in mp.lu_solve(matrix, right)]


def main():
    print("/* SPDX-License-Identifier: MIT */")
    print("/* Constants of dwz.c. Written by tests/rating/dwz_table.py; do not edit. */")
    print("#ifndef OCL_RATING_DWZ_TABLE_H")
    print("#define OCL_RATING_DWZ_TABLE_H")
    print("\n/* The normal probability between 0 and x: coefficients by powers of 8 x less the number of the row. */")
    print(f"static const double central_pieces[{PIECES}][{DEGREE + 1}] = {{")
    for piece in range(PIECES):
        print("\t{" + ", ".join(float(x).hex() for x in fit(piece)) + "},")
    print("};\n\n#endif")


main()
