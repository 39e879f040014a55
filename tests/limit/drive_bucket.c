/* SPDX-License-Identifier: MIT */
/*
 * Reads calls of a bucket from standard input, one a line, and prints what each returned. oracle_bucket.py compares that
 * with exact rational arithmetic. Numbers are decimal; see run_line() for the words.
 */
#include "openclaw/bucket.h"
#include "openclaw/tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 16

static struct ocl_bucket bucket;
static struct ocl_bucket
	bare; /* the same without a tally, which takes other paths through the code: must always agree */
static struct ocl_tally tally;
static struct ocl_reservation slots[SLOTS], bare_slots[SLOTS];

static void print_decision(int status, const struct ocl_decision *decision)
{
	printf("%d", status);
	if (status >= 0)
		printf(" %" PRIu64 " %" PRId64 " %" PRIu64 " %" PRIu64, decision->limit, decision->remaining,
		       decision->retry_after_ns, decision->reset_after_ns);
	printf("\n");
}

static int both(int status, int bare_status)
{
	if (status != bare_status) {
		fprintf(stderr, "drive_bucket: %s with a tally, %s without\n", ocl_status_name(status),
		        ocl_status_name(bare_status));
		exit(3);
	}
	return status;
}

/* init|change capacity refill period_ns used start_ns-or-now flags */
static void run_settings(const char *word, const uint64_t *n)
{
	struct ocl_bucket_options options = OCL_BUCKET_OPTIONS(n[0], n[1], n[2]);

	options.flags = (uint32_t)n[5];
	if (strcmp(word, "change") == 0) {
		printf("%d\n", both(ocl_bucket_change_at(&bucket, &options, n[4]),
		                    ocl_bucket_change_at(&bare, &options, n[4])));
		return;
	}
	options.initial_used_tokens = n[3];
	options.start_ns = n[4];
	memset(&tally, 0, sizeof tally);
	memset(slots, 0, sizeof slots);
	memset(bare_slots, 0, sizeof bare_slots);
	int status = both(ocl_bucket_init(&bucket, &options), ocl_bucket_init(&bare, &options));
	if (status == OCL_OK)
		status = ocl_tally_attach_at(&tally, &bucket, n[4]);
	printf("%d\n", status);
}

static void run_snapshot(uint64_t now_ns)
{
	struct ocl_bucket_snapshot state = {0};
	struct ocl_tally_snapshot counts = {0};

	state.struct_size = sizeof state;
	counts.struct_size = sizeof counts;
	int status = ocl_bucket_snapshot_at(&bucket, now_ns, &state);
	ocl_tally_snapshot_at(&tally, now_ns, &counts);
	printf("%d %" PRIu64 " %" PRIu64 " %.17g %.17g %" PRIu64 " %" PRIu64 " %.17g\n", status, state.capacity_tokens,
	       state.refill_tokens, state.available_tokens, state.used_tokens, counts.tokens_offered,
	       counts.tokens_granted, counts.used_token_seconds);
}

static void run_line(const char *word, const uint64_t *n)
{
	struct ocl_decision decision = {0, 0, 0, 0};
	uint64_t taken = 0, bare_taken = 0;
	int status;

	if (strcmp(word, "init") == 0 || strcmp(word, "change") == 0) {
		run_settings(word, n);
	} else if (strcmp(word, "take") == 0) { /* tokens now */
		status = ocl_bucket_take_at(&bucket, n[0], n[1], &decision);
		both(status, ocl_bucket_take_at(&bare, n[0], n[1], NULL));
		print_decision(status, &decision);
	} else if (strcmp(word, "plain") == 0) { /* tokens now: without a decision, another path through the code */
		status = ocl_bucket_take_at(&bucket, n[0], n[1], NULL);
		printf("%d\n", both(status, ocl_bucket_take_at(&bare, n[0], n[1], NULL)));
	} else if (strcmp(word, "peek") == 0) {
		status = ocl_bucket_peek_at(&bucket, n[0], n[1], &decision);
		print_decision(status, &decision);
	} else if (strcmp(word, "refund") == 0) {
		status = ocl_bucket_refund_at(&bucket, n[0], n[1]);
		printf("%d\n", both(status, ocl_bucket_refund_at(&bare, n[0], n[1])));
	} else if (strcmp(word, "settle") == 0) { /* estimated actual now */
		status = ocl_bucket_settle_at(&bucket, n[0], n[1], n[2]);
		printf("%d\n", both(status, ocl_bucket_settle_at(&bare, n[0], n[1], n[2])));
	} else if (strcmp(word, "drain") == 0) { /* most now */
		status = ocl_bucket_drain_at(&bucket, n[0], n[1], &taken);
		both(status, ocl_bucket_drain_at(&bare, n[0], n[1], &bare_taken));
		printf("%d %" PRIu64 "\n", status, taken);
	} else if (strcmp(word, "reserve") == 0) { /* slot tokens max_wait now */
		struct ocl_reservation *slot = &slots[n[0] % SLOTS];
		struct ocl_reservation *bare_slot = &bare_slots[n[0] % SLOTS];
		memset(slot, 0, sizeof *slot);
		memset(bare_slot, 0, sizeof *bare_slot);
		status = ocl_bucket_reserve_at(&bucket, n[1], n[2], n[3], slot);
		both(status, ocl_bucket_reserve_at(&bare, n[1], n[2], n[3], bare_slot));
		printf("%d %" PRIu64 " %" PRIu64 "\n", status, slot->tokens, slot->wait_ns);
	} else if (strcmp(word, "cancel") == 0) { /* slot now */
		status = ocl_bucket_cancel_at(&bucket, &slots[n[0] % SLOTS], n[1]);
		printf("%d\n", both(status, ocl_bucket_cancel_at(&bare, &bare_slots[n[0] % SLOTS], n[1])));
	} else if (strcmp(word, "snapshot") == 0) {
		run_snapshot(n[0]);
	} else {
		fprintf(stderr, "drive_bucket: unknown word %s\n", word);
		exit(2);
	}
}

int main(void)
{
	char line[512];

	while (fgets(line, sizeof line, stdin) != NULL) {
		uint64_t numbers[8] = {0};
		char *rest = NULL;
		char *word = strtok_r(line, " \n", &rest);
		for (size_t i = 0; word != NULL && i < 8; i++) {
			char *number = strtok_r(NULL, " \n", &rest);
			if (number == NULL)
				break;
			numbers[i] = strtoull(number, NULL, 10);
		}
		if (word != NULL)
			run_line(word, numbers);
	}
	return 0;
}
