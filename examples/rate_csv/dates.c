/* SPDX-License-Identifier: MIT */
#include "dates.h"

#include <ctype.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* `digits` digits at *at, in low .. high; *at moves behind them. */
static bool read_digits(const char **at, int digits, int low, int high, int *number)
{
	*number = 0;
	for (int i = 0; i < digits; i++) {
		if (!isdigit((unsigned char)**at))
			return false;
		*number = *number * 10 + *(*at)++ - '0';
	}
	return *number >= low && *number <= high;
}

/* Days from 1970-01-01, of the Gregorian calendar: 400 years have 146097 days, and a year begins in March. */
static long days_of(int year, int month, int day)
{
	int shifted = month > 2 ? year : year - 1;
	int from_march = (month + 9) % 12;
	int century_years = shifted % 400;

	return (long)(shifted / 400) * 146097 + (long)century_years * 365 + century_years / 4 - century_years / 100 +
	       (from_march * 153 + 2) / 5 + day - 1 - 719468;
}

static bool read_zone(const char *at, double *seconds)
{
	int hours;
	int minutes = 0;
	double sign;

	if (*at == '\0' || strcmp(at, "Z") == 0 || strcmp(at, "z") == 0 || strcmp(at, " UTC") == 0)
		return true;
	if (*at != '+' && *at != '-')
		return false;
	sign = *at++ == '+' ? 1 : -1;
	if (!read_digits(&at, 2, 0, 14, &hours))
		return false;
	if (*at != '\0') {
		at += *at == ':';
		if (!read_digits(&at, 2, 0, 59, &minutes))
			return false;
	}
	*seconds -= sign * (hours * 3600 + minutes * 60);
	return *at == '\0';
}

static bool read_time_of_day(const char *at, double *seconds)
{
	int hour;
	int minute;
	int second = 0;
	double part = 0.1;

	if (!read_digits(&at, 2, 0, 24, &hour) || *at++ != ':' || !read_digits(&at, 2, 0, 59, &minute))
		return false;
	if (*at == ':') {
		at++;
		if (!read_digits(&at, 2, 0, 60, &second))
			return false;
		if (*at == '.') {
			if (!isdigit((unsigned char)*++at) || hour == 24)
				return false;
			for (; isdigit((unsigned char)*at); at++) {
				*seconds += (*at - '0') * part;
				part /= 10;
			}
		}
	}
	if (hour == 24 && (minute > 0 || second > 0)) /* the end of the day, and not behind it */
		return false;
	*seconds += hour * 3600 + minute * 60 + second;
	return read_zone(at, seconds);
}

static bool read_calendar(const char *at, double *seconds)
{
	int year;
	int month;
	int day;
	char mark;

	if (!read_digits(&at, 4, 1, 9999, &year))
		return false;
	mark = *at++;
	if ((mark != '-' && mark != '/' && mark != '.') || !read_digits(&at, 2, 1, 12, &month) || *at++ != mark ||
	    !read_digits(&at, 2, 1, 31, &day))
		return false;
	/* The 31st of June would be the 1st of July. */
	if (days_of(year, month, day) >= days_of(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1))
		return false;
	*seconds = (double)days_of(year, month, day) * 86400;
	if (*at == '\0')
		return true;
	return (*at == 'T' || *at == ' ') && read_time_of_day(at + 1, seconds);
}

/* 20261123, or 20261399, which is none: no number of seconds that anyone means. */
static bool is_compact(const char *text)
{
	return strlen(text) == 8 && strspn(text, "0123456789") == 8 &&
	       (strncmp(text, "19", 2) == 0 || strncmp(text, "20", 2) == 0);
}

static bool read_compact(const char *text, double *seconds)
{
	char apart[16];

	snprintf(apart, sizeof apart, "%.4s-%.2s-%.2s", text, text + 4, text + 6);
	return read_calendar(apart, seconds);
}

bool date_read(const char *text, double *seconds)
{
	char *end;
	double number;

	if (is_compact(text))
		return read_compact(text, seconds);
	if (strlen(text) >= 8 && read_calendar(text, seconds))
		return true;
	if (text[0] == '\0' || text[strspn(text, "0123456789.-")] != '\0')
		return false;
	number = strtod(text, &end);
	if (*end != '\0' || !(fabs(number) < 1e15) || strchr(text + 1, '-') != NULL)
		return false;
	*seconds = fabs(number) >= 1e11 ? number / 1000 : number;
	return true;
}
