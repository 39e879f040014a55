/* SPDX-License-Identifier: MIT */
/*
 * Goal: no sequence of packets with whatever sizes, colours and times crashes a meter or makes it mark what is not so.
 * Method: the bytes choose settings (also impossible ones), then packets. As long as time goes forward every colour and
 * count is compared with the RFCs' counters (counter_meter.h); at any time a refusal and a red packet leave every byte, no
 * more is available than the burst, and a packet that would fit by what the snapshot shows is not refused.
 */
#include "../fuzz_input.h"
#include "counter_meter.h"

static struct ocl_meter_options next_options(struct input *input)
{
	uint8_t odd = next_byte(input);
	struct ocl_meter_options options = OCL_METER_OPTIONS(odd % 4, 0, 0, 0, 0, 0);

	options.flags = next_byte(input) % 9;
	options.period_ns = next_number(input);
	options.committed_tokens = next_number(input);
	options.committed_burst_tokens = next_number(input);
	options.other_tokens = next_number(input);
	options.other_burst_tokens = next_number(input);
	if ((odd & 4) != 0) {
		options.initial_committed_used_tokens = next_number(input);
		options.initial_other_used_tokens = next_number(input);
	}
	options.start_ns = next_number(input);
	if (options.start_ns == OCL_START_NOW)
		options.start_ns--;
	if ((odd & 0x70) == 0x70) { /* what hardly ever is right, hardly ever */
		options.reserved[odd >> 7] = next_byte(input) % 2;
		options.reserved32 = next_byte(input) % 2;
		options.struct_size -= next_byte(input) % 2;
	}
	return options;
}

/* What the header allows. */
static int right_status(const struct ocl_meter_options *o)
{
	const uint64_t most = UINT64_C(1) << 58;
	uint64_t cbs = o->committed_burst_tokens, other = o->other_burst_tokens;

	if (o->struct_size != sizeof *o)
		return OCL_ESIZE;
	if (o->reserved[0] != 0 || o->reserved[1] != 0 || o->reserved32 != 0)
		return OCL_EINVAL;
	if (o->kind < 1 || o->kind > 3 || o->flags > 7 || (o->flags > 3 && o->kind != 3) ||
	    (o->kind == 1 && o->other_tokens != 0))
		return OCL_EINVAL;
	if (o->period_ns == 0 || o->period_ns > UINT64_C(1) << 55 || o->committed_tokens / 16 > o->period_ns ||
	    o->other_tokens / 16 > o->period_ns || o->committed_tokens > 16 * o->period_ns ||
	    o->other_tokens > 16 * o->period_ns)
		return OCL_ERANGE;
	if (cbs > most || other > most || o->initial_committed_used_tokens > cbs ||
	    o->initial_other_used_tokens > other)
		return OCL_ERANGE;
	switch (o->kind) {
	case 1:
		return cbs + other >= 1 && cbs + other <= most ? OCL_OK : OCL_ERANGE;
	case 2:
		return cbs != 0 && other != 0 && o->other_tokens >= o->committed_tokens ? OCL_OK : OCL_ERANGE;
	default:
		return cbs + other >= 1 && (cbs != 0 || o->committed_tokens == 0) &&
		                       (other != 0 || o->other_tokens == 0)
		               ? OCL_OK
		               : OCL_ERANGE;
	}
}

static struct ocl_meter_snapshot look(const struct ocl_meter *meter, uint64_t now_ns)
{
	struct ocl_meter_snapshot left = {0};

	left.struct_size = sizeof left;
	REQUIRE(ocl_meter_snapshot_at(meter, now_ns, &left) == OCL_OK);
	REQUIRE(left.committed_available_tokens >= 0 && left.other_available_tokens >= 0);
	REQUIRE(left.committed_available_tokens <= (double)left.committed_burst_tokens);
	REQUIRE(left.other_available_tokens <= (double)left.other_burst_tokens);
	return left;
}

static void check_counts(const struct ocl_meter *meter, const struct counter_meter *counters, uint64_t now_ns)
{
	struct ocl_meter_snapshot left = look(meter, now_ns);

	REQUIRE(left.committed_available_tokens ==
	        (double)counters->c.count / (double)(UINT64_C(1) << counters->c.shift));
	REQUIRE(left.other_available_tokens ==
	        (double)counters->other.count / (double)(UINT64_C(1) << counters->other.shift));
}

/* How far the counters go: while the meter's life lasts, see the header. */
static int in_life(const struct ocl_meter_options *options, uint64_t now_ns)
{
	uint64_t t_ns = now_ns > options->start_ns ? now_ns - options->start_ns : 0;

	return t_ns < UINT64_C(1) << 59;
}

static void run_packet(struct ocl_meter *meter, struct counter_meter *counters, const struct ocl_meter_options *options,
                       struct input *input, uint64_t *now_ns, int *known)
{
	uint8_t choice = next_byte(input);
	uint64_t number = next_number(input), burst = options->committed_burst_tokens + options->other_burst_tokens;
	uint64_t size = choice % 8 != 0 ? next_number(input) % (burst + 2) : next_number(input);
	enum ocl_colour in = (enum ocl_colour)(choice / 8 % 4), out = (enum ocl_colour)9;
	struct ocl_meter before = *meter;

	if (choice < 224)
		*now_ns += *now_ns + number < *now_ns ? 0 : number;
	else
		*now_ns = number;
	struct ocl_meter_snapshot left = look(meter, *now_ns);
	int status = ocl_meter_mark_at(meter, size, in, *now_ns, &out);
	if ((options->flags & OCL_METER_COLOUR_AWARE) != 0 && in > OCL_COLOUR_RED) {
		REQUIRE(status == OCL_EINVAL && (int)out == 9 && memcmp(&before, meter, sizeof before) == 0);
		return;
	}
	REQUIRE(status == OCL_OK && (int)out >= 0 && out <= OCL_COLOUR_RED);
	if (out == OCL_COLOUR_RED)
		REQUIRE(memcmp(&before, meter, sizeof before) == 0);
	double tokens = (options->flags & OCL_METER_PACKETS) != 0 ? 1 : (double)size;
	if (out != OCL_COLOUR_RED && tokens < 9e15) {
		double there = out == OCL_COLOUR_GREEN && options->kind != OCL_METER_TRTCM
		                       ? left.committed_available_tokens
		                       : left.other_available_tokens;
		REQUIRE(tokens <= there || there > 9e15);
	}
	*known = *known && *now_ns >= counters->last_ns && in_life(options, *now_ns);
	if (!*known)
		return;
	REQUIRE(out == counter_meter_mark(counters, size, in, *now_ns));
	check_counts(meter, counters, *now_ns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size, NULL};
	struct ocl_meter_options options = next_options(&input);
	struct ocl_meter meter, untouched;
	struct counter_meter counters;
	uint64_t now_ns = options.start_ns;
	int known = 1;

	memset(&meter, 0x5a, sizeof meter);
	untouched = meter;
	int status = ocl_meter_init(&meter, &options);
	REQUIRE(status == right_status(&options));
	if (status != OCL_OK) {
		REQUIRE(memcmp(&untouched, &meter, sizeof meter) == 0);
		return 0;
	}
	counter_meter_init(&counters, &options, 0);
	for (int packets = 0; packets < 300 && input.left > 0; packets++)
		run_packet(&meter, &counters, &options, &input, &now_ns, &known);
	return 0;
}
