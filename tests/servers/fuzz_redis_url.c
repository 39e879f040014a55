/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the reader of a store's URL: what it accepts must be whole in every field and must be read the same when it is
 * written again from its parts; what it refuses must come with a reason and leave the target as it was.
 */
#include "../fuzz_input.h"
#include "redis_url.h"

#define IS_WHOLE(field) (memchr((field), '\0', sizeof(field)) != NULL)

static void require_host(const struct redis_host *host)
{
	unsigned long port;
	char again[sizeof(host->port)];

	REQUIRE(IS_WHOLE(host->name) && IS_WHOLE(host->port) && host->name[0] != '\0');
	port = strtoul(host->port, NULL, 10);
	snprintf(again, sizeof(again), "%lu", port % 100000);
	REQUIRE(port >= 1 && port <= 65535 && strcmp(again, host->port) == 0);
	REQUIRE(strpbrk(host->name, " /@,?#%[]\n") == NULL);
}

static void require_target(const struct redis_target *target)
{
	REQUIRE(IS_WHOLE(target->path) && IS_WHOLE(target->master) && IS_WHOLE(target->user));
	REQUIRE(target->host_count <= REDIS_HOSTS_MAX && target->database <= 65535);
	REQUIRE((target->host_count == 0) == (target->path[0] != '\0'));
	REQUIRE(target->sentinel == (target->master[0] != '\0'));
	REQUIRE(target->sentinel || target->host_count <= 1);
	REQUIRE(target->host_count > 0 || !target->tls);
	REQUIRE(target->password == NULL && target->ca_file == NULL && target->cert_file == NULL);
	for (size_t i = 0; i < target->host_count; i++)
		require_host(&target->hosts[i]);
}

/* Each byte of the user as %XX. */
static size_t write_user(char *text, size_t size, const char *user)
{
	size_t used = 0;

	for (; *user != '\0'; user++)
		used += (size_t)snprintf(text + used, size - used, "%%%02x", (unsigned)(unsigned char)*user);
	return used;
}

static void write_url(char *text, size_t size, const struct redis_target *target)
{
	size_t used;

	if (target->host_count == 0) {
		used = (size_t)snprintf(text, size, "unix:%s?db=%u", target->path, target->database);
		if (target->user[0] != '\0') {
			used += (size_t)snprintf(text + used, size - used, "&user=");
			write_user(text + used, size - used, target->user);
		}
		return;
	}
	used = (size_t)snprintf(text, size, "redis%s%s://", target->tls ? "s" : "",
	                        target->sentinel ? "-sentinel" : "");
	if (target->user[0] != '\0') {
		used += write_user(text + used, size - used, target->user);
		text[used++] = '@';
	}
	for (size_t i = 0; i < target->host_count; i++)
		used += (size_t)snprintf(text + used, size - used,
		                         strchr(target->hosts[i].name, ':') != NULL ? "%s[%s]:%s" : "%s%s:%s",
		                         i > 0 ? "," : "", target->hosts[i].name, target->hosts[i].port);
	if (target->sentinel)
		used += (size_t)snprintf(text + used, size - used, "/%s", target->master);
	snprintf(text + used, size - used, "/%u", target->database);
}

static void require_same(const struct redis_target *a, const struct redis_target *b)
{
	REQUIRE(a->tls == b->tls && a->sentinel == b->sentinel && a->database == b->database);
	REQUIRE(strcmp(a->path, b->path) == 0 && strcmp(a->master, b->master) == 0 && strcmp(a->user, b->user) == 0);
	REQUIRE(a->host_count == b->host_count);
	for (size_t i = 0; i < a->host_count; i++)
		REQUIRE(strcmp(a->hosts[i].name, b->hosts[i].name) == 0 &&
		        strcmp(a->hosts[i].port, b->hosts[i].port) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct redis_target target, again, before;
	char reason[128], text[4096];
	char *url = (char *)room_of(size + 1); /* Of exactly its size, so that reading behind it is noticed. */

	memcpy(url, data, size);
	url[size] = '\0';
	memset(&target, 0, sizeof(target));
	memset(reason, 0, sizeof(reason));
	if (redis_url_read(&target, url, reason, sizeof(reason))) {
		REQUIRE(redis_url_is(url) && reason[0] == '\0');
		require_target(&target);
		write_url(text, sizeof(text), &target);
		memset(&again, 0, sizeof(again));
		REQUIRE(redis_url_read(&again, text, reason, sizeof(reason)));
		require_same(&target, &again);
	} else {
		REQUIRE(reason[0] != '\0' && IS_WHOLE(reason));
		REQUIRE(memcmp(&target, &before, sizeof(target)) == 0);
	}
	free(url);
	return 0;
}
