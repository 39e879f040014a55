/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* wcwidth() */
#include "report.h"

#include "memory.h"

#include "openclaw/feedback.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static int compare_standings(const void *first, const void *second)
{
	const struct standing *a = (const struct standing *)first;
	const struct standing *b = (const struct standing *)second;

	if (a->display != b->display)
		return a->display > b->display ? -1 : 1;
	return a->player < b->player ? -1 : 1;
}

/* Does the deviation say how little is known? A system that has none of new players counts or measures something else. */
static bool is_doubt(const struct ocl_system *system)
{
	return !system->deviation_counts && system->initial.deviation > 0;
}

void report_begin(struct report *report, const struct race *race, const struct names *names, size_t top)
{
	size_t room = 0;

	report->race = race;
	report->names = names;
	report->best = &race->entries[race->order[0]];
	if (report->best->teams_refused > 0 || (race->compared == 0 && race->entry_count > 1))
		report->best = NULL;
	report->intervals = report->best != NULL && is_doubt(report->best->system);
	for (uint32_t player = 0; report->best != NULL && player < names->count; player++) {
		struct standing *standing;
		double reach;
		if (player >= race->players_room || race->players[player].results == 0)
			continue;
		report->standings = (struct standing *)memory_grow(report->standings, &room, report->standing_count + 1,
		                                                   sizeof *report->standings);
		standing = &report->standings[report->standing_count++];
		standing->player = player;
		standing->record = rate_record(race, report->best, player);
		standing->display = report->best->system->display(&standing->record);
		reach = report->intervals ? OCL_Z_95 * standing->record.deviation : 0;
		standing->low = standing->record.value - reach;
		standing->high = standing->record.value + reach;
		if (standing->record.deviation > 0 && report->best->system->deviation_counts == 0)
			report->deviations = true;
	}
	if (report->standing_count > 0)
		qsort(report->standings, report->standing_count, sizeof *report->standings, compare_standings);
	report->top = top == 0 || top > report->standing_count ? report->standing_count : top;
}

/* Terminal columns of UTF-8 text. */
static int width(const char *text)
{
	mbstate_t state = {0};
	int columns = 0;
	wchar_t wide;
	size_t length;

	while (*text != '\0') {
		length = mbrtowc(&wide, text, MB_CUR_MAX, &state);
		if (length == (size_t)-1 || length == (size_t)-2)
			return columns + (int)strlen(text);
		columns += wcwidth(wide) > 0 ? wcwidth(wide) : 0;
		text += length;
	}
	return columns;
}

/* Text, and spaces up to `columns`. */
static void pad(FILE *out, const char *text, int columns)
{
	fprintf(out, "%s%*s", text, columns > width(text) ? columns - width(text) : 0, "");
}

/* Who is first, by how much, and may it be chance? */
static void judge(const struct report *report, FILE *out)
{
	const struct race *race = report->race;
	size_t first = race->order[0];
	size_t second = race->order[1];
	const struct entry *next = &race->entries[second];
	double mean;
	double error;

	if (race->entry_count < 2 || next->teams_refused > 0 || race->compared == 0)
		return;
	rate_difference(race, first, second, &mean, &error);
	fprintf(out, "\n%s fits best: its log loss is %.4f (%.2f %%) below that of the next, %s",
	        report->best->system->name, -mean, next->report.log_loss > 0 ? -100 * mean / next->report.log_loss : 0,
	        next->system->name);
	if (-mean > 2 * error)
		fprintf(out, ":\na clear lead, %.1f times its standard error.\n", error > 0 ? -mean / error : INFINITY);
	else
		fprintf(out,
		        ":\nthat may be chance, as it is %.1f times its standard error; more results would tell.\n",
		        error > 0 ? -mean / error : 0);
	if (race->most_teams == 2 && report->best->report.log_loss >= log(2))
		fprintf(out, "No system is better than to guess one half always.\n");
}

void report_comparison(const struct report *report, FILE *out)
{
	const struct race *race = report->race;
	bool orders = false;

	fprintf(out, "%s: ", report->source);
	results_describe(report->columns, out);
	if (race->period_seconds > 0)
		fprintf(out, " (a rating period is %g days)", race->period_seconds / 86400);
	fprintf(out, "\n\n");
	if (race->compared == 0) {
		fprintf(out, "No result is left to compare by: --warm-up takes %llu of %llu.\n%s",
		        (unsigned long long)race->warm_up, (unsigned long long)race->results,
		        race->entry_count > 1
		                ? "So no system can be called the best; --system NAME gives the ratings by one.\n"
		                : "");
		return;
	}
	for (size_t i = 0; i < race->entry_count; i++)
		orders = orders || race->entries[i].report.rank_pairs > 0;
	fprintf(out, "How well each system foretold %llu result%s before it saw %s\n\n",
	        (unsigned long long)race->compared, race->compared == 1 ? "" : "s",
	        race->compared == 1 ? "it" : "them");
	fprintf(out, "%-25s %9s %9s %9s %9s%s\n", "system", "log loss", "Brier", "winner", "off by",
	        orders ? "    pairs" : "");
	fprintf(out, "%-25s %9s %9s %9s %9s%s\n", "", "less is", "less is", "right", "on avg.",
	        orders ? "    wrong" : "");
	fprintf(out, "%-25s %9s %9s %9s %9s\n", "", "better", "better", "", "");
	for (size_t i = 0; i < race->entry_count; i++) {
		const struct entry *entry = &race->entries[race->order[i]];
		const struct ocl_evaluation_report *r = &entry->report;
		if (entry->teams_refused > 0) {
			fprintf(out, "%-25s does not rate %zu players in %zu teams\n", entry->system->name,
			        entry->players_refused, entry->teams_refused);
			continue;
		}
		fprintf(out, "%-25s %9.4f %9.4f %7.1f %% %7.1f %%", entry->system->name, r->log_loss, r->brier,
		        100 * r->accuracy, 100 * r->calibration_error);
		if (orders)
			fprintf(out, " %6.1f %%", 100 * r->rank_inversions);
		fprintf(out, "\n");
	}
	if (race->most_teams == 2)
		fprintf(out, "%-25s %9.4f %9s %7.1f %%\n", "(always one half)", log(2), "", 50.0);
	if (report->best != NULL)
		judge(report, out);
}

static void table_of_players(const struct report *report, FILE *out)
{
	int columns = 6;

	for (size_t i = 0; i < report->top; i++) {
		int own = width(report->names->texts[report->standings[i].player]);
		columns = own > columns ? own : columns;
	}
	fprintf(out, "\nRatings by %s", report->best->system->name);
	if (report->top < report->standing_count)
		fprintf(out, ", the best %zu of %zu", report->top, report->standing_count);
	if (report->intervals)
		fprintf(out, "; sorted by the rating less what may be luck");
	fprintf(out, "\n\n%5s  ", "rank");
	pad(out, "player", columns);
	fprintf(out, " %10s %23s %8s %8s %8s %8s\n", "rating", "95 % between", "results", "won", "tied", "lost");
	for (size_t i = 0; i < report->top; i++) {
		const struct standing *s = &report->standings[i];
		const struct player *player = &report->race->players[s->player];
		char interval[64] = "-";
		if (report->intervals)
			snprintf(interval, sizeof interval, "%.1f .. %.1f", s->low, s->high);
		fprintf(out, "%5zu  ", i + 1);
		pad(out, report->names->texts[s->player], columns);
		fprintf(out, " %10.1f %23s %8llu %8llu %8llu %8llu\n", s->record.value, interval,
		        (unsigned long long)player->results, (unsigned long long)player->wins,
		        (unsigned long long)player->ties, (unsigned long long)player->losses);
	}
}

static void table_of_fit(const struct report *report, FILE *out)
{
	const struct fit *fit = report->fit;
	int columns = 6;
	size_t top = report->top < fit->count ? report->top : fit->count;

	if (fit->reason[0] != '\0') {
		fprintf(out, "\nNo fit of all results at once: %s\n", fit->reason);
		return;
	}
	for (size_t i = 0; i < top; i++) {
		int own = width(report->names->texts[fit->items[i].player]);
		columns = own > columns ? own : columns;
	}
	fprintf(out,
	        "\nAll results at once (Bradley-Terry, points as Elo's, mean 1500): for players who do not change\n\n");
	if (fit->note != NULL)
		fprintf(out, "(%s)\n\n", fit->note);
	fprintf(out, "%5s  ", "rank");
	pad(out, "player", columns);
	fprintf(out, " %10s %23s %12s\n", "points", "95 % between", "true rank");
	for (size_t i = 0; i < top; i++) {
		const struct fit_item *item = &fit->items[i];
		char interval[64];
		char ranks[32];
		snprintf(interval, sizeof interval, "%.1f .. %.1f", item->low, item->high);
		snprintf(ranks, sizeof ranks, "%u .. %u", item->rank_best, item->rank_worst);
		fprintf(out, "%5zu  ", i + 1);
		pad(out, report->names->texts[item->player], columns);
		fprintf(out, " %10.1f %23s %12s\n", item->points, interval, ranks);
	}
}

void report_table(const struct report *report, FILE *out)
{
	report_comparison(report, out);
	if (report->best != NULL)
		table_of_players(report, out);
	if (report->fit != NULL)
		table_of_fit(report, out);
}
