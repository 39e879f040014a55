/* SPDX-License-Identifier: MIT */
/* See random_stream.h. */
#include "base/random_stream.h"

#include "base/math.h"

void ocl__philox(uint32_t counter[4], uint32_t key_0, uint32_t key_1)
{
	for (int round = 0; round < 10; round++) {
		uint64_t a = (uint64_t)counter[0] * UINT32_C(0xd2511f53);
		uint64_t b = (uint64_t)counter[2] * UINT32_C(0xcd9e8d57);
		counter[0] = (uint32_t)(b >> 32) ^ counter[1] ^ key_0;
		counter[1] = (uint32_t)b;
		counter[2] = (uint32_t)(a >> 32) ^ counter[3] ^ key_1;
		counter[3] = (uint32_t)a;
		key_0 = (uint32_t)((uint64_t)key_0 + UINT32_C(0x9e3779b9));
		key_1 = (uint32_t)((uint64_t)key_1 + UINT32_C(0xbb67ae85));
	}
}

struct ocl__random_stream ocl__random_stream_at(uint64_t seed, uint64_t stream)
{
	return (struct ocl__random_stream){seed, stream, 0, {0, 0, 0, 0}, 0};
}

uint64_t ocl__random_next(struct ocl__random_stream *random)
{
	if (random->left == 0) {
		random->words[0] = (uint32_t)random->block;
		random->words[1] = (uint32_t)(random->block >> 32);
		random->words[2] = (uint32_t)random->stream;
		random->words[3] = (uint32_t)(random->stream >> 32);
		ocl__philox(random->words, (uint32_t)random->seed, (uint32_t)(random->seed >> 32));
		random->block++;
		random->left = 4;
	}
	random->left -= 2;
	return (uint64_t)random->words[random->left + 1] << 32 | random->words[random->left];
}

double ocl__random_uniform(struct ocl__random_stream *random)
{
	return ((double)(ocl__random_next(random) >> 11) + 0.5) * 0x1p-53;
}

/* ---- binomial numbers */

/* Few successes: add up the probabilities of 0, 1, 2, ... until they pass a uniform number. */
static double binomial_few(struct ocl__random_stream *random, double n, double p)
{
	double odds = p / (1.0 - p);
	double chance = ocl__exp(n * ocl__log1p(-p));
	double u = ocl__random_uniform(random);
	double k = 0.0;

	while (u > chance && k < n && k < 1000.0) {
		u -= chance;
		chance *= odds * ((n - k) / (k + 1.0));
		k += 1.0;
	}
	return k;
}

/* ln k! less Stirling's formula (k + 1/2) ln(k + 1) - (k + 1) + ln(2 pi) / 2. */
static double stirling_rest(double k)
{
	static const double few[] = {
		0.08106146679532726, 0.04134069595540929, 0.02767792568499834, 0.02079067210376509, 0.01664469118982119,
		0.01387612882307075, 0.01189670994589177, 0.01041126526197209, 0.00925546218271273, 0.00833056343336287,
	};
	double x = k + 1.0;

	if (k < 9.5)
		return few[(int)k];
	return (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / 1260.0 / (x * x)) / (x * x)) / x;
}

/* Many, p <= 1/2: W. Hoermann, "The generation of binomial random variates", Journal of Statistical Computation and
 * Simulation 46 (1993), algorithm BTRS: transformed rejection with a squeeze. */
static double binomial_many(struct ocl__random_stream *random, double n, double p)
{
	double spread = ocl__sqrt(n * p * (1.0 - p));
	double b = 1.15 + 2.53 * spread;
	double a = -0.0873 + 0.0248 * b + 0.01 * p;
	double centre = n * p + 0.5;
	double squeeze = 0.92 - 4.2 / b;
	double odds = p / (1.0 - p);
	double alpha = (2.83 + 5.1 / b) * spread;
	double mode = (double)(int64_t)((n + 1.0) * p);

	for (;;) {
		double u = ocl__random_uniform(random) - 0.5;
		double v = ocl__random_uniform(random);
		double edge = 0.5 - ocl__abs(u);
		double x = (2.0 * a / edge + b) * u + centre;
		if (!(x >= 0.0 && x < n + 1.0))
			continue;
		double k = (double)(int64_t)x;
		if (edge >= 0.07 && v <= squeeze)
			return k;
		double bound = (mode + 0.5) * ocl__log((mode + 1.0) / (odds * (n - mode + 1.0))) +
		               (n + 1.0) * ocl__log((n - mode + 1.0) / (n - k + 1.0)) +
		               (k + 0.5) * ocl__log(odds * (n - k + 1.0) / (k + 1.0)) + stirling_rest(mode) +
		               stirling_rest(n - mode) - stirling_rest(k) - stirling_rest(n - k);
		if (ocl__log(v * alpha / (a / (edge * edge) + b)) <= bound)
			return k;
	}
}

double ocl__random_binomial(struct ocl__random_stream *random, double n, double p)
{
	if (!(p > 0.0) || !(n > 0.0))
		return 0.0;
	if (p >= 1.0)
		return n;
	if (p > 0.5)
		return n - ocl__random_binomial(random, n, 1.0 - p);
	return n * p < 10.0 ? binomial_few(random, n, p) : binomial_many(random, n, p);
}
