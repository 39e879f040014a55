/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as games, tournaments, matches and settings of the federations' systems, and as records to convert: no crash, no
 * hang, no undefined behaviour; a refusal writes nothing; what comes out is finite and in range. A player of weight 0 stays
 * as it is, teams and games may change their places, winning is never worse than losing, and no games change nothing.
 *
 * The first byte chooses the system and the call, the rest is read as settings, doubles and small numbers.
 */
#include "fuzz_match.h"
#include "openclaw/convert.h"
#include "openclaw/dwz.h"
#include "openclaw/ecf.h"
#include "openclaw/egf.h"
#include "openclaw/fifa.h"
#include "openclaw/ingo.h"
#include "openclaw/uscf.h"

#define GAMES_MAX      40
#define SETTINGS_WORDS 64

static const struct fuzz_doubles doubles = {
	.usual = {0, 0.5, 1, 1300, 1500, 2700, 3299, -1e9, 1e9, 1e-9, 5e-324, 130},
	.usual_end = 36,
	.steps_end = 112,
	.step = 50,
	.steps_zero = 56,
	.any_end = 128,
	.most = 3000,
};

enum { USCF, EGF, DWZ, INGO, FIFA, ECF, SYSTEMS };

static const char *const names[SYSTEMS] = {"uscf", "egf", "dwz", "ingo", "fifa", "ecf"};

union settings {
	size_t struct_size; /* the first of all of them */
	double numbers[SETTINGS_WORDS];
	uint64_t words[SETTINGS_WORDS];
	struct ocl_uscf_settings uscf;
	struct ocl_egf_settings egf;
	struct ocl_dwz_settings dwz;
	struct ocl_ingo_settings ingo;
	struct ocl_fifa_settings fifa;
	struct ocl_ecf_settings ecf;
};

/* The usual settings, with other words where the next byte says so. */
static union settings next_settings(struct input *input, unsigned system)
{
	static const union settings usual[SYSTEMS] = {{.uscf = OCL_USCF_SETTINGS}, {.egf = OCL_EGF_SETTINGS},
	                                              {.dwz = OCL_DWZ_SETTINGS},   {.ingo = OCL_INGO_SETTINGS},
	                                              {.fifa = OCL_FIFA_SETTINGS}, {.ecf = OCL_ECF_SETTINGS}};
	union settings settings;
	unsigned which = next_byte(input);
	size_t words = usual[system].struct_size / sizeof(uint64_t);

	memset(&settings, 0, sizeof settings);
	memcpy(&settings, &usual[system], usual[system].struct_size);
	for (size_t i = 1; i < words && which != 0; i++, which >>= 1) {
		if ((which & 1) == 0)
			continue;
		if (next_below(input, 2) == 0)
			settings.numbers[i] = next_double(input);
		else
			settings.words[i] = next_below(input, 5) | (uint64_t)next_below(input, 5) << 32;
	}
	if (which != 0)
		settings.struct_size = next_byte(input);
	return settings;
}

/* Scores are seldom anything but these. */
static double next_score(struct input *input)
{
	unsigned kind = next_below(input, 4);

	return kind < 3 ? kind / 2.0 : next_double(input);
}

static void check_status(int status)
{
	REQUIRE(status == OCL_OK || status == OCL_EINVAL || status == OCL_ERANGE || status == OCL_ESIZE ||
	        status == OCL_ENOTSUP);
}

/* The same but for rounding in a change of up to `most` points. */
static void check_near(double a, double b, double most)
{
	REQUIRE(fabs(a - b) <= 1e-9 * (1 + fabs(a) + fabs(b)) + 1e-13 * most);
}

/* How many points a game can move somebody, more or less. */
static double largest(unsigned system, const union settings *settings, double value, double weight)
{
	double most = 1000;

	if (system == FIFA)
		most = settings->fifa.importance;
	if (system == ECF)
		most = fmax(settings->ecf.k, settings->ecf.k_junior);
	if (system == EGF)
		most = pow((4000 + fabs(value)) / 200, 1.6) * settings->egf.game_weight;
	return most * weight;
}

/* ---- matches */

/* Both change their places, and the advantage goes to the other; EGF's is of the first's own scale. */
static void check_swapped(unsigned system, const struct fuzz_match *m, const union settings *settings,
                          const struct ocl_rating *after)
{
	const size_t sizes[2] = {1, 1};
	const double ranks[2] = {m->numbers[1], m->numbers[0]}, weights[2] = {m->weights[1], m->weights[0]},
		     elapsed[2] = {m->elapsed[1], m->elapsed[0]};
	const struct ocl_rating before[2] = {m->before[1], m->before[0]};
	struct ocl_match match = m->match;
	struct ocl_rating other[2];

	if (match.scores != NULL || (system == EGF && match.first_advantage != 0))
		return;
	match.team_sizes = sizes;
	match.ranks = ranks;
	match.player_weights = weights;
	match.elapsed_periods = elapsed;
	match.first_advantage = -match.first_advantage;
	REQUIRE(ocl_system_rate(ocl_system_find(names[system]), &match, settings, before, other) == OCL_OK);
	for (int i = 0; i < 2; i++)
		check_near(after[i].value, other[1 - i].value,
		           largest(system, settings, before[1 - i].value, m->match.match_weight * m->weights[i]));
}

static void check_monotone(unsigned system, const struct fuzz_match *m, const union settings *settings)
{
	static const double ranks[2][2] = {{0, 1}, {1, 0}};
	const struct ocl_system *table = ocl_system_find(names[system]);
	struct ocl_match match = m->match;
	struct ocl_rating after[2][2];

	match.scores = NULL;
	match.flags = 0;
	for (int i = 0; i < 2; i++) {
		match.ranks = ranks[i];
		REQUIRE(ocl_system_rate(table, &match, settings, m->before, after[i]) == OCL_OK);
	}
	double most = largest(system, settings, m->before[0].value, m->match.match_weight * m->weights[0]);
	double gain = table->display(&after[0][0]) - table->display(&after[1][0]);
	REQUIRE(gain >= -1e-9 * (1 + fabs(m->before[0].value)) - 1e-13 * most);
}

static void fuzz_match(unsigned system, struct input *input)
{
	static struct fuzz_match m;
	const struct ocl_system *table = ocl_system_find(names[system]);
	union settings settings = next_settings(input, system);
	size_t teams = next_below(input, 8) == 0 ? next_below(input, 5) : 2;
	struct ocl_rating after[FUZZ_PLAYERS];

	if (!next_match(input, &m, teams, next_volatile_rating))
		return;
	int status = check_match(table, &m, &settings);
	check_status(status);
	(void)check_predictions(table, &m, &settings);
	if (table->age(&settings, &m.before[0], m.elapsed[0], &after[0]) == OCL_OK)
		check_untouched(&after[0], &m.before[0], sizeof *after);
	if (status != OCL_OK)
		return;
	REQUIRE(m.players == 2);
	REQUIRE(ocl_system_rate(table, &m.match, &settings, m.before, after) == OCL_OK);
	for (int i = 0; i < 2; i++) {
		if (m.weights[i] == 0 || m.match.match_weight == 0)
			check_untouched(&after[i], &m.before[i], sizeof *after);
	}
	check_swapped(system, &m, &settings, after);
	check_monotone(system, &m, &settings);
}

/* ---- calls of one system */

static int rate_game(unsigned system, const struct ocl_rating *players, double score, double extra, uint32_t flags,
                     const union settings *settings, struct ocl_rating *first, struct ocl_rating *second)
{
	switch (system) {
	case USCF:
		return ocl_uscf_rate(&players[0], &players[1], score, &settings->uscf, first, second);
	case EGF:
		return ocl_egf_rate(players[0].value, players[1].value, score, extra, &settings->egf, &first->value,
		                    &second->value);
	case DWZ:
		return ocl_dwz_rate(&players[0], &players[1], score, &settings->dwz, first, second);
	case INGO:
		return ocl_ingo_rate(&players[0], &players[1], score, &settings->ingo, first, second);
	case FIFA:
		return ocl_fifa_rate(players[0].value, players[1].value, score, extra, flags, &first->value,
		                     &second->value);
	default:
		return ocl_ecf_rate(&players[0], &players[1], score, &settings->ecf, first, second);
	}
}

static int expect_game(unsigned system, double first, double second, double extra, const union settings *settings,
                       double *expected)
{
	switch (system) {
	case USCF:
		return ocl_uscf_expect(first, second, expected);
	case EGF:
		return ocl_egf_expect(first, second, extra, expected);
	case DWZ:
		return ocl_dwz_expect(first, second, &settings->dwz, expected);
	case INGO:
		return ocl_ingo_expect(first, second, &settings->ingo, expected);
	case FIFA:
		return ocl_fifa_expect(first, second, expected);
	default:
		return ocl_ecf_expect(first, second, &settings->ecf, expected);
	}
}

static void fuzz_game(unsigned system, struct input *input)
{
	const struct ocl_rating kept[2] = {{1, 2, 3}, {4, 5, 6}};
	const union settings settings = next_settings(input, system);
	struct ocl_rating players[2] = {next_volatile_rating(input), next_volatile_rating(input)};
	double score = next_score(input);
	double extra = next_below(input, 2) == 0 ? (double)next_below(input, 10) : next_double(input);
	uint32_t flags = next_below(input, 5);
	struct ocl_rating after[2] = {kept[0], kept[1]};
	double expected = -1, coefficient = -1;
	int status = rate_game(system, players, score, extra, flags, &settings, &after[0], &after[1]);

	check_status(status);
	if (status != OCL_OK)
		check_untouched(after, kept, sizeof after);
	else
		check_rating(&after[0]), check_rating(&after[1]);
	status = expect_game(system, players[0].value, players[1].value, extra, &settings, &expected);
	check_status(status);
	REQUIRE(status == OCL_OK ? expected >= 0 && expected <= 1 : expected == -1);
	if (system == DWZ && ocl_dwz_development(&players[0], score - 0.5, &settings.dwz, &coefficient) == OCL_OK)
		REQUIRE((settings.dwz.flags & OCL_DWZ_2026) != 0 ? coefficient >= 22 && coefficient <= 80
		                                                 : coefficient >= 5 && coefficient <= 150);
	/* What is read may be written to. */
	struct ocl_rating same[2] = {players[0], players[1]};
	if (rate_game(system, same, score, extra, flags, &settings, &same[0], &same[1]) == OCL_OK && system != EGF &&
	    system != FIFA)
		check_untouched(same, after, sizeof same);
}

struct tournament {
	struct ocl_rating player;
	size_t game_count;
	double *opponents, *scores, *handicaps;
	uint32_t record;
};

static int rate_tournament(unsigned system, const struct tournament *t, const union settings *settings,
                           struct ocl_rating *after)
{
	switch (system) {
	case USCF:
		return ocl_uscf_rate_tournament(&t->player, t->game_count, t->opponents, t->scores, t->record,
		                                &settings->uscf, after);
	case EGF:
		return ocl_egf_rate_tournament(t->player.value, t->game_count, t->opponents, t->scores,
		                               t->record != 0 ? t->handicaps : NULL, &settings->egf, &after->value);
	case DWZ:
		return ocl_dwz_rate_tournament(&t->player, t->game_count, t->opponents, t->scores, &settings->dwz,
		                               after);
	case INGO:
		return ocl_ingo_rate_tournament(&t->player, t->game_count, t->opponents, t->scores, &settings->ingo,
		                                after);
	default:
		return ocl_ecf_rate_month(&t->player, t->game_count, t->opponents, t->scores, &settings->ecf, after);
	}
}

/* Performance ratings of the games. */
static void check_performances(const struct tournament *t, const union settings *settings, unsigned system)
{
	double rating = -7;
	int status = system == DWZ
	                     ? ocl_dwz_first(t->game_count, t->opponents, t->scores, &settings->dwz, &rating)
	                     : ocl_ecf_performance(t->game_count, t->opponents, t->scores, t->player.value, &rating);

	check_status(status);
	if (status == OCL_OK)
		check_value(rating);
	else
		REQUIRE(rating == -7);
}

static void turn_round(double *x, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		double kept = x[i];
		x[i] = x[count - 1 - i];
		x[count - 1 - i] = kept;
	}
}

static void fuzz_tournament(unsigned system, struct input *input)
{
	const struct ocl_rating kept = {1, 2, 3};
	const union settings settings = next_settings(input, system);
	struct tournament t = {next_volatile_rating(input), next_below(input, GAMES_MAX), NULL, NULL, NULL,
	                       next_below(input, 4)};
	struct ocl_rating after = kept, other = kept;
	double most = 0;

	/* Of exactly the size, so that a step over the end is seen. */
	t.opponents = (double *)room_of(t.game_count * sizeof *t.opponents);
	t.scores = (double *)room_of(t.game_count * sizeof *t.scores);
	t.handicaps = (double *)room_of(t.game_count * sizeof *t.handicaps);
	for (size_t i = 0; i < t.game_count; i++) {
		t.opponents[i] = next_double(input);
		t.scores[i] = next_score(input);
		t.handicaps[i] = (int)next_below(input, 20) - 10;
		most += largest(system, &settings, t.player.value, 1) + fabs(t.opponents[i]);
	}
	int status = rate_tournament(system, &t, &settings, &after);
	check_status(status);
	if (status != OCL_OK) {
		check_untouched(&after, &kept, sizeof after);
	} else {
		check_rating(&after);
		if (t.game_count == 0)
			REQUIRE(after.value == t.player.value);
	}
	check_performances(&t, &settings, system);
	turn_round(t.opponents, t.game_count);
	turn_round(t.scores, t.game_count);
	turn_round(t.handicaps, t.game_count);
	/* Of two faults the first is told. */
	REQUIRE((rate_tournament(system, &t, &settings, &other) == OCL_OK) == (status == OCL_OK));
	if (status == OCL_OK)
		check_near(after.value, other.value, most);
	free(t.opponents);
	free(t.scores);
	free(t.handicaps);
}

/* ---- numbers alone, and conversions */

static void fuzz_numbers(struct input *input)
{
	double in[4] = {next_double(input), next_double(input), next_double(input), next_double(input)};
	double rating = -7;
	int status = OCL_EINVAL;

	switch (next_below(input, 3)) {
	case 0:
		status = ocl_uscf_initial(in[0], &rating);
		REQUIRE(status != OCL_OK || (rating >= 100 && rating <= 1300));
		break;
	case 1:
		status = ocl_uscf_floor(in[0], in[1], in[2], in[3], &rating);
		REQUIRE(status != OCL_OK || (rating >= 100 && rating <= 2100));
		break;
	default:
		status = ocl_ecf_from_grade(in[0], &rating);
		if (status == OCL_OK)
			check_value(rating);
	}
	check_status(status);
	REQUIRE(status == OCL_OK || rating == -7);
}

static void fuzz_convert(struct input *input)
{
	const struct ocl_rating kept = {1, 2, 3};
	const struct ocl_system *from = ocl_system_at(next_below(input, 32));
	const struct ocl_system *to = ocl_system_at(next_below(input, 32));
	struct ocl_rating rating = next_volatile_rating(input);
	struct ocl_rating converted = kept;
	int status = ocl_rating_convert(from, to, &rating, &converted);

	check_status(status);
	if (status != OCL_OK) {
		check_untouched(&converted, &kept, sizeof kept);
		return;
	}
	check_rating(&converted);
	if (from == to)
		check_untouched(&converted, &rating, sizeof rating);
	REQUIRE(ocl_rating_convert(from, to, &rating, &rating) == OCL_OK);
	check_untouched(&converted, &rating, sizeof rating);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size, &doubles};
	unsigned choice = next_byte(&input);
	unsigned system = choice % SYSTEMS;

	switch (choice / SYSTEMS % 6) {
	case 0:
	case 1:
		fuzz_match(system, &input);
		break;
	case 2:
		fuzz_game(system, &input);
		break;
	case 3:
	case 4:
		if (system != FIFA)
			fuzz_tournament(system, &input);
		break;
	default:
		if (system < 3)
			fuzz_numbers(&input);
		else
			fuzz_convert(&input);
	}
	return 0;
}
