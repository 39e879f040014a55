/* SPDX-License-Identifier: MIT */
/*
 * Goal: a limit is read as it is written, or refused at the byte that is wrong; what is written reads back, and nothing
 * shorter does.
 * Method: tables of texts; every short text over an alphabet, of which all that are limits must have a form that is no
 * longer and reads back; random settings of all sizes; memory that ends where the text does.
 */
#include "../check_run.h"
#include "../seed.h"
#include "openclaw/settings.h"

#include <string.h>

#define S OCL_SECOND_NS

static const struct ocl_bucket_options before = {7, 7, 7, 7, 7, 7, 7, 7, {7, 7}};

/* Parse a copy that ends where its memory ends. */
static int parse(const char *text, size_t size, struct ocl_bucket_options *options, struct ocl_text_error *error)
{
	char *copy = (char *)malloc(size > 0 ? size : 1);

	memcpy(copy, text, size);
	*options = before;
	int status = ocl_bucket_options_parse(copy, size, options, error);
	free(copy);
	return status;
}

static const char *format(const struct ocl_bucket_options *options)
{
	static char text[OCL_SETTINGS_SIZE_MAX];
	size_t length = 0;

	ck_assert_int_eq(ocl_bucket_options_format(options, text, sizeof text, &length), OCL_OK);
	ck_assert_uint_eq(length, strlen(text));
	return text;
}

static int same(const struct ocl_bucket_options *a, const struct ocl_bucket_options *b)
{
	return a->capacity_tokens == b->capacity_tokens && a->refill_tokens == b->refill_tokens &&
	       a->refill_period_ns == b->refill_period_ns && a->flags == b->flags;
}

/* What is written reads back; returns its length. */
static size_t check_round_trip(const struct ocl_bucket_options *options)
{
	struct ocl_bucket_options back;
	struct ocl_text_error error = {0, ""};
	const char *text = format(options);

	if (parse(text, strlen(text), &back, &error) != OCL_OK || !same(options, &back))
		ck_abort_msg("%llu of %llu/%lluns, flags %u, is written %s",
		             (unsigned long long)options->capacity_tokens, (unsigned long long)options->refill_tokens,
		             (unsigned long long)options->refill_period_ns, options->flags, text);
	return strlen(text);
}

START_TEST(settings_parse_of_each_form_is_read)
{
	static const struct {
		const char *text;
		uint64_t capacity, refill, period_ns;
		uint32_t flags;
		const char *shortest; /* NULL: the text itself */
	} cases[] = {
		{"100/s", 100, 100, S, 0, NULL},
		{"100/s burst 200", 200, 100, S, 0, NULL},
		{"5000/day", 5000, 5000, OCL_DAY_NS, 0, "5k/d"},
		{"5000 per day", 5000, 5000, OCL_DAY_NS, 0, "5k/d"},
		{"1/3s", 1, 1, 3 * S, 0, NULL},
		{"10/100ms", 10, 10, S / 10, 0, NULL},
		{"2.5/s", 3, 5, 2 * S, 0, NULL},
		{"5/2s", 5, 5, 2 * S, 0, NULL},
		{"10/4s", 10, 10, 4 * S, 0, NULL},
		{"0.3/s burst 9", 9, 3, 10 * S, 0, "3/10s burst 9"},
		{"0.5/s", 1, 1, 2 * S, 0, "1/2s"},
		{"2.50/s", 3, 5, 2 * S, 0, "2.5/s"},
		{"2.0/s", 2, 2, S, 0, "2/s"},
		{"0.000000001/ns", 1, 1, S, 0, "1/s"},
		{"1_000_000/h", 1000000, 1000000, OCL_HOUR_NS, 0, "1M/h"},
		{"1k/s", 1000, 1000, S, 0, NULL},
		{"1K/s", 1000, 1000, S, 0, "1k/s"},
		{"10M/min burst 50M", 50000000, 10000000, OCL_MINUTE_NS, 0, NULL},
		{"1.5G/min", 1500000000, 1500000000, OCL_MINUTE_NS, 0, NULL},
		{"0.001k/s", 1, 1, S, 0, "1/s"},
		{"2T/h", UINT64_C(2000000000000), UINT64_C(2000000000000), OCL_HOUR_NS, 0, NULL},
		{"64Ki/s burst 1Mi", 1 << 20, 1 << 16, S, 0, NULL},
		{"1ki/s", 1024, 1024, S, 0, "1Ki/s"},
		{"1KI/s burst 1", 0, 0, 0, 99, NULL}, /* only k has two forms */
		{"1.5Gi/s burst 1Ti", UINT64_C(1) << 40, UINT64_C(1) << 29 | UINT64_C(1) << 30, S, 0, NULL},
		{"0.1Ki/s", 103, 512, 5 * S, 0, "102.4/s"},
		{" \t100 \t/ \t3 \tseconds \tburst \t7 ", 7, 100, 3 * S, 0, "100/3s burst 7"},
		{"100PER3MIN BURST 7", 7, 0, 0, 99, NULL}, /* letters that follow a number belong to it */
		{"100 PER3MIN BURST 7", 7, 100, 3 * OCL_MINUTE_NS, 0, "100/3min burst 7"},
		{"007/s", 7, 7, S, 0, "7/s"},
		{"burst 10", 10, 0, S, 0, NULL},
		{"0/s burst 10", 10, 0, S, 0, "burst 10"},
		{"0/min burst 10", 10, 0, OCL_MINUTE_NS, 0, NULL},
		{"unlimited", 1, 1, S, 1, NULL},
		{"UnLimited", 1, 1, S, 1, "unlimited"},
		{"1/s unlimited", 1, 1, S, 1, "unlimited"},
		{"100/s unlimited", 100, 100, S, 1, NULL},
		{"100/s burst 1 unlimited", 1, 100, S, 1, NULL},
		{"burst 3 unlimited", 3, 0, S, 1, NULL},
		{"1/1000ms", 1, 1, S, 0, "1/s"},
		{"1/1ns", 1, 1, 1, 0, "1/ns"},
		{"16/ns", 16, 16, 1, 0, NULL},
		{"288230376151711744/36028797018963968ns", UINT64_C(1) << 58, UINT64_C(1) << 58, UINT64_C(1) << 55, 0,
	         "262144Ti/36028797018963968ns"},
		{"576460752303423488/36028797018963968ns burst 262144Ti", UINT64_C(1) << 58, UINT64_C(1) << 59,
	         UINT64_C(1) << 55, 0, "524288Ti/36028797018963968ns burst 262144Ti"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct ocl_bucket_options options,
			wanted = OCL_BUCKET_OPTIONS(cases[i].capacity, cases[i].refill, cases[i].period_ns);
		struct ocl_bucket bucket;
		struct ocl_text_error error = {99, "untouched"};
		wanted.flags = cases[i].flags;
		int status = parse(cases[i].text, strlen(cases[i].text), &options, &error);
		if (wanted.flags == 99) {
			ck_assert_int_eq(status, OCL_EINVAL);
			continue;
		}
		ck_assert_msg(status == OCL_OK, "%s: %s at %zu", cases[i].text, error.expected, error.offset);
		ck_assert_msg(memcmp(&options, &wanted, sizeof wanted) == 0, "%s", cases[i].text);
		ck_assert_uint_eq(error.offset, 99);
		ck_assert_int_eq(ocl_bucket_init(&bucket, &options), OCL_OK);
		ck_assert_str_eq(format(&options), cases[i].shortest != NULL ? cases[i].shortest : cases[i].text);
	}
}
END_TEST

START_TEST(settings_parse_of_each_unit_is_read)
{
	static const struct {
		const char *names[4];
		uint64_t ns;
	} cases[] = {
		{{"ns", "nanosecond", "nanoseconds", "NS"}, 1},
		{{"us", "microsecond", "microseconds", "Us"}, 1000},
		{{"ms", "millisecond", "milliseconds", "MS"}, 1000000},
		{{"s", "sec", "second", "seconds"}, S},
		{{"min", "minute", "minutes", "Min"}, 60 * S},
		{{"h", "hour", "hours", "H"}, 3600 * S},
		{{"d", "day", "days", "DAYS"}, 86400 * S},
		{{"w", "week", "weeks", "W"}, 604800 * S},
	};
	static const char *const wrong[] = {"m",    "mo",  "month", "year",    "y",  "secs", "mins", "hs",
	                                    "ds",   "ws",  "nss",   "secon",   "mi", "x",    "ss",   "secondss",
	                                    "daY1", "n s", "m s",   "minutE_", "hz", "day.", "d-",   "\xc2\xb5s"};
	struct ocl_bucket_options options;
	char text[64];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (size_t j = 0; j < 4; j++) {
			snprintf(text, sizeof text, "3 per 2 %s", cases[i].names[j]);
			ck_assert_int_eq(parse(text, strlen(text), &options, NULL), OCL_OK);
			ck_assert_uint_eq(options.refill_period_ns, 2 * cases[i].ns);
			snprintf(text, sizeof text, "3/%s", cases[i].names[j]);
			ck_assert_int_eq(parse(text, strlen(text), &options, NULL), OCL_OK);
			ck_assert_uint_eq(options.refill_period_ns, cases[i].ns);
		}
	}
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct ocl_text_error error;
		snprintf(text, sizeof text, "3/%s", wrong[i]);
		ck_assert_msg(parse(text, strlen(text), &options, &error) == OCL_EINVAL, "%s", text);
		ck_assert_uint_ge(error.offset, 2);
	}
}
END_TEST

START_TEST(settings_parse_of_what_is_no_limit_says_where_and_what)
{
	static const struct {
		const char *text;
		size_t offset;
		int status;
		const char *expected; /* how it begins behind "expected " */
	} cases[] = {
		{"", 0, OCL_EINVAL, "a number, 'burst'"},
		{"   ", 3, OCL_EINVAL, "a number"},
		{"-1/s", 0, OCL_EINVAL, "a number"},
		{"+1/s", 0, OCL_EINVAL, "a number"},
		{".5/s", 0, OCL_EINVAL, "a number"},
		{"_1/s", 0, OCL_EINVAL, "a number"},
		{"/s", 0, OCL_EINVAL, "a number"},
		{"x", 0, OCL_EINVAL, "a number"},
		{"\xef\xbc\x91/s", 0, OCL_EINVAL, "a number"},
		{"bursts 10", 0, OCL_EINVAL, "a number"},
		{"100", 3, OCL_EINVAL, "'/' or 'per'"},
		{"100 ", 4, OCL_EINVAL, "'/' or 'per'"},
		{"100s", 3, OCL_EINVAL, "one of k M"},
		{"100 s", 4, OCL_EINVAL, "'/' or 'per'"},
		{"1 000/s", 2, OCL_EINVAL, "'/' or 'per'"},
		{"1,000/s", 1, OCL_EINVAL, "'/' or 'per'"},
		{"100 persec", 4, OCL_EINVAL, "'/' or 'per'"},
		{"1e3/s", 1, OCL_EINVAL, "one of k M"},
		{"1m/s", 1, OCL_EINVAL, "one of k M"},
		{"1g/s", 1, OCL_EINVAL, "one of k M"},
		{"1mi/s", 1, OCL_EINVAL, "one of k M"},
		{"1Kib/s", 1, OCL_EINVAL, "one of k M"},
		{"1_/s", 2, OCL_EINVAL, "a digit behind '_'"},
		{"1__0/s", 2, OCL_EINVAL, "a digit behind '_'"},
		{"1_.5/s", 2, OCL_EINVAL, "a digit behind '_'"},
		{"1._5/s", 2, OCL_EINVAL, "a digit behind the point"},
		{"1./s", 2, OCL_EINVAL, "a digit behind the point"},
		{"1.5.2/s", 3, OCL_EINVAL, "'/' or 'per'"},
		{"1.0123456789/s", 1, OCL_ERANGE, "at most nine digits"},
		{"0x10/s", 1, OCL_EINVAL, "one of k M"},
		{"100/", 4, OCL_EINVAL, "a unit"},
		{"100/ ", 5, OCL_EINVAL, "a unit"},
		{"100/3", 5, OCL_EINVAL, "a unit"},
		{"100/3.5s", 5, OCL_EINVAL, "a unit"},
		{"100/3ks", 5, OCL_EINVAL, "a unit"},
		{"100/-3s", 4, OCL_EINVAL, "a unit"},
		{"100/month", 4, OCL_EINVAL, "a unit"},
		{"100/sburst 3", 4, OCL_EINVAL, "a unit"},
		{"100//s", 4, OCL_EINVAL, "a unit"},
		{"100 per per s", 8, OCL_EINVAL, "a unit"},
		{"100/s x", 6, OCL_EINVAL, "the end"},
		{"100/s,", 5, OCL_EINVAL, "the end"},
		{"100/s 5", 6, OCL_EINVAL, "the end"},
		{"100/s\n", 5, OCL_EINVAL, "the end"},
		{"100/s burst", 11, OCL_EINVAL, "a space"},
		{"100/s burst5", 11, OCL_EINVAL, "a space"},
		{"100/s burst=5", 11, OCL_EINVAL, "a space"},
		{"100/s burst ", 12, OCL_EINVAL, "a number of tokens"},
		{"100/s burst -5", 12, OCL_EINVAL, "a number of tokens"},
		{"100/s burst 5/s", 13, OCL_EINVAL, "the end"},
		{"100/s burst 5 burst 5", 14, OCL_EINVAL, "the end"},
		{"100/s burst 1.5", 12, OCL_EINVAL, "a whole number"},
		{"burst 10 at 5/s", 9, OCL_EINVAL, "the end"},
		{"unlimited unlimited", 10, OCL_EINVAL, "the end"},
		{"unlimited/s", 9, OCL_EINVAL, "the end"},
		{"0/s", 0, OCL_ERANGE, "more than 0"},
		{" 0.0/s", 1, OCL_ERANGE, "more than 0"},
		{"1/0s", 2, OCL_ERANGE, "a period"},
		{"5/s burst 0", 10, OCL_ERANGE, "a burst"},
		{"burst 0", 6, OCL_ERANGE, "a burst"},
		{"burst 288230376151711745", 6, OCL_ERANGE, "a burst"},
		{"1/36028797018963969ns", 2, OCL_ERANGE, "a period"},
		{"1/60w", 2, OCL_ERANGE, "a period"},
		{"0.01/w", 5, OCL_ERANGE, "a period"},
		{"1/18446744073709551615w", 2, OCL_ERANGE, "a period"},
		{"1/18446744073709551616ns", 2, OCL_ERANGE, "a number below"},
		{"18446744073709551616/s", 0, OCL_ERANGE, "a number below"},
		{"99999999999999999999/s", 0, OCL_ERANGE, "a number below"},
		{"18446744073709551615T/s", 0, OCL_ERANGE, "a number below"},
		{"18446744.073709551616/s", 9, OCL_ERANGE, "a number below"},
		{"17/ns", 0, OCL_ERANGE, "at most 16"},
		{"18446744073709551615/s", 0, OCL_ERANGE, "at most 16"},
		{"288230376151711745/36028797018963968ns", 0, OCL_ERANGE, "at most 2^58"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct ocl_bucket_options options;
		struct ocl_text_error error = {99, ""};
		int status = parse(cases[i].text, strlen(cases[i].text), &options, &error);
		ck_assert_msg(status == cases[i].status && error.offset == cases[i].offset &&
		                      strncmp(error.expected, "expected ", 9) == 0 &&
		                      strncmp(error.expected + 9, cases[i].expected, strlen(cases[i].expected)) == 0,
		              "'%s': %s, %s at %zu", cases[i].text, ocl_status_name(status), error.expected,
		              error.offset);
		ck_assert(memcmp(&options, &before, sizeof before) == 0);
		ck_assert_int_eq(parse(cases[i].text, strlen(cases[i].text), &options, NULL), cases[i].status);
	}
}
END_TEST

/* A byte that no limit has, put anywhere into one that is good, is where the error is. */
START_TEST(settings_parse_of_a_stray_byte_points_at_it)
{
	static const char good[] = " 1_0.5k / 2 min burst 3M unlimited ";
	char text[sizeof good + 1];
	struct ocl_bucket_options options;
	struct ocl_text_error error;

	ck_assert_int_eq(parse(good, sizeof good - 1, &options, NULL), OCL_OK);
	for (int byte = 0; byte < 256; byte++) {
		if (byte == '\t' || (byte >= 0x20 && byte <= 0x7e && byte != '%'))
			continue;
		for (size_t at = 0; at < sizeof good; at++) {
			memcpy(text, good, at);
			text[at] = (char)byte;
			memcpy(text + at + 1, good + at, sizeof good - 1 - at);
			ck_assert_int_eq(parse(text, sizeof good, &options, &error), OCL_EINVAL);
			/* or at the start of the word that it cuts in two */
			ck_assert_uint_le(error.offset, at);
			for (size_t i = error.offset; i < at; i++)
				ck_assert_msg((text[i] | 32) >= 'a' && (text[i] | 32) <= 'z', "%d at %zu: %zu", byte,
				              at, error.offset);
		}
	}
}
END_TEST

START_TEST(settings_parse_next_walks_a_list)
{
	static const char list[] = " 10/s, 1000/day ,burst 3,unlimited";
	static const char *const shortest[] = {"10/s", "1k/d", "burst 3", "unlimited"};
	struct ocl_bucket_options options;
	struct ocl_text_error error = {99, "untouched"};
	size_t at = 0, count = 0;
	int status;

	while ((status = ocl_bucket_options_parse_next(list, sizeof list - 1, &at, &options, &error)) == OCL_OK) {
		ck_assert_uint_lt(count, 4);
		ck_assert_str_eq(format(&options), shortest[count++]);
	}
	ck_assert_int_eq(status, OCL_DENIED);
	ck_assert_uint_eq(count, 4);
	ck_assert_uint_eq(at, sizeof list - 1);
	ck_assert_uint_eq(error.offset, 99);
}
END_TEST

START_TEST(settings_parse_next_of_a_bad_list_says_where)
{
	static const struct {
		const char *text;
		size_t good, offset;
	} cases[] = {{"", 0, 0},      {",", 0, 0},       {"1/s,", 1, 4},         {"1/s,,2/s", 1, 4},
	             {",1/s", 0, 0},  {"1/s;2/s", 0, 3}, {"1/s, 2/s 3/s", 1, 9}, {"1/s,2/x", 1, 6},
	             {"1/s, ", 1, 5}, {"1/s 2/s", 0, 4}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct ocl_bucket_options options = before;
		struct ocl_text_error error = {99, ""};
		size_t at = 0, size = strlen(cases[i].text), last;
		for (size_t count = 0; count < cases[i].good; count++)
			ck_assert_int_eq(ocl_bucket_options_parse_next(cases[i].text, size, &at, &options, &error),
			                 OCL_OK);
		last = at;
		options = before;
		ck_assert_int_eq(ocl_bucket_options_parse_next(cases[i].text, size, &at, &options, &error), OCL_EINVAL);
		ck_assert_msg(error.offset == cases[i].offset, "%s: %zu", cases[i].text, error.offset);
		ck_assert_uint_eq(at, last);
		ck_assert(memcmp(&options, &before, sizeof before) == 0);
	}
}
END_TEST

START_TEST(settings_misuse_is_refused)
{
	struct ocl_bucket_options options = before, good = OCL_BUCKET_OPTIONS(4, 1, S);
	struct ocl_text_error error = {99, "untouched"};
	char buffer[8] = "before";
	size_t at = 0, length = 77;

	ck_assert_int_eq(ocl_bucket_options_parse(NULL, 3, &options, &error), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_options_parse("1/s", 3, NULL, &error), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_options_parse_next(NULL, 3, &at, &options, &error), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_options_parse_next("1/s", 3, NULL, &options, &error), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_options_parse_next("1/s", 3, &at, NULL, &error), OCL_EINVAL);
	at = 4;
	ck_assert_int_eq(ocl_bucket_options_parse_next("1/s,,", 3, &at, &options, &error), OCL_EINVAL);
	at = 1;
	ck_assert_int_eq(ocl_bucket_options_parse_next("1/s", 3, &at, &options, &error), OCL_EINVAL);
	ck_assert_uint_eq(at, 1);
	ck_assert(error.offset == 99 && memcmp(&options, &before, sizeof before) == 0);
	ck_assert_int_eq(ocl_bucket_options_format(NULL, buffer, sizeof buffer, &length), OCL_EINVAL);
	ck_assert_int_eq(ocl_bucket_options_format(&good, NULL, 1, &length), OCL_EINVAL);
	good.struct_size = 8;
	ck_assert_int_eq(ocl_bucket_options_format(&good, buffer, sizeof buffer, &length), OCL_ESIZE);
	good.struct_size = sizeof good;
	good.flags = 2;
	ck_assert_int_eq(ocl_bucket_options_format(&good, buffer, sizeof buffer, &length), OCL_EINVAL);
	good.flags = 0;
	good.capacity_tokens = 0;
	ck_assert_int_eq(ocl_bucket_options_format(&good, buffer, sizeof buffer, &length), OCL_ERANGE);
	ck_assert(length == 77 && strcmp(buffer, "before") == 0);
}
END_TEST

START_TEST(settings_format_with_any_room_fits_or_says_how_much)
{
	/* As long as it gets: no suffix and no unit but ns suits these. */
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(
		UINT64_C(288230376151711743), UINT64_C(576460752303423471), UINT64_C(36028797018963967));
	char room[OCL_SETTINGS_SIZE_MAX];
	size_t length = 0;

	options.flags = OCL_BUCKET_UNLIMITED;
	size_t needed = check_round_trip(&options);
	ck_assert_uint_gt(needed, OCL_SETTINGS_SIZE_MAX - 24);
	for (size_t size = 0; size <= needed + 1; size++) {
		memset(room, 'x', sizeof room);
		int status = ocl_bucket_options_format(&options, size > 0 ? room : NULL, size, &length);
		ck_assert_int_eq(status, size > needed ? OCL_OK : OCL_ESIZE);
		ck_assert_uint_eq(length, needed);
		for (size_t i = size > needed ? size : size > 0; i < sizeof room; i++)
			ck_assert_int_eq(room[i], 'x');
		ck_assert(size == 0 || strlen(room) == (size > needed ? needed : 0));
	}
}
END_TEST

/* Every text of a length over an alphabet: what is a limit is written in no more bytes. */
static unsigned check_all_texts(const char *alphabet, const char *end, size_t length)
{
	size_t letters = strlen(alphabet);
	unsigned limits = 0;
	char text[64];
	uint64_t count = 1;

	for (size_t i = 0; i < length; i++)
		count *= letters;
	for (uint64_t number = 0; number < count; number++) {
		struct ocl_bucket_options options;
		uint64_t rest = number;
		for (size_t i = 0; i < length; i++, rest /= letters)
			text[i] = alphabet[rest % letters];
		memcpy(text + length, end, strlen(end) + 1);
		if (ocl_bucket_options_parse(text, strlen(text), &options, NULL) != OCL_OK)
			continue;
		limits++;
		if (check_round_trip(&options) > strlen(text))
			ck_abort_msg("'%s' is written '%s'", text, format(&options));
	}
	return limits;
}

START_TEST(settings_format_of_every_short_text_is_no_longer)
{
	unsigned limits = 0;

	for (size_t length = 1; length <= 5; length++)
		limits += check_all_texts("0125./ksmi", "", length);
	limits += check_all_texts("0256.k/", "ms burst 4", 5);
	limits += check_all_texts("0148.kKMi", "/s", 5);
	limits += check_all_texts("0136 /smhd", "in", 4);
	ck_assert_uint_gt(limits, 4000);
}
END_TEST

START_TEST(settings_format_of_random_options_reads_back)
{
	struct seed random = seed_start("settings_format_of_random_options_reads_back");

	for (unsigned round = 0; round < seed_rounds(20000); round++) {
		static const uint64_t factors[] = {1, 10, 1000, 1024, 1000000, 1048576, 1000000000};
		uint64_t period_ns = 1 + seed_any_size(&random, (UINT64_C(1) << 55) - 1);
		uint64_t unit_ns = factors[seed_below(&random, 7)] * (seed_below(&random, 2) ? 1 : 60);
		if (unit_ns < period_ns)
			period_ns -= period_ns % unit_ns;
		uint64_t capacity = 1 + seed_any_size(&random, (UINT64_C(1) << 58) - 1);
		uint64_t refill = seed_any_size(&random, 16 * period_ns);
		uint64_t factor = factors[seed_below(&random, 7)];
		refill -= refill % factor;
		if (seed_below(&random, 2) == 0 && refill > 0 && refill <= UINT64_C(1) << 58)
			capacity = refill;
		struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, refill, period_ns);
		options.flags = seed_below(&random, 8) == 0;
		check_round_trip(&options);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("settings");
	TCase *parses = tcase_create("parse"), *formats = tcase_create("format");

	tcase_add_test(parses, settings_parse_of_each_form_is_read);
	tcase_add_test(parses, settings_parse_of_each_unit_is_read);
	tcase_add_test(parses, settings_parse_of_what_is_no_limit_says_where_and_what);
	tcase_add_test(parses, settings_parse_of_a_stray_byte_points_at_it);
	tcase_add_test(parses, settings_parse_next_walks_a_list);
	tcase_add_test(parses, settings_parse_next_of_a_bad_list_says_where);
	tcase_add_test(formats, settings_misuse_is_refused);
	tcase_add_test(formats, settings_format_with_any_room_fits_or_says_how_much);
	tcase_add_test(formats, settings_format_of_every_short_text_is_no_longer);
	tcase_add_test(formats, settings_format_of_random_options_reads_back);
	suite_add_tcase(suite, parses);
	suite_add_tcase(suite, formats);
	return check_run(suite);
}
