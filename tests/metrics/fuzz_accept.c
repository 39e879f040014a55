/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as an `Accept` header, ending where memory does. Besides not reading past it, the choice must keep rules that
 * hold for every header: case does not matter; OpenMetrics, asked for first and in full, is always given, and never when
 * its name does not occur.
 */
#include "../fuzz_input.h"
#include "metrics_test.h"
#include "openclaw/format.h"

#include <ctype.h>
#include <strings.h>

#define LENGTH_MAX 4000

static struct guarded guarded;

static enum ocl_format ask(const char *prefix, const uint8_t *data, size_t size, int (*change)(int))
{
	size_t length = strlen(prefix);
	char *header = guarded_end(&guarded, length + size + 1);

	memcpy(header, prefix, length);
	for (size_t i = 0; i < size; i++)
		header[length + i] = (char)(change != NULL ? change(data[i]) : data[i]);
	header[length + size] = '\0';
	return ocl_format_from_accept(header);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char name[] = "application/openmetrics-text";
	int named = 0;

	if (guarded.pages == NULL)
		guarded = guarded_open(2 * LENGTH_MAX);
	if (size > LENGTH_MAX)
		size = LENGTH_MAX;
	enum ocl_format format = ask("", data, size, NULL);
	REQUIRE(format == OCL_FORMAT_TEXT || format == OCL_FORMAT_OPENMETRICS);
	REQUIRE(ask("", data, size, toupper) == format);
	REQUIRE(ask("", data, size, tolower) == format);
	REQUIRE(ask("application/openmetrics-text;version=1.0.0,", data, size, NULL) == OCL_FORMAT_OPENMETRICS);
	REQUIRE(ask("application/openmetrics-text;version=1.0.0;q=0.5 , text/plain;version=0.0.4;q=0.500,\t", data, 0,
	            NULL) == OCL_FORMAT_OPENMETRICS);
	for (size_t i = 0; i + sizeof name - 1 <= size; i++)
		named |= strncasecmp((const char *)data + i, name, sizeof name - 1) == 0;
	REQUIRE(named || format == OCL_FORMAT_TEXT);
	return 0;
}
