/* SPDX-License-Identifier: MIT */
/* Limits from the command line, as people write them: `settings "10/s burst 20, 1000/day"`. Without one, some of each. */
#include <openclaw/settings.h>

#include <stdio.h>
#include <string.h>

/* Say what a list means, or where it is wrong. */
static int show(const char *text)
{
	struct ocl_bucket_options options;
	struct ocl_text_error error;
	char shortest[OCL_SETTINGS_SIZE_MAX];
	size_t at = 0;
	int status;

	while ((status = ocl_bucket_options_parse_next(text, strlen(text), &at, &options, &error)) == OCL_OK) {
		if (ocl_bucket_options_format(&options, shortest, sizeof shortest, NULL) != OCL_OK)
			return 1;
		printf("%-34s at most %llu at once, %llu every %llu ns%s; in short: %s\n", text,
		       (unsigned long long)options.capacity_tokens, (unsigned long long)options.refill_tokens,
		       (unsigned long long)options.refill_period_ns,
		       (options.flags & OCL_BUCKET_UNLIMITED) != 0 ? ", never refused" : "", shortest);
	}
	if (status == OCL_DENIED)
		return 0;
	printf("%s\n%*s %s\n", text, (int)error.offset + 1, "^", error.expected);
	return 1;
}

int main(int argc, char **argv)
{
	static const char *const texts[] = {"100/s burst 200",  "5000 per day",    "2.5/s",
	                                    "64Ki/s burst 1Mi", "10/s, 1_000/day", "100/s burst 50 unlimited",
	                                    "burst 10",         "unlimited"};
	int wrong = 0;

	for (int i = 1; i < argc; i++)
		wrong |= show(argv[i]);
	if (argc > 1)
		return wrong;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		wrong |= show(texts[i]);
	return wrong != 0 || show("100/s burst 2e3") == 0; /* the last is there to be refused */
}
