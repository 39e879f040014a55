/* SPDX-License-Identifier: MIT */
/*
 * The clocks, and with the wait of the calibration the only system calls of the library.
 *
 * State          tsc_scale: nanoseconds a tick of the processor's counter, 0 until it is known to be safe and has been
 *                measured; tsc_offset_ns: what to add so that it agrees with CLOCK_MONOTONIC. Both written once.
 * Invariant      a scale other than 0 means that the offset is there, too.
 * Ordering       R0 storing the scale releases the offset, A0 loading it acquires it. Without it a thread could add to an
 *                offset of 0 and be off by the time since boot.
 * Progress       reading is wait-free; ocl_clock_check() waits for the thread that calibrates.
 *
 * The rate is measured against CLOCK_MONOTONIC_RAW where there is one: what the kernel happens to steer CLOCK_MONOTONIC
 * by during those 20 ms would stay in the rate for good. The counter is read without a fence: around a take, a few
 * nanoseconds early or late are allowed, a fence costs twice the reading.
 */
#include "openclaw/clock.h"
#include "base/atomic.h"
#include "base/tsc.h"

#include <time.h>

#if defined(__x86_64__) && defined(__linux__)
#define HAVE_TSC 1
#else
#define HAVE_TSC 0
#endif

static inline uint64_t kernel_now_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * OCL_SECOND_NS + (uint64_t)now.tv_nsec;
}

int ocl__tsc_is_safe(uint32_t highest_leaf, uint32_t edx, const char *sources)
{
	const uint32_t invariant = UINT32_C(1) << 8;

	if (highest_leaf < UINT32_C(0x80000007) || (edx & invariant) == 0 || sources == NULL)
		return 0;
	while (*sources != '\0') {
		while (*sources == ' ' || *sources == '\n' || *sources == '\t')
			sources++;
		const char *word = sources;
		while (*sources != '\0' && *sources != ' ' && *sources != '\n' && *sources != '\t')
			sources++;
		if (sources - word == 3 && word[0] == 't' && word[1] == 's' && word[2] == 'c')
			return 1;
	}
	return 0;
}

/* The scale from two samples, or 0. Spans of more than an hour are no calibration and could overflow. */
static uint64_t tsc_scale_of(const struct ocl__tsc_sample *from, const struct ocl__tsc_sample *to)
{
	if (to->ticks <= from->ticks || to->ns <= from->ns)
		return 0;
	uint64_t ticks = to->ticks - from->ticks, ns = to->ns - from->ns;
	/* Ticks a nanosecond: 0.1 is 100 MHz, 100 is 100 GHz. */
	if (ns > OCL_HOUR_NS || ticks > ns * 100 || ticks < ns / 10)
		return 0;
	return (uint64_t)((((unsigned __int128)ns << OCL__TSC_SHIFT) + ticks / 2) / ticks);
}

uint64_t ocl__tsc_scale(const struct ocl__tsc_sample *samples)
{
	uint64_t first = tsc_scale_of(&samples[0], &samples[1]);
	uint64_t second = tsc_scale_of(&samples[1], &samples[2]);

	if (first == 0 || second == 0)
		return 0;
	/* Picked: 1 in 1000 is far above the noise of 10 ms and far below a counter that changes speed. */
	uint64_t difference = first > second ? first - second : second - first;
	if (difference > first / 1000)
		return 0;
	return tsc_scale_of(&samples[0], &samples[2]);
}

#if HAVE_TSC

#include <cpuid.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>
#include <x86intrin.h>

#define TSC_SOURCES "/sys/devices/system/clocksource/clocksource0/available_clocksource"
#define TSC_HALF_NS (10 * OCL_MILLISECOND_NS)

static ocl_atomic tsc_scale;
static uint64_t tsc_offset_ns;
static pthread_once_t tsc_once = PTHREAD_ONCE_INIT;

/* The machine's side of ocl__tsc_is_safe(). */
static int tsc_is_safe_here(void)
{
	unsigned highest, edx = 0, unused;

	__cpuid(0x80000000u, highest, unused, unused, unused);
	if (highest >= 0x80000007u)
		__cpuid(0x80000007u, unused, unused, unused, edx);
	char sources[256];
	int file = open(TSC_SOURCES, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return 0;
	ssize_t size = read(file, sources, sizeof(sources) - 1);
	close(file);
	if (size < 0)
		return 0;
	sources[size] = '\0';
	return ocl__tsc_is_safe(highest, edx, sources);
}

/* Both clocks at one time: of some readings, the one whose two looks at the counter lie closest, so that no
 * interruption fell between them. */
static struct ocl__tsc_sample tsc_sample(clockid_t id)
{
	struct ocl__tsc_sample best = {0, 0};
	uint64_t closest = UINT64_MAX;

	for (int i = 0; i < 16; i++) {
		uint64_t before = __rdtsc();
		uint64_t ns = kernel_now_ns(id);
		uint64_t apart = __rdtsc() - before;
		if (apart < closest) {
			closest = apart;
			best.ticks = before + apart / 2;
			best.ns = ns;
		}
	}
	return best;
}

static void tsc_wait(void)
{
	const struct timespec half = {0, (long)TSC_HALF_NS};
	uint64_t start = kernel_now_ns(CLOCK_MONOTONIC);

	while (kernel_now_ns(CLOCK_MONOTONIC) - start < TSC_HALF_NS)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &half, NULL); /* a signal may end it early */
}

static void tsc_set_up(void)
{
	struct timespec unused;
	clockid_t id = clock_gettime(CLOCK_MONOTONIC_RAW, &unused) == 0 ? CLOCK_MONOTONIC_RAW : CLOCK_MONOTONIC;
	uint64_t scale = 0;

	if (!tsc_is_safe_here())
		return;
	/* A machine under load may spoil a measurement; three in a row are the counter's fault. */
	for (int i = 0; i < 3 && scale == 0; i++) {
		struct ocl__tsc_sample samples[3];
		samples[0] = tsc_sample(id);
		tsc_wait();
		samples[1] = tsc_sample(id);
		tsc_wait();
		samples[2] = tsc_sample(id);
		scale = ocl__tsc_scale(samples);
	}
	struct ocl__tsc_sample now = tsc_sample(CLOCK_MONOTONIC);
	tsc_offset_ns = now.ns - ocl__tsc_ns(now.ticks, scale);
	ocl_store_release(&tsc_scale, scale); /* R0: pairs with A0 in ocl_clock_now_ns() */
}

static int tsc_check(void)
{
	pthread_once(&tsc_once, tsc_set_up);
	return ocl_load_relaxed(&tsc_scale) != 0 ? OCL_OK : OCL_ENOTSUP; /* relaxed: pthread_once orders it */
}

#endif

static int kernel_check(clockid_t id)
{
	struct timespec now;

	return clock_gettime(id, &now) == 0 ? OCL_OK : OCL_ENOTSUP;
}

int ocl_clock_check(enum ocl_clock clock)
{
	switch (clock) {
	case OCL_CLOCK_MONOTONIC:
		return kernel_check(CLOCK_MONOTONIC);
	case OCL_CLOCK_COARSE:
#ifdef CLOCK_MONOTONIC_COARSE
		return kernel_check(CLOCK_MONOTONIC_COARSE);
#else
		return OCL_ENOTSUP;
#endif
	case OCL_CLOCK_TSC:
#if HAVE_TSC
		return tsc_check();
#else
		return OCL_ENOTSUP;
#endif
	default:
		return OCL_EINVAL;
	}
}

uint64_t ocl_clock_now_ns(enum ocl_clock clock)
{
#if HAVE_TSC
	if (clock == OCL_CLOCK_TSC) {
		size_t scale = ocl_load_acquire(&tsc_scale); /* A0: pairs with R0 in tsc_set_up() */
		if (scale != 0)
			return ocl__tsc_ns(__rdtsc(), scale) + tsc_offset_ns;
	}
#endif
#ifdef CLOCK_MONOTONIC_COARSE
	if (clock == OCL_CLOCK_COARSE)
		return kernel_now_ns(CLOCK_MONOTONIC_COARSE);
#endif
	return kernel_now_ns(CLOCK_MONOTONIC);
}
