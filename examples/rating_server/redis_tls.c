/* SPDX-License-Identifier: MIT */
#include "redis_tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static bool is_given(const char *text)
{
	return text != NULL && text[0] != '\0';
}

/* OpenSSL's first error is the cause; those behind it tell where it came by. */
static const char *first_error(void)
{
	unsigned long code = ERR_peek_error();
	const char *text;

	if (ERR_SYSTEM_ERROR(code))
		return strerror(ERR_GET_REASON(code));
	text = ERR_reason_error_string(code);
	return text != NULL ? text : "unknown error";
}

static bool refuse(struct redis_tls *tls, const char *what, const char *file)
{
	snprintf(tls->reason, sizeof(tls->reason), "TLS: cannot %s %s: %s", what, file, first_error());
	tls->broken = true;
	tls->refused = true;
	return false;
}

/* A key that is locked by a passphrase is refused: OpenSSL would ask for it at the terminal. */
static int no_passphrase(char *buffer, int size, int writing, void *context)
{
	(void)buffer, (void)size, (void)writing, (void)context;
	return 0;
}

static bool load_files(struct redis_tls *tls, const struct redis_target *target)
{
	const char *key = is_given(target->key_file) ? target->key_file : target->cert_file;

	if (is_given(target->ca_file)) {
		if (SSL_CTX_load_verify_file(tls->context, target->ca_file) != 1)
			return refuse(tls, "read authorities from", target->ca_file);
	} else if (SSL_CTX_set_default_verify_paths(tls->context) != 1) {
		return refuse(tls, "read", "the system's authorities");
	}
	if (!is_given(target->cert_file))
		return !is_given(target->key_file) || refuse(tls, "use without a certificate", target->key_file);
	SSL_CTX_set_default_passwd_cb(tls->context, no_passphrase);
	if (SSL_CTX_use_certificate_chain_file(tls->context, target->cert_file) != 1)
		return refuse(tls, "read a certificate from", target->cert_file);
	/* It must be the certificate's, too. */
	if (SSL_CTX_use_PrivateKey_file(tls->context, key, SSL_FILETYPE_PEM) != 1)
		return refuse(tls, "read a key from", key);
	return true;
}

/* The certificate must name the host; names are also told to the server (SNI), addresses never are (RFC 6066). */
static bool expect_host(struct redis_tls *tls, const char *host)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(tls->ssl);
	unsigned char address[16];
	char name[256];

	if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1;
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	snprintf(name, sizeof(name), "%s", host);
	return X509_VERIFY_PARAM_set1_host(param, name, 0) == 1 && SSL_set_tlsext_host_name(tls->ssl, name) == 1;
}

bool redis_tls_open(struct redis_tls *tls, const struct redis_target *target, const char *host)
{
	memset(tls, 0, sizeof(*tls));
	ERR_clear_error();
	tls->context = SSL_CTX_new(TLS_client_method());
	if (tls->context == NULL || SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION) != 1)
		return refuse(tls, "start", "OpenSSL");
	SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_options(tls->context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(tls->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(tls->context, SSL_SESS_CACHE_OFF);
	if (!load_files(tls, target))
		return false;
	tls->ssl = SSL_new(tls->context);
	if (tls->ssl == NULL || !expect_host(tls, host))
		return refuse(tls, "expect the host", host);
	return true;
}

bool redis_tls_attach(struct redis_tls *tls, int socket)
{
	ERR_clear_error();
	return SSL_set_fd(tls->ssl, socket) == 1 || refuse(tls, "use", "the socket");
}

void redis_tls_close(struct redis_tls *tls)
{
	/* A farewell, if it can be said at once; nobody waits for the answer. */
	if (tls->ssl != NULL && !tls->broken && SSL_is_init_finished(tls->ssl))
		SSL_shutdown(tls->ssl);
	SSL_free(tls->ssl);
	SSL_CTX_free(tls->context);
	tls->ssl = NULL;
	tls->context = NULL;
	ERR_clear_error();
}

/* What came of a call that did not succeed: 0 to wait, or -1. */
static ssize_t judge(struct redis_tls *tls, int result, short *events)
{
	int system_error = errno;
	int kind = SSL_get_error(tls->ssl, result);
	long verified = SSL_get_verify_result(tls->ssl);

	if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) {
		*events = kind == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
		return 0;
	}
	tls->broken = true;
	tls->refused = false;
	if (kind == SSL_ERROR_ZERO_RETURN || (kind == SSL_ERROR_SYSCALL && system_error == 0) ||
	    ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
		snprintf(tls->reason, sizeof(tls->reason), "closed the connection");
	} else if (kind == SSL_ERROR_SYSCALL) {
		snprintf(tls->reason, sizeof(tls->reason), "%s", strerror(system_error));
	} else {
		tls->refused = true;
		if (verified != X509_V_OK)
			snprintf(tls->reason, sizeof(tls->reason), "TLS: its certificate is not trusted: %s",
			         X509_verify_cert_error_string(verified));
		else
			snprintf(tls->reason, sizeof(tls->reason), "TLS: %s", first_error());
	}
	return -1;
}

static void prepare(void)
{
	ERR_clear_error();
	errno = 0;
}

ssize_t redis_tls_handshake(struct redis_tls *tls, short *events)
{
	int result;

	prepare();
	result = SSL_connect(tls->ssl);
	return result == 1 ? 1 : judge(tls, result, events);
}

ssize_t redis_tls_read(struct redis_tls *tls, void *bytes, size_t room, short *events)
{
	int result;

	prepare();
	result = SSL_read(tls->ssl, bytes, (int)(room < INT32_MAX ? room : INT32_MAX));
	return result > 0 ? result : judge(tls, result, events);
}

/* A server that turns us away closes the connection behind its alert, so that our next write fails: look for the alert. */
static void look_for_alert(struct redis_tls *tls)
{
	char reason[sizeof(tls->reason)];
	char byte;
	short events;

	memcpy(reason, tls->reason, sizeof(reason));
	if (redis_tls_read(tls, &byte, 1, &events) < 0 && tls->refused)
		return;
	memcpy(tls->reason, reason, sizeof(reason));
	tls->refused = false;
}

ssize_t redis_tls_write(struct redis_tls *tls, const void *bytes, size_t length, short *events)
{
	int result;

	prepare();
	result = SSL_write(tls->ssl, bytes, (int)(length < INT32_MAX ? length : INT32_MAX));
	if (result <= 0)
		result = (int)judge(tls, result, events);
	if (result < 0 && !tls->refused)
		look_for_alert(tls);
	return result;
}
