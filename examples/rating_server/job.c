/* SPDX-License-Identifier: MIT */
#include "job.h"

#include <stdio.h>

void job_clash(struct job *job, size_t match)
{
	char field[sizeof(job->problem.field)] = "id";

	if (job->many)
		snprintf(field, sizeof(field), "matches[%zu].id", match);
	problem_set(&job->problem, 409, "key_reused", field, "the key was used before, for other content");
}
