/* SPDX-License-Identifier: MIT */
/*
 * Goal: no text makes the reader read past it or accept settings that a bucket would not; what is written reads back, and
 * is no longer than any text that says the same; a list is its limits.
 * Method: the bytes are a text, alone and as a list; and, from an odd first byte on, settings to be written.
 */
#include "../fuzz_input.h"
#include "openclaw/settings.h"

/* The text of settings that a bucket takes reads back; its length. */
static size_t check_round_trip(const struct ocl_bucket_options *options)
{
	struct ocl_bucket_options back;
	char text[OCL_SETTINGS_SIZE_MAX];
	size_t length = 0;

	REQUIRE(ocl_bucket_options_format(options, text, sizeof text, &length) == OCL_OK);
	REQUIRE(length == strlen(text) && length > 0);
	REQUIRE(ocl_bucket_options_parse(text, length, &back, NULL) == OCL_OK);
	REQUIRE(back.capacity_tokens == options->capacity_tokens && back.refill_tokens == options->refill_tokens);
	REQUIRE(back.refill_period_ns == options->refill_period_ns && back.flags == options->flags);
	return length;
}

static void check_error(int status, const struct ocl_text_error *error, size_t size)
{
	REQUIRE(status == OCL_EINVAL || status == OCL_ERANGE);
	REQUIRE(error->offset <= size && strncmp(error->expected, "expected ", 9) == 0);
}

static void check_text(const char *text, size_t size)
{
	struct ocl_bucket_options options, same, next;
	struct ocl_text_error error = {0, NULL}, again = {0, NULL};
	struct ocl_bucket bucket;
	size_t at = 0, last = 0;
	int status;

	memset(&options, 0x5a, sizeof options);
	same = options;
	int alone = ocl_bucket_options_parse(text, size, &options, &error);
	if (alone == OCL_OK) {
		REQUIRE(ocl_bucket_init(&bucket, &options) == OCL_OK);
		REQUIRE(check_round_trip(&options) <= size);
		REQUIRE(memchr(text, ',', size) == NULL);
	} else {
		check_error(alone, &error, size);
		REQUIRE(memcmp(&options, &same, sizeof same) == 0);
	}
	for (; (status = ocl_bucket_options_parse_next(text, size, &at, &next, &again)) == OCL_OK; last = at) {
		REQUIRE(at > last && at <= size && (at == size || text[at] == ','));
		/* A limit of a list is what it is alone. */
		size_t first = last + (last > 0);
		REQUIRE(ocl_bucket_options_parse(text + first, at - first, &options, NULL) == OCL_OK);
		REQUIRE(memcmp(&options, &next, sizeof next) == 0);
		REQUIRE(alone != OCL_OK || at == size);
	}
	if (status != OCL_DENIED)
		check_error(status, &again, size);
	REQUIRE((status == OCL_DENIED) >= (alone == OCL_OK));
	REQUIRE(alone == OCL_OK || status == OCL_DENIED || error.offset <= again.offset);
}

static void check_numbers(const uint8_t *data, size_t size)
{
	uint64_t numbers[3] = {0, 0, 0};

	memcpy(numbers, data, size < sizeof numbers ? size : sizeof numbers);
	struct ocl_bucket_options options =
		OCL_BUCKET_OPTIONS(numbers[0] % (UINT64_C(1) << 58) + 1, 0, numbers[2] % (UINT64_C(1) << 55) + 1);
	options.refill_tokens = numbers[1] % (16 * options.refill_period_ns + 1);
	options.flags = (uint32_t)(numbers[0] >> 63);
	check_round_trip(&options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = (char *)copy_of(data, size);

	check_text(text, size);
	free(text);
	if (size > 0 && data[0] % 2 == 1)
		check_numbers(data + 1, size - 1);
	return 0;
}
