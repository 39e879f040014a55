/* SPDX-License-Identifier: MIT */
/*
 * DPDK's rte_meter, beside libopenclaw in `make bench-peers`: the single-rate meter, colour blind, where green is granted.
 * A token is as many bytes as make the rate a whole number of bytes a second, which is all that the meter can say.
 */
#define _GNU_SOURCE

#include "../harness.h"

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_meter.h>
#include <rte_version.h>
#include <sched.h>

struct meter {
	struct rte_meter_srtcm meter;
	struct rte_meter_srtcm_profile profile;
	uint64_t start;
	uint32_t bytes_per_token;
};

struct both {
	struct meter grants, denies;
	bool given;
};

static struct peer_about peer_about(void)
{
	return (struct peer_about){"rte_meter", RTE_VER_PREFIX " " PEER_VERSION, PEER_TOOLCHAIN};
}

static const char *set_up(struct meter *meter, uint64_t tokens, uint64_t period_ns, uint64_t burst)
{
	struct rte_meter_srtcm_params params = {0};
	uint64_t period_s = period_ns / 1000000000u;

	if (period_ns % 1000000000u != 0 || period_s > UINT32_MAX)
		return "whole seconds only";
	meter->bytes_per_token = (uint32_t)period_s;
	params.cir = tokens;
	params.cbs = burst * period_s;
	if (rte_meter_srtcm_profile_config(&meter->profile, &params) != 0 ||
	    rte_meter_srtcm_config(&meter->meter, &meter->profile) != 0)
		return "refused";
	meter->start = meter->meter.time;
	return NULL;
}

static inline bool take(struct meter *meter, uint64_t cycles)
{
	return rte_meter_srtcm_color_blind_check(&meter->meter, &meter->profile, cycles, meter->bytes_per_token) ==
	       RTE_COLOR_GREEN;
}

static uint64_t block_clock(struct loop *loop, unsigned thread, uint64_t calls)
{
	uint64_t sum = 0;

	(void)loop;
	(void)thread;
	for (uint64_t i = 0; i < calls; i++)
		sum += rte_rdtsc();
	return sum != 0 ? calls : 0;
}

/* The loop of all works; compiled once for each, with the choices known. */
static inline __attribute__((always_inline)) uint64_t takes(struct loop *loop, bool grants, bool mixed, uint64_t calls)
{
	struct both *both = (struct both *)loop->state;
	uint64_t granted = 0, cycles = both->grants.start + loop->threads[0].position;
	struct meter *one = grants ? &both->grants : &both->denies;

	if (both->given) {
		for (uint64_t i = 0; i < calls; i++)
			granted += take(!mixed ? one : harness_coin[i] ? &both->grants : &both->denies, cycles + i);
		loop->threads[0].position += calls;
	} else {
		for (uint64_t i = 0; i < calls; i++)
			granted += take(!mixed ? one : harness_coin[i] ? &both->grants : &both->denies, rte_rdtsc());
	}
	return granted;
}

static uint64_t block_granted(struct loop *loop, unsigned thread, uint64_t calls)
{
	(void)thread;
	return takes(loop, true, false, calls);
}

static uint64_t block_denied(struct loop *loop, unsigned thread, uint64_t calls)
{
	(void)thread;
	return takes(loop, false, false, calls);
}

static uint64_t block_mixed(struct loop *loop, unsigned thread, uint64_t calls)
{
	(void)thread;
	return takes(loop, false, true, calls);
}

static void close_state(struct loop *loop)
{
	free(loop->state);
}

static const char *peer_open_loop(const struct request *request, struct loop *loop)
{
	bool given = strcmp(request->clock, "given") == 0;
	struct both *both = NULL;

	if (!given && strcmp(request->clock, "tsc") != 0)
		return "no such clock";
	if (strcmp(request->work, "clock") == 0 && !given)
		loop->block = block_clock;
	else if (strcmp(request->work, "granted") == 0)
		loop->block = block_granted;
	else if (strcmp(request->work, "denied") == 0)
		loop->block = block_denied;
	else if (strcmp(request->work, "mixed") == 0)
		loop->block = block_mixed;
	else
		return "no such work";
	both = (struct both *)harness_alloc(sizeof *both);
	both->given = given;
	loop->state = both;
	loop->close = close_state;
	const char *skip = set_up(&both->grants, 1000000, 1000000000u, UINT64_C(4000000000));
	if (skip == NULL)
		skip = set_up(&both->denies, 1, UINT64_C(31557600000000000), 1);
	if (skip == NULL)
		take(&both->denies, both->denies.start);
	return skip;
}

/* ---- exactness */
static struct meter tested;

static int test_take(void *state, uint64_t now_ns)
{
	struct meter *meter = (struct meter *)state;

	return take(meter, meter->start + (uint64_t)((unsigned __int128)now_ns * rte_get_tsc_hz() / 1000000000u));
}

static const char *peer_open_bucket(const struct request *request, struct test_bucket *bucket)
{
	*bucket = (struct test_bucket){test_take, NULL, NULL, &tested};
	return set_up(&tested, request->tokens, request->period_ns, request->burst);
}

static const char *peer_open_shared(const struct request *request, struct test_bucket *bucket)
{
	(void)request;
	(void)bucket;
	return "not thread safe";
}

int main(void)
{
	char *arguments[] = {"rte_meter", "--no-huge",   "--no-pci",       "-m",
	                     "64",        "--no-shconf", "--no-telemetry", "--log-level=1"};
	cpu_set_t before;

	/* Sets up the frequency of the TSC, and pins this thread, which is undone. */
	if (sched_getaffinity(0, sizeof before, &before) != 0 || rte_eal_init(8, arguments) < 0 ||
	    sched_setaffinity(0, sizeof before, &before) != 0) {
		fprintf(stderr, "rte_eal_init failed\n");
		return 77;
	}
	return serve();
}
