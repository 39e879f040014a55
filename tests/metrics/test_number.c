/* SPDX-License-Identifier: MIT */
/*
 * Goal: every double prints as the shortest decimal that reads back to the same bits, laid out as Go does.
 * Method: known layouts; against the C library on ends of intervals, all exponents, and random bits: strtod must give the
 * bits back, no "%.*e" with fewer digits may, and one with as many that does must have the same digits.
 */
#include "../check_run.h"
#include "metrics/number.h"
#include "metrics_test.h"

#include <float.h>
#include <math.h>

static double of_bits(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof value);
	return value;
}

static uint64_t bits_of(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof bits);
	return bits;
}

static const char *text_of(double value)
{
	static char text[OCL__NUMBER_MAX + 1];

	text[ocl__number_text(text, value)] = '\0';
	return text;
}

static const char *float_of(double value)
{
	static char text[OCL__NUMBER_MAX + 1];

	text[ocl__number_float(text, value)] = '\0';
	return text;
}

START_TEST(number_text_known_values_have_gos_layout)
{
	static const struct {
		double value;
		const char *text;
		const char *as_float;
	} cases[] = {
		{0.0, "0", "0.0"},
		{-0.0, "0", "0.0"},
		{1, "1", "1.0"},
		{-1, "-1", "-1.0"},
		{10, "10", "10.0"},
		{42, "42", "42.0"},
		{100000, "100000", "100000.0"},
		{999999, "999999", "999999.0"},
		{1000000, "1e+06", "1e+06"},
		{1234567, "1.234567e+06", "1.234567e+06"},
		{1e15, "1e+15", "1e+15"},
		{9007199254740991.0, "9.007199254740991e+15", "9.007199254740991e+15"},
		{9007199254740992.0, "9.007199254740992e+15", "9.007199254740992e+15"},
		{9007199254740994.0, "9.007199254740994e+15", "9.007199254740994e+15"},
		{18446744073709551616.0, "1.8446744073709552e+19", "1.8446744073709552e+19"},
		{1e22, "1e+22", "1e+22"},
		{1e23, "1e+23", "1e+23"},
		{1e100, "1e+100", "1e+100"},
		{0.1, "0.1", "0.1"},
		{0.35, "0.35", "0.35"},
		{0.3, "0.3", "0.3"},
		{0.1 + 0.2, "0.30000000000000004", "0.30000000000000004"},
		{12.5, "12.5", "12.5"},
		{-12.5, "-12.5", "-12.5"},
		{172.8, "172.8", "172.8"},
		{123456.789, "123456.789", "123456.789"},
		{1756047.3, "1.7560473e+06", "1.7560473e+06"},
		{0.001, "0.001", "0.001"},
		{0.0001, "0.0001", "0.0001"},
		{0.00012345, "0.00012345", "0.00012345"},
		{0.00001, "1e-05", "1e-05"},
		{0.000012345, "1.2345e-05", "1.2345e-05"},
		{1e-10, "1e-10", "1e-10"},
		{1e-100, "1e-100", "1e-100"},
		{2.0 / 3, "0.6666666666666666", "0.6666666666666666"},
		{5e-324, "5e-324", "5e-324"},
		{DBL_MIN, "2.2250738585072014e-308", "2.2250738585072014e-308"},
		{-DBL_MIN, "-2.2250738585072014e-308", "-2.2250738585072014e-308"},
		{DBL_MAX, "1.7976931348623157e+308", "1.7976931348623157e+308"},
		{INFINITY, "+Inf", "+Inf"},
		{-INFINITY, "-Inf", "-Inf"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		ck_assert_str_eq(text_of(cases[i].value), cases[i].text);
		ck_assert_str_eq(float_of(cases[i].value), cases[i].as_float);
	}
	ck_assert_str_eq(text_of(NAN), "NaN");
	ck_assert_str_eq(text_of(-NAN), "NaN");
	ck_assert_str_eq(float_of(NAN), "NaN");
}
END_TEST

START_TEST(number_count_any_is_decimal)
{
	static const struct {
		uint64_t count;
		const char *text;
	} cases[] = {{0, "0"},
	             {9, "9"},
	             {10, "10"},
	             {99, "99"},
	             {100, "100"},
	             {12345678, "12345678"},
	             {UINT64_C(9007199254740993), "9007199254740993"},
	             {UINT64_MAX, "18446744073709551615"}};
	char text[OCL__NUMBER_MAX + 1];

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		text[ocl__number_count(text, cases[i].count)] = '\0';
		ck_assert_str_eq(text, cases[i].text);
	}
}
END_TEST

/* The digits of a text without sign, point, exponent and the zeros at either end. */
static size_t digits_of(char *digits, const char *text)
{
	size_t count = 0;

	for (; *text != '\0' && *text != 'e'; text++)
		if (*text >= '0' && *text <= '9' && (count > 0 || *text != '0'))
			digits[count++] = *text;
	while (count > 0 && digits[count - 1] == '0')
		count--;
	digits[count] = '\0';
	return count;
}

/* The layout that Go's format 'g' gives these digits. */
static void check_layout(double value, const char *text, size_t digits)
{
	double size = fabs(value);
	int plain = size >= 1e-4 && size < 1e6;

	ck_assert_msg((strchr(text, 'e') == NULL) == plain, "%s", text);
	if (plain)
		return;
	const char *exponent = strchr(text, 'e') + 1;
	ck_assert_msg(*exponent == '+' || *exponent == '-', "%s", text);
	ck_assert_msg(strlen(exponent) >= 3, "%s", text);
	ck_assert_msg(exponent - 1 - text == (value < 0) + (digits == 1 ? 1 : (long)digits + 1), "%s", text);
}

static void check_double(double value)
{
	char text[OCL__NUMBER_MAX + 1];
	char digits[OCL__NUMBER_MAX + 1];
	char other[64];
	char other_digits[64];
	size_t length = ocl__number_text(text, value);

	ck_assert_uint_le(length, OCL__NUMBER_MAX);
	text[length] = '\0';
	ck_assert_msg(bits_of(strtod(text, NULL)) == bits_of(value), "%016llx: %s", (unsigned long long)bits_of(value),
	              text);
	size_t count = digits_of(digits, text);
	ck_assert_uint_ge(count, 1);
	if (count > 1) {
		snprintf(other, sizeof other, "%.*e", (int)count - 2, value);
		ck_assert_msg(bits_of(strtod(other, NULL)) != bits_of(value), "%s is longer than %s", text, other);
	}
	snprintf(other, sizeof other, "%.*e", (int)count - 1, value);
	if (bits_of(strtod(other, NULL)) == bits_of(value)) {
		digits_of(other_digits, other);
		ck_assert_msg(strcmp(digits, other_digits) == 0, "%s is not the nearest: %s", text, other);
	}
	check_layout(value, text, count);
}

static void check_around(uint64_t bits)
{
	for (int step = -2; step <= 2; step++) {
		uint64_t near = bits + (uint64_t)(int64_t)step;
		if (near >> 52 < 0x7ff && near != 0)
			check_double(of_bits(near));
	}
}

START_TEST(number_text_every_exponent_reads_back)
{
	struct seed random = seed_start("number_text_every_exponent_reads_back");

	for (uint64_t exponent = 0; exponent < 0x7ff; exponent++) {
		check_around(exponent << 52);
		for (int i = 0; i < 8; i++)
			check_double(of_bits(exponent << 52 | seed_next(&random) >> 12));
	}
}
END_TEST

START_TEST(number_text_powers_of_ten_read_back)
{
	char text[32];

	for (int exponent = -323; exponent <= 308; exponent++)
		for (int digit = 1; digit <= 9; digit++) {
			snprintf(text, sizeof text, "%de%d", digit, exponent);
			double value = strtod(text, NULL);
			if (isfinite(value) && value > 0)
				check_around(bits_of(value));
		}
}
END_TEST

START_TEST(number_text_random_bits_read_back)
{
	struct seed random = seed_start("number_text_random_bits_read_back");

	for (long i = seed_rounds(100000); i > 0; i--) {
		double value = of_bits(seed_next(&random));
		if (isfinite(value) && value != 0)
			check_double(value);
	}
}
END_TEST

/* What metrics hold: whole numbers, cents, thousandths, shares. */
START_TEST(number_text_short_decimals_come_back_as_written)
{
	struct seed random = seed_start("number_text_short_decimals_come_back_as_written");

	for (long i = seed_rounds(100000); i > 0; i--) {
		uint64_t whole = seed_next(&random) >> (1 + seed_below(&random, 60));
		double scale = (double)(uint64_t[]){1, 10, 100, 1000, 1000000}[seed_below(&random, 5)];
		double value = (double)(whole >> 11) / scale;
		if (value > 0)
			check_double(value);
	}
}
END_TEST

START_TEST(number_text_guarded_memory_is_not_overrun)
{
	struct guarded guarded = guarded_open(OCL__NUMBER_MAX);
	struct seed random = seed_start("number_text_guarded_memory_is_not_overrun");
	char *text = guarded_end(&guarded, OCL__NUMBER_MAX);

	for (long i = seed_rounds(100000); i > 0; i--) {
		ck_assert_uint_le(ocl__number_text(text, of_bits(seed_next(&random))), 24);
		ck_assert_uint_le(ocl__number_float(text, of_bits(seed_next(&random))), 24);
		ck_assert_uint_le(ocl__number_count(text, seed_next(&random)), 20);
	}
	guarded_close(&guarded);
}
END_TEST

START_TEST(number_text_vectors_agree_with_go)
{
	FILE *file = vectors_open("float_format.tsv");
	char line[256];
	int lines = 0;

	if (file == NULL)
		return;
	while (fgets(line, sizeof line, file) != NULL) {
		char text[64];
		char openmetrics[64];
		char bits[64];
		if (line[0] == '#' || sscanf(line, "%63s %63s %63s", bits, text, openmetrics) != 3)
			continue;
		double value = of_bits(strtoull(bits, NULL, 16));
		ck_assert_str_eq(text_of(value), text);
		ck_assert_str_eq(float_of(value), openmetrics);
		lines++;
	}
	fclose(file);
	printf("float_format.tsv: %d numbers\n", lines);
	ck_assert_int_gt(lines, 1000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("number");
	TCase *tests = tcase_create("number");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, number_text_known_values_have_gos_layout);
	tcase_add_test(tests, number_count_any_is_decimal);
	tcase_add_test(tests, number_text_every_exponent_reads_back);
	tcase_add_test(tests, number_text_powers_of_ten_read_back);
	tcase_add_test(tests, number_text_random_bits_read_back);
	tcase_add_test(tests, number_text_short_decimals_come_back_as_written);
	tcase_add_test(tests, number_text_guarded_memory_is_not_overrun);
	tcase_add_test(tests, number_text_vectors_agree_with_go);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
