/* SPDX-License-Identifier: MIT */
/*
 * Drives redis_link and redis_connect from a script's lines, one answer a line; test_redis_link.py is the script.
 *
 *     drive_redis_link URL [CA_FILE [CERT_FILE KEY_FILE]]      the password is in $PASSWORD; "-" for a file: none
 *
 *     connect SECONDS         ok | later | refused, then milliseconds, then the reason
 *     ask SECONDS WORD...     the reply, or "null MILLISECONDS REASON"
 *     pings COUNT SECONDS     ECHO 0, ECHO 1 ... in one pipeline, each reply compared: "ok SECONDS"
 *     fill KEY BYTES SECONDS  SET of that many bytes, all values among them
 *     fetch KEY BYTES TIMES   GET, compared, in one pipeline: "ok SECONDS"
 *     is-open                 yes | no
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openclaw/clock.h>

#include "redis_connect.h"

#define WORDS_MAX 40

static struct redis_link redis;
static struct redis_target target;

static uint64_t now_ns(void)
{
	return ocl_clock_now_ns(OCL_CLOCK_MONOTONIC);
}

static uint64_t after(const char *seconds)
{
	return now_ns() + (uint64_t)(strtod(seconds, NULL) * 1e9);
}

static void print_seconds(uint64_t begun_ns)
{
	printf("ok %.6f\n", (double)(now_ns() - begun_ns) / 1e9);
}

static void print_failure(uint64_t begun_ns)
{
	printf("null %" PRIu64 " %s\n", (now_ns() - begun_ns) / 1000000, redis.reason);
}

static void print_text(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\r' || text[i] == '\n')
			fputs(text[i] == '\r' ? "\\r" : "\\n", stdout);
		else
			putchar(text[i]);
	}
}

static void print_reply(const redisReply *reply)
{
	switch (reply->type) {
	case REDIS_REPLY_INTEGER:
		printf("(%lld)", reply->integer);
		break;
	case REDIS_REPLY_NIL:
		printf("nil");
		break;
	case REDIS_REPLY_ARRAY:
		printf("[");
		for (size_t i = 0; i < reply->elements; i++) {
			fputs(i > 0 ? " " : "", stdout);
			print_reply(reply->element[i]);
		}
		printf("]");
		break;
	default:
		fputs(reply->type == REDIS_REPLY_ERROR ? "-" : "", stdout);
		print_text(reply->str, reply->len);
	}
}

static void do_connect(const char *seconds)
{
	static const char *const names[] = {"ok", "later", "refused"};
	uint64_t begun_ns = now_ns();
	enum redis_connect_result result = redis_connect(&redis, &target, after(seconds));

	printf("%s %" PRIu64 " %s\n", names[result], (now_ns() - begun_ns) / 1000000,
	       result == REDIS_CONNECT_OK ? redis.peer : redis.reason);
}

static void do_ask(const char *seconds, int count, const char **words)
{
	uint64_t begun_ns = now_ns();
	uint64_t until_ns = after(seconds);
	redisReply *reply = NULL;

	redis_link_put(&redis, count, words, NULL);
	if (redis_link_flush(&redis, until_ns))
		reply = redis_link_take(&redis, until_ns);
	if (reply == NULL) {
		print_failure(begun_ns);
		return;
	}
	print_reply(reply);
	printf("\n");
	freeReplyObject(reply);
}

static void do_pings(unsigned long count, const char *seconds)
{
	uint64_t begun_ns = now_ns();
	uint64_t until_ns = after(seconds);
	char text[24];
	const char *words[] = {"ECHO", text};

	for (unsigned long i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "%lu", i);
		redis_link_put(&redis, 2, words, NULL);
	}
	if (!redis_link_flush(&redis, until_ns)) {
		print_failure(begun_ns);
		return;
	}
	for (unsigned long i = 0; i < count; i++) {
		redisReply *reply = redis_link_take(&redis, until_ns);

		if (reply == NULL) {
			print_failure(begun_ns);
			return;
		}
		snprintf(text, sizeof(text), "%lu", i);
		if (reply->type != REDIS_REPLY_STRING || strcmp(reply->str, text) != 0) {
			printf("reply %lu is another's\n", i);
			freeReplyObject(reply);
			return;
		}
		freeReplyObject(reply);
	}
	print_seconds(begun_ns);
}

static char *make_value(size_t length)
{
	char *value = (char *)malloc(length + 1);
	uint32_t state = 1;

	for (size_t i = 0; value != NULL && i < length; i++) {
		state = state * 1664525u + 1013904223u;
		value[i] = (char)(unsigned char)(state >> 24);
	}
	return value;
}

static void do_fill(const char *key, size_t length, const char *seconds)
{
	char *value = make_value(length);
	const char *words[] = {"SET", key, value};
	size_t lengths[] = {3, strlen(key), length};
	uint64_t begun_ns = now_ns();
	uint64_t until_ns = after(seconds);
	redisReply *reply = NULL;

	redis_link_put(&redis, 3, words, lengths);
	if (redis_link_flush(&redis, until_ns))
		reply = redis_link_take(&redis, until_ns);
	if (reply != NULL && reply->type == REDIS_REPLY_STATUS)
		print_seconds(begun_ns);
	else
		print_failure(begun_ns);
	freeReplyObject(reply);
	free(value);
}

static void do_fetch(const char *key, size_t length, unsigned long times)
{
	char *value = make_value(length);
	const char *words[] = {"GET", key};
	uint64_t begun_ns = now_ns();
	uint64_t until_ns = after("10");
	bool is_right;

	for (unsigned long i = 0; i < times; i++)
		redis_link_put(&redis, 2, words, NULL);
	is_right = redis_link_flush(&redis, until_ns);
	for (unsigned long i = 0; i < times && is_right; i++) {
		redisReply *reply = redis_link_take(&redis, until_ns);

		is_right = reply != NULL && reply->type == REDIS_REPLY_STRING && reply->len == length &&
		           memcmp(reply->str, value, length) == 0;
		freeReplyObject(reply);
	}
	if (is_right)
		print_seconds(begun_ns);
	else
		print_failure(begun_ns);
	free(value);
}

static void obey(int count, const char **words)
{
	if (strcmp(words[0], "connect") == 0 && count == 2)
		do_connect(words[1]);
	else if (strcmp(words[0], "ask") == 0 && count > 2)
		do_ask(words[1], count - 2, words + 2);
	else if (strcmp(words[0], "pings") == 0 && count == 3)
		do_pings(strtoul(words[1], NULL, 10), words[2]);
	else if (strcmp(words[0], "fill") == 0 && count == 4)
		do_fill(words[1], strtoul(words[2], NULL, 10), words[3]);
	else if (strcmp(words[0], "fetch") == 0 && count == 4)
		do_fetch(words[1], strtoul(words[2], NULL, 10), strtoul(words[3], NULL, 10));
	else if (strcmp(words[0], "is-open") == 0 && count == 1)
		puts(redis_link_is_open(&redis) ? "yes" : "no");
	else
		puts("what?");
}

static const char *file_of(int count, char **arguments, int i)
{
	return i < count && strcmp(arguments[i], "-") != 0 ? arguments[i] : NULL;
}

int main(int count, char **arguments)
{
	static char line[65536];
	char reason[200];

	signal(SIGPIPE, SIG_IGN);
	if (count < 2 || !redis_url_read(&target, arguments[1], reason, sizeof(reason))) {
		fprintf(stderr, "drive_redis_link: %s\n", count < 2 ? "which URL?" : reason);
		return 2;
	}
	target.password = getenv("PASSWORD");
	target.ca_file = file_of(count, arguments, 2);
	target.cert_file = file_of(count, arguments, 3);
	target.key_file = file_of(count, arguments, 4);
	redis_link_init(&redis);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		const char *words[WORDS_MAX];
		char *rest = line;
		char *word;
		int used = 0;

		while (used < WORDS_MAX && (word = strtok_r(rest, " \n", &rest)) != NULL)
			words[used++] = word;
		if (used > 0)
			obey(used, words);
		fflush(stdout);
	}
	redis_link_close(&redis);
	return 0;
}
