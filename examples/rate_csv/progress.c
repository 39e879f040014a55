/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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

void progress_show(struct progress *progress, uint64_t bytes, uint64_t results)
{
	static const char full[] = "==============================";
	double time;
	double seconds;

	if (!progress->shown || results % 1024 != 0)
		return;
	time = now();
	if (time < progress->next)
		return;
	seconds = time - progress->started;
	if (progress->size > 0 && bytes > 0) {
		double part = (double)bytes / progress->size < 1 ? (double)bytes / progress->size : 1;
		fprintf(stderr, "\r[%-30.*s] %3.0f %%  %llu results, %.0f a second, %.0f s left \033[K",
		        (int)(part * 30), full, part * 100, (unsigned long long)results, (double)results / seconds,
		        seconds / part - seconds);
	} else {
		fprintf(stderr, "\r%llu results, %.0f a second \033[K", (unsigned long long)results,
		        (double)results / seconds);
	}
	fflush(stderr);
	progress->drawn = true;
	progress->next = time + 0.2;
}

void progress_end(struct progress *progress)
{
	if (progress->drawn)
		fprintf(stderr, "\r\033[K");
	progress->drawn = false;
}
