#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write the constants of lib/base/math.c: `tests/base/math_tables.py > lib/base/math_tables.h`.

Needs mpmath (Debian: python3-mpmath). Nothing in the build runs this; the header is kept in the tree so that every
machine compiles the same bits, and this file says where they come from.
"""
from mpmath import mp, mpf

mp.dps = 60


def c(x):
    """A double as a C hexadecimal literal."""
    return float(x).hex()


def fit(function, low, high, degree):
    """Coefficients, lowest first, of the polynomial that meets `function` at Chebyshev points of [low, high]."""
    n = degree + 1
    middle, half = (mpf(low) + high) / 2, (mpf(high) - low) / 2
    points = [middle + half * mp.cos(mp.pi * (2 * i + 1) / (2 * n)) for i in range(n)]
    matrix = mp.matrix(n, n)
    right = mp.matrix(n, 1)
    for i, x in enumerate(points):
        for j in range(n):
            matrix[i, j] = x**j
        right[i] = function(x)
    return list(mp.lu_solve(matrix, right))


def array(name, comment, rows, width):
    print(f"\n/* {comment} */")
    print(f"static const double {name}[{len(rows)}]" + (f"[{width}]" if width else "") + " = {")
    for row in rows:
        print("\t" + ("{" + ", ".join(c(x) for x in row) + "}" if width else c(row)) + ",")
    print("};")


def constant(name, x):
    print(f"#define {name} ({c(x)})" if x < 0 else f"#define {name} {c(x)}")


def short(x):
    """The double next to x with 26 bits: its product with another such is exact."""
    high, exponent = mp.frexp(x)
    return mp.ldexp(mp.nint(high * 2**26), exponent - 26)


def short_and_rest(name, x):
    constant(name, short(x))
    constant(name + "_REST", x - short(x))


def grid(x, bits):
    """The multiple of 2^-bits next to x."""
    return mp.nint(x * 2**bits) / 2**bits


def erfcx(x):
    return mp.exp(x * x) * mp.erfc(x)


def quantile_centre(h):
    return mp.sqrt(2) * mp.erfinv(2 * h)


def quantile_tail(q):
    """From the leading terms, Newton on the logarithm of the tail."""
    want = mp.ln(q)
    x = mp.sqrt(-2 * want)
    for _ in range(60):
        tail = mp.erfc(x / mp.sqrt(2)) / 2
        step = (mp.ln(tail) - want) * tail / (mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi))
        x += step
        if abs(step) < mpf(10) ** -30:
            return x
    raise ArithmeticError(q)


def main():
    print("/* SPDX-License-Identifier: MIT */")
    print("/* Constants of math.c. Written by tests/base/math_tables.py; do not edit. */")
    print("#ifndef OCL_BASE_MATH_TABLES_H\n#define OCL_BASE_MATH_TABLES_H\n")

    ln2 = mp.ln(2)
    constant("LN2_HI", grid(ln2, 42))
    constant("LN2_LO", ln2 - grid(ln2, 42))

    print("\n/* 2^(i/64), i = 0 .. 63: the nearest double, and what it lacks. */")
    print("const struct ocl__power ocl__powers[64] = {")
    for i in range(64):
        x = mpf(2) ** (mpf(i) / 64)
        print(f"\t{{{c(x)}, {c(x - mpf(float(x)))}}},")
    print("};")

    reduced = ln2 / 128 * (1 + mpf(2) ** -20)
    coefficients = fit(lambda r: (mp.exp(r) - 1 - r) / r**2 if r else mpf(1) / 2, -reduced, reduced, 3)
    print("\n/* For math.h, by hand: exp(r) = 1 + r + r^2 (E2 + E3 r + E4 r^2 + E5 r^3), and ln 2.")
    for i, x in enumerate(coefficients):
        print(f" * E{i + 2} {c(x)}")
    print(f" * OCL__INV_LN2 {c(1 / ln2)}")
    print(f" * OCL__LN2_HIGH {c(grid(ln2, 34))}")
    print(f" * OCL__LN2_LOW {c(ln2 - grid(ln2, 34))}")
    print(" */")

    rows = []
    for i in range(90, 183):
        reciprocal = mpf(128) / i
        eleven = mp.nint(reciprocal * 2**10) / 2**10
        if i == 128:
            eleven = mpf(1)
        high = grid(-mp.ln(eleven), 42)
        rows.append((eleven, high, -mp.ln(eleven) - high))
    array("log_table", "About 128/i in 11 bits, i = 90 .. 182; minus its logarithm, in multiples of 2^-42; the rest.",
          rows, 3)

    array("erf_small", "erf(x)/x - 2/sqrt(pi) = x^2 (...), in powers of x^2, for |x| <= 0.51.",
          fit(lambda u: (mp.erf(mp.sqrt(u)) / mp.sqrt(u) - 2 / mp.sqrt(mp.pi)) / u, 0, mpf("0.2601"), 9), 0)

    rows = []
    for piece in range(-1, 48):
        low = mpf(2) ** (piece // 8 - 1) * (1 + mpf(piece % 8) / 8)
        half = mpf(2) ** (piece // 8 - 1) / 16
        middle = low + half
        powers = fit(lambda t: erfcx(middle + t), -half, half, 12)
        rows.append([middle, short(powers[0]), powers[0] - short(powers[0])] + powers[1:])
    array("erfcx_pieces", "exp(x^2) erfc(x), x = 15/32 .. 32: eight pieces an octave; the middle, then powers of x less it,"
          " the first as 26 bits and the rest.", rows, 15)

    array("central_start", "The x with probability h between 0 and x is h (...), in powers of h^2, for |h| <= 0.25.",
          fit(lambda s: quantile_centre(mp.sqrt(s)) / mp.sqrt(s), 0, mpf(1) / 16, 7), 0)

    rows = []
    for piece in range(19):
        octave, part = divmod(piece + 2, 4)
        half = mpf(2) ** octave / 8
        middle = mpf(2) ** octave * (1 + mpf(part) / 4) + half
        rows.append([middle] + fit(lambda t: quantile_tail(mp.exp(-(middle + t)**2 / 2)), -half, half, 7))
    array("tail_start", "The x with probability exp(-r^2/2) above it, r = 1.5 .. 40: four pieces an octave; the middle, then"
          " powers of r less it.", rows, 9)

    short_and_rest("TWO_SQRT_PI", 2 / mp.sqrt(mp.pi))
    short_and_rest("SQRT_HALF", mp.sqrt(mpf(1) / 2))
    short_and_rest("INV_SQRT_2PI", 1 / mp.sqrt(2 * mp.pi))
    short_and_rest("INV_SQRT_PI", 1 / mp.sqrt(mp.pi))
    constant("SQRT_EIGHTH", mp.sqrt(mpf(1) / 8))
    constant("SQRT_2PI", mp.sqrt(2 * mp.pi))
    print("\n#endif")


main()
