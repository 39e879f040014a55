/* SPDX-License-Identifier: MIT */
#include "rate.h"

#include "memory.h"

#include "openclaw/match_check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool enter(struct race *race, const struct ocl_system *system)
{
	for (size_t i = 0; i < race->entry_count; i++) {
		if (race->entries[i].system == system)
			return true;
	}
	if (race->entry_count == SYSTEMS_MAX)
		return false;
	race->entries[race->entry_count].system = system;
	ocl_evaluation_init(&race->entries[race->entry_count].evaluation, CALIBRATION_BINS);
	race->entry_count++;
	return true;
}

bool rate_begin(struct race *race, const char *systems)
{
	char name[64];

	for (;; systems++) {
		size_t length = strcspn(systems, ",");
		snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), systems);
		if (strcmp(name, "all") != 0 && ocl_system_find(name) == NULL) {
			fprintf(stderr, "rate_csv: --system: no system \"%s\": expected all, or one or more of", name);
			for (size_t i = 0; ocl_system_at(i) != NULL; i++)
				fprintf(stderr, " %s", ocl_system_at(i)->name);
			fprintf(stderr, "\n");
			return false;
		}
		for (size_t i = 0; ocl_system_at(i) != NULL; i++) {
			if (strcmp(name, "all") == 0 || strcmp(name, ocl_system_at(i)->name) == 0)
				enter(race, ocl_system_at(i));
		}
		systems += length;
		if (*systems == '\0')
			return true;
	}
}

/* New players get the system's initial record, and zeros for memory. */
static void admit(struct entry *entry, const struct result *result)
{
	size_t numbers = entry->system->memory_numbers;
	uint32_t highest = 0;

	for (size_t i = 0; i < result->player_count; i++)
		highest = result->players[i] > highest ? result->players[i] : highest;
	if (highest < entry->rated)
		return;
	entry->ratings = (struct ocl_rating *)memory_grow(entry->ratings, &entry->ratings_room, (size_t)highest + 1,
	                                                  sizeof *entry->ratings);
	if (numbers > 0)
		entry->memories = (double *)memory_grow(entry->memories, &entry->memories_room,
		                                        ((size_t)highest + 1) * numbers, sizeof *entry->memories);
	while (entry->rated < (size_t)highest + 1)
		entry->ratings[entry->rated++] = entry->system->initial;
}

/* The result as the library wants it; `elapsed` has room for a number a player. */
static struct ocl_match match_of(const struct race *race, const struct result *result, double *elapsed)
{
	struct ocl_match match = OCL_MATCH(result->team_count, NULL);

	match.scores = result->scores;
	match.team_sizes = result->player_count > result->team_count ? result->team_sizes : NULL;
	match.flags = race->shares ? OCL_MATCH_SHARES : 0;
	if (race->period_seconds > 0) {
		for (size_t i = 0; i < result->player_count; i++) {
			const struct player *player = &race->players[result->players[i]];
			elapsed[i] =
				player->results > 0 ? (result->time - player->last_time) / race->period_seconds : 0;
			elapsed[i] = fmin(elapsed[i], OCL_RATING_ELAPSED_MAX);
		}
		match.elapsed_periods = elapsed;
	}
	return match;
}

/* What the first of two teams got: 1, 0, a half, or its share. */
static double score_of(const struct race *race, const double *scores)
{
	if (race->shares)
		return scores[0] / (scores[0] + scores[1]);
	return scores[0] > scores[1] ? 1 : scores[0] < scores[1] ? 0 : 0.5;
}

static int evaluate_two(const struct race *race, struct entry *entry, const struct result *result, double probability)
{
	double score = score_of(race, result->scores);

	/* Where the first always won, half of the results are looked at from the other side: else calibration would
	 * compare with 1 only. */
	if (race->mirror && (race->results * UINT64_C(0x9e3779b97f4a7c15)) >> 63 != 0) {
		score = 1 - score;
		probability = 1 - probability;
	}
	probability = fmin(fmax(probability, 0), 1);
	ocl_log_loss(probability, score, &entry->loss);
	return ocl_evaluation_add(&entry->evaluation, probability, score, 1);
}

/* Of more than two teams: does each come first, as often as predicted? And the order of all. */
static int evaluate_many(struct entry *entry, const struct ocl_match *match, const struct ocl_rating *before,
                         const double *win)
{
	double ranks[PLAYERS_MAX];
	double expected[PLAYERS_MAX];
	double best = match->scores[0];
	double firsts = 0;
	double loss;
	int status = OCL_OK;

	for (size_t i = 0; i < match->team_count; i++)
		best = fmax(best, match->scores[i]);
	for (size_t i = 0; i < match->team_count; i++) {
		ranks[i] = -match->scores[i];
		firsts += match->scores[i] == best ? 1 : 0;
	}
	entry->loss = 0;
	for (size_t i = 0; status == OCL_OK && i < match->team_count; i++) {
		double probability = fmin(fmax(win[i], 0), 1);
		double score = match->scores[i] == best ? 1 / firsts : 0;
		ocl_log_loss(probability, score, &loss);
		entry->loss += loss / (double)match->team_count;
		status = ocl_evaluation_add(&entry->evaluation, probability, score, 1 / (double)match->team_count);
	}
	if (status == OCL_OK && ocl_system_predict_ranks(entry->system, match, NULL, before, expected) == OCL_OK)
		status = ocl_evaluation_add_ranks(&entry->evaluation, expected, ranks, match->team_count);
	return status;
}

/* Copy what the system keeps of the players to where the match finds it, or back. */
static void take_memories(struct entry *entry, const struct result *result)
{
	size_t numbers = entry->system->memory_numbers;

	if (numbers == 0)
		return;
	entry->meeting = (double *)memory_grow(entry->meeting, &entry->meeting_room, result->player_count * numbers,
	                                       sizeof *entry->meeting);
	for (size_t i = 0; i < result->player_count; i++)
		memcpy(&entry->meeting[i * numbers], &entry->memories[result->players[i] * numbers],
		       numbers * sizeof *entry->meeting);
}

static void keep_memories(struct entry *entry, const struct result *result)
{
	size_t numbers = entry->system->memory_numbers;

	for (size_t i = 0; numbers > 0 && i < result->player_count; i++)
		memcpy(&entry->memories[result->players[i] * numbers], &entry->meeting[i * numbers],
		       numbers * sizeof *entry->meeting);
}

/* Records as they are on the day of the match: a rating ages its players itself, a prediction takes records as they come. */
static int age(const struct entry *entry, const struct ocl_match *match, const struct ocl_rating *before, size_t count,
               struct ocl_rating *aged)
{
	int status = OCL_OK;

	for (size_t i = 0; status == OCL_OK && i < count; i++) {
		aged[i] = before[i];
		if (match->elapsed_periods != NULL && match->elapsed_periods[i] > 0)
			status = entry->system->age(NULL, &before[i], match->elapsed_periods[i], &aged[i]);
	}
	return status;
}

/* Predict (if it counts) and rate. */
static int run(struct race *race, struct entry *entry, const struct result *result, struct ocl_match *match,
               bool counts)
{
	struct ocl_rating before[PLAYERS_MAX];
	struct ocl_rating aged[PLAYERS_MAX];
	struct ocl_rating after[PLAYERS_MAX];
	double win[PLAYERS_MAX];
	int status = OCL_OK;

	admit(entry, result);
	take_memories(entry, result);
	match->player_memories = entry->meeting;
	for (size_t i = 0; i < result->player_count; i++)
		before[i] = entry->ratings[result->players[i]];
	if (counts)
		status = age(entry, match, before, result->player_count, aged);
	if (counts && status == OCL_OK)
		status = ocl_system_predict(entry->system, match, NULL, aged, win);
	if (status == OCL_OK)
		status = ocl_system_rate(entry->system, match, NULL, before, after);
	if (status != OCL_OK)
		return status;
	for (size_t i = 0; i < result->player_count; i++)
		entry->ratings[result->players[i]] = after[i];
	keep_memories(entry, result);
	if (!counts)
		return OCL_OK;
	return match->team_count == 2 ? evaluate_two(race, entry, result, win[0])
	                              : evaluate_many(entry, match, aged, win);
}

/* What no system takes, in words; NULL: nothing. */
static const char *match_fault(const struct ocl_match *match)
{
	static char text[256];
	struct ocl_match_fault fault;

	if (ocl_match_check(match, NULL, 1, &fault) == OCL_OK)
		return NULL;
	snprintf(text, sizeof text, "%s of %s %zu: %g: expected %s", fault.field, fault.of, fault.index + 1,
	         fault.number, fault.expected);
	return text;
}

static const char *fault_of(const struct entry *entry, int status)
{
	static char text[128];

	snprintf(text, sizeof text, "%s cannot rate this result: %s", entry->system->name, ocl_status_name(status));
	return text;
}

/* Wins, ties and losses, against the best other team. */
static void count(struct race *race, const struct result *result)
{
	size_t at = 0;

	for (size_t team = 0; team < result->team_count; team++) {
		double best = -INFINITY;
		for (size_t other = 0; other < result->team_count; other++) {
			if (other != team)
				best = fmax(best, result->scores[other]);
		}
		for (size_t i = 0; i < result->team_sizes[team]; i++, at++) {
			struct player *player = &race->players[result->players[at]];
			player->results++;
			player->wins += result->scores[team] > best;
			player->ties += result->scores[team] == best;
			player->losses += result->scores[team] < best;
			player->last_time = result->time;
		}
	}
}

static void compare(struct race *race)
{
	for (size_t i = 0; i < race->entry_count; i++) {
		for (size_t j = 0; j < i; j++) {
			double difference = race->entries[i].loss - race->entries[j].loss;
			race->difference[i][j] += difference;
			race->squares[i][j] += difference * difference;
		}
	}
	race->compared++;
}

static void make_room(struct race *race, const struct result *result)
{
	for (size_t i = 0; i < result->player_count; i++)
		race->players = (struct player *)memory_grow(race->players, &race->players_room,
		                                             (size_t)result->players[i] + 1, sizeof *race->players);
}

const char *rate_result(struct race *race, const struct result *result)
{
	double elapsed[PLAYERS_MAX];
	struct ocl_match match;
	bool counts = race->results >= race->warm_up;
	const char *fault;

	make_room(race, result);
	match = match_of(race, result, elapsed);
	fault = match_fault(&match);
	if (fault != NULL)
		return fault;
	for (size_t i = 0; i < race->entry_count; i++) {
		struct entry *entry = &race->entries[i];
		int status = entry->teams_refused == 0 ? run(race, entry, result, &match, counts) : OCL_OK;
		if (status == OCL_ENOTSUP && result->player_count > 2) {
			entry->teams_refused = result->team_count;
			entry->players_refused = result->player_count;
		} else if (status != OCL_OK) {
			return fault_of(entry, status);
		}
	}
	if (counts)
		compare(race);
	if (race->results == 0)
		race->first_time = result->time;
	race->results++;
	race->last_time = result->time;
	race->most_teams = result->team_count > race->most_teams ? result->team_count : race->most_teams;
	count(race, result);
	return NULL;
}

const char *rate_alone(struct race *race, struct entry *entry, const struct result *result)
{
	double elapsed[PLAYERS_MAX];
	struct ocl_match match;
	int status;

	make_room(race, result);
	match = match_of(race, result, elapsed);
	status = run(race, entry, result, &match, false);
	if (status != OCL_OK)
		return fault_of(entry, status);
	count(race, result);
	return NULL;
}

/* Is the first the better? Those out come last; then log loss; then name. */
static bool better(const struct entry *first, const struct entry *second)
{
	if ((first->teams_refused == 0) != (second->teams_refused == 0))
		return first->teams_refused == 0;
	if (first->report.log_loss != second->report.log_loss)
		return first->report.log_loss < second->report.log_loss;
	return strcmp(first->system->name, second->system->name) < 0;
}

void rate_finish(struct race *race)
{
	for (size_t i = 0; i < race->entry_count; i++) {
		struct entry *entry = &race->entries[i];
		size_t at = i;
		entry->report.struct_size = sizeof entry->report;
		ocl_evaluation_read(&entry->evaluation, &entry->report); /* without predictions it stays zero */
		for (; at > 0 && better(entry, &race->entries[race->order[at - 1]]); at--)
			race->order[at] = race->order[at - 1];
		race->order[at] = i;
	}
}

struct ocl_rating rate_record(const struct race *race, const struct entry *entry, uint32_t player)
{
	struct ocl_rating record = entry->ratings[player];
	double elapsed = 0;

	if (race->period_seconds > 0)
		elapsed = (race->last_time - race->players[player].last_time) / race->period_seconds;
	if (elapsed > 0)
		entry->system->age(NULL, &entry->ratings[player], fmin(elapsed, OCL_RATING_ELAPSED_MAX), &record);
	return record;
}

void rate_difference(const struct race *race, size_t first, size_t second, double *mean, double *error)
{
	bool swap = first < second;
	double count = (double)race->compared;
	double sum = swap ? -race->difference[second][first] : race->difference[first][second];
	double squares = swap ? race->squares[second][first] : race->squares[first][second];

	*mean = sum / count;
	*error = sqrt(fmax(squares - sum * sum / count, 0)) / count;
}

void rate_free_entry(struct entry *entry)
{
	free(entry->ratings);
	free(entry->memories);
	free(entry->meeting);
}

void rate_free(struct race *race)
{
	for (size_t i = 0; i < race->entry_count; i++)
		rate_free_entry(&race->entries[i]);
	free(race->players);
}
