/* SPDX-License-Identifier: MIT */
/*
 * Goal: each clock tells CLOCK_MONOTONIC's time to within its own grain, from any thread, and the TSC is refused wherever
 * it is not known to be safe.
 * Method: the refusal and the scaling are pure functions, fed with good and bad machines; the clocks themselves are read
 * between two readings of the system's. Every bound allows for a thread that is put aside at the worst moment, by
 * bracketing, not by waiting.
 */
#include "../check_run.h"
#include "base/tsc.h"
#include "openclaw/clock.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

/* The TSC's rate is measured to some parts per million; the kernel steers its clock by up to 500. */
#define TSC_ERROR_NS_PER_S UINT64_C(1000000)

static uint64_t system_now_ns(void)
{
	struct timespec now;

	ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	return (uint64_t)now.tv_sec * OCL_SECOND_NS + (uint64_t)now.tv_nsec;
}

static void sleep_ns(long ns)
{
	struct timespec time = {0, ns};

	nanosleep(&time, NULL);
}

START_TEST(clock_constants_are_nanoseconds)
{
	ck_assert_uint_eq(OCL_SECOND_NS, 1000 * OCL_MILLISECOND_NS);
	ck_assert_uint_eq(OCL_MILLISECOND_NS, 1000 * OCL_MICROSECOND_NS);
	ck_assert_uint_eq(OCL_MICROSECOND_NS, 1000);
	ck_assert_uint_eq(OCL_DAY_NS, 24 * 60 * OCL_MINUTE_NS);
	ck_assert_uint_eq(OCL_DAY_NS, 24 * OCL_HOUR_NS);
	ck_assert_uint_eq(OCL_MINUTE_NS, 60 * OCL_SECOND_NS);
	ck_assert_uint_eq(4 * OCL_YEAR_NS, (4 * 365 + 1) * OCL_DAY_NS);
	ck_assert_int_eq(OCL_CLOCK_MONOTONIC, 0);
	ck_assert_int_eq(OCL_CLOCK_COARSE, 1);
	ck_assert_int_eq(OCL_CLOCK_TSC, 2);
}
END_TEST

START_TEST(clock_check_of_no_clock_is_refused)
{
	ck_assert_int_eq(ocl_clock_check((enum ocl_clock)3), OCL_EINVAL);
	ck_assert_int_eq(ocl_clock_check((enum ocl_clock) - 1), OCL_EINVAL);
	ck_assert_int_eq(ocl_clock_check((enum ocl_clock)0x7fffffff), OCL_EINVAL);
}
END_TEST

START_TEST(clock_check_of_the_kernels_clocks_passes)
{
	ck_assert_int_eq(ocl_clock_check(OCL_CLOCK_MONOTONIC), OCL_OK);
	ck_assert_int_eq(ocl_clock_check(OCL_CLOCK_COARSE), OCL_OK);
}
END_TEST

/* Any thread may be put aside between two readings, but what is read between them lies between them. */
static void assert_reads_monotonic(enum ocl_clock clock)
{
	for (int i = 0; i < 1000; i++) {
		uint64_t before = system_now_ns();
		uint64_t now = ocl_clock_now_ns(clock);
		uint64_t after = system_now_ns();
		ck_assert_uint_le(before, now);
		ck_assert_uint_le(now, after);
	}
}

START_TEST(clock_now_monotonic_reads_the_systems)
{
	assert_reads_monotonic(OCL_CLOCK_MONOTONIC);
}
END_TEST

START_TEST(clock_now_of_no_clock_reads_monotonic)
{
	assert_reads_monotonic((enum ocl_clock)3);
	assert_reads_monotonic((enum ocl_clock) - 1);
}
END_TEST

START_TEST(clock_now_tsc_unchecked_reads_monotonic)
{
	/* In a process of its own (or the first test to touch the counter): nothing has checked it. */
	assert_reads_monotonic(OCL_CLOCK_TSC);
}
END_TEST

START_TEST(clock_now_coarse_lags_by_its_grain_at_most)
{
	struct timespec grain;

	ck_assert_int_eq(clock_getres(CLOCK_MONOTONIC_COARSE, &grain), 0);
	uint64_t grain_ns = (uint64_t)grain.tv_nsec;
	uint64_t nearest_ns = UINT64_MAX, last = 0;
	for (int i = 0; i < 1000; i++) {
		uint64_t now = ocl_clock_now_ns(OCL_CLOCK_COARSE);
		uint64_t after = system_now_ns();
		ck_assert_uint_le(now, after);
		ck_assert_uint_ge(now, last);
		last = now;
		if (after - now < nearest_ns)
			nearest_ns = after - now;
		sleep_ns(10000);
	}
	/* A virtual machine's tick may come late; the nearest of so many readings is not that unlucky. */
	ck_assert_uint_le(nearest_ns, grain_ns);
}
END_TEST

START_TEST(clock_now_tsc_keeps_to_monotonic)
{
	if (ocl_clock_check(OCL_CLOCK_TSC) != OCL_OK) {
		ck_assert_int_eq(ocl_clock_check(OCL_CLOCK_TSC), OCL_ENOTSUP);
		assert_reads_monotonic(OCL_CLOCK_TSC); /* refused: the safe clock instead */
		printf("skipped: this machine offers no safe TSC\n");
		return;
	}
	uint64_t start = system_now_ns();
	for (int i = 0; i < 200; i++) {
		uint64_t before = system_now_ns();
		uint64_t now = ocl_clock_now_ns(OCL_CLOCK_TSC);
		uint64_t after = system_now_ns();
		/* 1 us for the alignment, 1000 parts per million of what has passed for the rate. */
		uint64_t slack = 1000 + (after - start) / (OCL_SECOND_NS / TSC_ERROR_NS_PER_S);
		ck_assert_uint_le(before, now + slack);
		ck_assert_uint_le(now, after + slack);
		sleep_ns(1000000);
	}
}
END_TEST

START_TEST(clock_check_tsc_twice_measures_once)
{
	int first = ocl_clock_check(OCL_CLOCK_TSC);
	uint64_t fastest_ns = UINT64_MAX;

	for (int i = 0; i < 100; i++) {
		uint64_t start = system_now_ns();
		ck_assert_int_eq(ocl_clock_check(OCL_CLOCK_TSC), first);
		uint64_t took = system_now_ns() - start;
		fastest_ns = took < fastest_ns ? took : fastest_ns;
	}
	ck_assert_uint_lt(fastest_ns, OCL_MILLISECOND_NS); /* a calibration takes 20 */
}
END_TEST

struct racer {
	pthread_barrier_t *barrier;
	uint64_t before, now, after;
	int status;
};

static void *race(void *argument)
{
	struct racer *racer = (struct racer *)argument;

	pthread_barrier_wait(racer->barrier);
	racer->status = ocl_clock_check(OCL_CLOCK_TSC);
	racer->before = system_now_ns();
	racer->now = ocl_clock_now_ns(OCL_CLOCK_TSC);
	racer->after = system_now_ns();
	return NULL;
}

/* Threads that check at once all get the one answer and the whole calibration: an offset of 0 would show as an error of
 * the time since boot. ThreadSanitizer looks at this, too. */
START_TEST(clock_check_tsc_race_gives_one_calibration)
{
	enum { RACERS = 8 };
	pthread_t threads[RACERS];
	struct racer racers[RACERS];
	pthread_barrier_t barrier;

	ck_assert_int_eq(pthread_barrier_init(&barrier, NULL, RACERS), 0);
	for (int i = 0; i < RACERS; i++) {
		racers[i].barrier = &barrier;
		ck_assert_int_eq(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
	}
	for (int i = 0; i < RACERS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < RACERS; i++) {
		ck_assert_int_eq(racers[i].status, racers[0].status);
		ck_assert_uint_le(racers[i].before, racers[i].now + OCL_MILLISECOND_NS);
		ck_assert_uint_le(racers[i].now, racers[i].after + OCL_MILLISECOND_NS);
	}
	pthread_barrier_destroy(&barrier);
}
END_TEST

struct watcher {
	pthread_barrier_t *barrier;
	uint64_t worst_ns;
};

/* Read the TSC's clock without a check of one's own while another thread calibrates it. */
static void *watch(void *argument)
{
	struct watcher *watcher = (struct watcher *)argument;
	uint64_t end;

	pthread_barrier_wait(watcher->barrier);
	end = system_now_ns() + 50 * OCL_MILLISECOND_NS;
	do {
		uint64_t before = system_now_ns();
		uint64_t now = ocl_clock_now_ns(OCL_CLOCK_TSC);
		uint64_t after = system_now_ns();
		uint64_t off = now < before ? before - now : now > after ? now - after : 0;
		watcher->worst_ns = off > watcher->worst_ns ? off : watcher->worst_ns;
	} while (system_now_ns() < end);
	return NULL;
}

/* The reader goes over from the kernel's clock to the counter at some point in between: never by a scale without its
 * offset. ThreadSanitizer reports the pair when R0 or A0 is weaker. */
START_TEST(clock_now_tsc_during_calibration_is_right)
{
	pthread_barrier_t barrier;
	struct watcher watcher = {&barrier, 0};
	pthread_t thread;

	ck_assert_int_eq(pthread_barrier_init(&barrier, NULL, 2), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, watch, &watcher), 0);
	pthread_barrier_wait(&barrier);
	ocl_clock_check(OCL_CLOCK_TSC);
	pthread_join(thread, NULL);
	ck_assert_uint_le(watcher.worst_ns, OCL_MILLISECOND_NS);
	pthread_barrier_destroy(&barrier);
}
END_TEST

START_TEST(tsc_safe_needs_the_invariant_bit)
{
	const uint32_t invariant = 0x100;

	ck_assert_int_eq(ocl__tsc_is_safe(0x80000008, invariant, "tsc hpet acpi_pm \n"), 1);
	ck_assert_int_eq(ocl__tsc_is_safe(0x80000007, invariant | 1, "tsc\n"), 1);
	ck_assert_int_eq(ocl__tsc_is_safe(0x80000008, 0, "tsc hpet\n"), 0);
	ck_assert_int_eq(ocl__tsc_is_safe(0x80000008, ~invariant, "tsc hpet\n"), 0);
	/* A processor without the leaf returns another leaf's bits for it. */
	ck_assert_int_eq(ocl__tsc_is_safe(0x80000006, invariant, "tsc hpet\n"), 0);
	ck_assert_int_eq(ocl__tsc_is_safe(0, ~UINT32_C(0), "tsc\n"), 0);
}
END_TEST

START_TEST(tsc_safe_needs_the_kernels_word)
{
	const char *refused[] = {"",
	                         "\n",
	                         "kvm-clock \n",
	                         "hpet acpi_pm\n",
	                         "tsc-early hpet\n",
	                         "xtsc\n",
	                         "tscx hpet\n",
	                         "hyperv_tsc hpet",
	                         "ts c\n",
	                         "TSC\n",
	                         "ts",
	                         "art-tsc\n",
	                         "hyperv_clocksource_tsc_page acpi_pm\n"};
	const char *accepted[] = {"tsc",   "tsc\n",        "kvm-clock tsc acpi_pm \n", "hpet\ttsc\n", "hpet tsc",
	                          " tsc ", "tsc-early tsc"};

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		ck_assert_msg(ocl__tsc_is_safe(0x80000008, 0x100, refused[i]) == 0, "accepted: %s", refused[i]);
	for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++)
		ck_assert_msg(ocl__tsc_is_safe(0x80000008, 0x100, accepted[i]) == 1, "refused: %s", accepted[i]);
	ck_assert_int_eq(ocl__tsc_is_safe(0x80000008, 0x100, NULL), 0);
}
END_TEST

/* Three samples of a counter of the given rates in the two halves, 10 ms each. */
static uint64_t scale_of(double first_ghz, double second_ghz)
{
	const struct ocl__tsc_sample samples[3] = {
		{1000, 5000},
		{1000 + (uint64_t)(1e7 * first_ghz), 5000 + 10000000},
		{1000 + (uint64_t)(1e7 * first_ghz) + (uint64_t)(1e7 * second_ghz), 5000 + 20000000},
	};

	return ocl__tsc_scale(samples);
}

START_TEST(tsc_scale_of_good_samples_is_exact)
{
	ck_assert_uint_eq(scale_of(1, 1), UINT64_C(1) << OCL__TSC_SHIFT);
	ck_assert_uint_eq(scale_of(4, 4), UINT64_C(1) << (OCL__TSC_SHIFT - 2));
	ck_assert_uint_eq(scale_of(0.125, 0.125), UINT64_C(8) << OCL__TSC_SHIFT);
	ck_assert_uint_eq(scale_of(64, 64), UINT64_C(1) << (OCL__TSC_SHIFT - 6));
	/* Thirds round to the nearest: down at 3 GHz, up at 1.5. */
	ck_assert_uint_eq(scale_of(3, 3), ((UINT64_C(1) << OCL__TSC_SHIFT) - 1) / 3);
	ck_assert_uint_eq(scale_of(1.5, 1.5), ((UINT64_C(2) << OCL__TSC_SHIFT) + 1) / 3);
	/* Noise of a measurement passes, and the whole span counts. */
	ck_assert_uint_eq(scale_of(2.0004, 1.9996), UINT64_C(1) << (OCL__TSC_SHIFT - 1));
}
END_TEST

START_TEST(tsc_scale_of_bad_samples_is_refused)
{
	ck_assert_uint_eq(scale_of(0.05, 0.05), 0); /* too slow */
	ck_assert_uint_eq(scale_of(200, 200), 0);   /* too fast */
	ck_assert_uint_eq(scale_of(2, 2.01), 0);    /* changes speed */
	ck_assert_uint_eq(scale_of(2.01, 2), 0);
	ck_assert_uint_eq(scale_of(2, 0), 0); /* stands still */
	ck_assert_uint_eq(scale_of(0, 2), 0);
	const struct ocl__tsc_sample backward[3] = {{30000000, 0}, {20000000, 10000000}, {10000000, 20000000}};
	ck_assert_uint_eq(ocl__tsc_scale(backward), 0);
	const struct ocl__tsc_sample clock_backward[3] = {{0, 20000000}, {10000000, 10000000}, {20000000, 0}};
	ck_assert_uint_eq(ocl__tsc_scale(clock_backward), 0);
	const struct ocl__tsc_sample frozen_clock[3] = {{0, 5}, {10000000, 5}, {20000000, 5}};
	ck_assert_uint_eq(ocl__tsc_scale(frozen_clock), 0);
	const struct ocl__tsc_sample a_day[3] = {{0, 0}, {OCL_DAY_NS, OCL_DAY_NS}, {2 * OCL_DAY_NS, 2 * OCL_DAY_NS}};
	ck_assert_uint_eq(ocl__tsc_scale(a_day), 0);
}
END_TEST

START_TEST(tsc_ns_of_a_century_stays_exact)
{
	/* 100 years of a 4 GHz counter need 64 bits of ticks and 122 of product. */
	uint64_t ns = 100 * OCL_YEAR_NS;

	ck_assert_uint_eq(ocl__tsc_ns(ns * 4, UINT64_C(1) << (OCL__TSC_SHIFT - 2)), ns);
	ck_assert_uint_eq(ocl__tsc_ns(ns / 8, UINT64_C(8) << OCL__TSC_SHIFT), ns);
	ck_assert_uint_eq(ocl__tsc_ns(0, UINT64_C(1) << OCL__TSC_SHIFT), 0);
	/* Rounds down: a nanosecond counts when it has passed. */
	ck_assert_uint_eq(ocl__tsc_ns(7, UINT64_C(1) << (OCL__TSC_SHIFT - 2)), 1);
	ck_assert_uint_eq(ocl__tsc_ns(8, UINT64_C(1) << (OCL__TSC_SHIFT - 2)), 2);
}
END_TEST

static Suite *clock_suite(void)
{
	Suite *suite = suite_create("clock");
	TCase *cases = tcase_create("clocks");
	TCase *pure = tcase_create("tsc");

	/* First, for a run without processes of their own: the counter is still unchecked. */
	tcase_add_test(cases, clock_now_tsc_unchecked_reads_monotonic);
	tcase_add_test(cases, clock_now_tsc_during_calibration_is_right);
	tcase_add_test(cases, clock_check_tsc_race_gives_one_calibration);
	tcase_add_test(cases, clock_now_tsc_keeps_to_monotonic);
	tcase_add_test(cases, clock_check_tsc_twice_measures_once);
	tcase_add_test(cases, clock_constants_are_nanoseconds);
	tcase_add_test(cases, clock_check_of_no_clock_is_refused);
	tcase_add_test(cases, clock_check_of_the_kernels_clocks_passes);
	tcase_add_test(cases, clock_now_monotonic_reads_the_systems);
	tcase_add_test(cases, clock_now_of_no_clock_reads_monotonic);
	tcase_add_test(cases, clock_now_coarse_lags_by_its_grain_at_most);
	suite_add_tcase(suite, cases);
	tcase_add_test(pure, tsc_safe_needs_the_invariant_bit);
	tcase_add_test(pure, tsc_safe_needs_the_kernels_word);
	tcase_add_test(pure, tsc_scale_of_good_samples_is_exact);
	tcase_add_test(pure, tsc_scale_of_bad_samples_is_refused);
	tcase_add_test(pure, tsc_ns_of_a_century_stays_exact);
	suite_add_tcase(suite, pure);
	return suite;
}

int main(void)
{
	return check_run(clock_suite());
}
