/* SPDX-License-Identifier: MIT */
/**
 * @file settings.h
 * @brief Limits as people write them, "100/s burst 200": read and written, exactly.
 *
 *     text      = limit , { "," , limit } ;                       one limit, or a list where a call takes one
 *     limit     = space , ( "unlimited" | ( rate , [ " " , burst ] | burst ) , [ " " , "unlimited" ] ) , space ;
 *     rate      = number , space , ( "/" | "per" ) , space , [ whole , space ] , unit ;
 *     burst     = "burst" , " " , space , number ;
 *     number    = whole , [ "." , digit , { digit } ] , [ "k" | "M" | "G" | "T" | "Ki" | "Mi" | "Gi" | "Ti" ] ;
 *     whole     = digit , { [ "_" ] , digit } ;
 *     unit      = "ns" | "us" | "ms" | "s" | "sec" | "min" | "h" | "d" | "w" | the words in full, one or many ;
 *     space     = { " " | tab } ;                                 and " " is at least one of these
 *
 *     100/s                 100 tokens a second, at most 100 at once
 *     100/s burst 200       at most 200 at once
 *     5000 per day          any word of time: nanosecond, microsecond, millisecond, second, minute, hour, day, week
 *     1/3s, 10 per 100 ms   a period of several units
 *     2.5/s                 exactly 5 in 2 seconds; at most 3 at once
 *     1_000_000/h, 1M/h     the same
 *     64Ki/s burst 1Mi      k, M, G, T are thousands (k or K), Ki, Mi, Gi, Ti multiples of 1024
 *     burst 10              10, and never more: no refill; the same as 0/s burst 10
 *     unlimited             grants all
 *     100/s unlimited       grants all, and says what would have been the limit
 *
 * Words end where their letters do and are read without regard to case. The letters right behind a number belong to it,
 * and their case counts, but for k. A burst that is not written is the tokens of one period as written, rounded up. No
 * unit is called m: it is a minute to some, a month or a thousandth to others. A number has up to nine digits behind the
 * point; there are no signs, exponents or empty limits.
 */
#ifndef OPENCLAW_SETTINGS_H
#define OPENCLAW_SETTINGS_H

#include "openclaw/bucket.h"
#include "openclaw/export.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Bytes that suffice for any text of ocl_bucket_options_format(), the terminating 0 included. */
#define OCL_SETTINGS_SIZE_MAX 96u

/** @brief What is wrong with a text. This struct will not change. */
struct ocl_text_error {
	size_t offset; /**< The byte at which it is wrong; the size of the text if something is missing at its end. */
	const char *expected; /**< What would be right there: a static string, "expected ...". */
};

/**
 * @brief Read one limit.
 *
 * @param[in]  text    The text; it needs no terminating 0.
 * @param[in]  size    Bytes of it.
 * @param[out] options All of them: capacity, refill, period and #OCL_BUCKET_UNLIMITED as written, the others zero, the
 *                     size that of version 0.1. Untouched if the text is refused.
 * @param[out] error   What is wrong, on #OCL_EINVAL and #OCL_ERANGE of a text; else untouched. May be NULL.
 *
 * @retval OCL_OK     Read. ocl_bucket_init() accepts them.
 * @retval OCL_EINVAL Not a limit; or a NULL, and then @p error is untouched.
 * @retval OCL_ERANGE A number that is 0, too large or too fine there, or a rate above #OCL_BUCKET_RATE_MAX_PER_NS.
 *
 * @threadsafety Any thread, any time.
 * @ordering     None.
 * @cost         One pass over the text and a few 128-bit divisions. No floating point, no allocation, no locale.
 * @since        0.1
 */
OCL_API int ocl_bucket_options_parse(const char *text, size_t size, struct ocl_bucket_options *options,
                                     struct ocl_text_error *error);

/**
 * @brief Read the next limit of a list, "10/s, 1000/day".
 *
 * @code
 * for (size_t at = 0; (status = ocl_bucket_options_parse_next(text, size, &at, &options, &error)) == OCL_OK;)
 *         use(&options);
 * if (status != OCL_DENIED)
 *         complain(&error);
 * @endcode
 *
 * @param[in]     text    The whole list.
 * @param[in]     size    Bytes of it.
 * @param[in,out] at      Where to go on: 0 at first, then what the call before left. Untouched unless #OCL_OK.
 * @param[out]    options As for ocl_bucket_options_parse(); on #OCL_DENIED untouched.
 * @param[out]    error   As for ocl_bucket_options_parse(); the offset counts from the start of the list.
 *
 * @retval OCL_OK     Read.
 * @retval OCL_DENIED There are no more. A list has at least one.
 * @retval OCL_EINVAL As for ocl_bucket_options_parse(); or an @p at that no call left.
 * @retval OCL_ERANGE As for ocl_bucket_options_parse().
 *
 * @threadsafety Any thread, any time.
 * @ordering     None.
 * @cost         As ocl_bucket_options_parse() on one limit.
 * @since        0.1
 */
OCL_API int ocl_bucket_options_parse_next(const char *text, size_t size, size_t *at, struct ocl_bucket_options *options,
                                          struct ocl_text_error *error);

/**
 * @brief Write the shortest text that ocl_bucket_options_parse() reads as the same capacity, refill, period and flags.
 *
 * Of several that are as short, the one with the larger unit and the plainer number. What the text cannot say, how full
 * the bucket starts, when, and its clock, is left out.
 *
 * @param[in]  options Settings that ocl_bucket_init() accepts.
 * @param[out] buffer  Room for the text and a terminating 0; NULL only with a @p size of 0. On #OCL_ESIZE it gets an
 *                     empty string if @p size is not 0.
 * @param[in]  size    Bytes in @p buffer; #OCL_SETTINGS_SIZE_MAX suffices.
 * @param[out] length  Bytes of the text without the 0, also on #OCL_ESIZE. May be NULL.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_ESIZE  It needs room for @p length bytes and a 0; or @p options carries a `struct_size` that no version
 *                    had, and @p length is untouched.
 * @retval OCL_EINVAL A NULL, or options that ocl_bucket_init() calls so.
 * @retval OCL_ERANGE Options that ocl_bucket_init() calls so.
 *
 * @threadsafety Any thread, any time.
 * @ordering     None.
 * @cost         Microseconds, for rare rates a few hundred: it tries every way to write the rate. No allocation.
 * @since        0.1
 */
OCL_API int ocl_bucket_options_format(const struct ocl_bucket_options *options, char *buffer, size_t size,
                                      size_t *length);

#ifdef __cplusplus
}
#endif

#endif
