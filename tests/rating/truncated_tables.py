#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write the constants of lib/rating/truncated.c: `tests/rating/truncated_tables.py > lib/rating/truncated_tables.h`.

Needs mpmath (Debian: python3-mpmath). Nothing in the build runs this; the header is kept in the tree so that every
machine compiles the same bits, and this file says where they come from.

Of a standard normal known to lie above a: the mean is a + h(a), the variance g(a).
"""
from mpmath import mp, mpf

mp.dps = 80
DEGREE = 10
FAR_DEGREE = 7
FAR = 30


def c(x):
    """A double as a C hexadecimal literal."""
    return float(x).hex()


def mills(a):
    """(1 - Phi(a)) / phi(a), by the error function or, far out, by the continued fraction."""
    if a < 12:
        return mp.sqrt(mp.pi / 2) * mp.exp(a * a / 2) * mp.erfc(a / mp.sqrt(2))
    x = mpf(a)
    for k in range(400, 0, -1):
        x = a + k / x
    return 1 / x


def excess(a):
    return 1 / mills(a) - a


def variance(a):
    h = excess(a)
    return 1 - h * (a + h)


def fit(function, low, high, degree):
    """Coefficients, lowest first, in x - middle, of the polynomial that meets `function` at Chebyshev points."""
    n = degree + 1
    middle, half = (mpf(low) + high) / 2, (mpf(high) - low) / 2
    points = [half * mp.cos(mp.pi * (2 * i + 1) / (2 * n)) for i in range(n)]
    matrix, right = mp.matrix(n, n), mp.matrix(n, 1)
    for i, x in enumerate(points):
        for j in range(n):
            matrix[i, j] = x**j
        right[i] = function(middle + x)
    return list(mp.lu_solve(matrix, right))


def far(function):
    """Coefficients in u = 1/a^2 for a >= FAR; the point u = 0 is 1."""
    n = FAR_DEGREE
    high = mpf(1) / FAR**2
    points = [high / 2 * (1 + mp.cos(mp.pi * (2 * i + 1) / (2 * n))) for i in range(n)]
    matrix, right = mp.matrix(n, n), mp.matrix(n, 1)
    for i, u in enumerate(points):
        for j in range(n):
            matrix[i, j] = u**j
        right[i] = (function(1 / mp.sqrt(u)) - 1) / u
    return [mpf(1)] + list(mp.lu_solve(matrix, right))


def pairs(name, comment, rows):
    print(f"\n/* {comment} */")
    print(f"static const ocl__pair {name} = {{")
    for row in rows:
        print("\t" + row + ",")
    print("};")


def main():
    print("/* SPDX-License-Identifier: MIT */")
    print("/* Constants of truncated.c. Written by tests/rating/truncated_tables.py; do not edit. */")
    print("#ifndef OCL_RATING_TRUNCATED_TABLES_H\n#define OCL_RATING_TRUNCATED_TABLES_H\n")
    rows = []
    for octave in range(1, 5):
        for eighth in range(8):
            low = mpf(2) ** octave * (1 + mpf(eighth) / 8) - 2
            high = low + mpf(2) ** octave / 8
            h, g = fit(excess, low, high, DEGREE), fit(variance, low, high, DEGREE)
            middle = (low + high) / 2
            rows.append("{" + ", ".join(f"{{{c(x)}, {c(y)}}}" for x, y in zip([middle] + h, [middle] + g)) + "}")
    pairs(f"tail_pieces[{len(rows)}][{DEGREE + 2}]",
          "The middle of a piece, and coefficients of h and of g by powers of a less that; eight pieces an octave of a + 2.",
          rows)
    h, g = far(lambda a: excess(a) * a), far(lambda a: variance(a) * a * a)
    pairs(f"tail_far[{len(h)}]", f"a h(a) and a^2 g(a) for a >= {FAR}, by powers of 1/a^2.",
          [f"{{{c(x)}, {c(y)}}}" for x, y in zip(h, g)])
    print("\n#endif")


if __name__ == "__main__":
    main()
