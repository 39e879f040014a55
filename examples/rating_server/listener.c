/* SPDX-License-Identifier: MIT */
#include "listener.h"

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* 0 to 65535; getaddrinfo() would take more, and cut it. */
static bool is_port(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits > 0 && digits <= 5 && text[digits] == '\0' && strtoul(text, NULL, 10) <= UINT16_MAX;
}

/* Split "host:port"; the host may stand in brackets, and must be a number: no name server is asked. */
static struct addrinfo *parse(const char *address)
{
	struct addrinfo hints;
	struct addrinfo *found = NULL;
	char copy[80];
	char *host = copy;
	char *colon;

	if (snprintf(copy, sizeof(copy), "%s", address) >= (int)sizeof(copy))
		return NULL;
	colon = strrchr(copy, ':');
	if (colon == NULL || colon == copy || !is_port(colon + 1))
		return NULL;
	*colon = '\0';
	if (copy[0] == '[' && colon[-1] == ']') {
		host = copy + 1;
		colon[-1] = '\0';
	}
	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
	return getaddrinfo(host, colon + 1, &hints, &found) == 0 ? found : NULL;
}

/* What the system chose, as text. */
static int read_name(struct listener *listener)
{
	struct sockaddr_storage bound;
	socklen_t size = sizeof(bound);
	char host[48];
	char port[8];

	if (getsockname(listener->socket, (struct sockaddr *)&bound, &size) != 0 ||
	    getnameinfo((struct sockaddr *)&bound, size, host, sizeof(host), port, sizeof(port),
	                NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return -1;
	snprintf(listener->name, sizeof(listener->name), bound.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
	return 0;
}

int listener_open(struct listener *listener, const char *flag, const char *address)
{
	struct addrinfo *found = parse(address);
	int on = 1;
	int result = -1;

	if (found == NULL) {
		fprintf(stderr, "rating_server: --%s: expected ADDRESS:PORT, got \"%s\"\n", flag, address);
		return -1;
	}
	listener->socket = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener->socket >= 0 && setsockopt(listener->socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    bind(listener->socket, found->ai_addr, found->ai_addrlen) == 0 && listen(listener->socket, SOMAXCONN) == 0)
		result = read_name(listener);
	if (result != 0) {
		fprintf(stderr, "rating_server: --%s: cannot listen on %s: %s\n", flag, address, strerror(errno));
		if (listener->socket >= 0)
			close(listener->socket);
	}
	freeaddrinfo(found);
	return result;
}
