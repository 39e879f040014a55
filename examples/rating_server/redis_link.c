/* SPDX-License-Identifier: MIT */
#include "redis_link.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <openclaw/clock.h>

#include "redis_tls.h"

#define ARGUMENTS_MAX 32
/* The reader moves what is left in its buffer with each kilobyte that is used up, so it is fed small pieces. */
#define PIECE ((size_t)16 * 1024)
/* The reader may keep as much memory for the next reply; it would free more, and then grow again. */
#define IDLE_BYTES ((size_t)4 * 1024 * 1024)
/* No reply and no unread answers of ours are as large; a server that sends more is not ours. */
#define REPLY_BYTES_MAX   ((size_t)64 * 1024 * 1024)
#define UNREAD_BYTES_MAX  ((size_t)256 * 1024 * 1024)
#define ELEMENTS_MAX      (1 << 20)
#define COMMAND_BYTES_MAX ((size_t)512 * 1024 * 1024)

static uint64_t now_ns(void)
{
	return ocl_clock_now_ns(OCL_CLOCK_MONOTONIC);
}

void redis_link_init(struct redis_link *link)
{
	memset(link, 0, sizeof(*link));
	link->socket = -1;
	snprintf(link->reason, sizeof(link->reason), "not connected");
}

bool redis_link_is_open(const struct redis_link *link)
{
	return link->socket >= 0;
}

void redis_link_close(struct redis_link *link)
{
	if (link->tls != NULL) {
		redis_tls_close(link->tls);
		free(link->tls);
		link->tls = NULL;
	}
	if (link->socket >= 0)
		close(link->socket);
	link->socket = -1;
	if (link->reader != NULL)
		redisReaderFree(link->reader);
	link->reader = NULL;
	buffer_free(&link->out);
	buffer_free(&link->in);
	memset(&link->out, 0, sizeof(link->out));
	memset(&link->in, 0, sizeof(link->in));
	link->in_at = 0;
	link->reply_bytes = 0;
}

bool redis_link_fail(struct redis_link *link, bool refused, const char *format, ...)
{
	char reason[sizeof(link->reason)];
	va_list arguments;
	int used = snprintf(reason, sizeof(reason), "%s: ", link->peer);

	va_start(arguments, format);
	vsnprintf(reason + used, sizeof(reason) - (size_t)used, format, arguments);
	va_end(arguments);
	/* What a server says may hold anything; a log has lines. */
	for (char *at = reason; *at != '\0'; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	memcpy(link->reason, reason, sizeof(reason));
	link->refused = refused;
	redis_link_close(link);
	return false;
}

/* Ready, or broken, which the next call tells; or else the time is up. */
static bool wait_for(int socket, short events, uint64_t until_ns)
{
	for (;;) {
		struct pollfd poller = {socket, events, 0};
		uint64_t now = now_ns();
		uint64_t wait_ms = until_ns > now ? (until_ns - now + OCL_MILLISECOND_NS - 1) / OCL_MILLISECOND_NS : 0;
		int count = poll(&poller, 1, wait_ms < INT_MAX ? (int)wait_ms : INT_MAX);

		if (count > 0)
			return true;
		if (wait_ms == 0 || now_ns() >= until_ns)
			return false;
	}
}

/* ---- a connection */

/* No delay for small commands; a peer that vanished is found even while nobody speaks. */
static void tune(int socket)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{IPPROTO_TCP, TCP_NODELAY, 1},   {SOL_SOCKET, SO_KEEPALIVE, 1}, {IPPROTO_TCP, TCP_KEEPIDLE, 15},
		{IPPROTO_TCP, TCP_KEEPINTVL, 5}, {IPPROTO_TCP, TCP_KEEPCNT, 3},
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		setsockopt(socket, options[i].level, options[i].name, &options[i].value, sizeof(options[i].value));
}

/* Returns the socket, or -1 with errno. */
static int connect_address(const struct sockaddr *address, socklen_t size, uint64_t until_ns)
{
	int made = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error = 0;
	socklen_t error_size = sizeof(error);

	if (made < 0)
		return -1;
	if (address->sa_family != AF_UNIX)
		tune(made);
	if (connect(made, address, size) != 0) {
		error = errno;
		if (error == EINPROGRESS) {
			if (!wait_for(made, POLLOUT, until_ns))
				error = ETIMEDOUT;
			else if (getsockopt(made, SOL_SOCKET, SO_ERROR, &error, &error_size) != 0)
				error = errno;
		}
	}
	if (error == 0)
		return made;
	close(made);
	errno = error;
	return -1;
}

static bool dial_path(struct redis_link *link, const char *path, uint64_t until_ns)
{
	struct sockaddr_un address;

	snprintf(link->peer, sizeof(link->peer), "%s", path);
	memset(&address, 0, sizeof(address));
	address.sun_family = AF_UNIX;
	memcpy(address.sun_path, path, strnlen(path, sizeof(address.sun_path) - 1));
	link->socket = connect_address((const struct sockaddr *)&address, sizeof(address), until_ns);
	if (link->socket < 0)
		return redis_link_fail(link, errno == EACCES, "cannot connect: %s", strerror(errno));
	return true;
}

/* Every address of the host in turn; each has its share of the time, so that one that is silent leaves some to the rest. */
static bool dial_host(struct redis_link *link, const struct redis_host *host, uint64_t until_ns)
{
	struct addrinfo hints;
	struct addrinfo *found = NULL;
	unsigned left = 0;
	int error;

	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
	error = getaddrinfo(host->name, host->port, &hints, &found);
	if (error == EAI_NONAME) {
		/* This may take longer than until then: there is no resolver with a deadline in the C library. */
		hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
		error = getaddrinfo(host->name, host->port, &hints, &found);
	}
	if (error != 0)
		return redis_link_fail(link, false, "cannot find its address: %s",
		                       error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
	for (const struct addrinfo *at = found; at != NULL; at = at->ai_next)
		left++;
	for (const struct addrinfo *at = found; at != NULL && link->socket < 0; at = at->ai_next, left--) {
		uint64_t now = now_ns();

		link->socket = connect_address(at->ai_addr, at->ai_addrlen,
		                               until_ns > now ? now + (until_ns - now) / left : until_ns);
	}
	error = errno;
	freeaddrinfo(found);
	return link->socket >= 0 || redis_link_fail(link, false, "cannot connect: %s", strerror(error));
}

static bool secure(struct redis_link *link, uint64_t until_ns)
{
	struct redis_tls *tls = link->tls;
	ssize_t done = redis_tls_attach(tls, link->socket) ? 0 : -1;
	short events = 0;

	while (done == 0) {
		done = redis_tls_handshake(tls, &events);
		if (done == 0 && !wait_for(link->socket, events, until_ns))
			return redis_link_fail(link, false, "TLS: no handshake in time");
	}
	return done > 0 || redis_link_fail(link, tls->refused, "%s", tls->reason);
}

/* hiredis' own functions, but no array of any size that a server may claim: its memory is taken before its elements come. */
static redisReplyObjectFunctions reply_functions;
static void *(*create_any_array)(const redisReadTask *task, int elements);
static pthread_once_t reply_functions_once = PTHREAD_ONCE_INIT;

static void *create_array(const redisReadTask *task, int elements)
{
	return elements <= ELEMENTS_MAX ? create_any_array(task, elements) : NULL;
}

static void make_reply_functions(void)
{
	redisReader *reader = redisReaderCreate();

	if (reader == NULL)
		return;
	reply_functions = *reader->fn;
	create_any_array = reply_functions.createArray;
	reply_functions.createArray = create_array;
	redisReaderFree(reader);
}

static bool make_reader(struct redis_link *link)
{
	pthread_once(&reply_functions_once, make_reply_functions);
	link->reader = create_any_array != NULL ? redisReaderCreateWithFunctions(&reply_functions) : NULL;
	if (link->reader == NULL)
		return redis_link_fail(link, false, "no memory");
	link->reader->maxbuf = IDLE_BYTES;
	return true;
}

bool redis_link_dial(struct redis_link *link, const struct redis_target *target, const struct redis_host *host,
                     uint64_t until_ns)
{
	redis_link_close(link);
	if (host == NULL)
		return dial_path(link, target->path, until_ns) && make_reader(link);
	snprintf(link->peer, sizeof(link->peer), strchr(host->name, ':') != NULL ? "[%.100s]:%s" : "%.100s:%s",
	         host->name, host->port);
	if (target->tls) {
		link->tls = (struct redis_tls *)calloc(1, sizeof(*link->tls));
		if (link->tls == NULL)
			return redis_link_fail(link, false, "no memory");
		if (!redis_tls_open(link->tls, target, host->name))
			return redis_link_fail(link, link->tls->refused, "%s", link->tls->reason);
	}
	return dial_host(link, host, until_ns) && (link->tls == NULL || secure(link, until_ns)) && make_reader(link);
}

/* ---- bytes out and in */

/* More than 0: so many. 0: not now; wait for `events`. -1: broken, see broken(); errno is 0 when the peer closed it. */
static ssize_t transmit(struct redis_link *link, const void *bytes, size_t length, short *events)
{
	ssize_t count;

	if (link->tls != NULL)
		return redis_tls_write(link->tls, bytes, length, events);
	do
		count = send(link->socket, bytes, length, MSG_NOSIGNAL);
	while (count < 0 && errno == EINTR);
	if (count >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
		return count;
	*events = POLLOUT;
	return 0;
}

static ssize_t receive(struct redis_link *link, void *bytes, size_t room, short *events)
{
	ssize_t count;

	if (link->tls != NULL)
		return redis_tls_read(link->tls, bytes, room, events);
	do
		count = recv(link->socket, bytes, room, 0);
	while (count < 0 && errno == EINTR);
	if (count > 0)
		return count;
	if (count == 0)
		errno = 0;
	else if (errno == EAGAIN || errno == EWOULDBLOCK) {
		*events = POLLIN;
		return 0;
	}
	return -1;
}

/* transmit() or receive() failed. A server that turns us away may have said why before it closed the connection. */
static bool broken(struct redis_link *link)
{
	const char *why = link->tls != NULL ? link->tls->reason
	                  : errno == 0      ? "closed the connection"
	                                    : strerror(errno);
	bool refused = link->tls != NULL && link->tls->refused;
	const char *words = link->in.length > link->in_at ? (const char *)link->in.bytes + link->in_at : "";
	const char *end = words[0] == '-' ? (const char *)memchr(words, '\r', link->in.length - link->in_at) : NULL;

	if (end != NULL)
		return redis_link_fail(link, refused, "%s, having said: %.*s", why, (int)(end - words - 1), words + 1);
	return redis_link_fail(link, refused, "%s", why);
}

/* Read what is there into `in`. As receive(). */
static ssize_t gather(struct redis_link *link, short *events)
{
	unsigned char piece[PIECE];
	ssize_t count = receive(link, piece, sizeof(piece), events);

	if (count > 0)
		buffer_put(&link->in, piece, (size_t)count);
	return count;
}

/* Everything was taken out; a buffer that grew much is not kept. */
static void used_up(struct buffer *buffer)
{
	if (buffer->room <= IDLE_BYTES) {
		buffer_empty(buffer);
		return;
	}
	buffer_free(buffer);
	memset(buffer, 0, sizeof(*buffer));
}

/* ---- commands and replies */

void redis_link_put(struct redis_link *link, int count, const char **arguments, const size_t *lengths)
{
	char *command = NULL;
	size_t total = 0;
	int length;

	if (link->socket < 0)
		return;
	/* hiredis counts the whole in an int. */
	for (int i = 0; i < count && total <= COMMAND_BYTES_MAX; i++)
		total += lengths != NULL ? lengths[i] : strlen(arguments[i]);
	length = total <= COMMAND_BYTES_MAX ? redisFormatCommandArgv(&command, count, arguments, lengths) : -1;
	if (length < 0) {
		link->out.failed = true;
		return;
	}
	buffer_put(&link->out, command, (size_t)length);
	redisFreeCommand(command);
}

/*
 * The server answers while we send, and stops reading when its answers are not read: so whenever it takes no more, and
 * between large parts, what came is taken in.
 */
bool redis_link_flush(struct redis_link *link, uint64_t until_ns)
{
	size_t at = 0;

	if (link->socket < 0)
		return false;
	if (link->out.failed)
		return redis_link_fail(link, false, "a command is too large, or there is no memory for it");
	while (at < link->out.length) {
		short to_send = 0, to_receive = 0;
		ssize_t sent = transmit(link, link->out.bytes + at, link->out.length - at, &to_send);
		int error = errno;
		ssize_t came;

		at += sent > 0 ? (size_t)sent : 0;
		if (at == link->out.length)
			break;
		came = sent < 0 && link->tls != NULL ? -1 : gather(link, &to_receive);
		if (sent < 0)
			errno = error;
		if (sent < 0 || came < 0)
			return broken(link);
		if (link->in.failed || link->in.length - link->in_at > UNREAD_BYTES_MAX)
			return redis_link_fail(link, false,
			                       "its answers are too large, or there is no memory for them");
		if (sent == 0 && came == 0 ? !wait_for(link->socket, (short)(to_send | to_receive), until_ns)
		                           : now_ns() >= until_ns)
			return redis_link_fail(link, false, "did not take the commands in time");
	}
	used_up(&link->out);
	return true;
}

/* Give the reader a piece more, from `in` or from the socket. */
static bool feed(struct redis_link *link, uint64_t until_ns)
{
	unsigned char piece[PIECE];
	const unsigned char *bytes = piece;
	size_t length = link->in.length - link->in_at;
	int result;

	if (length > 0) {
		bytes = link->in.bytes + link->in_at;
		length = length < PIECE ? length : PIECE;
		link->in_at += length;
	} else {
		short events = 0;
		ssize_t came;

		while ((came = receive(link, piece, sizeof(piece), &events)) == 0)
			if (!wait_for(link->socket, events, until_ns))
				return redis_link_fail(link, false, "no answer in time");
		if (came < 0)
			return broken(link);
		length = (size_t)came;
	}
	result = redisReaderFeed(link->reader, (const char *)bytes, length);
	link->reply_bytes += length;
	if (link->in_at > 0 && link->in_at == link->in.length) {
		used_up(&link->in);
		link->in_at = 0;
	}
	if (result != REDIS_OK)
		return redis_link_fail(link, false, "cannot read its answer: %s", link->reader->errstr);
	return link->reply_bytes <= REPLY_BYTES_MAX || redis_link_fail(link, false, "its answer is too large");
}

redisReply *redis_link_take(struct redis_link *link, uint64_t until_ns)
{
	void *reply = NULL;

	for (bool fed = false; link->socket >= 0; fed = true) {
		if (redisReaderGetReply(link->reader, &reply) != REDIS_OK) {
			/* hiredis says so, too, when create_array() refused. */
			redis_link_fail(link, false, "cannot read its answer: %s", link->reader->errstr);
			return NULL;
		}
		if (reply != NULL) {
			link->reply_bytes = 0;
			return (redisReply *)reply;
		}
		if (fed && now_ns() >= until_ns) {
			redis_link_fail(link, false, "no whole answer in time");
			return NULL;
		}
		feed(link, until_ns);
	}
	return NULL;
}

redisReply *redis_link_ask(struct redis_link *link, uint64_t until_ns, const char *command, ...)
{
	const char *arguments[ARGUMENTS_MAX];
	va_list more;
	int count = 0;

	va_start(more, command);
	for (const char *at = command; at != NULL && count < ARGUMENTS_MAX; at = va_arg(more, const char *))
		arguments[count++] = at;
	va_end(more);
	redis_link_put(link, count, arguments, NULL);
	return redis_link_flush(link, until_ns) ? redis_link_take(link, until_ns) : NULL;
}
