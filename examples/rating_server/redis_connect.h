/* SPDX-License-Identifier: MIT */
/*
 * From a target to a link that may write: sentinels are asked for the master, the password is given, the database chosen,
 * and the server must be a master that has loaded its data. The user needs ROLE and PING for that, and SELECT for another
 * database than 0.
 */
#ifndef RATING_SERVER_REDIS_CONNECT_H
#define RATING_SERVER_REDIS_CONNECT_H

#include "redis_link.h"

enum redis_connect_result {
	REDIS_CONNECT_OK,
	/* Not there, not loaded, a replica, no quorum, too slow: may pass by itself. */
	REDIS_CONNECT_LATER,
	/* Wrong password, no permission, a certificate that is not trusted, no such file: a person must mend it. */
	REDIS_CONNECT_REFUSED
};

/* The reason of a no is in the link, which is then closed. */
enum redis_connect_result redis_connect(struct redis_link *link, const struct redis_target *target, uint64_t until_ns);

#endif
