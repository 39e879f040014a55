/* SPDX-License-Identifier: MIT */
/* Numbers, times and keys as people read them. */
#include "top.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

/* With a unit of a thousand, three digits. */
static char *with_unit(char text[WORD], double number, const char *space)
{
	static const char *const units[] = {"", "k", "M", "G", "T", "P", "E"};
	unsigned unit = 0;

	while (number >= 999.5 && unit < 6) {
		number /= 1000;
		unit++;
	}
	snprintf(text, WORD, "%.*f%s%s", unit != 0 && number < 99.95 ? 1 : 0, number, unit != 0 ? space : "",
	         units[unit]);
	return text;
}

char *words_count(char text[WORD], uint64_t number)
{
	char digits[WORD];
	size_t length, to = 0;

	if (number >= UINT64_C(1000000000))
		return with_unit(text, (double)number, " ");
	length = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, number);
	for (size_t i = 0; i < length; i++) {
		if (i != 0 && (length - i) % 3 == 0)
			text[to++] = ',';
		text[to++] = digits[i];
	}
	text[to] = '\0';
	return text;
}

char *words_rate(char text[WORD], double number)
{
	if (number > 0 && number < 0.001)
		snprintf(text, WORD, "<0.001");
	else if (number > 0 && number < 0.95)
		snprintf(text, WORD, "%.2g", number);
	else if (number > 0 && number < 9.95)
		snprintf(text, WORD, "%.1f", number);
	else
		with_unit(text, number, "");
	return text;
}

char *words_bytes(char text[WORD], uint64_t bytes)
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
	double number = (double)bytes;
	unsigned unit = 0;

	while (number >= 1023.5 && unit < 4) {
		number /= 1024;
		unit++;
	}
	snprintf(text, WORD, "%.*f %s", unit != 0 && number < 99.95 ? 1 : 0, number, units[unit]);
	return text;
}

char *words_time(char text[WORD], uint64_t ns)
{
	static const struct {
		uint64_t ns;
		const char *name;
	} units[] = {{OCL_DAY_NS, "d"},
	             {OCL_HOUR_NS, "h"},
	             {OCL_MINUTE_NS, "min"},
	             {OCL_SECOND_NS, "s"},
	             {OCL_MILLISECOND_NS, "ms"},
	             {OCL_MICROSECOND_NS, "us"},
	             {1, "ns"}};
	unsigned unit = 0;

	while (unit < 6 && (ns < units[unit].ns || ns % units[unit].ns != 0))
		unit++;
	snprintf(text, WORD, "%" PRIu64 " %s", ns / units[unit].ns, units[unit].name);
	return text;
}

const char *words_clock(uint32_t clock)
{
	static const char *const names[] = {"monotonic", "coarse", "tsc"};

	return clock < 3 ? names[clock] : "unknown";
}

const char *words_overflow(uint32_t overflow)
{
	return overflow == OCL_LIMITER_OVERFLOW_REFUSE ? "refuse" : "share";
}

double words_share(uint64_t part, uint64_t whole)
{
	return whole != 0 ? 100.0 * (double)part / (double)whole : 0;
}

/* A character that can be shown: its bytes and columns. 0: show its first byte as \xNN. */
static size_t shown(const unsigned char *bytes, size_t left, unsigned *columns)
{
	mbstate_t state;
	wchar_t wide;
	size_t length;
	int width;

	memset(&state, 0, sizeof state);
	length = mbrtowc(&wide, (const char *)bytes, left, &state);
	if (length == 0 || length > left || wide == L'\\' || !iswprint((wint_t)wide))
		return 0;
	width = wcwidth(wide);
	if (width < 1)
		return 0;
	*columns = (unsigned)width;
	return length;
}

char *words_key(char *text, size_t size, const struct ocl_limiter_denied *key, unsigned columns)
{
	size_t kept = key->key_size < OCL_LIMITER_DENIED_KEY_SIZE ? key->key_size : OCL_LIMITER_DENIED_KEY_SIZE;
	size_t at = 0, to = 0, cut = 0;
	unsigned used = 0;

	while (at < kept && to + 8 < size) {
		unsigned width = 4;
		size_t length = shown(key->key + at, kept - at, &width);
		if (used + width > columns)
			break;
		if (used + width + 3 <= columns)
			cut = to + (length != 0 ? length : 4); /* an ellipsis fits behind this one */
		if (length != 0)
			memcpy(text + to, key->key + at, length);
		else
			snprintf(text + to, 5, "\\x%02x", key->key[at]);
		to += length != 0 ? length : 4;
		at += length != 0 ? length : 1;
		used += width;
	}
	text[to] = '\0';
	if (at < key->key_size) /* what is missing was not kept, or does not fit */
		snprintf(text + cut, size - cut, "...");
	if (key->key_size == 0)
		snprintf(text, size, "(empty)");
	return text;
}
