/* SPDX-License-Identifier: MIT */
/*
 * Goal: a limiter in the registry shows what it has counted and how full it is, under names that nobody else can use.
 * Method: a small table by hand, read back from the text in both formats; misuse; threads that take while others scrape.
 */
#include "../check_run.h"
#include "metrics_test.h"
#include "openclaw/openclaw.h"

static struct ocl_limiter limiter;
static void *memory;

static void limiter_start(uint32_t overflow)
{
	const struct ocl_bucket_options plan = OCL_BUCKET_OPTIONS(10, 1, OCL_SECOND_NS);
	struct ocl_limiter_options options = OCL_LIMITER_OPTIONS(1000, &plan, 1);
	size_t size;

	options.seed[0] = 7;
	options.overflow = overflow;
	ck_assert_int_eq(ocl_limiter_memory_size(&options, &size), OCL_OK);
	memory = aligned_alloc(64, (size + 63) / 64 * 64);
	ck_assert_ptr_nonnull(memory);
	ck_assert_int_eq(ocl_limiter_init(&limiter, memory, size, &options), OCL_OK);
}

/* The value of a sample; fails if it is not there once. */
static double sample(const struct text *text, const char *name, const char *limit)
{
	char wanted[256];

	snprintf(wanted, sizeof wanted, "\n%s{limit=\"%s\"} ", name, limit);
	const char *at = strstr(text->bytes, wanted);
	ck_assert_msg(at != NULL, "no %s", wanted + 1);
	ck_assert_ptr_null(strstr(at + 1, wanted));
	return strtod(at + strlen(wanted), NULL);
}

static void scrape(const struct ocl_metrics *metrics, enum ocl_format format, uint64_t now_ns, struct text *text)
{
	text_clear(text);
	text_put(text, "\n", 1);
	ck_assert_int_eq(ocl_metrics_write_at(metrics, format, text_put, text, now_ns), OCL_OK);
}

START_TEST(metrics_add_limiter_shows_counts_and_occupancy)
{
	struct ocl_metrics metrics = {{0}};
	struct text text = {0};
	struct ocl_limiter_snapshot snapshot = {.struct_size = sizeof snapshot};

	limiter_start(OCL_LIMITER_OVERFLOW_SHARE);
	ck_assert_int_eq(ocl_metrics_add_limiter(&metrics, "clients", &limiter), OCL_OK);
	for (int key = 0; key < 100; key++)
		ck_assert_int_eq(ocl_limiter_take_at(&limiter, 0, &key, sizeof key, 4, 5, NULL), OCL_OK);
	for (int key = 0; key < 30; key++)
		ck_assert_int_eq(ocl_limiter_take_at(&limiter, 0, &key, sizeof key, 7, 5, NULL), OCL_DENIED);
	ck_assert_int_eq(ocl_limiter_snapshot_at(&limiter, 5, &snapshot), OCL_OK);
	for (int format = OCL_FORMAT_TEXT; format <= OCL_FORMAT_OPENMETRICS; format++) {
		scrape(&metrics, (enum ocl_format)format, 5, &text);
		ck_assert_double_eq(sample(&text, "openclaw_limiter_cells", "clients"), (double)snapshot.cells);
		ck_assert_double_eq(sample(&text, "openclaw_limiter_busy_cells", "clients"), 100);
		ck_assert_double_eq(sample(&text, "openclaw_limiter_known_cells", "clients"), 100);
		ck_assert_double_eq(sample(&text, "openclaw_limiter_requests_granted_total", "clients"), 100);
		ck_assert_double_eq(sample(&text, "openclaw_limiter_requests_denied_total", "clients"), 30);
		ck_assert_double_eq(sample(&text, "openclaw_limiter_tokens_granted_total", "clients"), 400);
		ck_assert_double_eq(sample(&text, "openclaw_limiter_tokens_offered_total", "clients"), 610);
		ck_assert_double_eq(sample(&text, "openclaw_limiter_new_keys_total", "clients"), 100);
		ck_assert_double_eq(sample(&text, "openclaw_limiter_cell_reuses_total", "clients"), 0);
		ck_assert_double_eq(sample(&text, "openclaw_limiter_overflow_draws_total", "clients"), 0);
		ck_assert_double_eq(sample(&text, "openclaw_limiter_refusals_total", "clients"), 0);
	}
	/* Full again after 4 s, and still known. */
	scrape(&metrics, OCL_FORMAT_TEXT, 5 * OCL_SECOND_NS, &text);
	ck_assert_double_eq(sample(&text, "openclaw_limiter_busy_cells", "clients"), 0);
	ck_assert_double_eq(sample(&text, "openclaw_limiter_known_cells", "clients"), 100);
	text_free(&text);
	free(memory);
}
END_TEST

START_TEST(metrics_add_limiter_full_table_shows_refusals)
{
	struct ocl_metrics metrics = {{0}};
	struct text text = {0};
	int refused = 0;

	limiter_start(OCL_LIMITER_OVERFLOW_REFUSE);
	ck_assert_int_eq(ocl_metrics_add_limiter(&metrics, "a \"b\"", &limiter), OCL_OK);
	for (int key = 0; key < 10000; key++)
		refused += ocl_limiter_take_at(&limiter, 0, &key, sizeof key, 1, 5, NULL) == OCL_EFULL;
	ck_assert_int_gt(refused, 0);
	scrape(&metrics, OCL_FORMAT_TEXT, 5, &text);
	ck_assert_double_eq(sample(&text, "openclaw_limiter_refusals_total", "a \\\"b\\\""), refused);
	ck_assert_double_eq(sample(&text, "openclaw_limiter_requests_granted_total", "a \\\"b\\\""), 10000 - refused);
	text_free(&text);
	free(memory);
}
END_TEST

START_TEST(metrics_add_limiter_misuse_is_refused)
{
	static struct ocl_limiter unset;
	struct ocl_metrics metrics = {{0}};
	struct ocl_counter counter = {{0}};
	struct ocl_metric_options taken = OCL_METRIC_OPTIONS("openclaw_limiter_refusals_total", "Mine.");

	limiter_start(OCL_LIMITER_OVERFLOW_SHARE);
	ck_assert_int_eq(ocl_metrics_add_limiter(NULL, "x", &limiter), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_add_limiter(&metrics, NULL, &limiter), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_add_limiter(&metrics, "", &limiter), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_add_limiter(&metrics, "\xff", &limiter), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_add_limiter(&metrics, "x", NULL), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_add_limiter(&metrics, "x", &unset), OCL_EINVAL);
	ck_assert_int_eq(ocl_metrics_add_limiter(&metrics, "x", &limiter), OCL_OK);
	ck_assert_int_eq(ocl_metrics_add_limiter(&metrics, "y", &limiter), OCL_EEXIST);
	struct ocl_limiter second;
	size_t size;
	const struct ocl_bucket_options plan = OCL_BUCKET_OPTIONS(10, 1, OCL_SECOND_NS);
	struct ocl_limiter_options options = OCL_LIMITER_OPTIONS(1, &plan, 1);
	ck_assert_int_eq(ocl_limiter_memory_size(&options, &size), OCL_OK);
	void *small = aligned_alloc(64, (size + 63) / 64 * 64);
	ck_assert_int_eq(ocl_limiter_init(&second, small, size, &options), OCL_OK);
	ck_assert_int_eq(ocl_metrics_add_limiter(&metrics, "x", &second), OCL_EEXIST);
	ck_assert_int_eq(ocl_metrics_add_limiter(&metrics, "z", &second), OCL_OK);
	ck_assert_int_eq(ocl_metrics_add_counter(&metrics, &counter, &taken), OCL_EEXIST);
	taken.name = "openclaw_limiter_cells_total";
	ck_assert_int_eq(ocl_metrics_add_counter(&metrics, &counter, &taken), OCL_EEXIST);
	struct text text = {0};
	scrape(&metrics, OCL_FORMAT_OPENMETRICS, 0, &text);
	ck_assert_double_eq(sample(&text, "openclaw_limiter_busy_cells", "x"), 0);
	ck_assert_double_eq(sample(&text, "openclaw_limiter_busy_cells", "z"), 0);
	text_free(&text);
	free(small);
	free(memory);
}
END_TEST

static void *take_some(void *argument)
{
	(void)argument;
	for (unsigned i = 0; i < seed_rounds(100000); i++) {
		unsigned key = i % 300;
		ocl_limiter_take_at(&limiter, 0, &key, sizeof key, 1, (uint64_t)i * 100000, NULL);
	}
	return NULL;
}

/* Counters never go back, and no scrape shows more granted than offered. */
START_TEST(metrics_write_limiter_counters_only_grow)
{
	struct ocl_metrics metrics = {{0}};
	struct text text = {0};
	pthread_t threads[2];
	double before[2] = {0, 0};

	limiter_start(OCL_LIMITER_OVERFLOW_SHARE);
	ck_assert_int_eq(ocl_metrics_add_limiter(&metrics, "x", &limiter), OCL_OK);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, take_some, NULL), 0);
	for (int i = 0; i < 200; i++) {
		scrape(&metrics, OCL_FORMAT_TEXT, 0, &text);
		double granted = sample(&text, "openclaw_limiter_tokens_granted_total", "x");
		double offered = sample(&text, "openclaw_limiter_tokens_offered_total", "x");
		ck_assert(granted >= before[0] && offered >= before[1] && offered >= granted);
		before[0] = granted;
		before[1] = offered;
	}
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	scrape(&metrics, OCL_FORMAT_TEXT, 0, &text);
	ck_assert_double_eq(sample(&text, "openclaw_limiter_tokens_offered_total", "x"), 2.0 * seed_rounds(100000));
	text_free(&text);
	free(memory);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("metrics of limiters");
	TCase *cases = tcase_create("limiters");

	tcase_set_timeout(cases, 0);
	tcase_add_test(cases, metrics_add_limiter_shows_counts_and_occupancy);
	tcase_add_test(cases, metrics_add_limiter_full_table_shows_refusals);
	tcase_add_test(cases, metrics_add_limiter_misuse_is_refused);
	tcase_add_test(cases, metrics_write_limiter_counters_only_grow);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
