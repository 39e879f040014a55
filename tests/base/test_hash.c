/* SPDX-License-Identifier: MIT */
/*
 * Goal: the hash is SipHash, byte for byte, whatever the length.
 * Method: the test vector of the SipHash paper and values of its reference implementation (2 and 4 rounds) for the shared
 * code; a plain restatement from the paper, byte by byte, for 1 and 3 rounds. oracle_hash.py compares with another in
 * Python.
 */
#include "../check_run.h"
#include "../seed.h"
#include "base/hash.h"
#include "base/random.h"
#include "openclaw/status.h"

/* The reference's vectors: key 00 01 .. 0f, message 00 01 .. of 1, 8, 15, 16 and 63 bytes; 15 is the paper's. */
static const struct {
	size_t size;
	uint64_t hash;
} vectors[] = {
	{1, UINT64_C(0x74f839c593dc67fd)},
	{8, UINT64_C(0x93f5f5799a932462)},
	{15, UINT64_C(0xa129ca6149be45e5)},
	{63, UINT64_C(0x958a324ceb064572)},
};

static const uint64_t seed[2] = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};

START_TEST(hash_sip_2_4_is_the_papers)
{
	unsigned char message[64];

	for (unsigned i = 0; i < sizeof message; i++)
		message[i] = (unsigned char)i;
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		size_t size = vectors[i].size - 1; /* the last byte is given apart */
		ck_assert_uint_eq(ocl__sip_hash(seed, message, size, message[size], 2, 4), vectors[i].hash);
	}
}
END_TEST

static uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

/* SipHash-1-3 as the paper says it, with a list of bytes. */
static uint64_t plain(const uint64_t key[2], const unsigned char *bytes, size_t size)
{
	uint64_t v[4] = {key[0] ^ UINT64_C(0x736f6d6570736575), key[1] ^ UINT64_C(0x646f72616e646f6d),
	                 key[0] ^ UINT64_C(0x6c7967656e657261), key[1] ^ UINT64_C(0x7465646279746573)};
	size_t blocks = size / 8 + 1;

	for (size_t block = 0; block < blocks + 3; block++) {
		uint64_t word = block == blocks - 1 ? (uint64_t)(size % 256) << 56 : 0;
		for (size_t i = 0; i < 8 && block * 8 + i < size; i++)
			word |= (uint64_t)bytes[block * 8 + i] << (8 * i);
		if (block == blocks)
			v[2] ^= 0xff;
		v[3] ^= word;
		v[0] += v[1], v[1] = rotate(v[1], 13), v[1] ^= v[0], v[0] = rotate(v[0], 32);
		v[2] += v[3], v[3] = rotate(v[3], 16), v[3] ^= v[2];
		v[0] += v[3], v[3] = rotate(v[3], 21), v[3] ^= v[0];
		v[2] += v[1], v[1] = rotate(v[1], 17), v[1] ^= v[2], v[2] = rotate(v[2], 32);
		v[0] ^= word;
	}
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

START_TEST(hash_any_length_is_sip_1_3)
{
	struct seed random = seed_start("hash");
	unsigned char message[600];
	uint64_t key[2];

	for (size_t size = 0; size + 1 < sizeof message; size++) {
		for (size_t i = 0; i < sizeof message; i++)
			message[i] = (unsigned char)seed_next(&random);
		key[0] = seed_next(&random);
		key[1] = seed_next(&random);
		ck_assert_uint_eq(ocl__hash(key, message, size, message[size]), plain(key, message, size + 1));
	}
	ck_assert_uint_eq(ocl__hash(key, NULL, 0, 7), plain(key, (const unsigned char *)"\7", 1));
}
END_TEST

START_TEST(random_seeds_differ)
{
	uint64_t a[2] = {0, 0}, b[2] = {0, 0};

	ck_assert_int_eq(ocl__random_seed(a), OCL_OK);
	ck_assert_int_eq(ocl__random_seed(b), OCL_OK);
	ck_assert(a[0] != b[0] && a[1] != b[1] && a[0] != 0 && a[1] != 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hash");
	TCase *tests = tcase_create("hash");

	tcase_add_test(tests, hash_sip_2_4_is_the_papers);
	tcase_add_test(tests, hash_any_length_is_sip_1_3);
	tcase_add_test(tests, random_seeds_differ);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
