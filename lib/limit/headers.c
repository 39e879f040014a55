/* SPDX-License-Identifier: MIT */
/*
 * Limits as HTTP fields. No state. Each call runs its writer twice, first without a buffer to learn the length, so that
 * what does not fit is never begun.
 */
#include "openclaw/headers.h"

#include "limit/bucket_state.h"

#include <stdbool.h>
#include <string.h>

/* RFC 9651, 3.3.1: an integer has at most 15 digits. */
#define INTEGER_MAX UINT64_C(999999999999999)

struct out {
	char *buffer; /* NULL: only count */
	size_t length;
};

/* What a call was given. */
struct fields {
	const struct ocl_policy *policies;
	const struct ocl_decision *decisions; /* NULL: none is needed */
	size_t count;
};

static void put(struct out *out, const char *bytes, size_t size)
{
	if (out->buffer != NULL)
		memcpy(out->buffer + out->length, bytes, size);
	out->length += size;
}

static void put_text(struct out *out, const char *text)
{
	put(out, text, strlen(text));
}

static void put_number(struct out *out, const char *key, uint64_t number)
{
	char digits[20];
	size_t at = sizeof digits;

	if (number > INTEGER_MAX)
		number = INTEGER_MAX;
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number != 0);
	put_text(out, key);
	put(out, digits + at, sizeof digits - at);
}

static void put_string(struct out *out, const char *text)
{
	put(out, "\"", 1);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			put(out, "\\", 1);
		put(out, text, 1);
	}
	put(out, "\"", 1);
}

/* RFC 9651, 3.3.5: base64 with its padding, between colons. */
static void put_bytes(struct out *out, const unsigned char *bytes, size_t size)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	put(out, ":", 1);
	for (size_t at = 0; at < size; at += 3) {
		size_t left = size - at;
		unsigned word = (unsigned)bytes[at] << 16;
		word |= left > 1 ? (unsigned)bytes[at + 1] << 8 : 0;
		word |= left > 2 ? bytes[at + 2] : 0;
		put(out, &letters[word >> 18], 1);
		put(out, &letters[word >> 12 & 63], 1);
		put(out, left > 1 ? &letters[word >> 6 & 63] : "=", 1);
		put(out, left > 2 ? &letters[word & 63] : "=", 1);
	}
	put(out, ":", 1);
}

static void put_partition_key(struct out *out, const struct ocl_policy *policy)
{
	if (policy->partition_key_size == 0)
		return;
	put_text(out, ";pk=");
	put_bytes(out, (const unsigned char *)policy->partition_key, policy->partition_key_size);
}

static uint64_t divide_up(ocl__u128 a, ocl__u128 b)
{
	ocl__u128 quotient = a / b + (a % b != 0);

	return quotient < UINT64_MAX ? (uint64_t)quotient : UINT64_MAX;
}

static bool is_unlimited(const struct ocl_policy *policy)
{
	return (policy->options->flags & OCL_BUCKET_UNLIMITED) != 0;
}

/* The next item of a list: its name, after a comma if it is not the first. */
static void put_name(struct out *out, size_t *items, const struct ocl_policy *policy)
{
	if ((*items)++ > 0)
		put(out, ", ", 2);
	put_string(out, policy->name);
}

static void write_policy(struct out *out, const struct fields *fields)
{
	size_t items = 0;

	for (size_t i = 0; i < fields->count; i++) {
		const struct ocl_policy *policy = &fields->policies[i];
		const struct ocl_bucket_options *options = policy->options;
		if (is_unlimited(policy))
			continue;
		/* The time to fill is fill / second seconds: 2^113 and 2^89 at most. */
		ocl__u128 fill = (ocl__u128)options->capacity_tokens * options->refill_period_ns;
		ocl__u128 second = (ocl__u128)options->refill_tokens * OCL_SECOND_NS;
		put_name(out, &items, policy);
		put_number(out, ";q=", options->capacity_tokens);
		if (policy->unit != NULL) {
			put_text(out, ";qu=");
			put_string(out, policy->unit);
		}
		if (second != 0)
			put_number(out, ";w=", divide_up(fill, second));
		put_partition_key(out, policy);
	}
}

/*
 * The wait until there is one whole token more than now, or OCL_NEVER_NS: the wait until the bucket is full, less the
 * time in which the tokens above that one are earned. The first is rounded up and the second down, so never too early.
 */
static uint64_t next_token_ns(const struct ocl_bucket_options *options, const struct ocl_decision *decision)
{
	uint64_t wait_ns = decision->reset_after_ns;
	uint64_t held = decision->remaining > 0 ? (uint64_t)decision->remaining : 0;

	if (held >= options->capacity_tokens || options->refill_tokens == 0)
		return OCL_NEVER_NS;
	if (wait_ns != OCL_NEVER_NS) {
		ocl__u128 above = options->capacity_tokens - held - 1;
		ocl__u128 above_ns = above * options->refill_period_ns / options->refill_tokens;
		wait_ns = above_ns < wait_ns ? wait_ns - (uint64_t)above_ns : 1; /* 1: they do not belong together */
	}
	/* More was asked for than there was, so when that passes there is more. In debt even a take of 0 is a no. */
	if (decision->remaining >= 0 && decision->retry_after_ns != 0 && decision->retry_after_ns < wait_ns)
		wait_ns = decision->retry_after_ns;
	return wait_ns;
}

static void write_limit(struct out *out, const struct fields *fields)
{
	size_t items = 0;

	for (size_t i = 0; i < fields->count; i++) {
		const struct ocl_policy *policy = &fields->policies[i];
		const struct ocl_decision *decision = &fields->decisions[i];
		if (is_unlimited(policy) || decision->limit == UINT64_MAX)
			continue;
		uint64_t wait_ns = next_token_ns(policy->options, decision);
		put_name(out, &items, policy);
		put_number(out, ";r=", decision->remaining > 0 ? (uint64_t)decision->remaining : 0);
		if (wait_ns != OCL_NEVER_NS)
			put_number(out, ";t=", divide_up(wait_ns, OCL_SECOND_NS));
		put_partition_key(out, policy);
	}
}

static void write_line(struct out *out, const char *name, void (*write)(struct out *, const struct fields *),
                       const struct fields *fields)
{
	struct out value = {NULL, 0};

	write(&value, fields);
	if (value.length == 0)
		return;
	put_text(out, name);
	write(out, fields);
	put(out, "\r\n", 2);
}

static void write_lines(struct out *out, const struct fields *fields)
{
	uint64_t seconds = ocl_headers_retry_after_seconds(fields->decisions, fields->count);

	write_line(out, "RateLimit-Policy: ", write_policy, fields);
	write_line(out, "RateLimit: ", write_limit, fields);
	if (seconds == 0 || seconds == OCL_NEVER_SECONDS)
		return;
	put_number(out, "Retry-After: ", seconds);
	put(out, "\r\n", 2);
}

/* Is it a string of RFC 9651, not too long? */
static int check_string(const char *text)
{
	size_t length = 0;

	for (; text[length] != '\0'; length++) {
		if (length == OCL_POLICY_NAME_MAX)
			return OCL_ERANGE;
		if (text[length] < 0x20 || text[length] > 0x7e)
			return OCL_EINVAL;
	}
	return OCL_OK;
}

static int check_policy(const struct ocl_policy *policy)
{
	struct ocl_bucket_options options;
	struct ocl__setting_values values;
	int status;

	if (policy->name == NULL || policy->name[0] == '\0' || policy->options == NULL)
		return OCL_EINVAL;
	if (policy->reserved[0] != 0 || policy->reserved[1] != 0)
		return OCL_EINVAL;
	if (policy->partition_key_size > OCL_POLICY_PARTITION_KEY_MAX)
		return OCL_ERANGE;
	if (policy->partition_key == NULL && policy->partition_key_size != 0)
		return OCL_EINVAL;
	status = check_string(policy->name);
	if (status == OCL_OK && policy->unit != NULL)
		status = check_string(policy->unit);
	if (status == OCL_OK)
		status = ocl__bucket_options_read(policy->options, &options);
	return status == OCL_OK ? ocl__settings_from(&options, &values) : status;
}

static int write_twice(void (*write)(struct out *, const struct fields *), const struct fields *fields, char *buffer,
                       size_t size, size_t *length)
{
	struct out out = {NULL, 0};

	if (fields->policies == NULL || fields->count == 0 || (buffer == NULL && size != 0))
		return OCL_EINVAL;
	for (size_t i = 0; i < fields->count; i++) {
		int status = check_policy(&fields->policies[i]);
		if (status != OCL_OK)
			return status;
	}
	write(&out, fields);
	if (length != NULL)
		*length = out.length;
	if (out.length >= size) {
		if (size > 0)
			buffer[0] = '\0';
		return OCL_ESIZE;
	}
	out.buffer = buffer;
	out.length = 0;
	write(&out, fields);
	buffer[out.length] = '\0';
	return OCL_OK;
}

int ocl_headers_write_policy(const struct ocl_policy *policies, size_t count, char *buffer, size_t size, size_t *length)
{
	struct fields fields = {policies, NULL, count};

	return write_twice(write_policy, &fields, buffer, size, length);
}

int ocl_headers_write_limit(const struct ocl_policy *policies, const struct ocl_decision *decisions, size_t count,
                            char *buffer, size_t size, size_t *length)
{
	struct fields fields = {policies, decisions, count};

	return decisions != NULL ? write_twice(write_limit, &fields, buffer, size, length) : OCL_EINVAL;
}

int ocl_headers_write(const struct ocl_policy *policies, const struct ocl_decision *decisions, size_t count,
                      char *buffer, size_t size, size_t *length)
{
	struct fields fields = {policies, decisions, count};

	return decisions != NULL ? write_twice(write_lines, &fields, buffer, size, length) : OCL_EINVAL;
}

uint64_t ocl_headers_retry_after_seconds(const struct ocl_decision *decisions, size_t count)
{
	uint64_t longest_ns = 0;

	if (decisions == NULL && count != 0)
		return OCL_NEVER_SECONDS;
	for (size_t i = 0; i < count; i++) {
		if (decisions[i].retry_after_ns > longest_ns)
			longest_ns = decisions[i].retry_after_ns;
	}
	return longest_ns == OCL_NEVER_NS ? OCL_NEVER_SECONDS : divide_up(longest_ns, OCL_SECOND_NS);
}
