/* SPDX-License-Identifier: MIT */
#include "admission.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "secret.h"

/* The limit as its clients see it. */
static struct ocl_policy shown(const struct admission *admission)
{
	return (struct ocl_policy){.name = "pod", .options = &admission->options};
}

int admission_init(struct admission *admission, uint64_t capacity_tokens, uint64_t refill_tokens_per_second,
                   struct ocl_metrics *registry)
{
	admission->options =
		(struct ocl_bucket_options)OCL_BUCKET_OPTIONS(capacity_tokens, refill_tokens_per_second, OCL_SECOND_NS);
	struct ocl_policy policy = shown(admission);
	int status = ocl_bucket_init(&admission->bucket, &admission->options);

	if (status == OCL_OK)
		status = ocl_headers_write_policy(&policy, 1, admission->policy, sizeof(admission->policy), NULL);
	if (status != OCL_OK)
		return status;
	return ocl_metrics_add_bucket(registry, "pod", &admission->bucket, &admission->tally);
}

bool admission_take(struct admission *admission, struct limit_note *note, struct problem *problem)
{
	struct ocl_policy policy = shown(admission);
	struct ocl_decision decision;
	int status = ocl_bucket_take_at(&admission->bucket, 1, ocl_clock_now_ns(OCL_CLOCK_MONOTONIC), &decision);
	uint64_t seconds = ocl_headers_retry_after_seconds(&decision, 1);

	ocl_headers_write_limit(&policy, &decision, 1, note->state, sizeof(note->state), NULL);
	note->retry_after = seconds != OCL_NEVER_SECONDS ? seconds : 0;
	return status == OCL_OK ||
	       problem_set(problem, 429, "rate_limited", NULL, "this pod serves no more requests at the moment");
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
