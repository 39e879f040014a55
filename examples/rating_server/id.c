/* SPDX-License-Identifier: MIT */
#include "id.h"

#include <string.h>

/*
 * Unicode's table of well-formed sequences (Table 3-7): the lead byte fixes the length and the range of the second byte,
 * which shuts out overlong forms, surrogates and what lies past U+10FFFF.
 */
size_t utf8_step(const char *bytes, size_t left)
{
	const unsigned char *byte = (const unsigned char *)bytes;
	unsigned char low = 0x80;
	unsigned char high = 0xBF;
	size_t length;

	if (left == 0)
		return 0;
	if (byte[0] < 0x80)
		return 1;
	if (byte[0] < 0xC2 || byte[0] > 0xF4)
		return 0;
	length = byte[0] < 0xE0 ? 2 : byte[0] < 0xF0 ? 3 : 4;
	if (byte[0] == 0xE0)
		low = 0xA0;
	if (byte[0] == 0xED)
		high = 0x9F;
	if (byte[0] == 0xF0)
		low = 0x90;
	if (byte[0] == 0xF4)
		high = 0x8F;
	if (left < length || byte[1] < low || byte[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if (byte[i] < 0x80 || byte[i] > 0xBF)
			return 0;
	return length;
}

/* U+0000 to U+001F, U+007F, and their relatives U+0080 to U+009F. */
static bool is_control(const char *bytes, size_t length)
{
	const unsigned char *byte = (const unsigned char *)bytes;

	if (length == 1)
		return byte[0] < 0x20 || byte[0] == 0x7F;
	return length == 2 && byte[0] == 0xC2 && byte[1] < 0xA0;
}

bool id_read(struct id *id, const char *bytes, size_t length)
{
	size_t step;

	if (length == 0 || length > ID_MAX_BYTES)
		return false;
	for (size_t i = 0; i < length; i += step) {
		step = utf8_step(bytes + i, length - i);
		if (step == 0 || is_control(bytes + i, step))
			return false;
	}
	memset(id, 0, sizeof(*id));
	memcpy(id->text, bytes, length);
	return true;
}
