/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 256, BAR_MIN = 5, BAR_MAX = 30 };

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

void progress_begin(struct progress *progress, const char *when, FILE *file)
{
	struct stat status;

	memset(progress, 0, sizeof *progress);
	progress->shown = strcmp(when, "always") == 0 || (strcmp(when, "auto") == 0 && isatty(STDERR_FILENO) == 1);
	if (fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode))
		progress->size = (double)status.st_size;
	progress->started = now();
	progress->next = progress->started + 0.5; /* short work needs none */
}

/* Columns that a line may have: one less than the terminal, as some begin a new line when the last is written. */
static int columns(void)
{
	struct winsize size;
	const char *text = getenv("COLUMNS");
	long wanted = text != NULL ? strtol(text, NULL, 10) : 0;

	if (wanted <= 1 && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0)
		wanted = size.ws_col;
	return wanted > 1 && wanted <= LINE_MAX_BYTES ? (int)wanted - 1 : 79;
}

static void draw(struct progress *progress, const char *line)
{
	fprintf(stderr, "\r%.*s\033[K", columns(), line);
	fflush(stderr);
	progress->drawn = true;
}

void progress_say(struct progress *progress, const char *form, ...)
{
	char line[LINE_MAX_BYTES];
	va_list list;

	if (!progress->shown)
		return;
	va_start(list, form);
	vsnprintf(line, sizeof line, form, list);
	va_end(list);
	draw(progress, line);
}

void progress_show(struct progress *progress, uint64_t bytes, uint64_t results)
{
	static const char full[] = "==============================";
	char line[LINE_MAX_BYTES];
	char bar[64] = "";
	double time;
	double seconds;
	double part;
	int width;

	if (!progress->shown || results % 1024 != 0)
		return;
	time = now();
	if (time < progress->next)
		return;
	seconds = time - progress->started;
	snprintf(line, sizeof line, "%llu results, %.0f a second", (unsigned long long)results,
	         (double)results / seconds);
	if (progress->size > 0 && bytes > 0) {
		part = fmin((double)bytes / progress->size, 1);
		width = snprintf(line, sizeof line, "%3.0f %%  %llu results, %.0f a second, %.0f s left", part * 100,
		                 (unsigned long long)results, (double)results / seconds, seconds / part - seconds);
		width = columns() - width - (int)strlen("[] ");
		width = width < BAR_MAX ? width : BAR_MAX;
		if (width >= BAR_MIN)
			snprintf(bar, sizeof bar, "[%-*.*s] ", width, (int)(part * width), full);
	}
	progress_say(progress, "%s%s", bar, line);
	progress->next = time + 0.2;
}

void progress_end(struct progress *progress)
{
	if (progress->drawn)
		fprintf(stderr, "\r\033[K");
	progress->drawn = false;
}
