/* SPDX-License-Identifier: MIT */
#include "shared_checkpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "shared_manifest.h"

#define CONSIDER_EVERY_NS OCL_SECOND_NS
#define AFTER_FAILURE_NS  (10 * OCL_SECOND_NS)
#define LEASE_MS          "60000"
#define CHUNK_LIFE_S      "3600" /* Of chunks whose manifest never comes. */
#define STEP_NS           (30 * OCL_SECOND_NS)

/* One at a time. */
struct checkpointing {
	pthread_t thread;
	bool running;         /* The follower's. */
	bool finished;        /* The thread's last word, under the store's lock, */
	bool failed;          /* and whether there is a reason to wait before the next try. */
	uint64_t seen_events; /* Of the newest checkpoint that was seen. */
	uint64_t next_ns;     /* Not considered before. */
	struct shared_store *shared;
	struct buffer image;
	struct manifest manifest;
	struct redis_link link;
};

struct checkpointing *checkpointing_new(void)
{
	struct checkpointing *work = (struct checkpointing *)calloc(1, sizeof(struct checkpointing));

	if (work != NULL)
		redis_link_init(&work->link);
	return work;
}

void checkpointing_free(struct checkpointing *work)
{
	if (work == NULL)
		return;
	if (work->running)
		pthread_join(work->thread, NULL);
	redis_link_close(&work->link);
	buffer_free(&work->link.out);
	buffer_free(&work->image);
	free(work);
}

static void name_chunk(const struct shared_store *shared, const char *id, unsigned chunk, char *key, size_t size)
{
	snprintf(key, size, "%s:%s:%u", shared->keys.checkpoint, id, chunk);
}

/* ---- loading */

/* Fetch the chunks into one image. */
static enum follow_result fetch_image(struct shared_store *shared, const struct manifest *manifest,
                                      struct buffer *image)
{
	struct redis_link *link = &shared->following;
	char key[SHARED_KEY_BYTES + 96];

	for (unsigned i = 0; i < manifest_chunks(manifest); i++) {
		redisReply *reply;

		name_chunk(shared, manifest->id, i, key, sizeof(key));
		reply = redis_link_ask(link, shared_now_ns() + STEP_NS, "GET", key, (char *)NULL);
		if (reply == NULL)
			return shared_trouble(shared, FOLLOW_LATER, "%s", link->reason);
		if (reply->type != REDIS_REPLY_STRING) { /* Perhaps a newer one is there by now. */
			shared_trouble(shared, FOLLOW_LATER, "%.160s: %s", key,
			               reply->type == REDIS_REPLY_ERROR ? reply->str
			                                                : "a part of the checkpoint is missing");
			freeReplyObject(reply);
			return FOLLOW_LATER;
		}
		buffer_put(image, reply->str, reply->len);
		freeReplyObject(reply);
	}
	return image->failed ? FOLLOW_DEAD : FOLLOW_MORE;
}

static enum follow_result take_image(struct shared_store *shared, const struct manifest *manifest,
                                     const struct buffer *image)
{
	char hash[2 * SHA256_BYTES + 1], reason[160];
	const char *log = shared->replica.log;
	bool fine;

	manifest_hash(hash, image->bytes, image->length);
	if (image->length != manifest->bytes || strcmp(hash, manifest->sha256) != 0)
		return shared_trouble(shared, FOLLOW_LATER,
		                      "the checkpoint %s is damaged: its bytes are not those written", manifest->id);
	if (strcmp(manifest->log, log) != 0)
		return shared_trouble(shared, FOLLOW_LATER, "the checkpoint is of log %s, the store holds log %s",
		                      manifest->log, log);
	board_lock(shared->store.board);
	fine = image_read(&shared->replica, image->bytes, image->length, reason, sizeof(reason));
	if (fine && (shared->store.board->place.ms != manifest->place.ms ||
	             shared->store.board->place.number != manifest->place.number ||
	             strcmp(shared->replica.log, shared->log) != 0)) {
		snprintf(reason, sizeof(reason), "it is not what its manifest says");
		fine = false;
	}
	if (!fine) {
		replica_clear(&shared->replica);
		memcpy(shared->replica.log, shared->log, sizeof(shared->log));
	}
	board_unlock(shared->store.board);
	if (!fine)
		return shared_trouble(shared, FOLLOW_LATER, "the checkpoint %s: %s", manifest->id, reason);
	shared->at_checkpoint = true;
	shared->place_is_big = true;
	shared->checkpointing->seen_events = manifest->events;
	return FOLLOW_MORE;
}

enum follow_result shared_load_checkpoint(struct shared_store *shared, const char *text)
{
	struct manifest manifest;
	struct buffer image = {NULL, 0, 0, false};
	enum follow_result result;

	if (!manifest_read(&manifest, text))
		return shared_trouble(shared, FOLLOW_LATER,
		                      "%s is not what this version writes: another program's, or a later version's",
		                      shared->keys.checkpoint);
	result = fetch_image(shared, &manifest, &image);
	if (result == FOLLOW_MORE)
		result = take_image(shared, &manifest, &image);
	buffer_free(&image);
	return result;
}

/* ---- writing */

static bool is_error(const redisReply *reply)
{
	return reply == NULL || reply->type == REDIS_REPLY_ERROR;
}

/* One command whose answer only matters if it is an error. */
static bool tell(struct checkpointing *work, int count, const char **arguments, const size_t *lengths, char *reason,
                 size_t size)
{
	const uint64_t until_ns = shared_now_ns() + STEP_NS;
	redisReply *reply = NULL;
	bool fine;

	redis_link_put(&work->link, count, arguments, lengths);
	if (redis_link_flush(&work->link, until_ns))
		reply = redis_link_take(&work->link, until_ns);
	fine = !is_error(reply);
	if (!fine)
		snprintf(reason, size, "%s: %.200s", arguments[0], reply != NULL ? reply->str : work->link.reason);
	freeReplyObject(reply);
	return fine;
}

static bool upload(struct checkpointing *work, char *reason, size_t size)
{
	const struct manifest *manifest = &work->manifest;
	char key[SHARED_KEY_BYTES + 96];
	bool fine = true;

	for (unsigned i = 0; fine && i < manifest_chunks(manifest); i++) {
		const size_t at = (size_t)i * MANIFEST_CHUNK_BYTES;
		const size_t left = work->image.length - at;
		const char *arguments[] = {"SET", key, (const char *)work->image.bytes + at, "EX", CHUNK_LIFE_S};
		size_t lengths[] = {3, 0, left < MANIFEST_CHUNK_BYTES ? left : MANIFEST_CHUNK_BYTES, 2,
		                    strlen(CHUNK_LIFE_S)};

		name_chunk(work->shared, manifest->id, i, key, sizeof(key));
		lengths[1] = strlen(key);
		fine = !shared_stopping(work->shared) && tell(work, 5, arguments, lengths, reason, size);
	}
	return fine;
}

static void drop_chunks(struct checkpointing *work, const struct manifest *manifest)
{
	char key[SHARED_KEY_BYTES + 96], unused[256];

	for (unsigned i = 0; i < manifest_chunks(manifest); i++) {
		const char *arguments[] = {"DEL", key};

		name_chunk(work->shared, manifest->id, i, key, sizeof(key));
		if (!tell(work, 2, arguments, NULL, unused, sizeof(unused)))
			return;
	}
}

/* What is there now, watched. 1 and `old`, or 0 if nothing is; -1: what is there stays. */
static int read_old(struct checkpointing *work, struct manifest *old, char *reason, size_t size)
{
	const char *watch[] = {"WATCH", work->shared->keys.checkpoint};
	redisReply *reply;
	int result = -1;

	if (!tell(work, 2, watch, NULL, reason, size))
		return -1;
	reply = redis_link_ask(&work->link, shared_now_ns() + STEP_NS, "GET", work->shared->keys.checkpoint,
	                       (char *)NULL);
	if (is_error(reply))
		snprintf(reason, size, "%s", reply != NULL ? reply->str : work->link.reason);
	else if (reply->type == REDIS_REPLY_NIL)
		result = 0;
	else if (!manifest_read(old, reply->str))
		snprintf(reason, size, "%s is not what this version writes", work->shared->keys.checkpoint);
	else if (place_before(&old->place, &work->manifest.place))
		result = 1;
	else
		reason[0] = '\0'; /* Another pod was faster, and went further. */
	freeReplyObject(reply);
	return result;
}

/* Manifest and chunks become true together, unless another manifest came in between. */
static bool publish(struct checkpointing *work, char *reason, size_t size)
{
	const uint64_t until_ns = shared_now_ns() + STEP_NS;
	const unsigned chunks = manifest_chunks(&work->manifest);
	char text[MANIFEST_BYTES], key[SHARED_KEY_BYTES + 96];
	const char *multi[] = {"MULTI"}, *exec[] = {"EXEC"};
	const char *set[] = {"SET", work->shared->keys.checkpoint, text};
	const char *persist[] = {"PERSIST", key};
	redisReply *reply = NULL;
	bool fine;

	manifest_write(&work->manifest, text);
	redis_link_put(&work->link, 1, multi, NULL);
	redis_link_put(&work->link, 3, set, NULL);
	for (unsigned i = 0; i < chunks; i++) {
		name_chunk(work->shared, work->manifest.id, i, key, sizeof(key));
		redis_link_put(&work->link, 2, persist, NULL);
	}
	redis_link_put(&work->link, 1, exec, NULL);
	fine = redis_link_flush(&work->link, until_ns);
	for (unsigned i = 0; fine && i < chunks + 3; i++) {
		freeReplyObject(reply);
		reply = redis_link_take(&work->link, until_ns);
		fine = !is_error(reply);
	}
	if (!fine)
		snprintf(reason, size, "%s", reply != NULL ? reply->str : work->link.reason);
	else
		reason[0] = '\0';
	fine = fine && reply->type == REDIS_REPLY_ARRAY; /* Nil: another one came in between. */
	freeReplyObject(reply);
	return fine;
}

/* Before Redis 6.2 XTRIM knows no MINID: delete what is before `at`, some at a time. */
static bool delete_before(struct checkpointing *work, const char *at, char *reason, size_t size)
{
	const char *arguments[502] = {"XDEL", work->shared->keys.log};
	bool fine = true;
	int count = 3;

	while (fine && count > 2) {
		redisReply *reply = redis_link_ask(&work->link, shared_now_ns() + STEP_NS, "XRANGE",
		                                   work->shared->keys.log, "-", at, "COUNT", "500", (char *)NULL);

		fine = !is_error(reply);
		if (!fine)
			snprintf(reason, size, "XRANGE: %.200s", reply != NULL ? reply->str : work->link.reason);
		count = 2;
		for (size_t i = 0; fine && i < reply->elements; i++)
			if (strcmp(reply->element[i]->element[0]->str, at) != 0)
				arguments[count++] = reply->element[i]->element[0]->str;
		if (fine && count > 2)
			fine = tell(work, count, arguments, NULL, reason, size);
		freeReplyObject(reply);
	}
	return fine;
}

static bool trim(struct checkpointing *work, const struct place *place, char *reason, size_t size)
{
	char at[48];
	const char *arguments[] = {"XTRIM", work->shared->keys.log, "MINID", at};

	snprintf(at, sizeof(at), "%" PRIu64 "-%" PRIu64, place->ms, place->number);
	if (tell(work, 4, arguments, NULL, reason, size))
		return true;
	if (strstr(reason, "syntax") == NULL)
		return false;
	reason[0] = '\0';
	return delete_before(work, at, reason, size);
}

/* Returns false with the reason; an empty one: another pod's checkpoint is the better one. */
static bool write_checkpoint(struct checkpointing *work, char *reason, size_t size)
{
	struct shared_store *shared = work->shared;
	struct buffer *image = &work->image;
	const char *release[] = {"DEL", shared->keys.lease};
	struct manifest old;
	char unused[256];
	int there;
	bool fine;

	image_seal(image);
	if (image->failed) {
		snprintf(reason, size, "out of memory");
		return false;
	}
	work->manifest.bytes = image->length;
	manifest_hash(work->manifest.sha256, image->bytes, image->length);
	if (redis_connect(&work->link, &shared->target, shared_now_ns() + shared->timeout_ns) != REDIS_CONNECT_OK ||
	    !shared_check_log(shared, &work->link)) {
		snprintf(reason, size, "%s", work->link.reason);
		return false;
	}
	if (!upload(work, reason, size))
		return false;
	there = read_old(work, &old, reason, size);
	fine = there >= 0 && publish(work, reason, size);
	if (fine && there == 1) {
		fine = trim(work, &old.place, reason, size);
		drop_chunks(work, &old);
	} else if (!fine && redis_link_is_open(&work->link)) {
		drop_chunks(work, &work->manifest);
	}
	if (redis_link_is_open(&work->link))
		tell(work, 2, release, NULL, unused, sizeof(unused));
	return fine;
}

static void *run(void *context)
{
	struct checkpointing *work = (struct checkpointing *)context;
	char reason[256] = "";
	const bool fine = write_checkpoint(work, reason, sizeof(reason));

	if (fine)
		ocl_counter_add(&work->shared->store.stats->checkpoints, 1);
	else if (reason[0] != '\0')
		shared_say("no checkpoint: %s", reason);
	redis_link_close(&work->link);
	buffer_free(&work->image);
	pthread_mutex_lock(&work->shared->lock);
	work->finished = true;
	work->failed = !fine;
	pthread_mutex_unlock(&work->shared->lock);
	return NULL;
}

/* Has no one written one lately, and is no one about to? Asks on the follower's connection. */
static bool is_our_turn(struct shared_store *shared, uint64_t events)
{
	struct checkpointing *work = shared->checkpointing;
	struct redis_link *link = &shared->following;
	const uint64_t until_ns = shared_now_ns() + shared->timeout_ns;
	redisReply *reply = redis_link_ask(link, until_ns, "GET", shared->keys.checkpoint, (char *)NULL);
	char pod[24];
	bool ours;

	if (reply != NULL && reply->type == REDIS_REPLY_STRING && manifest_read(&work->manifest, reply->str))
		work->seen_events = work->manifest.events;
	freeReplyObject(reply);
	if (reply == NULL || events < work->seen_events + shared->store.options->checkpoint_every)
		return false;
	snprintf(pod, sizeof(pod), "%016" PRIx64, shared->pod);
	reply = redis_link_ask(link, until_ns, "SET", shared->keys.lease, pod, "NX", "PX", LEASE_MS, (char *)NULL);
	ours = reply != NULL && reply->type == REDIS_REPLY_STATUS;
	freeReplyObject(reply);
	return ours;
}

void shared_consider_checkpoint(struct shared_store *shared)
{
	struct checkpointing *work = shared->checkpointing;
	const uint64_t every = shared->store.options->checkpoint_every;
	const uint64_t events = shared->store.board->matches + shared->store.votes->count;
	const uint64_t now_ns = shared_now_ns();
	bool finished, failed;

	if (every == 0 || events < work->seen_events + every || now_ns < work->next_ns)
		return;
	work->next_ns = now_ns + CONSIDER_EVERY_NS;
	pthread_mutex_lock(&shared->lock);
	finished = work->finished;
	failed = work->failed;
	pthread_mutex_unlock(&shared->lock);
	if (work->running && !finished)
		return;
	if (work->running)
		pthread_join(work->thread, NULL);
	work->running = work->finished = work->failed = false;
	if (failed)
		work->next_ns = now_ns + AFTER_FAILURE_NS;
	if (failed || !is_our_turn(shared, events))
		return;
	work->shared = shared;
	buffer_empty(&work->image);
	image_draw(&shared->replica, &work->image);
	if (work->image.failed) {
		shared_say("no checkpoint: out of memory");
		buffer_free(&work->image);
		return;
	}
	memcpy(work->manifest.log, shared->replica.log, sizeof(work->manifest.log));
	work->manifest.place = shared->store.board->place;
	work->manifest.events = events;
	snprintf(work->manifest.id, sizeof(work->manifest.id), "%" PRIu64 "-%" PRIu64 "-%016" PRIx64,
	         work->manifest.place.ms, work->manifest.place.number, shared->pod);
	work->running = pthread_create(&work->thread, NULL, run, work) == 0;
	if (!work->running)
		shared_say("no checkpoint: cannot start its thread");
}
