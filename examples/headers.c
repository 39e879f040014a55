/* SPDX-License-Identifier: MIT */
/* What a client of HTTP is told: two limits on each request, in the fields that an answer carries. */
#include <openclaw/headers.h>

#include <stdio.h>

int main(void)
{
	struct ocl_bucket_options options[2] = {OCL_BUCKET_OPTIONS(2, 2, OCL_SECOND_NS),
	                                        OCL_BUCKET_OPTIONS(3, 3, OCL_DAY_NS)};
	struct ocl_policy policies[2] = {{"burst", &options[0], NULL, NULL, 0, {0, 0}},
	                                 {"daily", &options[1], NULL, "client-7", 8, {0, 0}}};
	struct ocl_bucket buckets[2];
	struct ocl_decision decisions[2];
	char fields[OCL_HEADERS_SIZE_MAX(2)];
	uint64_t now_ns = 0;

	for (int i = 0; i < 2; i++) {
		if (ocl_bucket_init(&buckets[i], &options[i]) != OCL_OK)
			return 1;
	}
	for (int request = 1; request <= 5; request++, now_ns += OCL_SECOND_NS / 4) {
		int status = OCL_OK;
		for (int i = 0; i < 2 && status == OCL_OK; i++)
			status = ocl_bucket_peek_at(&buckets[i], 1, now_ns, NULL);
		for (int i = 0; i < 2; i++) { /* one thread alone: nothing changes in between */
			if (status == OCL_OK)
				ocl_bucket_take_at(&buckets[i], 1, now_ns, &decisions[i]);
			else
				ocl_bucket_peek_at(&buckets[i], 1, now_ns, &decisions[i]);
		}
		if (ocl_headers_write(policies, decisions, 2, fields, sizeof fields, NULL) != OCL_OK)
			return 1;
		printf("HTTP/1.1 %s\r\n%s\r\n", status == OCL_OK ? "200 OK" : "429 Too Many Requests", fields);
	}
	return 0;
}
