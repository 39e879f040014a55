/* SPDX-License-Identifier: MIT */
/**
 * @file metrics.h
 * @brief What Prometheus sees: names for buckets and for the host's own counters, gauges and histograms; their text.
 *
 * A registry holds names and pointers, no more: everything in it links through memory that the caller gave, and it never
 * allocates. Names, labels and help are checked when they are added, so that a scrape cannot fail on them. The strings
 * and the label array are borrowed: they must live, unchanged, as long as the registry is used.
 *
 * Every bucket, one label `limit="<name>"`, shows ten families:
 *
 * | name | type | meaning |
 * |---|---|---|
 * | `openclaw_token_bucket_capacity` | gauge | most tokens the bucket holds |
 * | `openclaw_token_bucket_available` | gauge | tokens in it now, refill included; below 0: owed |
 * | `openclaw_token_bucket_utilisation` | gauge | 1 - available / capacity, kept within 0 and 1; for people |
 * | `openclaw_token_bucket_refill_tokens_per_second` | gauge | the rate as set |
 * | `openclaw_token_bucket_low_watermark` | gauge | least available in the last 60 s |
 * | `openclaw_tokens_offered_total` | counter | tokens asked for, granted or not |
 * | `openclaw_tokens_granted_total` | counter | tokens handed out |
 * | `openclaw_requests_granted_total` | counter | requests that got their tokens |
 * | `openclaw_requests_denied_total` | counter | requests turned away |
 * | `openclaw_token_bucket_used_token_seconds_total` | counter | integral over time of capacity less available |
 *
 * An unlimited bucket shows 2^64 for capacity, available and low watermark, a utilisation of 0 and a refill rate of
 * `+Inf`: every ratio that rules form of these is then 0 or 1, and none is not-a-number, as infinities divided by each
 * other would be.
 *
 * In OpenMetrics a counter's family is named without `_total`. Numbers are printed in the shortest form that reads back
 * to the same double, laid out as Go's `strconv` does.
 */
#ifndef OPENCLAW_METRICS_H
#define OPENCLAW_METRICS_H

#include "openclaw/bucket.h"
#include "openclaw/counter.h"
#include "openclaw/export.h"
#include "openclaw/format.h"
#include "openclaw/gauge.h"
#include "openclaw/histogram.h"
#include "openclaw/limiter.h"
#include "openclaw/status.h"
#include "openclaw/tally.h"

#ifdef __cplusplus
extern "C" {
#endif

#define OCL_METRIC_NAME_MAX   200  /**< Longest metric name, label name and unit, bytes. */
#define OCL_METRIC_TEXT_MAX   1000 /**< Longest help and label value, bytes of UTF-8. */
#define OCL_METRIC_LABELS_MAX 16   /**< Most labels of a metric. */

/**
 * @brief A registry. Private; zeroed is valid and empty. Any memory aligned to 8 bytes, of this process alone.
 */
struct ocl_metrics {
	size_t private_[8]; /**< Not for the caller. */
};

/** @brief A label of a metric, fixed when the metric is added. */
struct ocl_label {
	const char *name;  /**< `[a-zA-Z][a-zA-Z0-9_]*`; not `le` or `quantile`. */
	const char *value; /**< UTF-8. An empty one is the same as no label. */
};

/** @brief What a metric is called. Write it with OCL_METRIC_OPTIONS(); the rest is zero, the default. */
struct ocl_metric_options {
	size_t struct_size; /**< sizeof(struct ocl_metric_options), set by the macro. */
	const char *name;   /**< `[a-zA-Z][a-zA-Z0-9_]*`, in full: a counter's ends in `_total`, no other's. */
	const char *help;   /**< One sentence for people, UTF-8; NULL or empty for none. */
	const char *unit;   /**< NULL, or what the name ends in, without the `_total`: "seconds", "bytes". */
	const struct ocl_label *labels; /**< Labels, no name twice. */
	size_t label_count;             /**< How many, 0 .. #OCL_METRIC_LABELS_MAX. */
	uint64_t reserved[2];           /**< Zero. */
};

/** Initializer: a metric without unit and labels. */
#define OCL_METRIC_OPTIONS(name, help)                                      \
	{                                                                   \
		sizeof(struct ocl_metric_options), (name), (help), 0, 0, 0, \
		{                                                           \
			0, 0                                                \
		}                                                           \
	}

/** @brief One limit at one time: its name, its bucket, its counts. */
struct ocl_limit_snapshot {
	size_t struct_size;                /**< sizeof(struct ocl_limit_snapshot). */
	const char *limit;                 /**< The name it was added under. */
	struct ocl_bucket_snapshot bucket; /**< Settings and tokens. */
	struct ocl_tally_snapshot tally;   /**< Counts. */
};

/**
 * @brief Show a bucket, and let it count into @p tally from now on.
 *
 * @param[in,out] metrics A registry, zeroed at first.
 * @param[in]     limit   The value of the label `limit`, UTF-8, 1 .. #OCL_METRIC_TEXT_MAX bytes; borrowed. A name of the
 *                        limit, such as "api": never a customer's key.
 * @param[in,out] bucket  A bucket set up by ocl_bucket_init().
 * @param[in,out] tally   A zeroed tally, or one that ocl_tally_attach() let count for this very bucket. It and the bucket
 *                        must live as long as the registry is used.
 *
 * @retval OCL_OK     Added.
 * @retval OCL_EINVAL A NULL, a bucket that was never set up, or a name that is empty or not UTF-8.
 * @retval OCL_EALIGN @p metrics, @p bucket or @p tally is not aligned to 8 bytes.
 * @retval OCL_ERANGE The name is too long.
 * @retval OCL_EEXIST The name is taken, the bucket has another tally, or the tally another bucket or a name.
 * @retval OCL_EBUSY  Another thread is adding to this registry; try again.
 *
 * @threadsafety Any thread; scrapes and counting may run meanwhile. Two threads at once: the second is told to try again.
 * @ordering     Release; scrapes acquire.
 * @cost         A comparison with each limit in the registry; no allocation.
 * @since        0.1
 */
OCL_API int ocl_metrics_add_bucket(struct ocl_metrics *metrics, const char *limit, struct ocl_bucket *bucket,
                                   struct ocl_tally *tally);

/**
 * @brief Show a limiter by key: its occupancy, and what it has counted, never a key.
 *
 * | name | type | meaning |
 * |---|---|---|
 * | `openclaw_limiter_cells` | gauge | keys that the table can know at one time |
 * | `openclaw_limiter_busy_cells` | gauge | keys whose bucket is not full; estimated from 1024 sets of a larger table |
 * | `openclaw_limiter_known_cells` | gauge | keys that have a cell, full or not; likewise |
 * | `openclaw_limiter_cell_reuses_total` | counter | cells taken over from a key that was full again |
 * | `openclaw_limiter_new_keys_total` | counter | cells given to a key |
 * | `openclaw_limiter_overflow_draws_total` | counter | decisions about a key that found no cell, in a shared bucket |
 * | `openclaw_limiter_refusals_total` | counter | requests refused because there was no cell |
 * | `openclaw_limiter_requests_granted_total`, `_denied_total` | counter | decisions |
 * | `openclaw_limiter_tokens_granted_total`, `_offered_total` | counter | tokens handed out, and asked for |
 *
 * A limiter in shared memory shows the sums of all processes: let one of them be scraped, or each, but do not add them up.
 *
 * @param[in,out] metrics A registry, zeroed at first.
 * @param[in]     limit   The value of the label `limit`, as for ocl_metrics_add_bucket(); borrowed.
 * @param[in,out] limiter A limiter that is set up, attached or open. It must live, and not be closed or set up again, as
 *                        long as the registry is used.
 *
 * @retval OCL_OK     Added.
 * @retval OCL_EINVAL A NULL, a limiter that was never set up, or a name that is empty or not UTF-8.
 * @retval OCL_EALIGN @p metrics or @p limiter is not aligned to 8 bytes.
 * @retval OCL_ERANGE The name is too long.
 * @retval OCL_EEXIST The name is taken by another limiter, or the limiter is in a registry.
 * @retval OCL_EBUSY  Another thread is adding to this registry; try again.
 *
 * @threadsafety As ocl_metrics_add_bucket().
 * @ordering     Release; scrapes acquire.
 * @cost         A comparison with each limiter in the registry; no allocation. A scrape: some microseconds.
 * @since        0.1
 */
OCL_API int ocl_metrics_add_limiter(struct ocl_metrics *metrics, const char *limit, struct ocl_limiter *limiter);

/**
 * @brief Show a counter of the host's own.
 *
 * Metrics of one name and different labels are one family, and are printed together; type, help and unit must then be
 * the same. A name may not clash with one that a family of the registry, or of a bucket, prints or could print, as
 * `x_count` does with a histogram `x`.
 *
 * @param[in,out] metrics A registry, zeroed at first.
 * @param[in,out] counter A counter that is in no registry. It must live as long as the registry is used.
 * @param[in]     options Name, help, unit, labels. The struct is copied, what it points to is borrowed.
 *
 * @retval OCL_OK     Added.
 * @retval OCL_EINVAL A NULL; a name, label or unit of other characters than documented, or reserved; help or a label
 *                    value that is not UTF-8; a name without `_total`; a label name twice; a unit that the name does not
 *                    end in; a reserved field that is not zero.
 * @retval OCL_EALIGN @p metrics or @p counter is not aligned to 8 bytes.
 * @retval OCL_ESIZE  @p options carries a `struct_size` that no version had.
 * @retval OCL_ERANGE A string is too long, or there are too many labels.
 * @retval OCL_EEXIST The same name and labels are there already; the name is there with another type, help or unit; it
 *                    clashes with another family; or @p counter is in a registry.
 * @retval OCL_EBUSY  Another thread is adding to this registry; try again.
 *
 * @threadsafety Any thread; scrapes and counting may run meanwhile. Two threads at once: the second is told to try again.
 * @ordering     Release; scrapes acquire.
 * @cost         A comparison with each family in the registry, and each metric of the same name; no allocation.
 * @since        0.1
 */
OCL_API int ocl_metrics_add_counter(struct ocl_metrics *metrics, struct ocl_counter *counter,
                                    const struct ocl_metric_options *options);

/**
 * @brief Show a gauge of the host's own.
 *
 * @param[in,out] metrics A registry, zeroed at first.
 * @param[in,out] gauge   A gauge that is in no registry. It must live as long as the registry is used.
 * @param[in]     options As for ocl_metrics_add_counter(), but the name must not end in `_total`.
 *
 * @retval OCL_OK     Added.
 * @retval OCL_EINVAL As for ocl_metrics_add_counter(), or a name with `_total`.
 * @retval OCL_EALIGN As for ocl_metrics_add_counter().
 * @retval OCL_ESIZE  As for ocl_metrics_add_counter().
 * @retval OCL_ERANGE As for ocl_metrics_add_counter().
 * @retval OCL_EEXIST As for ocl_metrics_add_counter().
 * @retval OCL_EBUSY  Another thread is adding to this registry; try again.
 *
 * @threadsafety As ocl_metrics_add_counter().
 * @ordering     Release; scrapes acquire.
 * @cost         As ocl_metrics_add_counter().
 * @since        0.1
 */
OCL_API int ocl_metrics_add_gauge(struct ocl_metrics *metrics, struct ocl_gauge *gauge,
                                  const struct ocl_metric_options *options);

/**
 * @brief Set up a histogram of the host's own in @p memory, and show it.
 *
 * In OpenMetrics a histogram with a negative bound is printed without `_sum` and `_count`, as that format demands.
 *
 * @param[in,out] metrics     A registry, zeroed at first.
 * @param[in]     options     As for ocl_metrics_add_counter(), but the name must not end in `_total`.
 * @param[in]     bounds      Upper bounds, each counting what is equal to it: finite, strictly ascending; copied. May be
 *                            NULL when there are none. Infinity is added.
 * @param[in]     bound_count How many, 0 .. #OCL_HISTOGRAM_BOUNDS_MAX.
 * @param[out]    memory      Aligned to 8 bytes, and no part of anything in the registry. It must live as long as the
 *                            registry is used; nothing to free.
 * @param[in]     size        Bytes in @p memory, ocl_histogram_size() or more.
 * @param[out]    histogram   The handle for ocl_histogram_observe(). Written on #OCL_OK only.
 *
 * @retval OCL_OK     Added.
 * @retval OCL_EINVAL As for ocl_metrics_add_counter(); a name with `_total`; bounds that are infinite, not a number, or
 *                    not strictly ascending.
 * @retval OCL_EALIGN @p metrics or @p memory is not aligned to 8 bytes.
 * @retval OCL_ESIZE  @p memory is too small, or a `struct_size` that no version had.
 * @retval OCL_ERANGE As for ocl_metrics_add_counter(), or too many bounds.
 * @retval OCL_EEXIST As for ocl_metrics_add_counter(), or @p memory holds something that is in the registry.
 * @retval OCL_EBUSY  Another thread is adding to this registry; try again.
 *
 * @threadsafety As ocl_metrics_add_counter(). Others may use the histogram once they have the handle by any means that
 *               orders memory.
 * @ordering     Release; scrapes acquire.
 * @cost         As ocl_metrics_add_counter(), and the memory is cleared.
 * @since        0.1
 */
OCL_API int ocl_metrics_add_histogram(struct ocl_metrics *metrics, const struct ocl_metric_options *options,
                                      const double *bounds, size_t bound_count, void *memory, size_t size,
                                      struct ocl_histogram **histogram);

/**
 * @brief Write the whole registry as text, now.
 *
 * Reads each clock that a bucket uses, once, and gives the text to @p write in pieces of up to a kilobyte, from one
 * buffer on the stack. Writing changes nothing: two scrapers do not disturb each other.
 *
 * @param[in]     metrics A registry.
 * @param[in]     format  A value of #ocl_format.
 * @param[in]     write   Takes @p context, bytes and their number, at least 1. Anything but 0 stops the writing.
 * @param[in,out] context For @p write; may be NULL.
 *
 * @retval OCL_OK     All written.
 * @retval OCL_EINVAL @p metrics or @p write is NULL, or @p format is not in #ocl_format.
 * @return Else what @p write returned.
 *
 * @threadsafety Any number of threads, while others count and add. Lock-free as far as @p write is.
 * @ordering     Acquires what counting and adding threads released.
 * @cost         50 to 90 ns a series on a 2.6 GHz core while two threads count, some ns more for each further one; no
 *               allocation. 3 kB of stack.
 * @since        0.1
 */
OCL_API int ocl_metrics_write(const struct ocl_metrics *metrics, enum ocl_format format,
                              int (*write)(void *context, const char *bytes, size_t size), void *context);

/**
 * @brief ocl_metrics_write() at a given time.
 *
 * @param[in]     metrics A registry.
 * @param[in]     format  A value of #ocl_format.
 * @param[in]     write   As for ocl_metrics_write().
 * @param[in,out] context For @p write; may be NULL.
 * @param[in]     now_ns  The time of every bucket.
 *
 * @retval OCL_OK     All written.
 * @retval OCL_EINVAL As for ocl_metrics_write().
 * @return Else what @p write returned.
 *
 * @threadsafety As ocl_metrics_write().
 * @ordering     As ocl_metrics_write().
 * @cost         As ocl_metrics_write(); no clock read.
 * @since        0.1
 */
OCL_API int ocl_metrics_write_at(const struct ocl_metrics *metrics, enum ocl_format format,
                                 int (*write)(void *context, const char *bytes, size_t size), void *context,
                                 uint64_t now_ns);

/**
 * @brief Write the whole registry as text into memory.
 *
 * @param[in]  metrics A registry.
 * @param[in]  format  A value of #ocl_format.
 * @param[out] buffer  Room for the text; NULL only with a @p size of 0. No zero byte is put behind the text. When the
 *                     room is too small its content is undefined.
 * @param[in]  size    Bytes in @p buffer.
 * @param[out] length  Bytes of the text, whether it fitted or not. A later text may be longer: leave room, or ask again.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_ESIZE  The text needs @p length bytes.
 * @retval OCL_EINVAL A NULL, or @p format is not in #ocl_format; @p length is untouched.
 *
 * @threadsafety As ocl_metrics_write().
 * @ordering     As ocl_metrics_write().
 * @cost         As ocl_metrics_write().
 * @since        0.1
 */
OCL_API int ocl_metrics_write_buffer(const struct ocl_metrics *metrics, enum ocl_format format, char *buffer,
                                     size_t size, size_t *length);

/**
 * @brief Read all limits into plain structs, now.
 *
 * @param[in]     metrics  A registry.
 * @param[in,out] limits   An array; `limits[0].struct_size` set by the caller, for all. Every element is written, in the
 *                         order of adding. NULL only with a @p capacity of 0.
 * @param[in]     capacity Elements in @p limits.
 * @param[out]    count    Limits in the registry. Written on #OCL_OK and #OCL_ESIZE.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_ESIZE  @p capacity is below @p count: nothing but that was written; or a `struct_size` that no version
 *                    had: nothing was.
 * @retval OCL_EINVAL A NULL.
 *
 * @threadsafety Any number of threads, while others count and add.
 * @ordering     As ocl_metrics_write().
 * @cost         A snapshot of each bucket and tally; each clock in use is read once.
 * @since        0.1
 */
OCL_API int ocl_metrics_snapshot(const struct ocl_metrics *metrics, struct ocl_limit_snapshot *limits, size_t capacity,
                                 size_t *count);

/**
 * @brief ocl_metrics_snapshot() at a given time.
 *
 * @param[in]     metrics  A registry.
 * @param[in,out] limits   As for ocl_metrics_snapshot().
 * @param[in]     capacity Elements in @p limits.
 * @param[out]    count    Limits in the registry. Written on #OCL_OK and #OCL_ESIZE.
 * @param[in]     now_ns   The time of every bucket.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_ESIZE  As for ocl_metrics_snapshot().
 * @retval OCL_EINVAL A NULL.
 *
 * @threadsafety As ocl_metrics_snapshot().
 * @ordering     As ocl_metrics_write().
 * @cost         As ocl_metrics_snapshot(); no clock read.
 * @since        0.1
 */
OCL_API int ocl_metrics_snapshot_at(const struct ocl_metrics *metrics, struct ocl_limit_snapshot *limits,
                                    size_t capacity, size_t *count, uint64_t now_ns);

/** @brief sizeof(struct ocl_metrics) as the running library has it, for bindings.
 *
 * @return Bytes.
 *
 * @threadsafety Any thread, any time.
 * @ordering     None.
 * @cost         A constant.
 * @since        0.1
 */
OCL_API size_t ocl_metrics_size(void);

#ifdef __cplusplus
}
#endif

#endif
