/* SPDX-License-Identifier: MIT */
/*
 * Eight bytes as a double: its text must fit, read back to the same bits, and have no digit too many. Any eight bytes as a
 * count: they must read back, too.
 */
#include "../fuzz_input.h"
#include "metrics/number.h"
#include "metrics_test.h"

static int digits_of(const char *text)
{
	int count = 0;
	int zeros = 0;

	for (; *text != '\0' && *text != 'e'; text++) {
		if (*text < '0' || *text > '9' || (count == 0 && *text == '0'))
			continue;
		zeros = *text == '0' ? zeros + 1 : 0;
		count++;
	}
	return count - zeros;
}

static int same_bits(double a, double b)
{
	return memcmp(&a, &b, sizeof a) == 0;
}

static void check_double(char *room, double value)
{
	char text[OCL__NUMBER_MAX + 1];
	char shorter[64];
	size_t length = ocl__number_text(room, value);

	memcpy(text, room, length);
	text[length] = '\0';
	REQUIRE_OF(text, length <= 24);
	if (isnan(value)) {
		REQUIRE_OF(text, strcmp(text, "NaN") == 0);
		return;
	}
	if (value == 0) {
		REQUIRE_OF(text, strcmp(text, "0") == 0);
		return;
	}
	REQUIRE_OF(text, same_bits(strtod(text, NULL), value));
	int digits = digits_of(text);
	if (isfinite(value) && digits > 1) {
		snprintf(shorter, sizeof shorter, "%.*e", digits - 2, value);
		REQUIRE_OF(text, !same_bits(strtod(shorter, NULL), value));
	}
	length = ocl__number_float(room, value);
	memcpy(text, room, length);
	text[length] = '\0';
	REQUIRE_OF(text, same_bits(strtod(text, NULL), value) && strpbrk(text, ".eI") != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct guarded guarded;

	if (guarded.pages == NULL)
		guarded = guarded_open(OCL__NUMBER_MAX);
	char *room = guarded_end(&guarded, OCL__NUMBER_MAX);
	for (; size >= sizeof(double); data += sizeof(double), size -= sizeof(double)) {
		char text[OCL__NUMBER_MAX + 1];
		double value;
		uint64_t count;
		memcpy(&value, data, sizeof value);
		memcpy(&count, data, sizeof count);
		check_double(room, value);
		size_t length = ocl__number_count(room, count);
		memcpy(text, room, length);
		text[length] = '\0';
		REQUIRE_OF(text, length <= 20 && strtoull(text, NULL, 10) == count);
	}
	return 0;
}
