/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as games in columns of Elo and Glicko-2: the same bits as a call a game, for any number of games, in place or not,
 * wherever a column begins and ends; and one bad number in any row, and no row is written.
 *
 * Numbers are brought into range, or hardly any column would be good; then a byte says whether one of them becomes bad.
 */
#include "../fuzz_input.h"
#include "openclaw/elo.h"
#include "openclaw/glicko2.h"

#define GAMES   67
#define COLUMNS 9 /* first and second: values, deviations, volatilities; scores; elapsed of both */

struct games {
	size_t count;
	size_t shift;            /* doubles before each column: its memory is not of the alignment of malloc */
	int in_place;            /* the columns after are those before */
	double *before[COLUMNS]; /* each in memory that ends with it */
	double *after[6];
	double kept[6][GAMES]; /* what stands there until it is rated */
};

static const double limits[COLUMNS] = {1e9, 1e9, 1e3, 1e9, 1e9, 1e3, 1, 1e9, 1e9};

/* A number that the column may have; half of the values are those of usual players. */
static double next_tame(struct input *input, int column)
{
	double x = next_double(input);
	double most = limits[column];

	if (!isfinite(x))
		x = 1;
	if (column == 6)
		return fmod(fabs(x), 1.25) < 1 ? fmod(fabs(x), 1.25) : 1;
	x = column % 3 == 0 ? x : fabs(x);
	return fabs(x) <= most ? x : fmod(x, most);
}

static double *column_of(const struct games *games)
{
	return (double *)room_of((games->count + games->shift) * sizeof(double)) + games->shift;
}

static void next_games(struct input *input, struct games *games)
{
	uint8_t how = next_byte(input);

	games->count = next_below(input, GAMES + 1);
	games->in_place = how & 1;
	games->shift = how >> 1 & 3;
	for (int c = 0; c < COLUMNS; c++)
		games->before[c] = column_of(games);
	for (size_t i = 0; i < games->count; i++) {
		for (int c = 0; c < COLUMNS; c++)
			games->before[c][i] = next_tame(input, c);
	}
	if ((how & 8) != 0 && games->count > 0) {
		unsigned column = next_below(input, COLUMNS);
		games->before[column][next_below(input, (unsigned)games->count)] = next_any_double(input);
	}
	for (int c = 0; c < 6; c++) {
		games->after[c] = games->in_place ? games->before[c] : column_of(games);
		for (size_t i = 0; i < games->count; i++) {
			if (!games->in_place)
				games->after[c][i] = -7;
			games->kept[c][i] = games->after[c][i];
		}
	}
}

static void free_games(struct games *games)
{
	for (int c = 0; c < COLUMNS; c++) {
		if (c < 6 && !games->in_place)
			free(games->after[c] - games->shift);
		free(games->before[c] - games->shift);
	}
}

/* One answer of the rows' own, if any is not OK; and the columns as the rows say, or as they were. */
static void check_columns(const struct games *games, int status, const int *statuses, double (*rows)[GAMES],
                          int columns)
{
	int good = 1, named = 0;

	for (size_t i = 0; i < games->count; i++) {
		good &= statuses[i] == OCL_OK;
		named |= statuses[i] == status;
	}
	REQUIRE(games->count == 0 || named);
	REQUIRE(games->count == 0 || (status == OCL_OK) == good);
	for (int c = 0; c < 6; c++) {
		int written = status == OCL_OK && (columns == 6 || c % 3 == 0);
		check_untouched(games->after[c], written ? rows[c] : games->kept[c], games->count * sizeof(double));
	}
}

static void fuzz_elo(struct input *input)
{
	struct ocl_elo_settings settings = OCL_ELO_SETTINGS;
	struct games games;
	int statuses[GAMES];
	double rows[6][GAMES];
	uint8_t which = next_byte(input);

	if (which & 1)
		settings.k = next_tame(input, 1);
	if (which & 2)
		settings.scale = 1e-3 + next_tame(input, 1);
	if (which & 4)
		settings.first_advantage = next_tame(input, 0);
	if (which & 8) {
		settings.value_min = 1000;
		settings.value_max = 2000;
	}
	settings.curve = which >> 4 & 3;
	settings.flags = which >> 6 & 1;
	if (which & 128)
		settings.draw = next_double(input);
	next_games(input, &games);
	for (size_t i = 0; i < games.count; i++)
		statuses[i] = ocl_elo_rate(games.before[0][i], games.before[3][i], games.before[6][i], &settings,
		                           &rows[0][i], &rows[3][i]);
	int status = ocl_elo_rate_many(games.count, games.before[0], games.before[3], games.before[6], &settings,
	                               games.after[0], games.after[3]);
	check_columns(&games, status, statuses, rows, 2);
	free_games(&games);
}

static struct ocl_glicko2_settings next_settings(struct input *input)
{
	struct ocl_glicko2_settings settings = OCL_GLICKO2_SETTINGS;
	uint8_t which = next_byte(input);

	if (which & 1)
		settings.tau = fmod(next_tame(input, 1), 10);
	if (which & 2)
		settings.first_advantage = next_tame(input, 0);
	if (which & 4) {
		settings.value_min = 1000;
		settings.value_max = 2000;
	}
	if (which & 8)
		settings.value_change_max = next_tame(input, 1);
	if (which & 16) {
		settings.deviation_min = 50;
		settings.deviation_max = 500;
	}
	if (which & 32)
		settings.volatility_max = next_tame(input, 2);
	settings.solver = which >> 6;
	return settings;
}

static void fuzz_glicko2(struct input *input)
{
	struct ocl_glicko2_settings settings = next_settings(input);
	struct games games;
	int statuses[GAMES];
	double rows[6][GAMES];
	uint8_t aged = next_byte(input);

	next_games(input, &games);
	double **b = games.before, **a = games.after;
	for (size_t i = 0; i < games.count; i++) {
		struct ocl_rating one = {b[0][i], b[1][i], b[2][i]}, other = {b[3][i], b[4][i], b[5][i]};
		statuses[i] = ocl_glicko2_rate(&one, &other, b[6][i], aged & 1 ? b[7][i] : 0, aged & 2 ? b[8][i] : 0,
		                               &settings, &one, &other);
		const double all[6] = {one.value,   one.deviation,   one.volatility,
		                       other.value, other.deviation, other.volatility};
		for (int c = 0; c < 6; c++)
			rows[c][i] = all[c];
	}
	const struct ocl_rating_columns first = {b[0], b[1], b[2]}, second = {b[3], b[4], b[5]};
	const struct ocl_rating_columns first_after = {a[0], a[1], a[2]}, second_after = {a[3], a[4], a[5]};
	int status = ocl_glicko2_rate_many(games.count, &first, &second, b[6], aged & 1 ? b[7] : NULL,
	                                   aged & 2 ? b[8] : NULL, &settings, &first_after, &second_after);
	check_columns(&games, status, statuses, rows, 6);
	free_games(&games);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size, NULL};

	if (next_below(&input, 2) == 0)
		fuzz_elo(&input);
	else
		fuzz_glicko2(&input);
	return 0;
}
