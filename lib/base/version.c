/* SPDX-License-Identifier: MIT */
#include "openclaw/version.h"

#define TEXT_OF(number) #number
#define TEXT(number)    TEXT_OF(number)

unsigned ocl_version(void)
{
	return OCL_VERSION_HEX;
}

const char *ocl_version_string(void)
{
	return TEXT(OCL_VERSION_MAJOR) "." TEXT(OCL_VERSION_MINOR) "." TEXT(OCL_VERSION_PATCH);
}
