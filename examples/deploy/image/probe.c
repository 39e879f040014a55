/* SPDX-License-Identifier: MIT */
/*
 * probe PORT PATH: ask a server on this machine, and exit with 0 when it answers 200.
 *
 * Compose runs its health checks inside the container, and the image has neither a shell nor curl. Kubernetes asks by
 * itself (httpGet) and does not need this.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* Less than a health check's own timeout, so that the reason is printed. */
static const struct timeval patience = {.tv_sec = 2, .tv_usec = 0};

static int failed(const char *what)
{
	fprintf(stderr, "probe: %s: %s\n", what, strerror(errno));
	return 1;
}

static int ask(int fd, const struct sockaddr_in *server, const char *path)
{
	char text[512];
	char answer[64] = {0};
	size_t got = 0;
	int length = snprintf(text, sizeof text, "GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n", path);
	if (length < 0 || (size_t)length >= sizeof text) {
		fputs("probe: path too long\n", stderr);
		return 2;
	}
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) ||
	    connect(fd, (const struct sockaddr *)server, sizeof *server))
		return failed("connect");
	if (send(fd, text, (size_t)length, MSG_NOSIGNAL) != length)
		return failed("send");
	while (got < sizeof answer - 1) {
		ssize_t n = recv(fd, answer + got, sizeof answer - 1 - got, 0);
		if (n < 0)
			return failed("receive");
		if (n == 0)
			break;
		got += (size_t)n;
	}
	/* "HTTP/1.1 200 OK" */
	if (strncmp(answer, "HTTP/1.", 7) == 0 && strncmp(answer + 8, " 200 ", 5) == 0)
		return 0;
	fprintf(stderr, "probe: %.*s\n", (int)strcspn(answer, "\r\n"), answer);
	return 1;
}

int main(int argc, char **argv)
{
	struct sockaddr_in server = {.sin_family = AF_INET};
	char *end = NULL;
	unsigned long port = 0;
	int fd, code;
	if (argc == 3) {
		errno = 0;
		port = strtoul(argv[1], &end, 10);
	}
	if (argc != 3 || errno || *end || port < 1 || port > 65535 || argv[2][0] != '/') {
		fputs("usage: probe PORT PATH\n", stderr);
		return 2;
	}
	server.sin_port = htons((in_port_t)port);
	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return failed("socket");
	code = ask(fd, &server, argv[2]);
	close(fd);
	return code;
}
