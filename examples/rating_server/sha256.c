/* SPDX-License-Identifier: MIT */
#include "sha256.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* To find the algorithm and make a context costs more than to hash a key: both are kept, the context by each thread. */
static EVP_MD *algorithm;
static pthread_key_t contexts;
static pthread_once_t found = PTHREAD_ONCE_INIT;
static _Thread_local EVP_MD_CTX *context;

static void give_up(void)
{
	fprintf(stderr, "rating_server: OpenSSL has no SHA-256, or there is no memory for it\n");
	abort();
}

static void free_context(void *memory)
{
	EVP_MD_CTX_free((EVP_MD_CTX *)memory);
}

static void find_algorithm(void)
{
	algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (algorithm == NULL || pthread_key_create(&contexts, free_context) != 0)
		give_up();
}

static void make_context(void)
{
	pthread_once(&found, find_algorithm);
	context = EVP_MD_CTX_new();
	if (context == NULL || pthread_setspecific(contexts, context) != 0)
		give_up();
}

void sha256(const void *bytes, size_t length, unsigned char digest[SHA256_BYTES])
{
	if (context == NULL)
		make_context();
	if (EVP_DigestInit_ex2(context, algorithm, NULL) != 1 || EVP_DigestUpdate(context, bytes, length) != 1 ||
	    EVP_DigestFinal_ex(context, digest, NULL) != 1)
		give_up();
}
