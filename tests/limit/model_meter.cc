// SPDX-License-Identifier: MIT
// Goal: whatever the schedule, packets that are metered at once get no token twice, and none is lost.
// Method: relacy over the library's own sources. In most scenes time stands still; then what is used at the end must be
// what was granted, to the token.
// MUTANTS: LOOK_AND_STORE LOOK_AND_STORE_EXCESS LOOK_AND_STORE_PEAK UNDO_BLINDLY NO_UNDO RELAXED
#define OCL_ATOMIC_MODEL 1

#include "model_atomic.h"

#include <sstream>

/* A step that is not one; three names, so that scenes show that they notice. */
#if defined(MUTANT_LOOK_AND_STORE) || defined(MUTANT_LOOK_AND_STORE_EXCESS) || defined(MUTANT_LOOK_AND_STORE_PEAK)
#define ocl_cas_release ocl_model_look_and_store
#endif
/* The only step that lowers a word is the one that takes a charge back. */
#if defined(MUTANT_UNDO_BLINDLY)
static size_t undo_blindly(ocl_atomic *word, size_t from, size_t to)
{
	if (to >= from)
		return ocl_cas_release(word, from, to);
	word->store(to, rl::mo_release, RL_INFO);
	return from;
}
#define ocl_cas_release undo_blindly
#endif
#if defined(MUTANT_NO_UNDO)
static size_t no_undo(ocl_atomic *word, size_t from, size_t to)
{
	return to >= from ? ocl_cas_release(word, from, to) : from;
}
#define ocl_cas_release no_undo
#endif
#if defined(MUTANT_RELAXED) /* A1 */
#define ocl_load_acquire ocl_load_relaxed
#define ocl_cas_release  ocl_cas_relaxed
#endif

#include "../../lib/limit/meter.c"
#include "../../lib/limit/meter_settings.c"

uint64_t ocl_clock_now_ns(enum ocl_clock)
{
	return 0;
}

int ocl_clock_check(enum ocl_clock)
{
	return OCL_OK;
}

// A meter, and what each colour was given.
struct scene {
	struct ocl__meter meter;
	uint64_t given[3];

	void set(uint32_t kind, uint64_t cir, uint64_t cbs, uint64_t other, uint64_t burst, uint64_t other_used)
	{
		struct ocl_meter_options options = OCL_METER_OPTIONS(kind, cir, cbs, other, burst, 1);

		options.initial_other_used_tokens = other_used;
		RL_ASSERT(check(&options) == OCL_OK);
		set_up(&meter, &options);
		given[0] = given[1] = given[2] = 0;
	}

	enum ocl_colour mark(uint64_t tokens, enum ocl_colour colour, uint64_t t_ns)
	{
		struct packet packet = {tokens, 0, t_ns, colour};
		uint32_t kind = ocl__meter_kind(ocl__meter_setup_of(&meter));
		enum ocl_colour out = kind == OCL_METER_SRTCM   ? mark_srtcm(&meter, &packet)
		                      : kind == OCL_METER_TRTCM ? mark_trtcm(&meter, &packet)
		                                                : mark_excess(&meter, &packet);
		given[out] += tokens;
		return out;
	}

	uint64_t charged()
	{
		return ocl_load_relaxed(&meter.charged) >> meter.c.shift;
	}

	uint64_t other_charged()
	{
		return ocl_load_relaxed(&meter.other_charged) >> meter.other.shift;
	}
};

// RFC 2697, six packets of one token on two green and one yellow.
struct single_ones : scene, rl::test_suite<single_ones, 3> {
	void before()
	{
		set(OCL_METER_SRTCM, 0, 2, 0, 1, 0);
	}

	void thread(unsigned)
	{
		mark(1, OCL_COLOUR_GREEN, 0);
		mark(1, OCL_COLOUR_GREEN, 0);
	}

	void after()
	{
		RL_ASSERT(given[0] == 2 && given[1] == 1 && given[2] == 3);
		RL_ASSERT(charged() == 2 && other_charged() == 3);
	}
};

// RFC 2697, two large packets of which C bears one and E none, while a third thread takes small ones of both colours.
struct single_race : scene, rl::test_suite<single_race, 3> {
	void before()
	{
		set(OCL_METER_SRTCM, 0, 5, 0, 2, 0);
	}

	void thread(unsigned i)
	{
		if (i < 2) {
			mark(3, OCL_COLOUR_GREEN, 0);
		} else {
			mark(1, OCL_COLOUR_YELLOW, 0);
			mark(1, OCL_COLOUR_GREEN, 0);
		}
	}

	void after()
	{
		RL_ASSERT(given[0] <= 5 && given[0] + given[1] <= 7);
		RL_ASSERT(charged() == given[0]);                  // nothing taken from C that is not green
		RL_ASSERT(other_charged() == given[0] + given[1]); // nothing lost, nothing twice
		RL_ASSERT(given[0] >= 3);
	}
};

// RFC 2697, one thread stops for ever after the first step of a green packet: that was a yellow one, and all else goes on.
struct single_stop : scene, rl::test_suite<single_stop, 3> {
	uint64_t spent;

	void before()
	{
		set(OCL_METER_SRTCM, 0, 2, 0, 2, 0);
		spent = 0;
	}

	// The first step, with what mark_srtcm() looks at before it.
	void stop_halfway()
	{
		for (;;) {
			size_t seen = ocl_load_acquire(&meter.other_charged);
			size_t v = ocl_load_acquire(&meter.charged);
			if (v + 1 > 2 || seen + 1 > 4)
				return;
			if (move(&meter.other_charged, seen, seen + 1))
				break;
		}
		spent = 1;
	}

	void thread(unsigned i)
	{
		if (i == 0) {
			stop_halfway();
			return;
		}
		for (int n = 0; n < 2; n++)
			mark(1, OCL_COLOUR_GREEN, 0);
	}

	void after()
	{
		mark(1, OCL_COLOUR_GREEN, 0);
		mark(1, OCL_COLOUR_GREEN, 0);
		RL_ASSERT(given[0] == 2 && given[1] == 2 - spent);
	}
};

// RFC 2697, clocks that disagree: C is full and E is empty, a token a nanosecond. Never more than there is.
struct single_times : scene, rl::test_suite<single_times, 3> {
	void before()
	{
		set(OCL_METER_SRTCM, 1, 1, 0, 1, 1);
	}

	void thread(unsigned i)
	{
		mark(1, OCL_COLOUR_GREEN, i);
		mark(1, OCL_COLOUR_YELLOW, i);
	}

	void after()
	{
		RL_ASSERT(given[0] <= 1 + 2 && given[0] + given[1] <= 1 + 2);
		mark(1, OCL_COLOUR_GREEN, 2);
		mark(1, OCL_COLOUR_GREEN, 2);
		RL_ASSERT(given[0] + given[1] <= 3 && given[0] + given[1] >= 2);
	}
};

// RFC 2697, who looks at both words at once sees a state that there was: X is never less than V.
struct single_look : scene, rl::test_suite<single_look, 2> {
	void before()
	{
		set(OCL_METER_SRTCM, 0, 3, 0, 1, 0);
	}

	void thread(unsigned i)
	{
		size_t charged, other;

		if (i == 0) {
			mark(1, OCL_COLOUR_GREEN, 0);
			mark(1, OCL_COLOUR_GREEN, 0);
			return;
		}
		read_words(&meter, &charged, &other);
		RL_ASSERT(other >= charged && other <= charged + (UINT64_C(1) << meter.c.shift));
	}
};

// RFC 2698: P lets five of six through, C makes three of them green.
struct peak : scene, rl::test_suite<peak, 3> {
	void before()
	{
		set(OCL_METER_TRTCM, 0, 3, 0, 5, 0);
	}

	void thread(unsigned)
	{
		mark(1, OCL_COLOUR_GREEN, 0);
		mark(1, OCL_COLOUR_GREEN, 0);
	}

	void after()
	{
		RL_ASSERT(given[0] == 3 && given[1] == 2 && given[2] == 1);
		RL_ASSERT(charged() == 3 && other_charged() == 5);
	}
};

// RFC 4115: C makes three of six green, E two yellow.
struct excess : scene, rl::test_suite<excess, 3> {
	void before()
	{
		set(OCL_METER_TRTCM_EXCESS, 0, 3, 0, 2, 0);
	}

	void thread(unsigned)
	{
		mark(1, OCL_COLOUR_GREEN, 0);
		mark(1, OCL_COLOUR_GREEN, 0);
	}

	void after()
	{
		RL_ASSERT(given[0] == 3 && given[1] == 2 && given[2] == 1);
		RL_ASSERT(charged() == 3 && other_charged() == 2);
	}
};

// Try many schedules; 0 if none broke the model.
template <typename model> static int run(const char *name)
{
	rl::test_params params;
	std::ostringstream quiet;

	params.progress_stream = &quiet;
	params.search_type = rl::fair_context_bound_scheduler_type;
	params.context_bound = 2;
	params.execution_depth_limit = 100000;
	bool ok = rl::simulate<model>(params);
	printf("%s: %s after %u schedules\n", name, ok ? "holds" : "BROKEN", (unsigned)params.stop_iteration);
	return ok ? 0 : 1;
}

int main()
{
	int broken = 0;

#if defined(MUTANT_LOOK_AND_STORE_EXCESS)
	return run<excess>("excess");
#elif defined(MUTANT_LOOK_AND_STORE_PEAK)
	return run<peak>("peak");
#elif defined(MUTANT_UNDO_BLINDLY) || defined(MUTANT_NO_UNDO)
	return run<single_race>("single_race");
#endif
	broken = run<single_look>("single_look");
	broken = broken || run<single_ones>("single_ones");
	broken = broken || run<single_race>("single_race");
	broken = broken || run<single_stop>("single_stop");
	broken = broken || run<single_times>("single_times");
	broken = broken || run<peak>("peak");
	return broken || run<excess>("excess");
}
