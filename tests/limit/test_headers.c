/* SPDX-License-Identifier: MIT */
/*
 * Goal: a client reads what is so, never too early, and always a valid structured field.
 * Method: texts worked out by hand for what a limit can be; a strict reader of RFC 9651 (sf_list.h) and the bucket's own
 * answers for random limits; each length of room from none to enough, in memory that ends there.
 */
#include "../check_run.h"
#include "../seed.h"
#include "openclaw/headers.h"
#include "sf_list.h"

#define S OCL_SECOND_NS

static struct ocl_policy policy_of(const char *name, const struct ocl_bucket_options *options)
{
	struct ocl_policy policy = {name, options, NULL, NULL, 0, {0, 0}};

	return policy;
}

static const char *policy_text(const struct ocl_policy *policies, size_t count)
{
	static char text[4096];
	size_t length = 99999;

	ck_assert_int_eq(ocl_headers_write_policy(policies, count, text, sizeof text, &length), OCL_OK);
	ck_assert_uint_eq(length, strlen(text));
	return text;
}

static const char *limit_text(const struct ocl_policy *policies, const struct ocl_decision *decisions, size_t count)
{
	static char text[4096];
	size_t length = 99999;

	ck_assert_int_eq(ocl_headers_write_limit(policies, decisions, count, text, sizeof text, &length), OCL_OK);
	ck_assert_uint_eq(length, strlen(text));
	return text;
}

START_TEST(headers_policy_of_each_rate_says_quota_and_window)
{
	static const struct {
		uint64_t capacity, refill, period_ns;
		const char *text;
	} cases[] = {
		{100, 10, S, "\"x\";q=100;w=10"},
		{100, 100, S, "\"x\";q=100;w=1"},
		{1000, 200, S, "\"x\";q=1000;w=5"},
		{4, 1, S, "\"x\";q=4;w=4"},
		{1, 1, 3 * S, "\"x\";q=1;w=3"},
		{5000, 5000, OCL_DAY_NS, "\"x\";q=5000;w=86400"},
		{3, 0, S, "\"x\";q=3"},                                /* never refills: no window */
		{10, 4, S, "\"x\";q=10;w=3"},                          /* 2.5 s */
		{1000000001, 1000000000, S, "\"x\";q=1000000001;w=2"}, /* a little more than one */
		{10, 100, S, "\"x\";q=10;w=1"},                        /* 0.1 s */
		{1, 1, 700000000, "\"x\";q=1;w=1"},                    /* 0.7 s */
		{1, 16, 1, "\"x\";q=1;w=1"},                           /* the highest rate */
		{1, 1, UINT64_C(1) << 55, "\"x\";q=1;w=36028798"},     /* the longest period, 36028797.02 s */
		{UINT64_C(1) << 58, 1, UINT64_C(1) << 55, "\"x\";q=999999999999999;w=999999999999999"},
		{UINT64_C(999999999999999), 1, S, "\"x\";q=999999999999999;w=999999999999999"},
		{UINT64_C(1000000000000000), 1000, S, "\"x\";q=999999999999999;w=1000000000000"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct ocl_bucket_options options =
			OCL_BUCKET_OPTIONS(cases[i].capacity, cases[i].refill, cases[i].period_ns);
		struct ocl_policy policy = policy_of("x", &options);
		ck_assert_str_eq(policy_text(&policy, 1), cases[i].text);
	}
}
END_TEST

START_TEST(headers_policy_unit_and_key_are_shown)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(65535, 65535, 10 * S);
	struct ocl_policy policy = policy_of("a \"b\" \\ ~", &options);
	static const char *const keys[] = {"f", "fo", "foo", "foob", "fooba", "foobar", "\xff\xfe\x00"};
	static const char *const texts[] = {"Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy", "//4A"};
	char wanted[256];

	policy.unit = "content-bytes";
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		policy.partition_key = keys[i];
		policy.partition_key_size = i < 6 ? i + 1 : 3;
		snprintf(wanted, sizeof wanted,
		         "\"a \\\"b\\\" \\\\ ~\";q=65535;qu=\"content-bytes\";w=10;pk=:%s:", texts[i]);
		ck_assert_str_eq(policy_text(&policy, 1), wanted);
	}
	struct ocl_decision decision = {65535, 7, 0, 10 * S - 1};
	ck_assert_str_eq(limit_text(&policy, &decision, 1), "\"a \\\"b\\\" \\\\ ~\";r=7;t=1;pk=://4A:");
	policy.unit = "";
	policy.partition_key_size = 0;
	ck_assert_str_eq(policy_text(&policy, 1), "\"a \\\"b\\\" \\\\ ~\";q=65535;qu=\"\";w=10");
}
END_TEST

START_TEST(headers_limit_of_each_decision_says_rest_and_wait)
{
	static const struct {
		uint64_t capacity, refill, period_ns;
		struct ocl_decision decision;
		const char *text;
	} cases[] = {
		{4, 1, S, {4, 4, 0, 0}, "\"x\";r=4"}, /* full */
		{4, 1, S, {4, 3, 0, S}, "\"x\";r=3;t=1"},
		{4, 1, S, {4, 0, 0, 4 * S}, "\"x\";r=0;t=1"},
		{4, 1, S, {4, 0, 1, 3 * S + 1}, "\"x\";r=0;t=1"}, /* the next token comes in 1 ns */
		{4, 1, S, {4, 0, 3 * S, 4 * S}, "\"x\";r=0;t=1"},
		{4, 1, 7 * S, {4, 2, 0, 14 * S}, "\"x\";r=2;t=7"},
		{4, 1, 7 * S, {4, 2, 0, 13 * S}, "\"x\";r=2;t=6"},
		{4, 1, 7 * S, {4, 2, 0, 12 * S + 1}, "\"x\";r=2;t=6"},
		{4, 1, 7 * S, {4, 2, 0, 12 * S}, "\"x\";r=2;t=5"},
		{4, 1, S, {4, -1, S, 5 * S}, "\"x\";r=0;t=2"},    /* debt, asked for 0 */
		{4, 1, S, {4, -10, 0, 14 * S}, "\"x\";r=0;t=11"}, /* 11 s until there is a token to use */
		{4, 1, S, {4, INT64_MIN, OCL_NEVER_NS, OCL_NEVER_NS}, "\"x\";r=0"},
		{3, 0, S, {3, 2, 0, OCL_NEVER_NS}, "\"x\";r=2"}, /* no more will come */
		{3, 0, S, {3, 0, OCL_NEVER_NS, OCL_NEVER_NS}, "\"x\";r=0"},
		{UINT64_C(1) << 58, 1, S, {UINT64_C(1) << 58, 5, 9 * S, OCL_NEVER_NS}, "\"x\";r=5;t=9"},
		{UINT64_C(1) << 58,
	         1,
	         S,
	         {UINT64_C(1) << 58, INT64_C(1) << 57, 0, OCL_NEVER_NS},
	         "\"x\";r=999999999999999"},
		{1, 1, S, {1, 0, OCL_NEVER_NS, OCL_NEVER_NS - 1}, "\"x\";r=0;t=18446744074"},
		/* numbers that do not belong together, as a change of settings in between can make them */
		{4, 1, S, {9, 9, 0, 0}, "\"x\";r=9"},
		{4, 1, S, {4, 0, 0, 0}, "\"x\";r=0;t=1"},
		{4, 1, S, {4, 0, 0, 3 * S}, "\"x\";r=0;t=1"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct ocl_bucket_options options =
			OCL_BUCKET_OPTIONS(cases[i].capacity, cases[i].refill, cases[i].period_ns);
		struct ocl_policy policy = policy_of("x", &options);
		ck_assert_str_eq(limit_text(&policy, &cases[i].decision, 1), cases[i].text);
	}
}
END_TEST

START_TEST(headers_several_policies_are_a_list_without_the_unlimited)
{
	struct ocl_bucket_options options[3] = {OCL_BUCKET_OPTIONS(10, 10, S), OCL_BUCKET_OPTIONS(1, 1, S),
	                                        OCL_BUCKET_OPTIONS(1000, 1000, OCL_DAY_NS)};
	struct ocl_policy policies[3] = {policy_of("second", &options[0]), policy_of("none", &options[1]),
	                                 policy_of("day", &options[2])};
	struct ocl_decision decisions[3] = {{10, 9, 0, S / 10}, {1, 1, 0, 0}, {1000, 900, 0, 8640 * S}};
	char text[OCL_HEADERS_SIZE_MAX(3)] = "x";
	size_t length = 99;

	options[1].flags = OCL_BUCKET_UNLIMITED;
	ck_assert_str_eq(policy_text(policies, 3), "\"second\";q=10;w=1, \"day\";q=1000;w=86400");
	ck_assert_str_eq(limit_text(policies, decisions, 3), "\"second\";r=9;t=1, \"day\";r=900;t=87");
	ck_assert_str_eq(policy_text(&policies[1], 2), "\"day\";q=1000;w=86400");
	ck_assert_str_eq(limit_text(&policies[1], &decisions[1], 2), "\"day\";r=900;t=87");
	ck_assert_str_eq(policy_text(&policies[1], 1), "");
	ck_assert_str_eq(limit_text(&policies[1], &decisions[1], 1), "");
	decisions[0].limit = UINT64_MAX; /* the bucket was unlimited when it was asked */
	ck_assert_str_eq(limit_text(policies, decisions, 3), "\"day\";r=900;t=87");
	ck_assert_int_eq(ocl_headers_write(&policies[1], &decisions[1], 1, text, 1, &length), OCL_OK);
	ck_assert_uint_eq(length, 0);
	ck_assert_int_eq(text[0], '\0');
}
END_TEST

START_TEST(headers_write_makes_complete_lines)
{
	struct ocl_bucket_options options[2] = {OCL_BUCKET_OPTIONS(10, 10, S),
	                                        OCL_BUCKET_OPTIONS(1000, 1000, OCL_DAY_NS)};
	struct ocl_policy policies[2] = {policy_of("second", &options[0]), policy_of("day", &options[1])};
	struct ocl_decision decisions[2] = {{10, 0, 1, S}, {1000, 900, 0, 8640 * S}};
	char text[OCL_HEADERS_SIZE_MAX(2)];
	size_t length = 0;

	ck_assert_int_eq(ocl_headers_write(policies, decisions, 2, text, sizeof text, &length), OCL_OK);
	ck_assert_str_eq(text, "RateLimit-Policy: \"second\";q=10;w=1, \"day\";q=1000;w=86400\r\n"
	                       "RateLimit: \"second\";r=0;t=1, \"day\";r=900;t=87\r\nRetry-After: 1\r\n");
	ck_assert_uint_eq(length, strlen(text));
	decisions[0].retry_after_ns = 0;
	ck_assert_int_eq(ocl_headers_write(policies, decisions, 1, text, sizeof text, NULL), OCL_OK);
	ck_assert_str_eq(text, "RateLimit-Policy: \"second\";q=10;w=1\r\nRateLimit: \"second\";r=0;t=1\r\n");
	decisions[0].retry_after_ns = OCL_NEVER_NS;
	ck_assert_int_eq(ocl_headers_write(policies, decisions, 1, text, sizeof text, NULL), OCL_OK);
	ck_assert_ptr_null(strstr(text, "Retry-After"));
}
END_TEST

START_TEST(headers_retry_after_is_rounded_up_and_the_longest)
{
	static const uint64_t waits_ns[] = {0, 1, S - 1, S, S + 1, 59 * S, OCL_NEVER_NS - 1, OCL_NEVER_NS};
	static const uint64_t seconds[] = {0, 1, 1, 1, 2, 59, UINT64_C(18446744074), OCL_NEVER_SECONDS};
	struct ocl_decision decisions[3] = {{1, 0, 0, 0}, {1, 0, 0, 0}, {1, 0, 0, 0}};

	for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
		decisions[0].retry_after_ns = waits_ns[i];
		ck_assert_uint_eq(ocl_headers_retry_after_seconds(decisions, 1), seconds[i]);
		ck_assert_uint_eq(ocl_headers_retry_after_seconds(decisions, 3), seconds[i]);
		ck_assert_uint_eq(ocl_headers_retry_after_seconds(decisions + 1, 2), 0);
		decisions[2].retry_after_ns = 2 * S;
		ck_assert_uint_eq(ocl_headers_retry_after_seconds(decisions, 3), seconds[i] > 2 ? seconds[i] : 2);
		decisions[2].retry_after_ns = 0;
	}
	ck_assert_uint_eq(ocl_headers_retry_after_seconds(NULL, 0), 0);
	ck_assert_uint_eq(ocl_headers_retry_after_seconds(NULL, 1), OCL_NEVER_SECONDS);
}
END_TEST

/* A refusal leaves buffer and length. */
static void refused(const struct ocl_policy *policy, int status)
{
	struct ocl_decision decision = {4, 3, 0, S};
	struct ocl_policy policies[2] = {*policy, *policy};
	struct ocl_bucket_options good = OCL_BUCKET_OPTIONS(4, 1, S);
	char buffer[8] = "before";
	size_t length = 77;

	policies[0] = policy_of("good", &good);
	ck_assert_int_eq(ocl_headers_write_policy(policy, 1, buffer, sizeof buffer, &length), status);
	ck_assert_int_eq(ocl_headers_write_policy(policies, 2, buffer, sizeof buffer, &length), status);
	ck_assert_int_eq(ocl_headers_write_limit(policy, &decision, 1, buffer, sizeof buffer, &length), status);
	ck_assert_int_eq(ocl_headers_write(policy, &decision, 1, buffer, sizeof buffer, &length), status);
	ck_assert_str_eq(buffer, "before");
	ck_assert_uint_eq(length, 77);
}

START_TEST(headers_policy_that_cannot_be_written_is_refused)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(4, 1, S);
	struct ocl_policy good = policy_of("x", &options), policy = good;
	char name[OCL_POLICY_NAME_MAX + 2];

	static const char *const bad[] = {"", "\n", "a\r\nSet-Cookie: b", "\x1f", "\x7f", "caf\xc3\xa9", "\x80", "\t"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		policy = good;
		policy.name = bad[i];
		refused(&policy, OCL_EINVAL);
		policy = good;
		policy.unit = bad[i];
		if (i > 0)
			refused(&policy, OCL_EINVAL);
	}
	memset(name, '~', sizeof name);
	name[OCL_POLICY_NAME_MAX + 1] = '\0';
	policy = good;
	policy.name = name;
	refused(&policy, OCL_ERANGE);
	policy = good;
	policy.unit = name;
	refused(&policy, OCL_ERANGE);
	policy = good;
	policy.name = NULL;
	refused(&policy, OCL_EINVAL);
	policy = good;
	policy.options = NULL;
	refused(&policy, OCL_EINVAL);
	policy = good;
	policy.partition_key_size = 1;
	refused(&policy, OCL_EINVAL);
	policy.partition_key = name;
	policy.partition_key_size = OCL_POLICY_PARTITION_KEY_MAX + 1;
	refused(&policy, OCL_ERANGE);
	for (int i = 0; i < 2; i++) {
		policy = good;
		policy.reserved[i] = 1;
		refused(&policy, OCL_EINVAL);
	}
	options.refill_period_ns = 0;
	refused(&good, OCL_ERANGE);
	options.refill_period_ns = S;
	options.flags = 2;
	refused(&good, OCL_EINVAL);
	options.flags = 0;
	options.struct_size = 1;
	refused(&good, OCL_ESIZE);
}
END_TEST

START_TEST(headers_misuse_is_refused)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(4, 1, S);
	struct ocl_policy policy = policy_of("x", &options);
	struct ocl_decision decision = {4, 3, 0, S};
	char buffer[64] = "before";
	size_t length = 77;

	ck_assert_int_eq(ocl_headers_write_policy(NULL, 1, buffer, sizeof buffer, &length), OCL_EINVAL);
	ck_assert_int_eq(ocl_headers_write_policy(&policy, 0, buffer, sizeof buffer, &length), OCL_EINVAL);
	ck_assert_int_eq(ocl_headers_write_policy(&policy, 1, NULL, 1, &length), OCL_EINVAL);
	ck_assert_int_eq(ocl_headers_write_limit(NULL, &decision, 1, buffer, sizeof buffer, &length), OCL_EINVAL);
	ck_assert_int_eq(ocl_headers_write_limit(&policy, NULL, 1, buffer, sizeof buffer, &length), OCL_EINVAL);
	ck_assert_int_eq(ocl_headers_write(&policy, NULL, 1, buffer, sizeof buffer, &length), OCL_EINVAL);
	ck_assert_str_eq(buffer, "before");
	ck_assert_uint_eq(length, 77);
	ck_assert_int_eq(ocl_headers_write_policy(&policy, 1, NULL, 0, &length), OCL_ESIZE);
	ck_assert_uint_eq(length, strlen("\"x\";q=4;w=4"));
}
END_TEST

/* The largest that a list can be, in every length of room. */
START_TEST(headers_write_with_any_room_fits_or_says_how_much)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(UINT64_C(1) << 58, 1, UINT64_C(1) << 55);
	char name[OCL_POLICY_NAME_MAX + 1];
	unsigned char key[OCL_POLICY_PARTITION_KEY_MAX];
	struct ocl_policy policies[2];
	struct ocl_decision decisions[2] = {{1, INT64_MAX, OCL_NEVER_NS - 1, OCL_NEVER_NS - 1}};
	char whole[OCL_HEADERS_SIZE_MAX(2)];
	size_t needed = 0, length;

	memset(name, '"', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	memset(key, 0xa5, sizeof key);
	for (size_t i = 0; i < 2; i++) {
		policies[i] = policy_of(name, &options);
		policies[i].unit = name;
		policies[i].partition_key = key;
		policies[i].partition_key_size = sizeof key;
		decisions[i] = decisions[0];
	}
	decisions[1].remaining = INT64_MAX - 1;
	ck_assert_int_eq(ocl_headers_write(policies, decisions, 1, whole, OCL_HEADERS_SIZE_MAX(1), NULL), OCL_OK);
	ck_assert_int_eq(ocl_headers_write(policies, decisions, 2, whole, sizeof whole, &needed), OCL_OK);
	ck_assert_uint_gt(needed, sizeof whole - 64); /* the bound is not far off */
	for (size_t size = 0; size <= needed + 1; size++) {
		char *room = (char *)malloc(size > 0 ? size : 1);
		memset(room, 'x', size);
		length = 0;
		int status = ocl_headers_write(policies, decisions, 2, size > 0 ? room : NULL, size, &length);
		ck_assert_int_eq(status, size > needed ? OCL_OK : OCL_ESIZE);
		ck_assert_uint_eq(length, needed);
		if (status == OCL_OK)
			ck_assert_str_eq(room, whole);
		size_t kept =
			0; /* bytes of the room that are as they should be: an assertion each would take seconds */
		while (kept < size && room[kept] == (kept == 0 ? '\0' : 'x'))
			kept++;
		ck_assert(status == OCL_OK || kept == size);
		free(room);
	}
}
END_TEST

/* One random bucket after random takes: fields against the bucket's own answers. */
static void check_random(struct seed *random)
{
	uint64_t period_ns = 1 + seed_any_size(random, (UINT64_C(1) << 55) - 1);
	uint64_t most = period_ns > UINT64_MAX / 16 ? UINT64_MAX : 16 * period_ns;
	uint64_t capacity = 1 + seed_any_size(random, (UINT64_C(1) << 58) - 1);
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(capacity, seed_any_size(random, most), period_ns);
	struct ocl_policy policy = policy_of("p", &options);
	struct ocl_decision decision, next;
	struct ocl_bucket bucket;
	struct sf_list list;
	uint64_t now_ns = 0;

	ck_assert_int_eq(ocl_bucket_init(&bucket, &options), OCL_OK);
	const char *text = policy_text(&policy, 1);
	ck_assert_msg(sf_list_read(text, strlen(text), &list) && list.count == 1, "%s", text);
	ck_assert_int_ge(list.items[0].q, 1);
	ck_assert((list.items[0].w >= 1) == (options.refill_tokens != 0));
	for (int takes = 0; takes < 20; takes++) {
		now_ns += seed_any_size(random, UINT64_C(1) << 60 >> 20);
		if (seed_below(random, 8) == 0)
			ocl_bucket_settle_at(&bucket, 0, seed_any_size(random, UINT64_C(1) << 50), now_ns);
		uint64_t tokens = seed_any_size(random, capacity);
		int status = ocl_bucket_take_at(&bucket, tokens, now_ns, &decision);
		text = limit_text(&policy, &decision, 1);
		ck_assert_msg(sf_list_read(text, strlen(text), &list) && list.count == 1, "%s", text);
		uint64_t held = decision.remaining > 0 ? (uint64_t)decision.remaining : 0;
		uint64_t shown = held < 999999999999999 ? held : 999999999999999;
		ck_assert_uint_eq((uint64_t)list.items[0].r, shown);
		int64_t t = list.items[0].t;
		next.retry_after_ns = OCL_NEVER_NS;
		if (held < capacity)
			ck_assert_int_eq(ocl_bucket_peek_at(&bucket, held + 1, now_ns, &next), OCL_DENIED);
		if (next.retry_after_ns == OCL_NEVER_NS)
			ck_assert_int_eq(t, -1);
		else if (decision.reset_after_ns != OCL_NEVER_NS || status == OCL_DENIED) { /* late by a ns at most */
			uint64_t exact_ns = next.retry_after_ns;
			if (decision.reset_after_ns != OCL_NEVER_NS)
				ck_assert_msg(
					t == (int64_t)((exact_ns + S - 1) / S) || t == (int64_t)((exact_ns + S) / S),
					"t %lld, exact %llu ns, capacity %llu, %llu in %llu ns, %lld left, full in "
					"%llu",
					(long long)t, (unsigned long long)exact_ns, (unsigned long long)capacity,
					(unsigned long long)options.refill_tokens, (unsigned long long)period_ns,
					(long long)decision.remaining, (unsigned long long)decision.reset_after_ns);
			else if (decision.retry_after_ns != OCL_NEVER_NS && decision.remaining >= 0)
				ck_assert_int_ge(t, (int64_t)((exact_ns - 1) / S + 1));
		}
		uint64_t retry_s = ocl_headers_retry_after_seconds(&decision, 1);
		ck_assert((status == OCL_OK) == (retry_s == 0));
		if (status != OCL_DENIED || retry_s == OCL_NEVER_SECONDS)
			continue;
		if (t >= 0 && decision.remaining >= 0)
			ck_assert_uint_ge(retry_s, (uint64_t)t);
		if (now_ns + retry_s * S > now_ns)
			ck_assert_int_eq(ocl_bucket_peek_at(&bucket, tokens, now_ns + retry_s * S, NULL), OCL_OK);
		ck_assert_int_eq(ocl_bucket_peek_at(&bucket, tokens, now_ns + (retry_s - 1) * S, NULL), OCL_DENIED);
	}
}

START_TEST(headers_of_random_buckets_are_valid_and_true)
{
	struct seed random = seed_start("headers_of_random_buckets_are_valid_and_true");

	for (unsigned round = 0; round < seed_rounds(500); round++)
		check_random(&random);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("headers");
	TCase *texts = tcase_create("texts"), *random = tcase_create("random");

	tcase_add_test(texts, headers_policy_of_each_rate_says_quota_and_window);
	tcase_add_test(texts, headers_policy_unit_and_key_are_shown);
	tcase_add_test(texts, headers_limit_of_each_decision_says_rest_and_wait);
	tcase_add_test(texts, headers_several_policies_are_a_list_without_the_unlimited);
	tcase_add_test(texts, headers_write_makes_complete_lines);
	tcase_add_test(texts, headers_retry_after_is_rounded_up_and_the_longest);
	tcase_add_test(texts, headers_policy_that_cannot_be_written_is_refused);
	tcase_add_test(texts, headers_misuse_is_refused);
	tcase_add_test(texts, headers_write_with_any_room_fits_or_says_how_much);
	tcase_add_test(random, headers_of_random_buckets_are_valid_and_true);
	suite_add_tcase(suite, texts);
	suite_add_tcase(suite, random);
	return check_run(suite);
}
