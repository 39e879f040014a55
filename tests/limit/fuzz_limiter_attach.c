/* SPDX-License-Identifier: MIT */
/*
 * Goal: whatever is in the memory, ocl_limiter_attach() and the calls after it never touch a byte outside of it, never
 * crash, never run for ever, and answer only what the header says.
 * Method: a good table in a block of exactly its size, so that AddressSanitizer sees every step over its end. The bytes
 * change numbers in it, mostly in the head and the plans, cut it, or write all of its beginning; then the table is
 * attached to and, if that passes, used in every way.
 */
#include "../fuzz_input.h"

#include "limit/limiter_state.h"

/* What attach answers for: the head and the plans. Cells are numbers that any value may be read from, but who may write
 * them is trusted. */
#define CHECKED (sizeof(struct ocl__table) + 3 * sizeof(struct ocl__plan))

static struct {
	unsigned char *bytes;
	size_t size;
} model; /* a good table, with keys in it */

static unsigned char *block_of(size_t size)
{
	unsigned char *block = (unsigned char *)aligned_alloc(64, size);

	REQUIRE(block != NULL);
	return block;
}

static void make_model(void)
{
	struct ocl_bucket_options plans[3] = {OCL_BUCKET_OPTIONS(5, 1, OCL_SECOND_NS),
	                                      OCL_BUCKET_OPTIONS(1000, 1000, OCL_SECOND_NS),
	                                      OCL_BUCKET_OPTIONS(1, 1, 1)};
	struct ocl_limiter_options options = OCL_LIMITER_OPTIONS(8, plans, 3);
	static struct ocl_limiter limiter;

	plans[2].flags = OCL_BUCKET_UNLIMITED;
	options.seed[0] = 1;
	options.denied_keys = 4;
	options.start_ns = OCL_SECOND_NS;
	REQUIRE(ocl_limiter_memory_size(&options, &model.size) == OCL_OK);
	REQUIRE(model.size % 64 == 0);
	model.bytes = block_of(model.size);
	REQUIRE(ocl_limiter_init(&limiter, model.bytes, model.size, &options) == OCL_OK);
	for (unsigned char i = 0; i < 40; i++)
		ocl_limiter_take_at(&limiter, i % 3, &i, 1, i % 6, OCL_SECOND_NS, NULL);
	ocl__limiter_flush(ocl__limiter_of(&limiter));
}

/* One change to the bytes. */
static void mutate(struct input *input, unsigned char *bytes, size_t *size)
{
	uint8_t choice = next_byte(input);
	size_t words = *size / 8, at;
	uint64_t number;

	switch (choice % 8) {
	case 0: /* a word of the head: the first line or two have what sizes are made of */
	case 1:
	case 2:
		at = next_byte(input) % (sizeof(struct ocl__table) / 8);
		break;
	case 3: /* of the plans */
	case 4:
		at = sizeof(struct ocl__table) / 8 + next_byte(input) % (3 * sizeof(struct ocl__plan) / 8);
		break;
	case 5: /* cut, at a whole line so that the block can be made anew */
		*size -= 64 * (next_number(input) % (*size / 64));
		return;
	default: /* a bit */
		at = (size_t)next_byte(input) << 8;
		at = (at | next_byte(input)) % (CHECKED < *size ? CHECKED : *size);
		bytes[at] ^= (unsigned char)(1u << next_byte(input) % 8);
		return;
	}
	number = next_number(input);
	if (at < words)
		memcpy(bytes + 8 * at, &number, sizeof number);
}

/* A result of a call with arguments that are right but for what the table says of its plans. */
static int may_answer(int status)
{
	return status == OCL_OK || status == OCL_DENIED || status == OCL_ERANGE || status == OCL_EFULL ||
	       status == OCL_EBUSY;
}

static void look(const struct ocl_limiter *limiter, struct input *input)
{
	struct ocl_limiter_denied denied[8];
	struct ocl_limiter_snapshot snapshot;
	struct ocl_bucket_options plan;
	struct ocl_decision decision;
	size_t count = 0;
	int status;

	memset(&snapshot, 0, sizeof snapshot);
	snapshot.struct_size = sizeof snapshot;
	snapshot.sets_max = next_byte(input) % 4;
	REQUIRE(ocl_limiter_snapshot_at(limiter, next_number(input), &snapshot) == OCL_OK);
	REQUIRE(snapshot.memory_bytes <= model.size && snapshot.plan_count <= OCL_LIMITER_PLANS_MAX);
	status = ocl_limiter_denied_keys(limiter, denied, 8, &count);
	REQUIRE(status == OCL_OK || status == OCL_ENOTSUP);
	REQUIRE(count <= 8);
	for (uint32_t i = 0; i < 4; i++) {
		plan.struct_size = sizeof plan;
		status = ocl_limiter_plan_options(limiter, i, &plan);
		REQUIRE(status == OCL_OK || status == OCL_ERANGE);
		status = ocl_limiter_peek_at(limiter, i, "k", 1, next_byte(input), next_number(input), &decision);
		REQUIRE(may_answer(status));
	}
}

static void use(struct ocl_limiter *limiter, struct input *input)
{
	struct ocl_bucket_options plan = OCL_BUCKET_OPTIONS(3, 3, OCL_SECOND_NS);
	struct ocl_limiter_request requests[3] = {{"a", 1, 1, 0, 0}, {"b", 1, 1, 1, 0}, {"c", 1, 1, 2, 0}};
	struct ocl_reservation slot;
	struct ocl_decision decision;

	memset(&slot, 0, sizeof slot);
	for (unsigned calls = 0; calls < 40; calls++) {
		uint8_t choice = next_byte(input);
		uint32_t which = choice / 16 % 4;
		unsigned char key = next_byte(input) % 48;
		uint64_t now_ns = input->left != 0 ? next_number(input) : calls * OCL_SECOND_NS;
		uint64_t tokens = next_byte(input) % 8;
		int status = OCL_OK;
		switch (choice % 8) {
		case 0:
			status = ocl_limiter_reserve_at(limiter, which, &key, 1, tokens, OCL_SECOND_NS, now_ns, &slot);
			break;
		case 1:
			status = ocl_limiter_cancel_at(limiter, which, &key, 1, now_ns, &slot);
			break;
		case 2:
			status = ocl_limiter_settle_at(limiter, which, &key, 1, tokens, key, now_ns);
			break;
		case 3:
			status = ocl_limiter_refund_at(limiter, which, &key, 1, tokens, now_ns);
			break;
		case 4:
			status = ocl_limiter_forget(limiter, which, &key, 1);
			break;
		case 5:
			status = ocl_limiter_plan_change_at(limiter, which, &plan, now_ns);
			break;
		case 6:
			REQUIRE(ocl_limiter_take_many_at(limiter, requests, 3, now_ns) == OCL_OK);
			break;
		default:
			status = ocl_limiter_take_at(limiter, which, &key, 1, tokens, now_ns, &decision);
		}
		REQUIRE(may_answer(status));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct input input = {data, length, NULL};
	static struct ocl_limiter limiter;
	unsigned char *bytes;
	size_t size, cut;
	int status;

	if (model.bytes == NULL)
		make_model();
	size = cut = model.size;
	bytes = block_of(size);
	memcpy(bytes, model.bytes, size);
	unsigned changes = next_byte(&input) % 8;
	if (changes == 7) { /* foreign bytes */
		size_t foreign = input.left < size ? input.left : size;
		memcpy(bytes, input.at, foreign);
		changes = 0;
	}
	for (; changes > 0; changes--)
		mutate(&input, bytes, &cut);
	if (cut != size) {
		unsigned char *shorter = block_of(cut);
		memcpy(shorter, bytes, cut);
		free(bytes);
		bytes = shorter;
	}
	status = ocl_limiter_attach(&limiter, bytes, cut);
	REQUIRE(status == OCL_OK || status == OCL_ESIZE || status == OCL_EBUSY || status == OCL_EFORMAT ||
	        status == OCL_ENOTSUP);
	if (status == OCL_OK) {
		look(&limiter, &input);
		use(&limiter, &input);
		look(&limiter, &input);
	}
	free(bytes);
	return 0;
}
