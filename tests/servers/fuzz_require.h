/* SPDX-License-Identifier: MIT */
/* What fuzz targets of the rating server's readers ask of what was accepted. */
#ifndef TESTS_SERVERS_FUZZ_REQUIRE_H
#define TESTS_SERVERS_FUZZ_REQUIRE_H

#include "../fuzz_input.h"
#include "id.h"

static inline void require_id(const struct id *id, bool may_be_empty)
{
	struct id again;

	REQUIRE(memchr(id->text, '\0', sizeof(id->text)) != NULL);
	REQUIRE((may_be_empty && id->text[0] == '\0') || id_read(&again, id->text, strlen(id->text)));
}

#endif
