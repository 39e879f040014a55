/* SPDX-License-Identifier: MIT */
#include "redis_url.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATABASE_MOST 65535

static const struct scheme {
	const char *text;
	bool tls;
	bool sentinel;
} schemes[] = {
	{"unix:", false, false},
	{"redis://", false, false},
	{"rediss://", true, false},
	{"redis-sentinel://", false, true},
	{"rediss-sentinel://", true, true},
};

/* A part of the text, and where to say what is wrong with it. Reasons repeat no part: it may be half of a password. */
struct reading {
	const char *text;
	struct redis_target *target;
	char *reason;
	size_t size;
};

static bool expected(const struct reading *reading, const char *at, const char *what)
{
	snprintf(reading->reason, reading->size, "character %zu: expected %s", (size_t)(at - reading->text) + 1, what);
	return false;
}

static bool no_password(const struct reading *reading)
{
	snprintf(reading->reason, reading->size,
	         "a password does not belong in the URL, which others can see: give it by --store-password-file or "
	         "$OPENCLAW_STORE_PASSWORD");
	return false;
}

static const struct scheme *scheme_of(const char *text)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strncmp(text, schemes[i].text, strlen(schemes[i].text)) == 0)
			return &schemes[i];
	return NULL;
}

bool redis_url_is(const char *text)
{
	return scheme_of(text) != NULL;
}

/* Digits only, up to `most`, which has at most five. */
static bool read_number(const char *text, size_t length, unsigned long most, unsigned long *number)
{
	char digits[6] = "";

	if (length == 0 || length > 5)
		return false;
	memcpy(digits, text, length);
	if (strspn(digits, "0123456789") != length)
		return false;
	*number = strtoul(digits, NULL, 10);
	return *number <= most;
}

static bool read_database(const struct reading *reading, const char *text, size_t length)
{
	unsigned long number;

	if (!read_number(text, length, DATABASE_MOST, &number))
		return expected(reading, text, "a database, 0 to 65535");
	reading->target->database = (unsigned)number;
	return true;
}

/* How many of these may be in the name of a host or of a master. ASCII: the server sets no locale. */
static size_t count_name(const char *text, size_t length)
{
	size_t count = 0;

	while (count < length && (isalnum((unsigned char)text[count]) || strchr("-._", text[count]) != NULL))
		count++;
	return count;
}

static int hex_digit(char c)
{
	if (!isxdigit((unsigned char)c))
		return -1;
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* Letters, digits and punctuation; anything else that may be in a name stands as %XX. */
static bool read_user(const struct reading *reading, const char *text, size_t length)
{
	char *user = reading->target->user;
	const char *end = text + length;
	size_t used = 0;

	if (length == 0)
		return expected(reading, text, "the name of a user");
	for (const char *at = text; at < end; at++) {
		int c = (unsigned char)*at;

		if (c == '%') {
			if (end - at < 3 || hex_digit(at[1]) < 0 || hex_digit(at[2]) < 0)
				return expected(reading, at, "two hexadecimal digits behind '%'");
			c = hex_digit(at[1]) * 16 + hex_digit(at[2]);
			if (c <= ' ' || c == 0x7f)
				return expected(reading, at, "a user without spaces and control characters");
			at += 2;
		} else if (c <= ' ' || c >= 0x7f || strchr("/?#@&", c) != NULL) {
			return expected(reading, at, "a user of letters, digits and punctuation, others as %XX");
		}
		if (used + 1 >= sizeof(reading->target->user))
			return expected(reading, at, "a user of at most 127 bytes");
		user[used++] = (char)c;
	}
	user[used] = '\0';
	return true;
}

/* Put the name into the host, and return its end; NULL with the reason. */
static const char *read_name(const struct reading *reading, struct redis_host *host, const char *text, const char *end)
{
	unsigned char address[16];
	bool bracket = text < end && *text == '[';
	const char *stop;
	size_t length, good;

	text += bracket;
	stop = text + strcspn(text, bracket ? "],/" : ":,/"); /* `end` is ',', '/' or the end of the text. */
	if (bracket && *stop != ']') {
		expected(reading, stop, "']' behind an IPv6 address");
		return NULL;
	}
	length = (size_t)(stop - text);
	if (length == 0 || length >= sizeof(host->name)) {
		expected(reading, text, "a host of 1 to 255 characters");
		return NULL;
	}
	memcpy(host->name, text, length);
	host->name[length] = '\0';
	if (bracket && inet_pton(AF_INET6, host->name, address) != 1) {
		expected(reading, text, "an IPv6 address in the brackets");
		return NULL;
	}
	good = bracket ? length : count_name(text, length);
	if (good < length) {
		expected(reading, text + good, "a host of letters, digits, '-', '.' and '_', or [an IPv6 address]");
		return NULL;
	}
	return stop + bracket;
}

static bool read_host(const struct reading *reading, const char *text, const char *end)
{
	struct redis_target *target = reading->target;
	struct redis_host *host = &target->hosts[target->host_count];
	const char *at;
	unsigned long port = target->sentinel ? 26379 : 6379;

	if (target->host_count == REDIS_HOSTS_MAX)
		return expected(reading, text, "no more than 8 hosts");
	at = read_name(reading, host, text, end);
	if (at == NULL)
		return false;
	if (at < end && *at != ':')
		return expected(reading, at, "':' and a port, '/', or the end");
	if (at < end && memchr(at + 1, ':', (size_t)(end - at - 1)) != NULL)
		return expected(reading, at, "one ':' only; an IPv6 address stands in brackets, as in [::1]:6379");
	if (at < end && (!read_number(at + 1, (size_t)(end - at - 1), UINT16_MAX, &port) || port == 0))
		return expected(reading, at + 1, "a port, 1 to 65535");
	snprintf(host->port, sizeof(host->port), "%u", (unsigned)port & UINT16_MAX);
	target->host_count++;
	return true;
}

static bool read_hosts(const struct reading *reading, const char *text, const char *end)
{
	for (;;) {
		const char *comma = text + strcspn(text, ",/");

		if (comma < end && !reading->target->sentinel)
			return expected(reading, comma, "one host; only sentinels may be several");
		if (!read_host(reading, text, comma))
			return false;
		if (comma == end)
			return true;
		text = comma + 1;
	}
}

/* What stands behind '/' and before another, or the end. */
static bool read_master(const struct reading *reading, const char *text, size_t length)
{
	struct redis_target *target = reading->target;
	size_t good;

	if (length == 0 || length >= sizeof(target->master))
		return expected(reading, text, "the name of the master, 1 to 63 characters, as the sentinels know it");
	good = count_name(text, length);
	if (good < length)
		return expected(reading, text + good, "a master's name of letters, digits, '-', '.' and '_'");
	memcpy(target->master, text, length);
	target->master[length] = '\0';
	return true;
}

/* [USER@]HOSTS[/MASTER][/DATABASE] */
static bool read_network(const struct reading *reading, const char *text)
{
	const char *at = strrchr(text, '@'); /* The last: a password may hold others. */
	const char *slash;

	if (at != NULL && memchr(text, ':', (size_t)(at - text)) != NULL)
		return no_password(reading);
	if (at != NULL && !read_user(reading, text, (size_t)(at - text)))
		return false;
	text = at != NULL ? at + 1 : text;
	slash = text + strcspn(text, "/");
	if (!read_hosts(reading, text, slash))
		return false;
	if (reading->target->sentinel) {
		if (*slash == '\0')
			return expected(reading, slash, "'/' and the name of the master, as the sentinels know it");
		text = slash + 1;
		slash = text + strcspn(text, "/");
		if (!read_master(reading, text, (size_t)(slash - text)))
			return false;
	}
	/* An empty database is the first: many write the '/' always. */
	if (slash[0] == '\0' || slash[1] == '\0')
		return true;
	return read_database(reading, slash + 1, strlen(slash + 1));
}

/* PATH[?db=DATABASE&user=USER] */
static bool read_unix(const struct reading *reading, const char *text)
{
	struct redis_target *target = reading->target;
	size_t length = strcspn(text, "?");
	bool had_database = false;

	if (length == 0 || length >= sizeof(target->path))
		return expected(reading, text, "the path of a socket, 1 to 107 bytes");
	memcpy(target->path, text, length);
	target->path[length] = '\0';
	text += length;
	while (*text != '\0') {
		const char *key = text + 1;
		const char *value = strchr(key, '=');
		const char *end = key + strcspn(key, "&");

		value = value != NULL && value < end ? value + 1 : end;
		if (strncmp(key, "db=", 3) == 0 && !had_database) {
			if (!read_database(reading, value, (size_t)(end - value)))
				return false;
			had_database = true;
		} else if (strncmp(key, "user=", 5) == 0 && target->user[0] == '\0') {
			if (!read_user(reading, value, (size_t)(end - value)))
				return false;
		} else {
			return expected(reading, key, "db=DATABASE or user=USER, each once");
		}
		text = end;
	}
	return true;
}

bool redis_url_read(struct redis_target *target, const char *text, char *reason, size_t size)
{
	const struct scheme *scheme = scheme_of(text);
	struct redis_target found = *target;
	struct reading reading = {text, &found, reason, size};

	if (scheme == NULL)
		return expected(&reading, text, "redis://, rediss://, redis-sentinel://, rediss-sentinel:// or unix:");
	if (strstr(text, "password=") != NULL)
		return no_password(&reading);
	found.tls = scheme->tls;
	found.sentinel = scheme->sentinel;
	text += strlen(scheme->text);
	if (strncmp(scheme->text, "unix:", 5) == 0 ? !read_unix(&reading, text) : !read_network(&reading, text))
		return false;
	*target = found;
	return true;
}
