/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a time: it is read if and only if it has one of the forms below and is a day of the calendar, as what the C
 * library makes of the same year, month, day, hour, minute and second; or as a number of seconds.
 *
 * An even first byte: the rest is the text. An odd one: the rest are numbers, to be written in one of the forms.
 */
#include "../fuzz_input.h"
#include "dates.h"

#include <regex.h>
#include <time.h>

enum {
	YEAR = 1,
	MARK,
	MONTH,
	MARK_2,
	DAY,
	HOUR = 7,
	MINUTE,
	SECOND = 10,
	FRACTION,
	SIGN = 13,
	ZONE_HOUR,
	ZONE_MINUTE = 16,
	PARTS
};

struct form {
	const char *text;
	int compiled;
	regex_t regex;
};

static struct form calendar = {.text = "^([0-9]{4})([-/.])([0-9]{2})([-/.])([0-9]{2})"
                                       "([T ]([0-9]{2}):([0-9]{2})(:([0-9]{2})([.][0-9]+)?)?"
                                       "(Z|z| UTC|([-+])([0-9]{2})(:?([0-9]{2}))?)?)?$"};
static struct form compact = {.text = "^((19|20)[0-9]{2})()([0-9]{2})([0-9]{2})$"};
static struct form number = {.text = "^-?([0-9]+[.]?[0-9]*|[.][0-9]+)$"};
static regmatch_t parts[PARTS]; /* of the last text that had a form */

static int has_form(const char *text, struct form *form)
{
	if (!form->compiled)
		REQUIRE(regcomp(&form->regex, form->text, REG_EXTENDED) == 0);
	form->compiled = 1;
	return regexec(&form->regex, text, PARTS, parts, 0) == 0;
}

/* A part of the text as a number; 0 if it is not there. */
static int part(const char *text, int index)
{
	char digits[8] = "";

	if (parts[index].rm_so >= 0)
		memcpy(digits, text + parts[index].rm_so, (size_t)(parts[index].rm_eo - parts[index].rm_so));
	return atoi(digits);
}

/* Seconds of a day that the calendar has; 0 if it has not. */
static int seconds_of(int year, int month, int day, double *seconds)
{
	struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};

	*seconds = (double)timegm(&tm);
	return year >= 1 && tm.tm_year == year - 1900 && tm.tm_mon == month - 1 && tm.tm_mday == day;
}

/* What the text says, or 0. */
static int wanted(const char *text, double *seconds)
{
	if (has_form(text, &compact))
		return seconds_of(part(text, 1), part(text, 4), part(text, 5), seconds);
	if (has_form(text, &calendar)) {
		int hour = part(text, HOUR), minute = part(text, MINUTE), second = part(text, SECOND);
		int zone_hour = part(text, ZONE_HOUR), zone_minute = part(text, ZONE_MINUTE);
		if (text[parts[MARK].rm_so] != text[parts[MARK_2].rm_so] ||
		    !seconds_of(part(text, YEAR), part(text, MONTH), part(text, DAY), seconds))
			return 0;
		*seconds += hour * 3600 + minute * 60 + second;
		if (parts[FRACTION].rm_so >= 0)
			*seconds += strtod(text + parts[FRACTION].rm_so, NULL);
		if (parts[SIGN].rm_so >= 0)
			*seconds -= (text[parts[SIGN].rm_so] == '-' ? -60 : 60) * (zone_hour * 60 + zone_minute);
		int ends_day = hour == 24 && minute == 0 && second == 0 && parts[FRACTION].rm_so < 0;
		return (hour < 24 || ends_day) && minute < 60 && second <= 60 && zone_hour <= 14 && zone_minute < 60;
	}
	double x = strtod(text, NULL);
	*seconds = fabs(x) >= 1e11 ? x / 1000 : x;
	return has_form(text, &number) && fabs(x) < 1e15;
}

static void check_text(const char *text)
{
	double want = -7, got = -7;
	int good = wanted(text, &want);

	REQUIRE_OF(text, date_read(text, &got) == good);
	REQUIRE_OF(text, !good || fabs(got - want) < 1e-3);
}

/* A number that mostly lies in the range. */
static unsigned next_in(struct input *input, unsigned most)
{
	uint8_t byte = next_byte(input);

	return byte >= 250 ? byte - 200u : byte % (most + 1);
}

static void write_time(struct input *input, char *text, size_t size)
{
	static const char *const zones[] = {"", "Z", " UTC", "+01:00", "-0530", "+14", "+15:00", "-00:60"};
	uint8_t form = next_byte(input);
	unsigned year = next_byte(input) * 40u, month = next_in(input, 12), day = next_in(input, 31);
	char mark = "-/.-"[form & 3];

	year += next_below(input, 40);
	if ((form & 4) != 0) {
		snprintf(text, size, "%04u%02u%02u", year, month, day);
		return;
	}
	size_t used = (size_t)snprintf(text, size, "%04u%c%02u%c%02u", year, mark, month, mark, day);
	if ((form & 8) != 0) {
		unsigned hour = next_in(input, 24), minute = next_in(input, 59);
		used += (size_t)snprintf(text + used, size - used, "%c%02u:%02u", form & 16 ? 'T' : ' ', hour, minute);
		if ((form & 32) != 0)
			used += (size_t)snprintf(text + used, size - used, ":%02u", next_in(input, 60));
		if ((form & 96) == 96)
			used += (size_t)snprintf(text + used, size - used, ".%u", (unsigned)next_number_of(input, 4));
		snprintf(text + used, size - used, "%s", zones[next_below(input, 8)]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size, NULL};
	char written[64];

	if (next_byte(&input) % 2 == 1) {
		write_time(&input, written, sizeof written);
		check_text(written);
		return 0;
	}
	if (input.left > 200)
		return 0;
	char *text = (char *)room_of(input.left + 1);
	if (input.left > 0)
		memcpy(text, input.at, input.left);
	text[input.left] = '\0';
	check_text(text);
	free(text);
	return 0;
}
