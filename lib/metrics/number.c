/* SPDX-License-Identifier: MIT */
/*
 * Doubles as the shortest decimal that reads back to the same bits; of several shortest, the one nearest to the double.
 *
 * Why not printf: "%.17g" prints 0.10000000000000001, the least precision that reads back costs up to 17 calls of printf
 * and strtod (some 5 us), and both obey the locale. A scrape has 100 ns for a whole line.
 *
 * Whole numbers below 2^53 are written as they are. All others take Giulietti's Schubfach: scale the double and the two
 * ends of its rounding interval by one power of ten, such that the interval holds at least one whole number and at most
 * one multiple of ten, and choose among four candidates. One 64x128-bit multiplication for each of the three, no loop,
 * no fallback, no state. The powers are a table of 617 (9.6 kB, powers.h), rounded up to 128 bits: a scaled value is
 * then too large by less than 2^-68 of a unit, while no scaled double lies that near to a whole number unless it is one,
 * so the few lowest bits only say "exact" or "not exact" (round to odd).
 *
 * Layout: Go's strconv, format 'g': an exponent from 1e+06 up and below 1e-04, at least two digits in it. Prometheus
 * compares the values of `le` as strings, and these are what its own client writes.
 *
 * Source         R. Giulietti, "The Schubfach way to render doubles", 2020; round to odd: S. Boldo, G. Melquiond,
 *                "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd", 2008.
 */
#include "metrics/number.h"
#include "base/fixed.h"
#include "metrics/powers.h"

#include <string.h>

#define MANTISSA_BITS 52
#define EXPONENT_BIAS 1075 /* of the mantissa as a whole number: value = c * 2^(biased - 1075) */
#define DIGITS_MAX    20   /* of a 64-bit number */

/* A decimal: digits * 10^exponent. */
struct decimal {
	uint64_t digits;
	int exponent;
};

/* floor(q * log10(2)), floor(log10(3/4 * 2^q)) and floor(p * log2(10)): exact for all q and p that doubles need. */
static int floor_log10_of_power_of_2(int q)
{
	return (q * 1262611) >> 22;
}

static int floor_log10_of_three_quarters(int q)
{
	return (q * 1262611 - 524031) >> 22;
}

static int floor_log2_of_power_of_10(int p)
{
	return (p * 1741647) >> 19;
}

/* floor(power * x / 2^128), with the last bit set if anything was cut off. */
static uint64_t scale_to_odd(const uint64_t power[2], uint64_t x)
{
	ocl__u128 low = (ocl__u128)power[1] * x;
	ocl__u128 high = (ocl__u128)power[0] * x + (uint64_t)(low >> 64);

	return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

/* The shortest decimal of c * 2^q. `narrow`: the double below is nearer than the one above. */
static struct decimal shortest(uint64_t c, int q, int narrow)
{
	uint64_t out = c & 1; /* ends of the interval round to an even c, and away from an odd one */
	int k = narrow ? floor_log10_of_three_quarters(q) : floor_log10_of_power_of_2(q);
	const uint64_t *power = ocl__powers_of_ten[-k - OCL__POWER_LEAST];
	int h = q + floor_log2_of_power_of_10(-k) + 1;
	/* All four times: the ends lie half, or a quarter, of a unit of c away. */
	uint64_t middle = scale_to_odd(power, (4 * c) << h);
	uint64_t lower = scale_to_odd(power, (4 * c - 2 + (uint64_t)narrow) << h) + out;
	uint64_t upper = scale_to_odd(power, (4 * c + 2) << h) - out;
	uint64_t s = middle / 4;
	struct decimal found;

	if (s >= 10) { /* one digit less, if exactly one of the two neighbours lies inside */
		uint64_t tens = s / 10;
		int below = lower <= 40 * tens;
		int above = 40 * tens + 40 <= upper;
		if (below != above) {
			found.digits = tens + (uint64_t)above;
			found.exponent = k + 1;
			return found;
		}
	}
	int below = lower <= 4 * s;
	int above = 4 * s + 4 <= upper;
	found.exponent = k;
	if (below != above) {
		found.digits = s + (uint64_t)above;
		return found;
	}
	/* Both inside, the nearer one; halfway, the even one. */
	uint64_t halfway = 4 * s + 2;
	found.digits = s + (middle > halfway || (middle == halfway && (s & 1) != 0));
	return found;
}

static struct decimal decimal_of(uint64_t bits)
{
	uint64_t fraction = bits & ((UINT64_C(1) << MANTISSA_BITS) - 1);
	int biased = (int)(bits >> MANTISSA_BITS) & 0x7ff;
	uint64_t c = biased != 0 ? fraction | UINT64_C(1) << MANTISSA_BITS : fraction;
	int q = (biased != 0 ? biased : 1) - EXPONENT_BIAS;
	struct decimal whole;

	if (q <= 0 && q > -MANTISSA_BITS - 1 && (c & ((UINT64_C(1) << -q) - 1)) == 0) {
		whole.digits = c >> -q;
		whole.exponent = 0;
		return whole;
	}
	return shortest(c, q, fraction == 0 && biased > 1);
}

static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
			    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
			    "8081828384858687888990919293949596979899";

/* The digits of n, right-aligned in `room`; returns the first. */
static char *digits_of(char room[DIGITS_MAX], uint64_t n)
{
	char *at = room + DIGITS_MAX;

	while (n >= 100) {
		uint64_t rest = n / 100;
		at -= 2;
		memcpy(at, &pairs[2 * (n - 100 * rest)], 2);
		n = rest;
	}
	if (n < 10) {
		*--at = (char)('0' + n);
	} else {
		at -= 2;
		memcpy(at, &pairs[2 * n], 2);
	}
	return at;
}

/* d.ddde+xx */
static char *put_scientific(char *to, const char *digits, int count, int exponent)
{
	*to++ = digits[0];
	if (count > 1) {
		*to++ = '.';
		memcpy(to, digits + 1, (size_t)(count - 1));
		to += count - 1;
	}
	*to++ = 'e';
	*to++ = exponent < 0 ? '-' : '+';
	unsigned size = (unsigned)(exponent < 0 ? -exponent : exponent);
	if (size >= 100) {
		*to++ = (char)('0' + size / 100);
		size %= 100;
	}
	memcpy(to, &pairs[2 * size], 2);
	return to + 2;
}

/* ddd, ddd.ddd or 0.00ddd: `point` digits before the point. */
static char *put_plain(char *to, const char *digits, int count, int point, int as_float)
{
	if (point <= 0) {
		memcpy(to, "0.0000", 6);
		to += 2 - point;
		memcpy(to, digits, (size_t)count);
		return to + count;
	}
	if (point < count) {
		memcpy(to, digits, (size_t)point);
		to[point] = '.';
		memcpy(to + point + 1, digits + point, (size_t)(count - point));
		return to + count + 1;
	}
	memcpy(to, digits, (size_t)count);
	memset(to + count, '0', (size_t)(point - count));
	to += point;
	if (as_float) {
		memcpy(to, ".0", 2);
		to += 2;
	}
	return to;
}

static size_t put_word(char *text, const char *word, size_t length)
{
	memcpy(text, word, length);
	return length;
}

static size_t put_double(char *text, double value, int as_float)
{
	char room[DIGITS_MAX];
	char *to = text;
	uint64_t bits;

	memcpy(&bits, &value, sizeof bits);
	uint64_t size = bits << 1 >> 1; /* without the sign */
	if (size == 0)
		return as_float ? put_word(text, "0.0", 3) : put_word(text, "0", 1);
	if (size > UINT64_C(0x7ff) << MANTISSA_BITS)
		return put_word(text, "NaN", 3);
	if (size == UINT64_C(0x7ff) << MANTISSA_BITS)
		return put_word(text, bits == size ? "+Inf" : "-Inf", 4);
	struct decimal number = decimal_of(size);
	char *digits = digits_of(room, number.digits);
	int count = (int)(room + DIGITS_MAX - digits);
	int point = count + number.exponent; /* value = 0.ddd * 10^point */
	while (digits[count - 1] == '0')
		count--;
	if (bits != size)
		*to++ = '-';
	if (point - 1 < -4 || point - 1 >= 6)
		to = put_scientific(to, digits, count, point - 1);
	else
		to = put_plain(to, digits, count, point, as_float);
	return (size_t)(to - text);
}

size_t ocl__number_text(char *text, double value)
{
	return put_double(text, value, 0);
}

size_t ocl__number_float(char *text, double value)
{
	return put_double(text, value, 1);
}

size_t ocl__number_count(char *text, uint64_t count)
{
	char room[DIGITS_MAX];
	char *digits = digits_of(room, count);
	size_t length = (size_t)(room + DIGITS_MAX - digits);

	memcpy(text, digits, length);
	return length;
}
