/* SPDX-License-Identifier: MIT */
/*
 * State          lists of limits, through their tallies, and of limiters, through their handles, and a list of families, through the first metric of each name,
 *                behind which the others of that name hang. Written by the one thread that holds `adding`; read by all.
 * Invariant      what can be reached is complete, was checked, and never changes again: nothing is ever taken out.
 * Linearization  an object is in the registry with the store of the word that leads to it.
 * Ordering       R0 that store is a release, A0 every step along a list an acquire: a scrape sees the object whole.
 *                R1 giving up `adding` is a release, A1 getting it an acquire: the next adder finds the ends of the lists.
 * Progress       scrapes are wait-free. A second adder is told to try again; one that stops while adding leaves the
 *                registry readable for ever, and closed to additions.
 * ABA            nothing is ever taken out.
 *
 * Names. A family prints its own name, or that with a suffix of its type; OpenMetrics reserves the bare name too. Two
 * families clash if one's bare name is the other's bare name, or that with such a suffix. Two suffixes cannot meet
 * otherwise: each holds one underscore, in front.
 */
#include "metrics/registry.h"
#include "limit/count.h"
#include "limit/limiter_state.h"

#include <stddef.h>

_Static_assert(sizeof(struct ocl__metrics) == sizeof(struct ocl_metrics), "the private layout is the public struct");
_Static_assert(sizeof(struct ocl__limit) == sizeof(((struct ocl__tally *)0)->registry), "the node fits the tally");
_Static_assert(offsetof(struct ocl__tally, registry) == 0, "the node is where the tally begins");
_Static_assert(sizeof(struct ocl__limiter_node) == sizeof(((struct ocl__limiter *)0)->registry), "and the handle");

const struct ocl__limit_family_text ocl__limit_families[OCL__LIMIT_FAMILIES] = {
	{"openclaw_token_bucket_capacity", "Tokens that the bucket holds when it is full.", OCL__GAUGE},
	{"openclaw_token_bucket_available", "Tokens in the bucket now, refill included; below 0: owed.", OCL__GAUGE},
	{"openclaw_token_bucket_utilisation",
         "Share of the capacity that is in use now, 0 to 1; for people, not for autoscaling.", OCL__GAUGE},
	{"openclaw_token_bucket_refill_tokens_per_second", "Tokens that the bucket earns in a second, as set.",
         OCL__GAUGE},
	{"openclaw_token_bucket_low_watermark", "Least tokens available at any time in the last 60 seconds.",
         OCL__GAUGE},
	{"openclaw_token_bucket_used_token_seconds_total",
         "Integral over time of the capacity less the tokens available.", OCL__COUNTER},
	{"openclaw_requests_granted_total", "Requests that got their tokens.", OCL__COUNTER},
	{"openclaw_requests_denied_total", "Requests that were turned away.", OCL__COUNTER},
	{"openclaw_tokens_granted_total", "Tokens that were handed out.", OCL__COUNTER},
	{"openclaw_tokens_offered_total", "Tokens that were asked for, granted or not: the demand.", OCL__COUNTER},
};

/* The name of a family, without a counter's "_total". */
struct family_name {
	const char *text;
	size_t length;
	enum ocl__type type;
};

static struct ocl__metrics *registry_of(struct ocl_metrics *metrics)
{
	return (struct ocl__metrics *)(void *)metrics;
}

const struct ocl__limit *ocl__metrics_first_limit(const struct ocl_metrics *metrics)
{
	const struct ocl__metrics *registry = (const struct ocl__metrics *)(const void *)metrics;

	return (const struct ocl__limit *)(uintptr_t)ocl_load_acquire(&registry->first_limit);
}

const struct ocl__limiter_node *ocl__metrics_first_limiter(const struct ocl_metrics *metrics)
{
	const struct ocl__metrics *registry = (const struct ocl__metrics *)(const void *)metrics;

	return (const struct ocl__limiter_node *)(uintptr_t)ocl_load_acquire(&registry->first_limiter);
}

const struct ocl__metric *ocl__metrics_first_family(const struct ocl_metrics *metrics)
{
	const struct ocl__metrics *registry = (const struct ocl__metrics *)(const void *)metrics;

	return (const struct ocl__metric *)(uintptr_t)ocl_load_acquire(&registry->first_family);
}

static int adding_begin(struct ocl__metrics *registry)
{
	/* A1: pairs with R1 in adding_end(). */
	return ocl_cas_acquire(&registry->adding, 0, 1) == 0;
}

static int adding_end(struct ocl__metrics *registry, int status)
{
	ocl_store_release(&registry->adding, 0); /* R1 */
	return status;
}

/* R0: pairs with A0 in registry.h. */
static void publish(ocl_atomic *word, const void *object)
{
	ocl_store_release(word, (size_t)(uintptr_t)object);
}

static int is_misaligned(const void *memory)
{
	return (uintptr_t)memory % sizeof(size_t) != 0;
}

/* ---- names that clash */

static int is_suffix_of(enum ocl__type type, const char *rest, size_t length)
{
	static const char *const of_counter[] = {"_total", "_created", NULL};
	static const char *const of_gauge[] = {NULL};
	static const char *const of_histogram[] = {"_bucket", "_count", "_sum", "_created", NULL};
	const char *const *suffix = type == OCL__COUNTER ? of_counter : type == OCL__GAUGE ? of_gauge : of_histogram;

	for (; *suffix != NULL; suffix++)
		if (strlen(*suffix) == length && memcmp(*suffix, rest, length) == 0)
			return 1;
	return 0;
}

/* For two different names. */
static int names_clash(const struct family_name *a, const struct family_name *b)
{
	const struct family_name *shorter = a->length < b->length ? a : b;
	const struct family_name *longer = a->length < b->length ? b : a;

	if (memcmp(shorter->text, longer->text, shorter->length) != 0)
		return 0;
	return is_suffix_of(shorter->type, longer->text + shorter->length, longer->length - shorter->length);
}

static int names_equal(const struct family_name *a, const struct family_name *b)
{
	return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

static struct family_name name_of_own_family(const struct ocl__limit_family_text *text)
{
	struct family_name name = {text->name, strlen(text->name), text->type};

	if (name.type == OCL__COUNTER)
		name.length -= sizeof "_total" - 1;
	return name;
}

static int clashes_with_own(const struct family_name *name)
{
	for (unsigned i = 0; i < OCL__LIMIT_FAMILIES + OCL__LIMITER_FAMILIES; i++) {
		struct family_name theirs =
			name_of_own_family(i < OCL__LIMIT_FAMILIES ? &ocl__limit_families[i]
		                                                   : &ocl__limiter_families[i - OCL__LIMIT_FAMILIES]);
		if (names_equal(name, &theirs) || names_clash(name, &theirs))
			return 1;
	}
	return 0;
}

/* ---- metrics of one family */

static int same_text(const char *a, const char *b)
{
	return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

/* An empty value is no label. */
static size_t labels_that_count(const struct ocl_label *labels, size_t count)
{
	size_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += labels[i].value[0] != '\0';
	return sum;
}

static int has_label(const struct ocl_label *labels, size_t count, const struct ocl_label *wanted)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(labels[i].name, wanted->name) == 0)
			return strcmp(labels[i].value, wanted->value) == 0;
	return 0;
}

static int same_labels(const struct ocl__metric *metric, const struct ocl_metric_options *options)
{
	const struct ocl_label *labels = ocl__labels(metric);

	if (labels_that_count(labels, metric->label_count) != labels_that_count(options->labels, options->label_count))
		return 0;
	for (size_t i = 0; i < options->label_count; i++)
		if (options->labels[i].value[0] != '\0' && !has_label(labels, metric->label_count, &options->labels[i]))
			return 0;
	return 1;
}

/* Where a metric of this name belongs: in *head the family that it joins, or NULL. OCL_OK or OCL_EEXIST. */
static int find_family(const struct ocl_metrics *metrics, const struct ocl_metric_options *options, enum ocl__type type,
                       struct ocl__metric **head)
{
	struct family_name name = {options->name, strlen(options->name), type};

	*head = NULL;
	if (type == OCL__COUNTER)
		name.length -= sizeof "_total" - 1;
	if (clashes_with_own(&name))
		return OCL_EEXIST;
	for (const struct ocl__metric *at = ocl__metrics_first_family(metrics); at != NULL; at = ocl__family_next(at)) {
		struct family_name theirs = {ocl__string(at->name), ocl__family_length(at), (enum ocl__type)at->type};
		if (!names_equal(&name, &theirs)) {
			if (names_clash(&name, &theirs))
				return OCL_EEXIST;
			continue;
		}
		if (theirs.type != type || !same_text(ocl__string(at->help), options->help) ||
		    !same_text(ocl__string(at->unit), options->unit))
			return OCL_EEXIST;
		for (const struct ocl__metric *member = at; member != NULL; member = ocl__member_next(member))
			if (same_labels(member, options))
				return OCL_EEXIST;
		*head = (struct ocl__metric *)(uintptr_t)at;
	}
	return OCL_OK;
}

/* ---- memory that is in use */

static int overlap(uintptr_t a, size_t a_size, uintptr_t b, size_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

static size_t size_of_metric(const struct ocl__metric *metric)
{
	if (metric->type == OCL__COUNTER)
		return sizeof(struct ocl_counter);
	if (metric->type == OCL__GAUGE)
		return sizeof(struct ocl_gauge);
	return ((const struct ocl_histogram *)(const void *)metric)->size;
}

static int memory_in_use(const struct ocl_metrics *metrics, const void *memory, size_t size)
{
	uintptr_t wanted = (uintptr_t)memory;

	if (overlap(wanted, size, (uintptr_t)metrics, sizeof *metrics))
		return 1;
	for (const struct ocl__limit *limit = ocl__metrics_first_limit(metrics); limit != NULL;
	     limit = ocl__limit_next(limit))
		if (overlap(wanted, size, (uintptr_t)limit, sizeof(struct ocl_tally)))
			return 1;
	for (const struct ocl__limiter_node *node = ocl__metrics_first_limiter(metrics); node != NULL;
	     node = ocl__limiter_next(node))
		if (overlap(wanted, size, (uintptr_t)node->limiter, sizeof(struct ocl_limiter)))
			return 1;
	for (const struct ocl__metric *head = ocl__metrics_first_family(metrics); head != NULL;
	     head = ocl__family_next(head))
		for (const struct ocl__metric *at = head; at != NULL; at = ocl__member_next(at))
			if (overlap(wanted, size, (uintptr_t)at, size_of_metric(at)))
				return 1;
	return 0;
}

/* ---- adding */

/* A larger struct of a later version is good as long as it asks for nothing that this one does not know. */
static int check_size(const struct ocl_metric_options *options)
{
	const unsigned char *bytes = (const unsigned char *)options;

	if (options->struct_size < sizeof *options || options->struct_size > 4096)
		return OCL_ESIZE;
	for (size_t i = sizeof *options; i < options->struct_size; i++)
		if (bytes[i] != 0)
			return OCL_ESIZE;
	return OCL_OK;
}

static int check_call(const struct ocl_metrics *metrics, const void *object, const struct ocl_metric_options *options,
                      enum ocl__type type)
{
	if (metrics == NULL || object == NULL || options == NULL)
		return OCL_EINVAL;
	if (is_misaligned(metrics) || is_misaligned(object))
		return OCL_EALIGN;
	int status = check_size(options);
	return status != OCL_OK ? status : ocl__check_options(options, type);
}

static void fill(struct ocl__metric *metric, const struct ocl_metric_options *options, enum ocl__type type)
{
	memset(metric, 0, sizeof *metric);
	metric->name = (size_t)(uintptr_t)options->name;
	metric->help = (size_t)(uintptr_t)options->help;
	metric->unit = (size_t)(uintptr_t)options->unit;
	metric->labels = (size_t)(uintptr_t)options->labels;
	metric->label_count = options->label_count;
	metric->name_length = strlen(options->name);
	metric->type = (size_t)type;
}

static void link_metric(struct ocl__metrics *registry, struct ocl__metric *head, struct ocl__metric *metric)
{
	size_t address = (size_t)(uintptr_t)metric;

	if (head != NULL) {
		struct ocl__metric *last = (struct ocl__metric *)(uintptr_t)head->last_member;
		head->last_member = address;
		publish(&last->next_member, metric);
		return;
	}
	metric->last_member = address;
	struct ocl__metric *last = (struct ocl__metric *)(uintptr_t)registry->last_family;
	registry->last_family = address;
	publish(last != NULL ? &last->next_family : &registry->first_family, metric);
}

/* A counter or a gauge: its node is where its memory begins. */
static int add_zeroed(struct ocl_metrics *metrics, struct ocl__metric *metric, const struct ocl_metric_options *options,
                      enum ocl__type type)
{
	struct ocl__metrics *registry = registry_of(metrics);
	struct ocl__metric *head;

	if (!adding_begin(registry))
		return OCL_EBUSY;
	if (metric->name != 0)
		return adding_end(registry, OCL_EEXIST);
	int status = find_family(metrics, options, type, &head);
	if (status == OCL_OK) {
		fill(metric, options, type);
		link_metric(registry, head, metric);
	}
	return adding_end(registry, status);
}

int ocl_metrics_add_counter(struct ocl_metrics *metrics, struct ocl_counter *counter,
                            const struct ocl_metric_options *options)
{
	int status = check_call(metrics, counter, options, OCL__COUNTER);

	if (status != OCL_OK)
		return status;
	return add_zeroed(metrics, &((struct ocl__counter *)(void *)counter)->metric, options, OCL__COUNTER);
}

int ocl_metrics_add_gauge(struct ocl_metrics *metrics, struct ocl_gauge *gauge,
                          const struct ocl_metric_options *options)
{
	int status = check_call(metrics, gauge, options, OCL__GAUGE);

	if (status != OCL_OK)
		return status;
	return add_zeroed(metrics, &((struct ocl__gauge *)(void *)gauge)->metric, options, OCL__GAUGE);
}

int ocl_metrics_add_histogram(struct ocl_metrics *metrics, const struct ocl_metric_options *options,
                              const double *bounds, size_t bound_count, void *memory, size_t size,
                              struct ocl_histogram **histogram)
{
	struct ocl__metrics *registry = registry_of(metrics);
	struct ocl__metric *head;
	int status = check_call(metrics, memory, options, OCL__HISTOGRAM);

	if (status == OCL_OK)
		status = histogram == NULL ? OCL_EINVAL : ocl__histogram_check(bounds, bound_count, memory, size);
	if (status != OCL_OK)
		return status;
	if (!adding_begin(registry))
		return OCL_EBUSY;
	if (memory_in_use(metrics, memory, ocl_histogram_size(bound_count)))
		return adding_end(registry, OCL_EEXIST);
	status = find_family(metrics, options, OCL__HISTOGRAM, &head);
	if (status == OCL_OK) {
		struct ocl_histogram *made = ocl__histogram_lay_out(memory, bounds, bound_count);
		fill(&made->metric, options, OCL__HISTOGRAM);
		link_metric(registry, head, &made->metric);
		*histogram = made;
	}
	return adding_end(registry, status);
}

/* ---- limits */

static int limit_is_taken(const struct ocl_metrics *metrics, const char *name)
{
	for (const struct ocl__limit *limit = ocl__metrics_first_limit(metrics); limit != NULL;
	     limit = ocl__limit_next(limit))
		if (strcmp(ocl__string(limit->name), name) == 0)
			return 1;
	return 0;
}

/* A tally that counts for this very bucket already, by ocl_tally_attach(), is as good as a new one. */
static int attach(struct ocl_tally *tally, struct ocl_bucket *bucket)
{
	const struct ocl__bucket *owner = ocl__bucket_of_const(bucket);

	if (ocl__tally_of(owner) == (struct ocl__tally *)(void *)tally)
		return OCL_OK;
	return ocl_tally_attach(tally, bucket);
}

int ocl_metrics_add_bucket(struct ocl_metrics *metrics, const char *limit, struct ocl_bucket *bucket,
                           struct ocl_tally *tally)
{
	struct ocl__metrics *registry = registry_of(metrics);
	struct ocl__limit *node = (struct ocl__limit *)(void *)tally;
	struct ocl_bucket_snapshot snapshot;

	if (metrics == NULL || limit == NULL || bucket == NULL || tally == NULL || limit[0] == '\0')
		return OCL_EINVAL;
	if (is_misaligned(metrics) || is_misaligned(bucket) || is_misaligned(tally))
		return OCL_EALIGN;
	int status = ocl__check_text(limit);
	snapshot.struct_size = sizeof snapshot;
	if (status == OCL_OK)
		status = ocl_bucket_snapshot_at(bucket, 0, &snapshot);
	if (status != OCL_OK)
		return status;
	if (!adding_begin(registry))
		return OCL_EBUSY;
	if (node->name != 0 || limit_is_taken(metrics, limit))
		return adding_end(registry, OCL_EEXIST);
	status = attach(tally, bucket);
	if (status != OCL_OK)
		return adding_end(registry, status);
	memset(node, 0, sizeof *node);
	node->name = (size_t)(uintptr_t)limit;
	node->name_length = strlen(limit);
	node->bucket = (size_t)(uintptr_t)bucket;
	node->clock = snapshot.clock;
	struct ocl__limit *last = (struct ocl__limit *)(uintptr_t)registry->last_limit;
	registry->last_limit = (size_t)(uintptr_t)node;
	publish(last != NULL ? &last->next : &registry->first_limit, node);
	return adding_end(registry, OCL_OK);
}

static int limiter_is_taken(const struct ocl_metrics *metrics, const char *name)
{
	for (const struct ocl__limiter_node *node = ocl__metrics_first_limiter(metrics); node != NULL;
	     node = ocl__limiter_next(node))
		if (strcmp(ocl__string(node->name), name) == 0)
			return 1;
	return 0;
}

int ocl_metrics_add_limiter(struct ocl_metrics *metrics, const char *limit, struct ocl_limiter *limiter)
{
	struct ocl__metrics *registry = registry_of(metrics);
	struct ocl_limiter_snapshot snapshot;

	if (metrics == NULL || limit == NULL || limiter == NULL || limit[0] == '\0')
		return OCL_EINVAL;
	if (is_misaligned(metrics) || is_misaligned(limiter))
		return OCL_EALIGN;
	int status = ocl__check_text(limit);
	snapshot.struct_size = sizeof snapshot;
	snapshot.sets_max = 1;
	if (status == OCL_OK)
		status = ocl_limiter_snapshot_at(limiter, 0, &snapshot);
	if (status != OCL_OK)
		return status;
	struct ocl__limiter_node *node = (struct ocl__limiter_node *)(void *)ocl__limiter_of(limiter)->registry;
	if (!adding_begin(registry))
		return OCL_EBUSY;
	if (node->name != 0 || limiter_is_taken(metrics, limit))
		return adding_end(registry, OCL_EEXIST);
	memset(node, 0, sizeof *node);
	node->name = (size_t)(uintptr_t)limit;
	node->limiter = (size_t)(uintptr_t)limiter;
	node->clock = snapshot.clock;
	struct ocl__limiter_node *last = (struct ocl__limiter_node *)(uintptr_t)registry->last_limiter;
	registry->last_limiter = (size_t)(uintptr_t)node;
	publish(last != NULL ? &last->next : &registry->first_limiter, node);
	return adding_end(registry, OCL_OK);
}

size_t ocl_metrics_size(void)
{
	return sizeof(struct ocl_metrics);
}
