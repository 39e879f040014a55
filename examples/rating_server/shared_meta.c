/* SPDX-License-Identifier: MIT */
/*
 * What a pod makes sure of whenever it connects: that the store holds the log that it follows, rated by the same rules,
 * and keeps what it is given as well as was asked for.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "shared_store.h"

#define META_VERSION 1

struct meta {
	char log[33];
	char system[32];
	double period_us;
	unsigned long long keys;
};

enum follow_result shared_trouble(struct shared_store *shared, enum follow_result result, const char *format, ...)
{
	va_list arguments;

	pthread_mutex_lock(&shared->lock);
	va_start(arguments, format);
	vsnprintf(shared->trouble, sizeof(shared->trouble), format, arguments);
	va_end(arguments);
	pthread_mutex_unlock(&shared->lock);
	return result;
}

enum follow_result shared_error(const char *error)
{
	static const char *const lasting[] = {"WRONGTYPE", "NOPERM", "NOAUTH", "WRONGPASS"};

	for (size_t i = 0; i < sizeof(lasting) / sizeof(lasting[0]); i++)
		if (strncmp(error, lasting[i], strlen(lasting[i])) == 0)
			return FOLLOW_REFUSED;
	return FOLLOW_LATER;
}

static bool meta_read(struct meta *meta, const char *text)
{
	char period[40];
	char *end;
	int version = 0, length = 0;

	if (sscanf(text, "openclaw-ratings %d log=%32[0-9a-f] system=%31s period_us=%39s keys=%llu%n", &version,
	           meta->log, meta->system, period, &meta->keys, &length) != 5 ||
	    version != META_VERSION || text[length] != '\0' || strlen(meta->log) != 32)
		return false;
	meta->period_us = strtod(period, &end);
	return *end == '\0';
}

static bool new_name(char name[33])
{
	unsigned char random[16];

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return false;
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(name + 2 * i, 3, "%02x", random[i]);
	return true;
}

/* The connection failed in the middle of something. */
static enum follow_result lost(struct shared_store *shared)
{
	return shared_trouble(shared, FOLLOW_LATER, "%s", shared->following.reason);
}

/*
 * Make the log: its meta and its birth, both or none, and only if no one else has (WATCH: then nothing happens). If the
 * stream is there, nothing is made. FOLLOW_MORE: the meta should be there now.
 */
static enum follow_result make_log(struct shared_store *shared)
{
	const struct options *options = shared->store.options;
	struct redis_link *link = &shared->following;
	const uint64_t until_ns = shared_now_ns() + shared->timeout_ns;
	const char version[2] = {WIRE_VERSION, '\0'};
	char name[33], text[256];
	redisReply *reply;
	bool there;

	if (!new_name(name))
		return shared_trouble(shared, FOLLOW_LATER, "no random numbers");
	snprintf(text, sizeof(text), "openclaw-ratings %d log=%s system=%s period_us=%.17g keys=%llu", META_VERSION,
	         name, options->system->name, shared->store.board->period_us, options->key_window);
	reply = redis_link_ask(link, until_ns, "EXISTS", shared->keys.log, (char *)NULL);
	if (reply == NULL)
		return lost(shared);
	there = reply->type == REDIS_REPLY_INTEGER && reply->integer != 0;
	freeReplyObject(reply);
	if (there) /* Made a moment ago, or not ours: the meta will tell. */
		return FOLLOW_MORE;
	const char *commands[][8] = {{"MULTI"},
	                             {"SET", shared->keys.meta, text},
	                             {"XADD", shared->keys.log, "*", "u", name, "d", version},
	                             {"EXEC"}};
	const int counts[] = {1, 3, 7, 1};
	for (int i = 0; i < 4; i++)
		redis_link_put(link, counts[i], commands[i], NULL);
	if (!redis_link_flush(link, until_ns))
		return lost(shared);
	for (int i = 0; i < 4; i++) {
		reply = redis_link_take(link, until_ns);
		if (reply == NULL)
			return lost(shared);
		if (reply->type == REDIS_REPLY_ERROR) {
			enum follow_result result =
				shared_trouble(shared, shared_error(reply->str), "cannot make a log: %s", reply->str);

			freeReplyObject(reply);
			redis_link_close(link);
			return result;
		}
		freeReplyObject(reply);
	}
	return FOLLOW_MORE; /* Ours or another's: it is read next. */
}

/* This pod follows no log yet, or may follow a new one. */
static enum follow_result adopt(struct shared_store *shared, const struct meta *meta)
{
	const bool other = shared->log[0] != '\0' && strcmp(shared->log, meta->log) != 0;

	if (strcmp(meta->system, shared->store.board->system->name) != 0 ||
	    meta->period_us != shared->store.board->period_us)
		return shared_trouble(
			shared, FOLLOW_REFUSED,
			"the log at %s is rated with --system %s --period-days %.17g, this pod with %s and "
			"%.17g: all pods must agree",
			shared->keys.meta, meta->system, meta->period_us / 86400e6, shared->store.board->system->name,
			shared->store.board->period_us / 86400e6);
	if (other && strcmp(shared->store.options->durability, "memory") != 0)
		return shared_trouble(shared, FOLLOW_LATER,
		                      "the store holds log %s, not log %s that this pod follows: its data was lost or "
		                      "replaced; bring it back, or restart the pods to follow the new log",
		                      meta->log, shared->log);
	if (other) {
		shared_say("the store begins anew with log %s; this pod follows", meta->log);
		ocl_counter_add(&shared->store.stats->reloads, 1);
		health_move(shared->store.health, PHASE_SERVING, PHASE_STARTING);
		board_lock(shared->store.board);
		replica_clear(&shared->replica);
		board_unlock(shared->store.board);
	}
	memcpy(shared->replica.log, meta->log, sizeof(meta->log));
	shared->replica.keys.window = (size_t)meta->keys;
	pthread_mutex_lock(&shared->lock);
	memcpy(shared->log, meta->log, sizeof(meta->log));
	pthread_mutex_unlock(&shared->lock);
	return FOLLOW_CAUGHT;
}

/* What CONFIG says of a setting. False: it does not say. */
static bool ask_setting(struct redis_link *link, uint64_t until_ns, const char *name, char *value, size_t size)
{
	redisReply *reply = redis_link_ask(link, until_ns, "CONFIG", "GET", name, (char *)NULL);
	const bool told = reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
	                  reply->element[1]->type == REDIS_REPLY_STRING;

	snprintf(value, size, "%s", told ? reply->element[1]->str : "");
	freeReplyObject(reply);
	return told;
}

/* Say a warning when it begins to be true. */
__attribute__((format(printf, 4, 5))) static void warn_if(struct shared_store *shared, unsigned which, bool is,
                                                          const char *format, ...)
{
	char line[512];
	va_list arguments;

	if (is && (shared->warned >> which & 1) == 0) {
		va_start(arguments, format);
		vsnprintf(line, sizeof(line), format, arguments);
		va_end(arguments);
		shared_say("warning: %s", line);
	}
	shared->warned = (shared->warned & ~(1U << which)) | (unsigned)is << which;
}

/* A store that keeps less than was asked for: say it, once for each finding. */
static void check_durability(struct shared_store *shared)
{
	const struct options *options = shared->store.options;
	const uint64_t until_ns = shared_now_ns() + shared->timeout_ns;
	const char *durability = options->durability;
	const bool always = strcmp(durability, "always") == 0, to_disk = strcmp(durability, "memory") != 0;
	struct redis_link *link = &shared->following;
	char append[16], fsync[16], eviction[32];
	bool told, to_file;

	told = ask_setting(link, until_ns, "appendonly", append, sizeof(append)) &&
	       ask_setting(link, until_ns, "appendfsync", fsync, sizeof(fsync)) &&
	       ask_setting(link, until_ns, "maxmemory-policy", eviction, sizeof(eviction));
	to_file = told && strcmp(append, "yes") == 0;
	warn_if(shared, 0, !told,
	        "cannot ask the store how it keeps data (CONFIG GET is not permitted): make sure of --durability %s "
	        "and "
	        "of maxmemory-policy noeviction",
	        durability);
	warn_if(shared, 1, told && to_disk && !to_file,
	        "--durability %s was asked for, but the store has appendonly %s: what is acknowledged is lost when it "
	        "stops",
	        durability, append);
	warn_if(shared, 2, to_file && always && strcmp(fsync, "always") != 0,
	        "--durability always was asked for, but the store has appendfsync %s: a power cut may take what was "
	        "acknowledged in the last seconds",
	        fsync);
	warn_if(shared, 3, to_file && to_disk && !always && strcmp(fsync, "no") == 0,
	        "--durability %s was asked for, but the store has appendfsync no: a power cut may take what was "
	        "acknowledged in the last half minute or more",
	        durability);
	warn_if(shared, 4, told && strncmp(eviction, "allkeys-", 8) == 0,
	        "the store has maxmemory-policy %s: when it is full it may drop the log; set noeviction", eviction);
	warn_if(shared, 5, shared->target.sentinel && options->replicas == 0,
	        "with sentinels but without --replicas, what was acknowledged just before a failover may be lost");
}

/* Read the meta, while watching it: FOLLOW_CAUGHT with the text, FOLLOW_MORE if there is none. */
static enum follow_result read_meta(struct shared_store *shared, struct meta *meta)
{
	const uint64_t until_ns = shared_now_ns() + shared->timeout_ns;
	redisReply *reply = redis_link_ask(&shared->following, until_ns, "WATCH", shared->keys.meta, (char *)NULL);
	enum follow_result result = FOLLOW_CAUGHT;

	freeReplyObject(reply);
	reply = reply == NULL ? NULL
	                      : redis_link_ask(&shared->following, until_ns, "GET", shared->keys.meta, (char *)NULL);
	if (reply == NULL)
		return lost(shared);
	if (reply->type == REDIS_REPLY_NIL)
		result = FOLLOW_MORE;
	else if (reply->type == REDIS_REPLY_ERROR)
		result = shared_trouble(shared, shared_error(reply->str), "%s: %s", shared->keys.meta, reply->str);
	else if (reply->type != REDIS_REPLY_STRING || !meta_read(meta, reply->str))
		result = shared_trouble(shared, FOLLOW_REFUSED,
		                        "%s is not what this version writes: another program's, or a later version's",
		                        shared->keys.meta);
	freeReplyObject(reply);
	return result;
}

/* Does XADD know NOMKSTREAM (Redis 6.2)? Asked where no stream is: then it adds nothing. */
static void learn_version(struct shared_store *shared)
{
	redisReply *reply = redis_link_ask(&shared->following, shared_now_ns() + shared->timeout_ns, "XADD",
	                                   shared->keys.probe, "NOMKSTREAM", "*", "u", "0", (char *)NULL);
	const bool old = reply != NULL && reply->type == REDIS_REPLY_ERROR &&
	                 (strstr(reply->str, "Invalid stream ID") != NULL ||
	                  strstr(reply->str, "wrong number of arguments") != NULL);

	freeReplyObject(reply);
	pthread_mutex_lock(&shared->lock);
	shared->no_nomkstream = old;
	pthread_mutex_unlock(&shared->lock);
}

enum follow_result shared_open_log(struct shared_store *shared)
{
	struct meta meta = {"", "", 0, 0};
	enum follow_result result = read_meta(shared, &meta);

	if (result == FOLLOW_MORE && shared->log[0] != '\0' && strcmp(shared->store.options->durability, "memory") != 0)
		return shared_trouble(
			shared, FOLLOW_LATER,
			"the store has lost log %s: nothing is at %s; bring its data back, or restart the pods "
			"to begin a new log",
			shared->log, shared->keys.meta);
	if (result == FOLLOW_MORE) {
		result = make_log(shared);
		if (result == FOLLOW_MORE)
			result = read_meta(shared, &meta);
	}
	if (result == FOLLOW_MORE)
		return shared_trouble(
			shared, FOLLOW_REFUSED,
			"%s is there, but no %s: it belongs to another program; choose another --store-prefix",
			shared->keys.log, shared->keys.meta);
	if (result == FOLLOW_CAUGHT) {
		freeReplyObject(redis_link_ask(&shared->following, shared_now_ns() + shared->timeout_ns, "UNWATCH",
		                               (char *)NULL));
		result = adopt(shared, &meta);
	}
	if (result == FOLLOW_CAUGHT && redis_link_is_open(&shared->following))
		learn_version(shared);
	if (result == FOLLOW_CAUGHT && redis_link_is_open(&shared->following))
		check_durability(shared);
	return result == FOLLOW_CAUGHT && !redis_link_is_open(&shared->following) ? lost(shared) : result;
}

bool shared_check_log(struct shared_store *shared, struct redis_link *link)
{
	redisReply *reply =
		redis_link_ask(link, shared_now_ns() + shared->timeout_ns, "GET", shared->keys.meta, (char *)NULL);
	struct meta meta;
	char log[33];
	bool same;

	pthread_mutex_lock(&shared->lock);
	memcpy(log, shared->log, sizeof(log));
	pthread_mutex_unlock(&shared->lock);
	same = reply != NULL && reply->type == REDIS_REPLY_STRING && meta_read(&meta, reply->str) &&
	       strcmp(meta.log, log) == 0;
	if (reply != NULL && !same) {
		redis_link_close(link);
		snprintf(link->reason, sizeof(link->reason), "the store has lost log %s, or holds another", log);
	}
	freeReplyObject(reply);
	return same;
}
