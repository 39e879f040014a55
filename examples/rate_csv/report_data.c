/* SPDX-License-Identifier: MIT */
/* The report for programs: CSV and JSON. */
#include "report.h"

#include <jansson.h>
#include <string.h>

static void csv_text(FILE *out, const char *text)
{
	if (strpbrk(text, ",;\"\t ") == NULL) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

/* A number with a comma before it; nothing behind the comma if it is not known. */
static void csv_number(FILE *out, bool known, double number)
{
	if (known)
		fprintf(out, ",%.10g", number);
	else
		fputc(',', out);
}

void report_csv(const struct report *report, FILE *out)
{
	fprintf(out, "rank,player,rating,deviation,low,high,display,results,won,tied,lost\r\n");
	for (size_t i = 0; i < report->top; i++) {
		const struct standing *s = &report->standings[i];
		const struct player *player = &report->race->players[s->player];
		fprintf(out, "%zu,", i + 1);
		csv_text(out, report->names->texts[s->player]);
		csv_number(out, true, s->record.value);
		csv_number(out, report->deviations, s->record.deviation);
		csv_number(out, report->intervals, s->low);
		csv_number(out, report->intervals, s->high);
		csv_number(out, true, s->display);
		fprintf(out, ",%llu,%llu,%llu,%llu\r\n", (unsigned long long)player->results,
		        (unsigned long long)player->wins, (unsigned long long)player->ties,
		        (unsigned long long)player->losses);
	}
}

static json_t *json_number_if(bool known, double number)
{
	return known ? json_real(number) : json_null();
}

static json_t *json_calibration(const struct entry *entry)
{
	json_t *list = json_array();
	struct ocl_evaluation_bin bin;

	for (size_t i = 0; ocl_evaluation_bin_at(&entry->evaluation, i, &bin) == OCL_OK; i++) {
		bool any = bin.predictions > 0;
		json_array_append_new(list, json_pack("{s:f,s:f,s:I,s:o,s:o}", "low", bin.low, "high", bin.high,
		                                      "predictions", (json_int_t)bin.predictions, "predicted",
		                                      json_number_if(any, bin.predicted_mean), "observed",
		                                      json_number_if(any, bin.observed_mean)));
	}
	return list;
}

static json_t *json_systems(const struct report *report)
{
	const struct race *race = report->race;
	json_t *list = json_array();

	for (size_t i = 0; i < race->entry_count; i++) {
		const struct entry *entry = &race->entries[race->order[i]];
		const struct ocl_evaluation_report *r = &entry->report;
		json_t *system = json_pack("{s:s}", "system", entry->system->name);
		double mean;
		double error;

		json_array_append_new(list, system);
		if (entry->teams_refused > 0) {
			json_object_set_new(system, "teams_refused", json_integer((json_int_t)entry->teams_refused));
			json_object_set_new(system, "players_refused",
			                    json_integer((json_int_t)entry->players_refused));
			continue;
		}
		if (race->compared == 0)
			continue;
		rate_difference(race, race->order[i], race->order[0], &mean, &error);
		json_object_update_new(system,
		                       json_pack("{s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:o}", "log_loss", r->log_loss,
		                                 "log_loss_error", r->log_loss_error, "brier", r->brier, "accuracy",
		                                 r->accuracy, "calibration_error", r->calibration_error, "behind_best",
		                                 i > 0 ? mean : 0.0, "behind_best_error", i > 0 ? error : 0.0,
		                                 "calibration", json_calibration(entry)));
		if (r->rank_pairs > 0)
			json_object_set_new(system, "rank_inversions", json_real(r->rank_inversions));
	}
	return list;
}

static json_t *json_players(const struct report *report)
{
	json_t *list = json_array();

	for (size_t i = 0; i < report->top; i++) {
		const struct standing *s = &report->standings[i];
		const struct player *player = &report->race->players[s->player];
		json_array_append_new(
			list, json_pack("{s:I,s:s,s:f,s:o,s:o,s:o,s:f,s:I,s:I,s:I,s:I}", "rank", (json_int_t)i + 1,
		                        "player", report->names->texts[s->player], "rating", s->record.value,
		                        "deviation", json_number_if(report->deviations, s->record.deviation), "low",
		                        json_number_if(report->intervals, s->low), "high",
		                        json_number_if(report->intervals, s->high), "display", s->display, "results",
		                        (json_int_t)player->results, "won", (json_int_t)player->wins, "tied",
		                        (json_int_t)player->ties, "lost", (json_int_t)player->losses));
	}
	return list;
}

static json_t *json_fit(const struct report *report)
{
	const struct fit *fit = report->fit;
	json_t *list;

	if (fit->reason[0] != '\0')
		return json_pack("{s:s}", "reason", fit->reason);
	list = json_array();
	for (size_t i = 0; i < fit->count && i < report->top; i++) {
		const struct fit_item *item = &fit->items[i];
		json_array_append_new(list, json_pack("{s:s,s:f,s:f,s:f,s:i,s:i}", "player",
		                                      report->names->texts[item->player], "points", item->points, "low",
		                                      item->low, "high", item->high, "rank_best", (int)item->rank_best,
		                                      "rank_worst", (int)item->rank_worst));
	}
	return json_pack("{s:o}", "players", list);
}

bool report_json(const struct report *report, FILE *out)
{
	const struct race *race = report->race;
	json_t *all = json_pack("{s:s,s:I,s:I,s:I,s:I,s:o,s:o}", "source", report->source, "results",
	                        (json_int_t)race->results, "compared", (json_int_t)race->compared, "skipped",
	                        (json_int_t)report->skipped, "player_count", (json_int_t)report->standing_count,
	                        "systems", json_systems(report), "players", json_players(report));
	bool written;

	if (all == NULL)
		return false;
	json_object_set_new(all, "time", race->timed ? json_string(report->columns->time_label) : json_null());
	if (report->best != NULL)
		json_object_set_new(all, "best", json_string(report->best->system->name));
	if (report->fit != NULL)
		json_object_set_new(all, "fit", json_fit(report));
	written = json_dumpf(all, out, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) == 0 && fputc('\n', out) != EOF;
	json_decref(all);
	return written;
}
