/* SPDX-License-Identifier: MIT */
/*
 * Goal: what holds for one meter in one thread holds for threads that meter at once, with clocks that disagree.
 * Method: for STRESS_S seconds (2 unless the environment says otherwise) each kind of meter is used by four threads, colour
 * aware, at times up to 100 us old. Each notes what was marked when. No window of time may hold more green than
 * CBS + CIR x window, nor more green and yellow than the kind allows. Then time stands still, with no refill: what is used
 * at the end is what was granted, to the token, and all that there was.
 */
#include "../seed.h"
#include "base/atomic.h"
#include "openclaw/clock.h"
#include "openclaw/meter.h"

#include <pthread.h>
#include <string.h>

#define THREADS   4
#define LOG       200000
#define JITTER_NS (100 * OCL_MICROSECOND_NS)

__extension__ typedef __int128 exact_i128;

struct grant {
	uint64_t now_ns;
	uint64_t tokens;
	enum ocl_colour colour;
};

struct user {
	pthread_t thread;
	struct ocl_meter *meter;
	struct seed random;
	uint64_t end_ns; /* 0: time stands still */
	struct grant *grants;
	size_t count;
	uint64_t given[3]; /* tokens, by colour */
};

static unsigned passed, failed;

static void verdict(const char *scene, int good, const char *what)
{
	passed += good != 0;
	failed += good == 0;
	if (!good)
		printf("FAIL %s: %s\n", scene, what);
}

static uint64_t clock_ns(void)
{
	return ocl_clock_now_ns(OCL_CLOCK_MONOTONIC);
}

static void *jitter_thread(void *argument)
{
	struct user *user = (struct user *)argument;
	uint64_t now_ns;

	while ((now_ns = clock_ns()) < user->end_ns && user->count < LOG) {
		uint64_t size = 1 + seed_below(&user->random, 9);
		uint64_t at_ns = now_ns - seed_below(&user->random, 2) * seed_any_size(&user->random, JITTER_NS);
		enum ocl_colour in = (enum ocl_colour)(seed_below(&user->random, 8) == 0), out = OCL_COLOUR_RED;
		if (ocl_meter_mark_at(user->meter, size, in, at_ns, &out) == OCL_OK && out != OCL_COLOUR_RED)
			user->grants[user->count++] = (struct grant){at_ns, size, out};
	}
	return NULL;
}

static void *still_thread(void *argument)
{
	struct user *user = (struct user *)argument;
	unsigned reds = 0;

	while (reds < 1000) {
		uint64_t size = reds == 0 ? 1 + seed_below(&user->random, 50) : 1;
		enum ocl_colour in = (enum ocl_colour)(seed_below(&user->random, 8) == 0), out = OCL_COLOUR_RED;
		if (ocl_meter_mark_at(user->meter, size, in, 0, &out) == OCL_OK)
			user->given[out] += size;
		reds += in == OCL_COLOUR_GREEN && out == OCL_COLOUR_RED;
	}
	return NULL;
}

static void run_threads(struct user *users, struct ocl_meter *meter, struct seed *random, uint64_t end_ns,
                        void *(*scene)(void *))
{
	static struct grant notes[THREADS * LOG];

	for (int i = 0; i < THREADS; i++) {
		memset(&users[i], 0, sizeof users[i]);
		users[i].meter = meter;
		users[i].random.state = seed_next(random);
		users[i].end_ns = end_ns;
		users[i].grants = &notes[i * LOG];
		if (pthread_create(&users[i].thread, NULL, scene, &users[i]) != 0) {
			perror("pthread_create");
			exit(1);
		}
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(users[i].thread, NULL);
}

static int grant_earlier(const void *a, const void *b)
{
	uint64_t x = ((const struct grant *)a)->now_ns, y = ((const struct grant *)b)->now_ns;

	return x < y ? -1 : x > y;
}

/* Is there a window with more than burst + rate x window, and a token for the tick at its edge? As in window.h. */
static int too_much(const struct grant *grants, size_t count, uint64_t burst, uint64_t rate, int green_only)
{
	exact_i128 sum = 0, least = 0, most = (exact_i128)(burst + 1) * OCL_SECOND_NS;

	for (size_t i = 0; i < count; i++) {
		exact_i128 line = (exact_i128)rate * (exact_i128)(grants[i].now_ns - grants[0].now_ns);
		if (green_only && grants[i].colour != OCL_COLOUR_GREEN)
			continue;
		if (sum - line < least)
			least = sum - line;
		sum += (exact_i128)grants[i].tokens * OCL_SECOND_NS;
		if (sum - line > least + most)
			return 1;
	}
	return 0;
}

static void scene_windows(uint32_t kind, struct seed *random, uint64_t last_ns)
{
	static const char *const names[] = {"", "windows, RFC 2697", "windows, RFC 2698", "windows, RFC 4115"};
	const uint64_t cir = 200000, cbs = 40, other = kind == OCL_METER_SRTCM ? 0 : 300000, burst = 60;
	struct ocl_meter_options options = OCL_METER_OPTIONS(kind, cir, cbs, other, burst, OCL_SECOND_NS);
	struct user users[THREADS];
	struct ocl_meter meter;
	size_t count = 0, greens = 0;

	options.start_ns = clock_ns() - OCL_SECOND_NS;
	options.flags = OCL_METER_COLOUR_AWARE;
	verdict(names[kind], ocl_meter_init(&meter, &options) == OCL_OK, "init");
	run_threads(users, &meter, random, clock_ns() + last_ns, jitter_thread);
	struct grant *grants = users[0].grants;
	for (int i = 0; i < THREADS; i++) {
		memmove(&grants[count], users[i].grants, users[i].count * sizeof grants[0]);
		count += users[i].count;
	}
	qsort(grants, count, sizeof grants[0], grant_earlier);
	for (size_t i = 0; i < count; i++)
		greens += grants[i].colour == OCL_COLOUR_GREEN;
	uint64_t all_burst = kind == OCL_METER_TRTCM ? burst : cbs + burst;
	uint64_t all_rate = kind == OCL_METER_SRTCM ? cir : kind == OCL_METER_TRTCM ? other : cir + other;
	verdict(names[kind], !too_much(grants, count, cbs, cir, 1), "a window has too much green");
	verdict(names[kind], !too_much(grants, count, all_burst, all_rate, 0),
	        "a window has too much green and yellow");
	verdict(names[kind], greens > 100 && count > greens, "hardly anything was marked");
}

/* Nothing is earned: what is left and what was given add up, whatever has met. */
static void scene_still(uint32_t kind, struct seed *random)
{
	static const char *const names[] = {"", "still, RFC 2697", "still, RFC 2698", "still, RFC 4115"};
	const uint64_t cbs = 100 + seed_below(random, 100000), burst = 100 + seed_below(random, 100000);
	struct ocl_meter_options options = OCL_METER_OPTIONS(kind, 0, cbs, 0, burst, OCL_SECOND_NS);
	struct user users[THREADS];
	struct ocl_meter meter;
	uint64_t green = 0, yellow = 0;

	options.flags = OCL_METER_COLOUR_AWARE;
	verdict(names[kind], ocl_meter_init(&meter, &options) == OCL_OK, "init");
	run_threads(users, &meter, random, 0, still_thread);
	for (int i = 0; i < THREADS; i++) {
		green += users[i].given[OCL_COLOUR_GREEN];
		yellow += users[i].given[OCL_COLOUR_YELLOW];
	}
	struct ocl_meter_snapshot left = {0};
	left.struct_size = sizeof left;
	ocl_meter_snapshot_at(&meter, 0, &left);
	verdict(names[kind], left.committed_available_tokens == (double)(cbs - green), "C is not what green has left");
	if (kind == OCL_METER_TRTCM) {
		verdict(names[kind], green + yellow == burst, "P was not all used, or more");
		return;
	}
	verdict(names[kind], green + yellow <= cbs + burst, "more was given than there was");
	/* A single-rate packet that lost a race for C may have been left to E, which then owes it, but nothing is lost. */
	verdict(names[kind], green + yellow == cbs + burst, "something was lost");
}

int main(void)
{
	const char *given = getenv("STRESS_S");
	uint64_t stress_ns = (uint64_t)((given != NULL ? strtod(given, NULL) : 2.0) * 1e9);
	struct seed random = seed_start("stress_meter");
	uint64_t start_ns = clock_ns();

	do {
		uint64_t scene_ns = stress_ns / 20 < OCL_SECOND_NS ? stress_ns / 20 + 1 : OCL_SECOND_NS;
		for (uint32_t kind = OCL_METER_SRTCM; kind <= OCL_METER_TRTCM_EXCESS; kind++) {
			scene_windows(kind, &random, scene_ns);
			for (int i = 0; i < 20; i++)
				scene_still(kind, &random);
		}
	} while (clock_ns() - start_ns < stress_ns && failed == 0);
	printf("%u passed, %u failed\n", passed, failed);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
