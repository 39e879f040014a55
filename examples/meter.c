/* SPDX-License-Identifier: MIT */
/* Mark a burst of packets with each of the three meters, at times that are given, so that every run prints the same. */
#include <openclaw/meter.h>
#include <openclaw/openclaw.h>

#include <stdio.h>

static const char letters[] = "GYR";

/* 1500-byte packets at 12 Mbit/s, one a millisecond, for 40 ms; then 20 ms of silence, and ten packets at once. */
static int show(const char *name, const struct ocl_meter_options *options)
{
	struct ocl_meter meter;
	struct ocl_meter_snapshot left;
	enum ocl_colour colour;
	uint64_t now_ns = 0;

	if (ocl_meter_init(&meter, options) != OCL_OK)
		return 1;
	printf("%-9s ", name);
	for (int i = 0; i < 50; i++) {
		now_ns = i < 40 ? (uint64_t)i * OCL_MILLISECOND_NS : 60 * OCL_MILLISECOND_NS;
		if (ocl_meter_mark_at(&meter, 1500, OCL_COLOUR_GREEN, now_ns, &colour) != OCL_OK)
			return 1;
		printf("%s%c", i == 40 ? " " : "", letters[colour]);
	}
	left.struct_size = sizeof left;
	if (ocl_meter_snapshot_at(&meter, now_ns, &left) != OCL_OK)
		return 1;
	printf("  left: %g and %g bytes\n", left.committed_available_tokens, left.other_available_tokens);
	return 0;
}

int main(void)
{
	/* Bytes a second: 4 Mbit/s committed; 8 Mbit/s peak, or 4 Mbit/s of excess. */
	struct ocl_meter_options single = OCL_METER_SRTCM_OPTIONS(500000, 6000, 9000, OCL_SECOND_NS);
	struct ocl_meter_options peak = OCL_METER_TRTCM_OPTIONS(500000, 6000, 1000000, 9000, OCL_SECOND_NS);
	struct ocl_meter_options excess = OCL_METER_TRTCM_EXCESS_OPTIONS(500000, 6000, 500000, 9000, OCL_SECOND_NS);

	return show("RFC 2697", &single) | show("RFC 2698", &peak) | show("RFC 4115", &excess);
}
