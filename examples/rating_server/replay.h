/* SPDX-License-Identifier: MIT */
/* From the log to the ratings, at start. */
#ifndef RATING_SERVER_REPLAY_H
#define RATING_SERVER_REPLAY_H

#include "server.h"

/*
 * Rate all matches of the log and count all votes, saying how far it is. `stopped` is asked now and then. Returns 0
 * when done, 1 when stopped, -1 after saying on stderr what is wrong.
 */
int replay(struct server *server, bool (*stopped)(void));

#endif
