/* SPDX-License-Identifier: MIT */
/**
 * @file headers.h
 * @brief What an HTTP client is told about a limit: the fields RateLimit-Policy, RateLimit and Retry-After.
 *
 * The first two are those of draft-ietf-httpapi-ratelimit-headers-11, lists of RFC 9651 (Structured Fields):
 *
 *     RateLimit-Policy: "default";q=100;w=10          100 tokens in 10 seconds
 *     RateLimit: "default";r=50;t=1                   50 left, no more than that within the next second
 *     Retry-After: 3                                  (RFC 9110, 10.2.3) the same request passes in 3 seconds
 *
 * Several limits on one request, as a bundle has them, make lists: items joined by ", ".
 *
 * q, w   The capacity, and the whole seconds in which an empty bucket fills, rounded up, at least 1. So q / w is the
 *        rate or less: up to one half less for a bucket that takes a second or more to fill, and far less for one that
 *        fills in milliseconds, whose window the field cannot say; r and t are exact for all. No refill: no w.
 * r, t   Whole tokens left, 0 in debt, and the whole seconds until there is one more, rounded up, at least 1. No t when
 *        the bucket is full, or when no more will come. In a rate whose token does not last a whole number of
 *        nanoseconds, a t that falls on a second within a nanosecond may be one second more.
 * Retry-After   Whole seconds, rounded up: who waits as long as told is never too early. It is there if a decision was
 *        a no that time cures, and, but for a bucket in debt, not before the t of that policy.
 * qu, pk The unit of q and the client's partition, if given.
 *
 * A number of more than 15 digits, which no structured field may have, is written as 999999999999999. A bucket that is
 * unlimited has no item. A list without an item is not a field: the value is empty and must not be sent.
 */
#ifndef OPENCLAW_HEADERS_H
#define OPENCLAW_HEADERS_H

#include "openclaw/bucket.h"
#include "openclaw/export.h"
#include "openclaw/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define OCL_POLICY_NAME_MAX          64u        /**< Longest name or unit of a policy, bytes. */
#define OCL_POLICY_PARTITION_KEY_MAX 64u        /**< Longest partition key, bytes. */
#define OCL_NEVER_SECONDS            UINT64_MAX /**< Answer of ocl_headers_retry_after_seconds(): no wait helps. */

/** Bytes that suffice for any call of this file with @p count policies, the terminating 0 included. */
#define OCL_HEADERS_SIZE_MAX(count) (64 + 656 * (size_t)(count))

/** @brief A limit as its clients see it. Zero what is not used. This struct will not change. */
struct ocl_policy {
	const char *name; /**< 1 .. #OCL_POLICY_NAME_MAX bytes of printable ASCII. In a list, each its own. */
	const struct ocl_bucket_options
		*options; /**< Settings in force: capacity, refill, period and flags are read. */
	const char
		*unit; /**< What a token is: "requests", "content-bytes", ...; printable ASCII. NULL says nothing, which
	                       means requests. */
	const void *partition_key; /**< Bytes that name the part of the quota that is this client's. They are shown to
	                                the client: nothing secret. */
	size_t partition_key_size; /**< 0 .. #OCL_POLICY_PARTITION_KEY_MAX; 0: none. */
	uint64_t reserved[2];      /**< Zero. */
};

/**
 * @brief Write the value of the field RateLimit-Policy.
 *
 * It depends on nothing but the policies, so a server may write it once.
 *
 * @param[in]  policies The policies, in the order in which they are shown.
 * @param[in]  count    How many, at least 1.
 * @param[out] buffer   Room for the value and a terminating 0; NULL only with a @p size of 0. On #OCL_ESIZE it gets an
 *                      empty string if @p size is not 0.
 * @param[in]  size     Bytes in @p buffer; #OCL_HEADERS_SIZE_MAX suffices.
 * @param[out] length   Bytes of the value without the 0, also on #OCL_ESIZE. 0: send no such field. May be NULL.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_ESIZE  It needs room for @p length bytes and a 0; or the options carry a `struct_size` that no version
 *                    had, and @p length is untouched.
 * @retval OCL_EINVAL A NULL, a @p count of 0, a name that is empty, a name or unit with a byte that is not printable
 *                    ASCII, a reserved field that is not zero, or options that ocl_bucket_init() calls so.
 * @retval OCL_ERANGE A name, unit or key that is too long, or options that ocl_bucket_init() calls so.
 *
 * @threadsafety Any thread, any time.
 * @ordering     None.
 * @cost         Some divisions and as many bytes as the value has. No allocation, no clock read.
 * @source       draft-ietf-httpapi-ratelimit-headers-11, section 3; RFC 9651, section 4.1.
 * @since        0.1
 */
OCL_API int ocl_headers_write_policy(const struct ocl_policy *policies, size_t count, char *buffer, size_t size,
                                     size_t *length);

/**
 * @brief Write the value of the field RateLimit.
 *
 * @param[in]  policies  The policies.
 * @param[in]  decisions What a take or a look said, one for each policy. When the settings were changed in between the
 *                       numbers may be those of either, and the form still holds.
 * @param[in]  count     How many of each, at least 1.
 * @param[out] buffer    As for ocl_headers_write_policy().
 * @param[in]  size      As for ocl_headers_write_policy().
 * @param[out] length    As for ocl_headers_write_policy().
 *
 * @retval OCL_OK     Written.
 * @retval OCL_ESIZE  As for ocl_headers_write_policy().
 * @retval OCL_EINVAL As for ocl_headers_write_policy().
 * @retval OCL_ERANGE As for ocl_headers_write_policy().
 *
 * @threadsafety Any thread, any time.
 * @ordering     None.
 * @cost         As ocl_headers_write_policy().
 * @source       draft-ietf-httpapi-ratelimit-headers-11, section 4; RFC 9651, section 4.1.
 * @since        0.1
 */
OCL_API int ocl_headers_write_limit(const struct ocl_policy *policies, const struct ocl_decision *decisions,
                                    size_t count, char *buffer, size_t size, size_t *length);

/**
 * @brief Write the three fields as complete lines, each ended by CR LF, those that there are.
 *
 * @param[in]  policies  The policies.
 * @param[in]  decisions As for ocl_headers_write_limit().
 * @param[in]  count     How many of each, at least 1.
 * @param[out] buffer    As for ocl_headers_write_policy().
 * @param[in]  size      As for ocl_headers_write_policy().
 * @param[out] length    As for ocl_headers_write_policy(). 0: there is nothing to say.
 *
 * @retval OCL_OK     Written.
 * @retval OCL_ESIZE  As for ocl_headers_write_policy().
 * @retval OCL_EINVAL As for ocl_headers_write_policy().
 * @retval OCL_ERANGE As for ocl_headers_write_policy().
 *
 * @threadsafety Any thread, any time.
 * @ordering     None.
 * @cost         As ocl_headers_write_policy().
 * @source       draft-ietf-httpapi-ratelimit-headers-11; RFC 9651, section 4.1; RFC 9110, section 10.2.3.
 * @since        0.1
 */
OCL_API int ocl_headers_write(const struct ocl_policy *policies, const struct ocl_decision *decisions, size_t count,
                              char *buffer, size_t size, size_t *length);

/**
 * @brief The value of the field Retry-After: whole seconds, rounded up.
 *
 * @param[in] decisions What takes or looks said: those of all limits on one request.
 * @param[in] count     How many; 0 asks of no limit.
 *
 * @return The longest of their waits: 0 if all of them would pass now, and only then; #OCL_NEVER_SECONDS if one never
 *         will, or @p decisions is NULL and @p count is not 0. Otherwise at most 18446744074.
 *
 * @threadsafety Any thread, any time.
 * @ordering     None.
 * @cost         A division a decision.
 * @source       RFC 9110, section 10.2.3.
 * @since        0.1
 */
OCL_API uint64_t ocl_headers_retry_after_seconds(const struct ocl_decision *decisions, size_t count);

#ifdef __cplusplus
}
#endif

#endif
