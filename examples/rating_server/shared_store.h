/* SPDX-License-Identifier: MIT */
/*
 * The store that many pods share: a stream of Redis or Valkey. The stream is the order. Keys, all with the same prefix:
 *
 *   :log                a stream; an entry is `u` (the pod and the count of its first request) and `d` (wire.h).
 *                       Its first entry ever is its birth: `u` is the log's name.
 *   :meta               text: the log's name, and the settings on which the ratings depend; all pods must agree
 *   :checkpoint         text: where the newest checkpoint is (shared_checkpoint.h), :checkpoint:... its chunks
 *   :lease, :probe      who is writing a checkpoint; can the store write?
 *
 * Threads: the writer's appends (shared_append.c), the follower applies (shared_follow.c), now and then one more writes a
 * checkpoint. Each has a connection of its own. Answers come from the follower: what was read back is in the log.
 */
#ifndef RATING_SERVER_SHARED_STORE_H
#define RATING_SERVER_SHARED_STORE_H

#include "pending.h"
#include "redis_connect.h"
#include "replica.h"
#include "store.h"
#include "wire.h"

#define SHARED_KEY_BYTES    192
#define SHARED_ORIGIN_BYTES 40

struct shared_keys {
	char log[SHARED_KEY_BYTES], meta[SHARED_KEY_BYTES], checkpoint[SHARED_KEY_BYTES], lease[SHARED_KEY_BYTES],
		probe[SHARED_KEY_BYTES];
};

/* Waits that grow from try to try, with chance in them, so that pods do not come back all at once. */
struct backoff {
	uint64_t wait_ns;
	uint64_t random;
};

struct shared_store {
	struct store store; /* First. */
	struct redis_target target;
	char password[512];
	struct shared_keys keys;
	uint64_t pod; /* This process's number in the log. */
	uint64_t timeout_ns;
	struct pending pending;

	/* Of all threads, under the lock. */
	pthread_mutex_t lock;
	pthread_cond_t wake; /* `stop` was set. */
	bool stop;
	char log[33];          /* The log's name; empty: not known yet. */
	uint64_t caught_up_ns; /* When the board was last known to be up to date. */
	uint64_t down_ns;      /* Since when nothing can be appended; 0: it can. */
	char down[256];        /* Why; empty: it can. */
	char trouble[256];     /* Why the follower does not get on; empty: it does. */
	bool no_nomkstream;    /* The store is too old for it. */

	/* Of the writer's thread. */
	struct redis_link appending;
	struct backoff append_backoff;
	bool appended_before; /* It was connected once. */

	/* Of the follower. */
	struct replica replica;
	struct redis_link following;
	struct backoff follow_backoff;
	struct wire_reader reader;
	pthread_t follower;
	bool follower_runs, followed_before;
	bool waits;         /* For what is new; at the start it does not. */
	bool at_checkpoint; /* Nothing was applied since a checkpoint was loaded. */
	unsigned step;      /* How many entries are asked for at a time, */
	unsigned asked;     /* and how many were, last time, */
	uint64_t asked_ns;  /* and when. */
	bool reading;       /* A read is under way, */
	bool checks;        /* and a look whether the entry at the board's place is still there. */
	bool place_is_big;  /* That entry is too big, or may be, to fetch it all the time. */
	unsigned idle;      /* Reads in a row that brought nothing. */
	unsigned warned;    /* Which warnings about durability are true, a bit each. */
	struct checkpointing *checkpointing;
};

/* Common to the threads. */
uint64_t shared_now_ns(void);
bool shared_stopping(struct shared_store *shared);

/* Sleep, somewhat longer than the last time, or until the store stops. */
void shared_back_off(struct shared_store *shared, struct backoff *backoff);
void shared_backoff_reset(struct backoff *backoff);

/* End the requests that the store has not answered within their time limit, and say why it has not. */
void shared_expire(struct shared_store *shared);

/* One line on stderr. */
__attribute__((format(printf, 1, 2))) void shared_say(const char *format, ...);

/* shared_append.c: as in store_class. */
void shared_append(struct store *store, struct job *group);
bool shared_probe(struct store *store);

enum follow_result {
	FOLLOW_MORE,    /* Something was done; there may be more. */
	FOLLOW_CAUGHT,  /* The board is up to date. */
	FOLLOW_LATER,   /* It does not get on: `trouble` says why. It may pass by itself. */
	FOLLOW_REFUSED, /* The same, but a person must mend it. */
	FOLLOW_DEAD     /* Out of memory: the replica is of no use. */
};

/* shared_follow.c: one step of the follower: connect, or read what is new and apply it. Waits a while for something. */
enum follow_result shared_follow(struct shared_store *shared);

/* Write down why the follower does not get on; returns `result`. */
__attribute__((format(printf, 3, 4))) enum follow_result
shared_trouble(struct shared_store *shared, enum follow_result result, const char *format, ...);

/* What to make of an error of the store: a person must mend it, or it may pass. */
enum follow_result shared_error(const char *error);

/* shared_meta.c: on a new connection of the follower: is it our log, is it still there, does it keep what it is given?
 * Makes the log if there is none. */
enum follow_result shared_open_log(struct shared_store *shared);

/* For a new connection of the appender: does the store still hold the log that this pod follows? */
bool shared_check_log(struct shared_store *shared, struct redis_link *link);

#endif
