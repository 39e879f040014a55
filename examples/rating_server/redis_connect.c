/* SPDX-License-Identifier: MIT */
#include "redis_connect.h"

#include <stdio.h>
#include <string.h>

#include <openclaw/clock.h>

/* A sentinel answers from memory: one that needs longer is gone, and the next is asked. */
#define SENTINEL_NS_MAX OCL_SECOND_NS

/* Answers that stay the same until a person mends something; all others may pass by themselves. */
static const char *const refusals[] = {
	"WRONGPASS",
	"NOAUTH",
	"NOPERM",
	"DENIED", /* Protected mode. */
	"ERR invalid password",
	"ERR AUTH",
	"ERR Client sent AUTH",
	"ERR DB index",
	"ERR invalid DB index",
	"ERR SELECT",
	"ERR unknown command",
	"ERR wrong number of arguments", /* AUTH with a user, before Redis 6. */
};

static bool begins_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static bool is_refusal(const char *text)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (begins_with(text, refusals[i]))
			return true;
	return false;
}

static bool is_text(const redisReply *reply)
{
	return reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS ||
	       reply->type == REDIS_REPLY_ERROR;
}

/*
 * Is it what the command should bring? If not, the link is closed with the reason, and the reply is freed; NULL stands
 * for none, and the link has its reason. A server that does not know AUTH repeats what it was given: that is cut off.
 */
static bool judge(struct redis_link *link, const char *command, redisReply *reply, bool is_good)
{
	char reason[sizeof(link->reason)];
	const char *args;

	if (reply == NULL) {
		snprintf(reason, sizeof(reason), "%s", link->reason);
		snprintf(link->reason, sizeof(link->reason), "%.20s: %.230s", command, reason);
		return false;
	}
	if (is_good)
		return true;
	if (reply->type == REDIS_REPLY_ERROR) {
		args = strstr(reply->str, ", with args");
		redis_link_fail(link, is_refusal(reply->str), "%s: %.*s%s", command,
		                args != NULL ? (int)(args - reply->str) : (int)reply->len, reply->str,
		                begins_with(reply->str, "NOAUTH")
		                        ? " (--store-password-file or $OPENCLAW_STORE_PASSWORD)"
		                        : "");
	} else {
		redis_link_fail(link, false, "%s: an answer that no Redis gives", command);
	}
	freeReplyObject(reply);
	return false;
}

static bool take_status(struct redis_link *link, const char *command, const char *expected, uint64_t until_ns)
{
	redisReply *reply = redis_link_take(link, until_ns);

	if (!judge(link, command, reply,
	           reply != NULL && reply->type == REDIS_REPLY_STATUS && strcmp(reply->str, expected) == 0))
		return false;
	freeReplyObject(reply);
	return true;
}

static bool has_credentials(const struct redis_target *target)
{
	return (target->password != NULL && target->password[0] != '\0') || target->user[0] != '\0';
}

/* A user without a password may be one that has none; it is named all the same. */
static void put_auth(struct redis_link *link, const struct redis_target *target)
{
	const char *password = target->password != NULL ? target->password : "";
	const char *with_user[] = {"AUTH", target->user, password};
	const char *without[] = {"AUTH", password};

	if (target->user[0] != '\0')
		redis_link_put(link, 3, with_user, NULL);
	else
		redis_link_put(link, 2, without, NULL);
}

/* Only a master may be written to: after a failover, the one that we knew is a replica of another. */
static bool take_role(struct redis_link *link, uint64_t until_ns)
{
	redisReply *reply = redis_link_take(link, until_ns);
	bool is_good =
		reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements >= 1 && is_text(reply->element[0]);
	const char *role;

	if (!judge(link, "ROLE", reply, is_good) || reply == NULL)
		return false;
	role = reply->element[0]->str;
	if (strcmp(role, "slave") == 0 && reply->elements >= 3 && is_text(reply->element[1]))
		redis_link_fail(link, false, "ROLE: a replica, of %s:%lld; expected a master", reply->element[1]->str,
		                reply->element[2]->integer);
	else if (strcmp(role, "sentinel") == 0)
		redis_link_fail(link, true, "ROLE: a sentinel; expected a master (redis-sentinel:// asks sentinels)");
	else if (strcmp(role, "master") != 0)
		redis_link_fail(link, false, "ROLE: %s; expected a master", role);
	freeReplyObject(reply);
	return redis_link_is_open(link);
}

/* Everything in one round trip; the first no is the reason. PING is denied while data are loaded, ROLE is not. */
static bool greet(struct redis_link *link, const struct redis_target *target, uint64_t until_ns)
{
	const char *role[] = {"ROLE"}, *ping[] = {"PING"};
	char database[16];
	const char *select[] = {"SELECT", database};

	snprintf(database, sizeof(database), "%u", target->database);
	if (has_credentials(target))
		put_auth(link, target);
	if (target->database != 0)
		redis_link_put(link, 2, select, NULL);
	redis_link_put(link, 1, role, NULL);
	redis_link_put(link, 1, ping, NULL);
	return redis_link_flush(link, until_ns) &&
	       (!has_credentials(target) || take_status(link, "AUTH", "OK", until_ns)) &&
	       (target->database == 0 || take_status(link, "SELECT", "OK", until_ns)) && take_role(link, until_ns) &&
	       take_status(link, "PING", "PONG", until_ns);
}

/* ---- sentinels */

static bool is_error(const redisReply *reply, const char *start)
{
	return reply != NULL && reply->type == REDIS_REPLY_ERROR && begins_with(reply->str, start);
}

/* A sentinel often has no password where the master has one, so it is given only to one that asks for it. */
static redisReply *ask_for_master(struct redis_link *link, const struct redis_target *target, uint64_t until_ns)
{
	static const char question[] = "get-master-addr-by-name";
	redisReply *reply = redis_link_ask(link, until_ns, "SENTINEL", question, target->master, (char *)NULL);

	if (!is_error(reply, "NOAUTH") || !has_credentials(target))
		return reply;
	freeReplyObject(reply);
	put_auth(link, target);
	if (!redis_link_flush(link, until_ns) || !take_status(link, "AUTH", "OK", until_ns))
		return NULL;
	return redis_link_ask(link, until_ns, "SENTINEL", question, target->master, (char *)NULL);
}

static bool copy_text(char *to, size_t size, const redisReply *reply)
{
	return reply->type == REDIS_REPLY_STRING && reply->len > 0 && strlen(reply->str) == reply->len &&
	       snprintf(to, size, "%s", reply->str) < (int)size;
}

/* Leaves the link closed, with a reason on failure. */
static bool find_master(struct redis_link *link, const struct redis_target *target, const struct redis_host *sentinel,
                        struct redis_host *master, uint64_t until_ns)
{
	redisReply *reply;
	bool is_found;

	if (!redis_link_dial(link, target, sentinel, until_ns))
		return false;
	reply = ask_for_master(link, target, until_ns);
	if (reply == NULL)
		return false;
	if (reply->type == REDIS_REPLY_NIL) {
		redis_link_fail(link, false, "SENTINEL: knows no master \"%s\"", target->master);
		freeReplyObject(reply);
		return false;
	}
	is_found = reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
	           copy_text(master->name, sizeof(master->name), reply->element[0]) &&
	           copy_text(master->port, sizeof(master->port), reply->element[1]);
	if (!judge(link, "SENTINEL", reply, is_found))
		return false;
	freeReplyObject(reply);
	redis_link_close(link);
	return true;
}

/* The sentinels in turn, from the one that answered last. A reason that a person must mend goes before all others. */
static bool ask_sentinels(struct redis_link *link, const struct redis_target *target, struct redis_host *master,
                          uint64_t until_ns)
{
	char refusal[sizeof(link->reason)] = "";
	char reason[sizeof(link->reason)];

	for (size_t left = target->host_count; left > 0; left--) {
		uint64_t now = ocl_clock_now_ns(OCL_CLOCK_MONOTONIC);
		/* A share is kept for the master. */
		uint64_t share_ns = until_ns > now ? (until_ns - now) / (left + 1) : 0;
		size_t at = link->sentinel % target->host_count;

		if (find_master(link, target, &target->hosts[at], master,
		                now + (share_ns < SENTINEL_NS_MAX ? share_ns : SENTINEL_NS_MAX)))
			return true;
		if (link->refused && refusal[0] == '\0')
			snprintf(refusal, sizeof(refusal), "%s", link->reason);
		link->sentinel = (at + 1) % target->host_count;
	}
	link->refused = refusal[0] != '\0';
	snprintf(reason, sizeof(reason), "%s", link->refused ? refusal : link->reason);
	snprintf(link->reason, sizeof(link->reason), "no sentinel of %zu names the master; %.200s", target->host_count,
	         reason);
	return false;
}

enum redis_connect_result redis_connect(struct redis_link *link, const struct redis_target *target, uint64_t until_ns)
{
	const struct redis_host *host = target->host_count > 0 ? &target->hosts[0] : NULL;
	struct redis_host master;
	bool is_named = true;

	redis_link_close(link);
	if (target->sentinel) {
		memset(&master, 0, sizeof(master));
		is_named = ask_sentinels(link, target, &master, until_ns);
		host = &master;
	}
	if (is_named && redis_link_dial(link, target, host, until_ns) && greet(link, target, until_ns))
		return REDIS_CONNECT_OK;
	/* A sentinel that is cut off from the others may name an old master for ever. */
	if (target->sentinel && is_named)
		link->sentinel = (link->sentinel + 1) % target->host_count;
	return link->refused ? REDIS_CONNECT_REFUSED : REDIS_CONNECT_LATER;
}
