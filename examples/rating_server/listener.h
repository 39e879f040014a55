/* SPDX-License-Identifier: MIT */
/* A listening socket from text such as "127.0.0.1:8080" or "[::1]:0". */
#ifndef RATING_SERVER_LISTENER_H
#define RATING_SERVER_LISTENER_H

struct listener {
	int socket;
	char name[64]; /* The address with the port that was picked. */
};

/* Returns 0, or -1 after saying on stderr what is wrong with `flag`. */
int listener_open(struct listener *listener, const char *flag, const char *address);

#endif
