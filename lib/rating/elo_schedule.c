/* SPDX-License-Identifier: MIT */
/* How far an Elo rating moves: K by tables of games and values, and by FIDE's rules. */
#include "openclaw/elo.h"

#include "rating/check.h"

#define FIDE_NEW_GAMES     30
#define FIDE_JUNIOR_VALUE  2300.0
#define FIDE_SETTLED_VALUE 2400.0
#define FIDE_PERIOD_POINTS 700

int ocl_elo_k(const struct ocl_elo_k_step *steps, size_t count, double value, uint64_t games, double *k)
{
	if (steps == NULL || count == 0 || k == NULL)
		return OCL_EINVAL;
	int status = ocl__number_status(value, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX);
	for (size_t i = 0; status == OCL_OK && i < count; i++) {
		status = ocl__number_status(steps[i].value_below, -OCL_RATING_VALUE_MAX, OCL_ELO_ANY_VALUE);
		if (status == OCL_OK)
			status = ocl__number_status(steps[i].k, 0.0, 1e6);
	}
	if (status != OCL_OK)
		return status;
	for (size_t i = 0; i < count; i++) {
		if ((steps[i].games_below == 0 || games < steps[i].games_below) && value < steps[i].value_below) {
			*k = steps[i].k;
			return OCL_OK;
		}
	}
	return OCL_ERANGE;
}

int ocl_elo_k_fide(const struct ocl_elo_fide_player *player, double *k)
{
	if (player == NULL || k == NULL)
		return OCL_EINVAL;
	const double values[2] = {player->value, player->highest_value};
	int status = ocl__numbers_status(values, 2, -OCL_RATING_VALUE_MAX, OCL_RATING_VALUE_MAX);
	if (status != OCL_OK)
		return status;
	if (player->is_junior > 1)
		return OCL_EINVAL;

	uint32_t points = 20;
	if (player->games < FIDE_NEW_GAMES || (player->is_junior == 1 && player->value < FIDE_JUNIOR_VALUE))
		points = 40;
	else if (player->value >= FIDE_SETTLED_VALUE || player->highest_value >= FIDE_SETTLED_VALUE)
		points = 10;
	uint32_t most = player->period_games > 0 ? FIDE_PERIOD_POINTS / player->period_games : points;
	*k = (double)(points < most ? points : most);
	return OCL_OK;
}
