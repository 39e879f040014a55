/* SPDX-License-Identifier: MIT */
/* The best system runs over the kept results once more, and the ratings of its first players are written down as they
 * move; then gnuplot draws what was written. */
#include "plot.h"

#include "openclaw/feedback.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINES = 8, BARS = 40, POINTS_MAX = 400, TITLE_MAX = 28 };

static FILE *open_in(const char *folder, const char *name)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "w");
	if (file == NULL)
		fprintf(stderr, "rate_csv: --plot: cannot write %s: %s\n", path, strerror(errno));
	return file;
}

static bool close_in(FILE *file, const char *folder, const char *name)
{
	bool good = ferror(file) == 0;

	if (fclose(file) == 0 && good)
		return true;
	fprintf(stderr, "rate_csv: --plot: cannot write %s/%s: %s\n", folder, name, strerror(errno));
	return false;
}

/* A name for gnuplot, in quotes: shortened, without what means something to it. */
static void put_title(FILE *out, const char *text)
{
	size_t length = strlen(text);
	int characters = 0;

	fputc('"', out);
	for (size_t i = 0; i < length; i++) {
		characters += (text[i] & 0xc0) != 0x80;
		if (characters > TITLE_MAX) {
			fputs("…", out);
			break;
		}
		fputc(text[i] == '"' || text[i] == '\\' || text[i] == '`' ? '\'' : text[i], out);
	}
	fputc('"', out);
}

/* What the curves reach: all of them, and without the first tenth of each player's results, whose jumps may squeeze all the
 * rest. */
struct span {
	double low, high;
	double late_low, late_high;
	size_t points[LINES]; /* of each curve */
};

static void write_point(FILE *file, struct span *span, size_t line, double x, double value, bool late)
{
	fprintf(file, "%.17g\t%.10g\n", x, value);
	span->points[line]++;
	span->low = fmin(span->low, value);
	span->high = fmax(span->high, value);
	if (late) {
		span->late_low = fmin(span->late_low, value);
		span->late_high = fmax(span->late_high, value);
	}
}

/* The curve of one player: from the rating of a new one, its points thinned evenly. */
static void write_history(FILE *file, const struct report *report, const struct kept *kept, size_t line,
                          struct span *span)
{
	const struct race *race = report->race;
	uint32_t player = report->standings[line].player;
	struct entry entry = {.system = report->best->system};
	struct race again = {.period_seconds = race->period_seconds, .shares = race->shares};
	uint64_t total = race->players[player].results;
	uint64_t step = total / POINTS_MAX + 1;
	static struct result result;
	uint64_t number = 0;

	for (size_t at = 0; kept_next(kept, &at, &result); number++) {
		rate_alone(&again, &entry, &result);
		for (size_t i = 0; i < result.player_count; i++) {
			uint64_t played = again.players[result.players[i]].results;
			double x = race->timed ? result.time : (double)number + 1;
			if (result.players[i] != player)
				continue;
			if (played == 1)
				write_point(file, span, line, race->timed ? x : x - 1, entry.system->initial.value,
				            false);
			if (played % step == 0 || played == total)
				write_point(file, span, line, x, entry.ratings[player].value, played * 10 >= total);
		}
	}
	fprintf(file, "\n\n");
	rate_free_entry(&entry);
	free(again.players);
}

static bool write_histories(const struct report *report, const struct kept *kept, const char *folder, size_t lines,
                            struct span *span)
{
	FILE *file = open_in(folder, "histories.tsv");

	if (file == NULL)
		return false;
	*span = (struct span){INFINITY, -INFINITY, INFINITY, -INFINITY, {0}};
	for (size_t line = 0; line < lines; line++)
		write_history(file, report, kept, line, span);
	return close_in(file, folder, "histories.tsv");
}

static bool write_ratings(const struct report *report, const char *folder, size_t bars)
{
	FILE *file = open_in(folder, "ratings.tsv");

	if (file == NULL)
		return false;
	for (size_t i = 0; i < bars; i++) {
		const struct standing *s = &report->standings[i];
		fprintf(file, "%zu\t%.10g\t%.10g\t%.10g\t", i + 1, s->record.value, s->low, s->high);
		put_title(file, report->names->texts[s->player]);
		fprintf(file, "\n");
	}
	return close_in(file, folder, "ratings.tsv");
}

static bool write_calibration(const struct report *report, const char *folder)
{
	FILE *file = open_in(folder, "calibration.tsv");
	struct ocl_evaluation_bin bin;
	double low;
	double high;

	if (file == NULL)
		return false;
	for (size_t i = 0; ocl_evaluation_bin_at(&report->best->evaluation, i, &bin) == OCL_OK; i++) {
		if (bin.weight > 0 &&
		    ocl_wilson_bounds(bin.observed_mean * bin.weight, bin.weight, OCL_Z_95, &low, &high) == OCL_OK)
			fprintf(file, "%.10g\t%.10g\t%.10g\t%.10g\t%.10g\n", bin.predicted_mean, bin.observed_mean, low,
			        high, bin.weight);
	}
	return close_in(file, folder, "calibration.tsv");
}

static void script_style(FILE *file, const char *kind, const char *name, int width, int height)
{
	bool png = strcmp(kind, "png") == 0;

	fprintf(file,
	        "reset\nset terminal %s size %d,%d noenhanced font \"sans,%d\" background rgb \"white\"\n"
	        "set output \"%s.%s\"\nset border 3 lc rgb \"#666666\"\nset tics nomirror out tc rgb \"#333333\"\n"
	        "set grid lc rgb \"#e4e4e4\" lt 1 lw 1\n",
	        png ? "pngcairo" : "svg", width, height, png ? 12 : 13, name, kind);
}

/* "the best 8 of 24" */
static void script_title(FILE *file, const struct report *report, size_t shown)
{
	fprintf(file, "set title \"Ratings by %s", report->best->system->name);
	if (shown < report->standing_count)
		fprintf(file, ", the best %zu of %zu", shown, report->standing_count);
}

static void script_axes(FILE *file, const struct race *race)
{
	double day = race->last_time > race->first_time ? 0 : 86400;

	if (race->timed)
		fprintf(file,
		        "set xdata time\nset timefmt \"%%s\"\nset format x \"%s\"\nset xtics rotate by -30\n"
		        "set xrange [\"%.0f\":\"%.0f\"]\n",
		        race->last_time - race->first_time > 86400.0 * 365 ? "%Y-%m" : "%Y-%m-%d",
		        race->first_time - day, race->last_time + day);
	else
		fprintf(file, "set xlabel \"results of all players\"\nset xrange [0:%llu]\n",
		        (unsigned long long)race->results);
}

static void script_histories(FILE *file, const struct report *report, const char *kind, size_t lines,
                             const struct span *span)
{
	static const char *const colours[LINES] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
	                                           "#56b4e9", "#e69f00", "#555555", "#a6761d"};
	bool cut =
		span->high - span->low > 1.5 * (span->late_high - span->late_low) && span->late_high > span->late_low;
	double low = cut ? span->late_low : span->low;
	double high = cut ? span->late_high : span->high;
	double margin = (high - low) * 0.05;

	script_style(file, kind, "histories", 1100, 620);
	script_title(file, report, lines);
	if (cut)
		fprintf(file, "\\n(cut: the first results of some players lie between %.0f and %.0f)", span->low,
		        span->high);
	fprintf(file, "\"\nset ylabel \"rating\"\nset key outside right top reverse Left samplen 2\n");
	if (margin > 0)
		fprintf(file, "set yrange [%.10g:%.10g]\n", low - margin, high + margin);
	script_axes(file, report->race);
	fprintf(file, "plot ");
	for (size_t i = 0; i < lines; i++) {
		fprintf(file, "%s\"histories.tsv\" index %zu using 1:2 with steps lw 2 lc rgb \"%s\" title ",
		        i > 0 ? ", " : "", i, colours[i]);
		put_title(file, report->names->texts[report->standings[i].player]);
		fprintf(file,
		        ", \"histories.tsv\" index %zu every ::%zu using 1:2 with points pt 7 ps 0.9 lc rgb \"%s\" "
		        "notitle",
		        i, span->points[i] - 1, colours[i]);
	}
	fprintf(file, "\n");
}

static void script_ratings(FILE *file, const struct report *report, const char *kind, size_t bars)
{
	script_style(file, kind, "ratings", 900, 160 + 20 * (int)bars);
	script_title(file, report, bars);
	fprintf(file,
	        "%s\"\nset yrange [%zu.7:0.3]\nset xlabel \"rating\"\nunset key\n"
	        "set lmargin 32\nset offsets graph 0.03, graph 0.03, 0, 0\n",
	        report->intervals ? ", with 95 % intervals\\n(sorted by the rating less what may be luck)" : "", bars);
	if (report->intervals)
		fprintf(file, "plot \"ratings.tsv\" using 2:1:3:4:ytic(5) with xerrorbars pt 7 ps 0.8 lw 1.5 lc rgb "
		              "\"#0072b2\"\n");
	else
		fprintf(file, "plot \"ratings.tsv\" using 2:1:ytic(5) with points pt 7 ps 0.9 lc rgb \"#0072b2\"\n");
}

static void script_calibration(FILE *file, const struct report *report, const char *kind)
{
	script_style(file, kind, "calibration", 760, 740);
	fprintf(file,
	        "set title \"Does %s mean what it says?\"\nset xlabel \"predicted score\"\nset ylabel \"score that "
	        "came\"\n"
	        "set xrange [0:1]\nset yrange [0:1]\nset size square\nset bmargin 5\nset key left top reverse Left\n"
	        "plot x with lines lw 1.5 dt 2 lc rgb \"#888888\" title \"as predicted\", "
	        "\"calibration.tsv\" using 1:2:3:4 with yerrorbars pt 7 ps 1.1 lw 1.5 lc rgb \"#d55e00\" title "
	        "\"%llu result%s in tenths, with 95 %% intervals\"\n",
	        report->best->system->name, (unsigned long long)report->race->compared,
	        report->race->compared == 1 ? "" : "s");
}

static bool write_script(const struct report *report, const char *folder, size_t lines, size_t bars,
                         const struct span *span)
{
	static const char *const kinds[2] = {"png", "svg"};
	FILE *file = open_in(folder, "plot.gp");

	if (file == NULL)
		return false;
	for (int i = 0; i < 2; i++) {
		script_histories(file, report, kinds[i], lines, span);
		script_ratings(file, report, kinds[i], bars);
		if (report->race->compared > 0)
			script_calibration(file, report, kinds[i]);
	}
	fprintf(file, "unset output\n");
	return close_in(file, folder, "plot.gp");
}

/* Returns gnuplot's exit code; 127 if there is no gnuplot. Its output goes to standard error, or nowhere. */
static int run_gnuplot(const char *folder, const char *argument, bool silent)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		int null = open("/dev/null", O_RDWR);
		if (chdir(folder) != 0 || null < 0)
			_exit(126);
		dup2(null, STDIN_FILENO);
		dup2(silent ? null : STDERR_FILENO, STDOUT_FILENO);
		execlp("gnuplot", "gnuplot", argument, (char *)NULL);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0 || !WIFEXITED(status))
		return 126;
	return WEXITSTATUS(status);
}

bool plot_ready(const char *folder)
{
	int code;

	if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
		fprintf(stderr, "rate_csv: --plot: cannot make the folder %s: %s\n", folder, strerror(errno));
		return false;
	}
	code = run_gnuplot(folder, "--version", true);
	if (code == 127)
		fprintf(stderr, "rate_csv: --plot: there is no gnuplot: install it (Debian: gnuplot-nox)\n");
	else if (code != 0)
		fprintf(stderr, "rate_csv: --plot: cannot run gnuplot in %s: exit code %d\n", folder, code);
	return code == 0;
}

bool plot_draw(const struct report *report, const struct kept *kept, const char *folder)
{
	size_t lines = report->standing_count < LINES ? report->standing_count : LINES;
	size_t bars = report->standing_count < BARS ? report->standing_count : BARS;
	struct span span;
	int code;

	if (report->best == NULL || report->standing_count == 0) {
		fprintf(stderr, "rate_csv: --plot: nothing to draw, as there are no ratings\n");
		return false;
	}
	if (!write_histories(report, kept, folder, lines, &span) || !write_ratings(report, folder, bars) ||
	    !write_calibration(report, folder) || !write_script(report, folder, lines, bars, &span))
		return false;
	code = run_gnuplot(folder, "plot.gp", false);
	if (code != 0)
		fprintf(stderr, "rate_csv: --plot: gnuplot failed with %d on %s/plot.gp\n", code, folder);
	return code == 0;
}
