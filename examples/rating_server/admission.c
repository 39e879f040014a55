/* SPDX-License-Identifier: MIT */
#include "admission.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "secret.h"

static uint64_t divide_up(uint64_t a, uint64_t b)
{
	return a / b + (a % b != 0);
}

/*
 * The fields are those of draft-ietf-httpapi-ratelimit-headers-10: q is the quota and w the seconds over which it is
 * meant (those in which an empty bucket fills), r what remains, t the seconds until there is more.
 */
int admission_init(struct admission *admission, uint64_t capacity_tokens, uint64_t refill_tokens_per_second,
                   struct ocl_metrics *registry)
{
	struct ocl_bucket_options options =
		OCL_BUCKET_OPTIONS(capacity_tokens, refill_tokens_per_second, OCL_SECOND_NS);
	int status = ocl_bucket_init(&admission->bucket, &options);

	snprintf(admission->policy, sizeof(admission->policy), "\"pod\";q=%" PRIu64, capacity_tokens);
	if (refill_tokens_per_second > 0) /* Without a refill there is no window. */
		snprintf(admission->policy, sizeof(admission->policy), "\"pod\";q=%" PRIu64 ";w=%" PRIu64,
		         capacity_tokens, divide_up(capacity_tokens, refill_tokens_per_second));
	if (status != OCL_OK)
		return status;
	return ocl_metrics_add_bucket(registry, "pod", &admission->bucket, &admission->tally);
}

bool admission_take(struct admission *admission, struct limit_note *note, struct problem *problem)
{
	uint64_t now_ns = ocl_clock_now_ns(OCL_CLOCK_MONOTONIC);
	struct ocl_decision decision;
	struct ocl_decision more;
	int status = ocl_bucket_take_at(&admission->bucket, 1, now_ns, &decision);
	uint64_t remaining = decision.remaining > 0 ? (uint64_t)decision.remaining : 0;

	snprintf(note->state, sizeof(note->state), "\"pod\";r=%" PRIu64, remaining);
	if (ocl_bucket_peek_at(&admission->bucket, remaining + 1, now_ns, &more) == OCL_DENIED &&
	    more.retry_after_ns != OCL_NEVER_NS)
		snprintf(note->state, sizeof(note->state), "\"pod\";r=%" PRIu64 ";t=%" PRIu64, remaining,
		         divide_up(more.retry_after_ns, OCL_SECOND_NS));
	if (status == OCL_OK)
		return true;
	if (decision.retry_after_ns != OCL_NEVER_NS)
		note->retry_after = divide_up(decision.retry_after_ns, OCL_SECOND_NS);
	return problem_set(problem, 429, "rate_limited", NULL, "this pod serves no more requests at the moment");
}

/* Always looks at all of what was given, so that the time does not tell how much of it was right. */
static bool is_token(const char *token, const char *given)
{
	size_t length = strlen(token);
	size_t given_length = strlen(given);
	volatile unsigned char difference = length != given_length;

	for (size_t i = 0; i < given_length; i++)
		difference = (unsigned char)(difference | (token[i % length] ^ given[i]));
	return difference == 0;
}

bool admission_check_token(const struct admission *admission, const char *authorization, struct problem *problem)
{
	if (admission->token[0] == '\0')
		return true;
	if (authorization == NULL || strncasecmp(authorization, "Bearer ", 7) != 0)
		return problem_set(problem, 401, "unauthorized", "Authorization", "expected \"Bearer\" and a token");
	authorization += 7 + strspn(authorization + 7, " ");
	if (is_token(admission->token, authorization))
		return true;
	return problem_set(problem, 401, "unauthorized", "Authorization", "this is not the token");
}

/* The characters that RFC 6750 allows in a token. */
static bool is_well_formed(const char *token)
{
	const char *letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";

	return token[0] != '\0' && token[strspn(token, letters)] == '\0';
}

int admission_read_token(struct admission *admission, const char *path)
{
	const bool given = path[0] != '\0' || getenv("OPENCLAW_TOKEN") != NULL;
	char token[TOKEN_MAX_BYTES + 1];

	if (secret_read(token, sizeof(token), "--token-file", path, "OPENCLAW_TOKEN") != 0)
		return -1;
	if (given && !is_well_formed(token)) {
		fprintf(stderr, "rating_server: %s: expected 1 to %d of A-Z a-z 0-9 - . _ ~ + / =\n",
		        path[0] != '\0' ? "--token-file" : "OPENCLAW_TOKEN", TOKEN_MAX_BYTES);
		return -1;
	}
	memcpy(admission->token, token, sizeof(token));
	return 0;
}
