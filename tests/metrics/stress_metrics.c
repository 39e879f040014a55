/* SPDX-License-Identifier: MIT */
/*
 * Goal: while threads count, take and add metrics, every scrape reads strictly, no counter ever goes backwards, nothing is
 * granted that was not offered, sums never lead counts; and when all is quiet, each number is exact.
 * Method: STRESS_S seconds (2) of 36 threads in turns, more than there are stripes, which come and go; two scrapers, one a
 * format; one thread that adds metrics meanwhile. Measurements are all 1.
 */
#include "../check_run.h"
#include "base/atomic.h"
#include "exposition.h"
#include "metrics_test.h"
#include "openclaw/openclaw.h"

#include <pthread.h>

#define WORKERS 36
#define LIMITS  3
#define SERIES  4096 /* most that a scraper remembers */
#define ADDED   300

static struct ocl_metrics metrics;
static struct ocl_bucket buckets[LIMITS];
static struct ocl_tally tallies[LIMITS];
static struct ocl_counter counter;
static struct ocl_gauge in_flight;
static struct ocl_histogram *histogram;
static size_t histogram_memory[2000];
static struct ocl_gauge added[ADDED];
static char added_names[ADDED][24];
static ocl_atomic stop;

struct done {
	uint64_t counted;
	uint64_t measured;
	uint64_t offered[LIMITS];
	uint64_t granted[LIMITS];
	uint64_t grants[LIMITS];
	uint64_t denials[LIMITS];
};

static struct done done[WORKERS];
static const char *const limit_names[LIMITS] = {"roomy", "tight", "unlimited"};

static void open_all(void)
{
	static const double bounds[] = {0.5, 1, 2};
	struct ocl_bucket_options options[LIMITS] = {OCL_BUCKET_OPTIONS(1000000, 1000000000, OCL_SECOND_NS),
	                                             OCL_BUCKET_OPTIONS(100, 1000, OCL_SECOND_NS),
	                                             OCL_BUCKET_OPTIONS(1, 0, 1)};
	struct ocl_metric_options option = OCL_METRIC_OPTIONS("work_total", "Work.");

	options[2].flags = OCL_BUCKET_UNLIMITED;
	for (int i = 0; i < LIMITS; i++) {
		ck_assert_int_eq(ocl_bucket_init(&buckets[i], &options[i]), OCL_OK);
		ck_assert_int_eq(ocl_metrics_add_bucket(&metrics, limit_names[i], &buckets[i], &tallies[i]), OCL_OK);
	}
	ck_assert_int_eq(ocl_metrics_add_counter(&metrics, &counter, &option), OCL_OK);
	option.name = "in_flight";
	ck_assert_int_eq(ocl_metrics_add_gauge(&metrics, &in_flight, &option), OCL_OK);
	option.name = "size_bytes";
	ck_assert_int_eq(ocl_metrics_add_histogram(&metrics, &option, bounds, 3, histogram_memory,
	                                           sizeof histogram_memory, &histogram),
	                 OCL_OK);
}

static void take(struct done *mine, int limit, uint64_t tokens)
{
	int status = ocl_bucket_take(&buckets[limit], tokens);

	ck_assert(status == OCL_OK || status == OCL_DENIED);
	mine->offered[limit] += tokens;
	if (status == OCL_OK) {
		mine->granted[limit] += tokens;
		mine->grants[limit]++;
	} else {
		mine->denials[limit]++;
	}
}

static void *work(void *argument)
{
	struct done *mine = (struct done *)argument;
	int rounds = 200 + (int)(mine - done) * 50;

	for (int i = 0; i < rounds && ocl_load_relaxed(&stop) == 0; i++) {
		ocl_gauge_add(&in_flight, 1);
		ocl_counter_add(&counter, 2);
		mine->counted += 2;
		ck_assert_int_eq(ocl_histogram_observe(histogram, 1), OCL_OK);
		mine->measured++;
		take(mine, i % LIMITS, 1 + (uint64_t)i % 50);
		ocl_gauge_add(&in_flight, -1);
	}
	return NULL;
}

/* All workers over and over: each generation takes stripes over from the one before. */
static void *run_workers(void *unused)
{
	pthread_t threads[WORKERS];

	while (ocl_load_relaxed(&stop) == 0) {
		for (int i = 0; i < WORKERS; i++)
			ck_assert_int_eq(pthread_create(&threads[i], NULL, work, &done[i]), 0);
		for (int i = 0; i < WORKERS; i++)
			pthread_join(threads[i], NULL);
	}
	return unused;
}

static void *add_metrics(void *unused)
{
	for (int i = 0; i < ADDED && ocl_load_relaxed(&stop) == 0; i++) {
		snprintf(added_names[i], sizeof added_names[i], "added_%d", i);
		struct ocl_metric_options options = OCL_METRIC_OPTIONS(added_names[i], "Added while others scrape.");
		ck_assert_int_eq(ocl_metrics_add_gauge(&metrics, &added[i], &options), OCL_OK);
		usleep(1000);
	}
	return unused;
}

/* ---- a scraper: what each counting series showed last */

struct scraper {
	enum ocl_format format;
	struct exposition reader;
	struct text text;
	size_t count;
	char names[SERIES][120];
	double last[SERIES];
	double granted[LIMITS];
	long scrapes;
	double sum;
};

static struct scraper scrapers[2];

static void must_not_fall(struct scraper *scraper, const char *name, double value)
{
	size_t i = 0;

	while (i < scraper->count && strcmp(scraper->names[i], name) != 0)
		i++;
	if (i == scraper->count) {
		ck_assert_uint_lt(scraper->count, SERIES);
		snprintf(scraper->names[scraper->count++], sizeof scraper->names[0], "%s", name);
	} else {
		ck_assert_msg(value >= scraper->last[i], "%s fell from %.17g to %.17g", name, scraper->last[i], value);
	}
	scraper->last[i] = value;
}

static void check_sample(void *context, const struct sample *sample)
{
	struct scraper *scraper = (struct scraper *)context;
	char name[120];
	const char *label = sample->label_count > 0 ? sample->labels[0].value : "";
	int limit = 0;

	snprintf(name, sizeof name, "%.80s %.30s", sample->name, label);
	while (limit < LIMITS - 1 && strcmp(label, limit_names[limit]) != 0)
		limit++;
	if (strstr(sample->name, "_total") != NULL || strstr(sample->name, "size_bytes") != NULL)
		must_not_fall(scraper, name, sample->value);
	if (strcmp(sample->name, "openclaw_tokens_granted_total") == 0)
		scraper->granted[limit] = sample->value;
	if (strcmp(sample->name, "openclaw_tokens_offered_total") == 0)
		ck_assert_double_ge(sample->value, scraper->granted[limit]);
	if (strcmp(sample->name, "in_flight") == 0)
		ck_assert(sample->value >= 0 && sample->value <= WORKERS);
	if (strcmp(sample->name, "openclaw_token_bucket_utilisation") == 0)
		ck_assert(sample->value >= 0 && sample->value <= 1);
	if (strcmp(sample->name, "size_bytes_sum") == 0)
		scraper->sum = sample->value;
	if (strcmp(sample->name, "size_bytes_count") == 0)
		ck_assert_double_le(scraper->sum, sample->value);
}

static void scrape_once(struct scraper *scraper)
{
	text_clear(&scraper->text);
	ck_assert_int_eq(ocl_metrics_write(&metrics, scraper->format, text_put, &scraper->text), OCL_OK);
	scraper->reader.openmetrics = scraper->format == OCL_FORMAT_OPENMETRICS;
	scraper->reader.each = check_sample;
	scraper->reader.context = scraper;
	ck_assert_msg(exposition_read(&scraper->reader, scraper->text.bytes, scraper->text.length), "%s",
	              scraper->reader.error);
	scraper->scrapes++;
}

static void *scrape(void *argument)
{
	while (ocl_load_relaxed(&stop) == 0)
		scrape_once((struct scraper *)argument);
	return NULL;
}

static double shown(const struct scraper *scraper, const char *name, const char *label)
{
	char key[120];

	snprintf(key, sizeof key, "%s %s", name, label);
	for (size_t i = 0; i < scraper->count; i++)
		if (strcmp(scraper->names[i], key) == 0)
			return scraper->last[i];
	ck_abort_msg("%s was never shown", key);
	return 0;
}

static void check_totals(const struct scraper *scraper)
{
	struct done all;

	memset(&all, 0, sizeof all);
	for (int i = 0; i < WORKERS; i++) {
		all.counted += done[i].counted;
		all.measured += done[i].measured;
		for (int k = 0; k < LIMITS; k++) {
			all.offered[k] += done[i].offered[k];
			all.granted[k] += done[i].granted[k];
			all.grants[k] += done[i].grants[k];
			all.denials[k] += done[i].denials[k];
		}
	}
	ck_assert_double_eq(shown(scraper, "work_total", ""), (double)all.counted);
	ck_assert_double_eq(shown(scraper, "size_bytes_count", ""), (double)all.measured);
	ck_assert_double_eq(shown(scraper, "size_bytes_sum", ""), (double)all.measured);
	for (int k = 0; k < LIMITS; k++) {
		const char *limit = limit_names[k];
		ck_assert_double_eq(shown(scraper, "openclaw_tokens_offered_total", limit), (double)all.offered[k]);
		ck_assert_double_eq(shown(scraper, "openclaw_tokens_granted_total", limit), (double)all.granted[k]);
		ck_assert_double_eq(shown(scraper, "openclaw_requests_granted_total", limit), (double)all.grants[k]);
		ck_assert_double_eq(shown(scraper, "openclaw_requests_denied_total", limit), (double)all.denials[k]);
	}
	ck_assert_double_eq(ocl_gauge_value(&in_flight), 0);
	printf("%ld scrapes, %llu counted\n", scraper->scrapes, (unsigned long long)all.counted);
}

START_TEST(metrics_write_while_all_change_never_falls_and_ends_exact)
{
	const char *given = getenv("STRESS_S");
	double seconds = given != NULL && atof(given) > 0 ? atof(given) : 2;
	pthread_t threads[4];

	open_all();
	scrapers[0].format = OCL_FORMAT_TEXT;
	scrapers[1].format = OCL_FORMAT_OPENMETRICS;
	ck_assert_int_eq(pthread_create(&threads[0], NULL, run_workers, NULL), 0);
	ck_assert_int_eq(pthread_create(&threads[1], NULL, scrape, &scrapers[0]), 0);
	ck_assert_int_eq(pthread_create(&threads[2], NULL, scrape, &scrapers[1]), 0);
	ck_assert_int_eq(pthread_create(&threads[3], NULL, add_metrics, NULL), 0);
	usleep((useconds_t)(seconds * 1e6));
	ocl_store_relaxed(&stop, 1);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 2; i++) {
		scrape_once(&scrapers[i]);
		check_totals(&scrapers[i]);
		exposition_free(&scrapers[i].reader);
		text_free(&scrapers[i].text);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stress metrics");
	TCase *tests = tcase_create("stress");

	tcase_set_timeout(tests, 3600);
	tcase_add_test(tests, metrics_write_while_all_change_never_falls_and_ends_exact);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
