/* SPDX-License-Identifier: MIT */
/*
 * Limits as text. The grammar is in the header. A reader of one pass, each function a rule of the grammar, that stops at
 * the first byte which no limit can have there; and a writer that tries all ways to write a rate and keeps the shortest.
 * A number is a fraction of whole numbers throughout: refill_tokens is its numerator, and its denominator goes into the
 * period.
 */
#include "openclaw/settings.h"

#include "limit/bucket_state.h"

#include <stdbool.h>
#include <string.h>

/* Digits behind the point of a number. */
#define FRACTION_MAX 9u

#define EXPECTED_SUFFIX "expected one of k M G T Ki Mi Gi Ti right behind the number, or nothing"
#define EXPECTED_UNIT   "expected a unit of time: ns, us, ms, s, min, h, day, week"
#define EXPECTED_PERIOD "expected a period of 1 ns to 2^55 ns, about 417 days"
#define EXPECTED_RATE   "expected at most 16 tokens a nanosecond"
#define EXPECTED_BURST  "expected a burst of 1 to 2^58 tokens"

struct suffix {
	char text[3];
	uint64_t factor;
};

static const struct suffix suffixes[] = {
	{"", 1},
	{"k", UINT64_C(1000)},
	{"M", UINT64_C(1000000)},
	{"G", UINT64_C(1000000000)},
	{"T", UINT64_C(1000000000000)},
	{"Ki", UINT64_C(1) << 10},
	{"Mi", UINT64_C(1) << 20},
	{"Gi", UINT64_C(1) << 30},
	{"Ti", UINT64_C(1) << 40},
};

struct unit {
	char text[4];  /* the shortest */
	char other[4]; /* if any */
	char word[12]; /* in full, and an s may follow */
	uint64_t ns;
};

/* The longest first: of texts of one length, the writer keeps the first. */
static const struct unit units[] = {
	{"w", "", "week", 7 * OCL_DAY_NS},
	{"d", "", "day", OCL_DAY_NS},
	{"h", "", "hour", OCL_HOUR_NS},
	{"min", "", "minute", OCL_MINUTE_NS},
	{"s", "sec", "second", OCL_SECOND_NS},
	{"ms", "", "millisecond", OCL_MILLISECOND_NS},
	{"us", "", "microsecond", OCL_MICROSECOND_NS},
	{"ns", "", "nanosecond", 1},
};

#define SUFFIXES (sizeof suffixes / sizeof *suffixes)
#define UNITS    (sizeof units / sizeof *units)

/* tokens / divisor, in lowest terms. */
struct number {
	uint64_t tokens;
	uint64_t divisor;
};

struct reader {
	const char *text;
	size_t size;
	size_t at;
	struct ocl_text_error error;
};

static int refuse(struct reader *reader, int status, size_t offset, const char *expected)
{
	reader->error.offset = offset;
	reader->error.expected = expected;
	return status;
}

/* ---- reading */

/* The byte at hand; 0 at the end, and no rule has a 0. */
static char peek(const struct reader *reader)
{
	return reader->at < reader->size ? reader->text[reader->at] : '\0';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The letters from here on. */
static size_t count_letters(const struct reader *reader)
{
	size_t end = reader->at;

	while (end < reader->size && lower(reader->text[end]) >= 'a' && lower(reader->text[end]) <= 'z')
		end++;
	return end - reader->at;
}

static bool skip_space(struct reader *reader)
{
	size_t before = reader->at;

	while (peek(reader) == ' ' || peek(reader) == '\t')
		reader->at++;
	return reader->at > before;
}

/* Do `length` bytes from here on spell the word, in whatever case? */
static bool spells(const struct reader *reader, size_t length, const char *word)
{
	size_t i = 0;

	while (i < length && word[i] != '\0' && lower(reader->text[reader->at + i]) == word[i])
		i++;
	return i == length && word[i] == '\0';
}

static bool take_word(struct reader *reader, const char *word)
{
	size_t length = count_letters(reader);

	if (!spells(reader, length, word))
		return false;
	reader->at += length;
	return true;
}

/* Digits, as they go on from `*value`; counts them. A `_` must have one on each side. */
static int read_digits(struct reader *reader, const char *expected, uint64_t *value, unsigned *count)
{
	size_t first = reader->at;

	for (*count = 0;; reader->at++) {
		char c = peek(reader);
		if (c == '_' && *count > 0 && reader->text[reader->at - 1] != '_')
			continue;
		if (!is_digit(c))
			break;
		if (__builtin_mul_overflow(*value, 10, value) || __builtin_add_overflow(*value, c - '0', value))
			return refuse(reader, OCL_ERANGE, first, "expected a number below 2^64");
		++*count;
	}
	if (*count == 0)
		return refuse(reader, OCL_EINVAL, reader->at, expected);
	if (reader->text[reader->at - 1] == '_' || peek(reader) == '_')
		return refuse(reader, OCL_EINVAL, reader->at, "expected a digit behind '_'");
	return OCL_OK;
}

static int read_suffix(struct reader *reader, uint64_t *factor)
{
	size_t length = count_letters(reader);
	const char *given = reader->text + reader->at;

	for (size_t i = 0; i < SUFFIXES; i++) {
		const char *text = suffixes[i].text;
		if (strlen(text) != length)
			continue;
		if (length == 0 || (memcmp(given + 1, text + 1, length - 1) == 0 &&
		                    (given[0] == text[0] || (lower(text[0]) == 'k' && lower(given[0]) == 'k')))) {
			*factor = suffixes[i].factor;
			reader->at += length;
			return OCL_OK;
		}
	}
	return refuse(reader, OCL_EINVAL, reader->at, EXPECTED_SUFFIX);
}

static uint64_t greatest_divisor(uint64_t a, uint64_t b)
{
	while (b != 0) {
		uint64_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

static int read_number(struct reader *reader, const char *expected, struct number *number)
{
	size_t first = reader->at;
	uint64_t digits = 0, factor = 1, divisor = 1;
	unsigned count = 0;
	int status = read_digits(reader, expected, &digits, &count);

	if (status == OCL_OK && peek(reader) == '.') {
		size_t point = reader->at++;
		status = read_digits(reader, "expected a digit behind the point", &digits, &count);
		if (status == OCL_OK && count > FRACTION_MAX)
			status = refuse(reader, OCL_ERANGE, point, "expected at most nine digits behind the point");
		for (; status == OCL_OK && count > 0; count--)
			divisor *= 10;
	}
	if (status == OCL_OK)
		status = read_suffix(reader, &factor);
	if (status != OCL_OK)
		return status;
	ocl__u128 tokens = (ocl__u128)digits * factor;
	uint64_t common = greatest_divisor(divisor, (uint64_t)(tokens % divisor));
	if (tokens / common > UINT64_MAX)
		return refuse(reader, OCL_ERANGE, first, "expected a number below 2^64");
	number->tokens = (uint64_t)(tokens / common);
	number->divisor = divisor / common;
	return OCL_OK;
}

/* Do the letters at hand, if any, name the unit? */
static bool names_unit(const struct reader *reader, size_t length, const struct unit *unit)
{
	if (length == 0)
		return false;
	if (spells(reader, length, unit->text) || spells(reader, length, unit->other) ||
	    spells(reader, length, unit->word))
		return true;
	return lower(reader->text[reader->at + length - 1]) == 's' && spells(reader, length - 1, unit->word);
}

/* [ whole ] , unit: the period of a number with this divisor. */
static int read_period(struct reader *reader, uint64_t divisor, uint64_t *period_ns)
{
	size_t first = reader->at;
	uint64_t whole = 0;
	unsigned digits = 0;

	if (is_digit(peek(reader))) {
		int status = read_digits(reader, EXPECTED_UNIT, &whole, &digits);
		if (status != OCL_OK)
			return status;
		skip_space(reader);
	} else {
		whole = 1;
	}
	size_t length = count_letters(reader);
	for (size_t i = 0; i < UNITS; i++) {
		if (!names_unit(reader, length, &units[i]))
			continue;
		reader->at += length;
		ocl__u128 period = (ocl__u128)whole * units[i].ns;
		if (period == 0 || period > OCL_BUCKET_PERIOD_MAX_NS || period * divisor > OCL_BUCKET_PERIOD_MAX_NS)
			return refuse(reader, OCL_ERANGE, first, EXPECTED_PERIOD);
		*period_ns = (uint64_t)period * divisor;
		return OCL_OK;
	}
	return refuse(reader, OCL_EINVAL, reader->at, EXPECTED_UNIT);
}

static int read_burst(struct reader *reader, uint64_t *capacity)
{
	struct number number;

	if (!skip_space(reader))
		return refuse(reader, OCL_EINVAL, reader->at, "expected a space and a number of tokens");
	size_t first = reader->at;
	int status = read_number(reader, "expected a number of tokens", &number);
	if (status != OCL_OK)
		return status;
	if (number.divisor != 1)
		return refuse(reader, OCL_EINVAL, first, "expected a whole number of tokens");
	if (number.tokens == 0 || number.tokens > OCL_BUCKET_CAPACITY_MAX)
		return refuse(reader, OCL_ERANGE, first, EXPECTED_BURST);
	*capacity = number.tokens;
	return OCL_OK;
}

static uint64_t round_up(const struct number *number)
{
	return number->tokens / number->divisor + (number->tokens % number->divisor != 0);
}

/* rate , [ " " , burst ] */
static int read_rate(struct reader *reader, struct ocl_bucket_options *options)
{
	size_t first = reader->at;
	struct number number;
	int status = read_number(reader, "expected a number, 'burst' or 'unlimited'", &number);

	if (status != OCL_OK)
		return status;
	skip_space(reader);
	if (peek(reader) == '/')
		reader->at++;
	else if (!take_word(reader, "per"))
		return refuse(reader, OCL_EINVAL, reader->at, "expected '/' or 'per' and a unit of time");
	skip_space(reader);
	status = read_period(reader, number.divisor, &options->refill_period_ns);
	if (status != OCL_OK)
		return status;
	if (number.tokens > OCL_BUCKET_RATE_MAX_PER_NS * options->refill_period_ns)
		return refuse(reader, OCL_ERANGE, first, EXPECTED_RATE);
	options->refill_tokens = number.tokens;
	skip_space(reader);
	if (take_word(reader, "burst"))
		return read_burst(reader, &options->capacity_tokens);
	options->capacity_tokens = round_up(&number);
	if (number.tokens == 0)
		return refuse(reader, OCL_ERANGE, first, "expected more than 0 tokens, or a burst behind the rate");
	if (options->capacity_tokens > OCL_BUCKET_CAPACITY_MAX)
		return refuse(reader, OCL_ERANGE, first, "expected at most 2^58 tokens, or a burst behind the rate");
	return OCL_OK;
}

/* One limit, and the space behind it. */
static int read_limit(struct reader *reader, struct ocl_bucket_options *options)
{
	const struct ocl_bucket_options plain = OCL_BUCKET_OPTIONS(1, 1, OCL_SECOND_NS);
	int status = OCL_OK;

	*options = plain;
	skip_space(reader);
	if (take_word(reader, "unlimited")) {
		options->flags = OCL_BUCKET_UNLIMITED;
	} else if (take_word(reader, "burst")) {
		options->refill_tokens = 0;
		status = read_burst(reader, &options->capacity_tokens);
	} else {
		status = read_rate(reader, options);
	}
	if (status != OCL_OK)
		return status;
	skip_space(reader);
	if (options->flags == 0 && take_word(reader, "unlimited"))
		options->flags = OCL_BUCKET_UNLIMITED;
	skip_space(reader);
	return OCL_OK;
}

static int report(const struct reader *reader, int status, struct ocl_text_error *error)
{
	if (error != NULL)
		*error = reader->error;
	return status;
}

int ocl_bucket_options_parse(const char *text, size_t size, struct ocl_bucket_options *options,
                             struct ocl_text_error *error)
{
	struct reader reader = {text, size, 0, {0, NULL}};
	struct ocl_bucket_options given;

	if (text == NULL || options == NULL)
		return OCL_EINVAL;
	int status = read_limit(&reader, &given);
	if (status == OCL_OK && reader.at != size)
		status = refuse(&reader, OCL_EINVAL, reader.at, "expected the end, or 'burst' or 'unlimited' once");
	if (status != OCL_OK)
		return report(&reader, status, error);
	*options = given;
	return OCL_OK;
}

int ocl_bucket_options_parse_next(const char *text, size_t size, size_t *at, struct ocl_bucket_options *options,
                                  struct ocl_text_error *error)
{
	struct reader reader = {text, size, 0, {0, NULL}};
	struct ocl_bucket_options given;

	if (text == NULL || options == NULL || at == NULL || *at > size)
		return OCL_EINVAL;
	if (*at > 0 && *at == size)
		return OCL_DENIED;
	if (*at > 0 && text[*at] != ',')
		return OCL_EINVAL;
	reader.at = *at + (*at > 0);
	int status = read_limit(&reader, &given);
	if (status == OCL_OK && reader.at != size && peek(&reader) != ',')
		status = refuse(&reader, OCL_EINVAL, reader.at,
		                "expected ',' or the end, or 'burst' or 'unlimited' once");
	if (status != OCL_OK)
		return report(&reader, status, error);
	*options = given;
	*at = reader.at;
	return OCL_OK;
}

/* ---- writing */

/* Text under way: never longer than the header says. */
struct piece {
	char text[OCL_SETTINGS_SIZE_MAX];
	size_t length;
};

static void add_text(struct piece *piece, const char *text)
{
	size_t length = strlen(text);

	memcpy(piece->text + piece->length, text, length);
	piece->length += length;
}

/* The digits of a number, with a point before the last `behind` of them. */
static void add_digits(struct piece *piece, uint64_t number, unsigned behind)
{
	char digits[32];
	size_t at = sizeof digits;
	unsigned count = 0;

	for (; number != 0 || count <= behind; count++, number /= 10) {
		if (count == behind && behind > 0)
			digits[--at] = '.';
		digits[--at] = (char)('0' + number % 10);
	}
	memcpy(piece->text + piece->length, digits + at, sizeof digits - at);
	piece->length += sizeof digits - at;
}

/* The shortest number of tokens / divisor; no text if it needs too many digits behind the point. */
static struct piece number_text(uint64_t tokens, uint64_t divisor)
{
	struct piece best = {"", 0};

	for (size_t i = 0; i < SUFFIXES; i++) {
		struct piece piece = {"", 0};
		ocl__u128 parts = tokens, whole = (ocl__u128)divisor * suffixes[i].factor;
		unsigned behind = 0;
		for (; parts % whole != 0 && behind < FRACTION_MAX; behind++)
			parts *= 10;
		if (parts % whole != 0 || parts / whole > UINT64_MAX)
			continue;
		add_digits(&piece, (uint64_t)(parts / whole), behind);
		add_text(&piece, suffixes[i].text);
		if (best.length == 0 || piece.length < best.length)
			best = piece;
	}
	return best;
}

static struct piece period_text(uint64_t period_ns)
{
	struct piece best = {"", 0};

	for (size_t i = 0; i < UNITS; i++) {
		struct piece piece = {"", 0};
		if (period_ns % units[i].ns != 0)
			continue;
		if (period_ns != units[i].ns)
			add_digits(&piece, period_ns / units[i].ns, 0);
		add_text(&piece, units[i].text);
		if (best.length == 0 || piece.length < best.length)
			best = piece;
	}
	return best;
}

/* number "/" period [ " burst " number ], the number being the refill over a divisor of the period. */
static struct piece rate_text(const struct ocl_bucket_options *options, uint64_t divisor)
{
	struct number number = {options->refill_tokens, divisor};
	struct piece piece = number_text(number.tokens, divisor);
	struct piece rest = period_text(options->refill_period_ns / divisor);

	if (piece.length == 0)
		return piece;
	add_text(&piece, "/");
	memcpy(piece.text + piece.length, rest.text, rest.length);
	piece.length += rest.length;
	if (round_up(&number) == options->capacity_tokens)
		return piece;
	add_text(&piece, " burst ");
	rest = number_text(options->capacity_tokens, 1);
	memcpy(piece.text + piece.length, rest.text, rest.length);
	piece.length += rest.length;
	return piece;
}

/* The shortest of all rates: the divisors are those that a decimal fraction can have, products of 2s and 5s. */
static struct piece shortest_rate(const struct ocl_bucket_options *options)
{
	struct piece best = rate_text(options, 1);
	uint64_t fives = 1;

	for (unsigned five = 0; five <= FRACTION_MAX; five++, fives *= 5) {
		uint64_t divisor = fives;
		for (unsigned two = 0; two <= FRACTION_MAX; two++, divisor *= 2) {
			if (options->refill_period_ns % divisor != 0 ||
			    greatest_divisor(options->refill_tokens, divisor) != 1)
				continue;
			struct piece piece = rate_text(options, divisor);
			if (piece.length != 0 && piece.length < best.length)
				best = piece;
		}
	}
	return best;
}

static struct piece limit_text(const struct ocl_bucket_options *options)
{
	struct piece piece = {"", 0};
	bool second = options->refill_period_ns == OCL_SECOND_NS;

	if (options->flags != 0 && second && options->refill_tokens == 1 && options->capacity_tokens == 1) {
		add_text(&piece, "unlimited");
		return piece;
	}
	if (options->refill_tokens == 0 && second) {
		struct piece number = number_text(options->capacity_tokens, 1);
		add_text(&piece, "burst ");
		memcpy(piece.text + piece.length, number.text, number.length);
		piece.length += number.length;
	} else {
		piece = shortest_rate(options);
	}
	if (options->flags != 0)
		add_text(&piece, " unlimited");
	return piece;
}

int ocl_bucket_options_format(const struct ocl_bucket_options *given, char *buffer, size_t size, size_t *length)
{
	struct ocl_bucket_options options;
	struct ocl__setting_values values;

	if (given == NULL || (buffer == NULL && size != 0))
		return OCL_EINVAL;
	int status = ocl__bucket_options_read(given, &options);
	if (status == OCL_OK)
		status = ocl__settings_from(&options, &values);
	if (status != OCL_OK)
		return status;
	struct piece text = limit_text(&options);
	if (length != NULL)
		*length = text.length;
	if (text.length >= size) {
		if (size > 0)
			buffer[0] = '\0';
		return OCL_ESIZE;
	}
	memcpy(buffer, text.text, text.length);
	buffer[text.length] = '\0';
	return OCL_OK;
}
