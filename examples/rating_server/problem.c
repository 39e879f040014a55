/* SPDX-License-Identifier: MIT */
#include "problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "id.h"

/* What a client sent may be quoted, and may be cut in the middle of a character: no answer may be spoilt by either. */
static void make_printable(char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		size_t step = utf8_step(text, left);

		if (step == 0) {
			*text = '?';
			step = 1;
		}
		text += step;
		left -= step;
	}
}

bool problem_set(struct problem *problem, unsigned status, const char *code, const char *field, const char *format, ...)
{
	va_list arguments;

	problem->status = status;
	problem->code = code;
	snprintf(problem->field, sizeof(problem->field), "%s", field != NULL ? field : "");
	va_start(arguments, format);
	vsnprintf(problem->message, sizeof(problem->message), format, arguments);
	va_end(arguments);
	make_printable(problem->field);
	make_printable(problem->message);
	return false;
}
