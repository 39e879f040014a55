/* SPDX-License-Identifier: MIT */
#include "openclaw/status.h"

const char *ocl_status_name(int status)
{
	switch (status) {
	case OCL_OK:
		return "OCL_OK";
	case OCL_DENIED:
		return "OCL_DENIED";
	case OCL_EINVAL:
		return "OCL_EINVAL";
	case OCL_ERANGE:
		return "OCL_ERANGE";
	case OCL_EFULL:
		return "OCL_EFULL";
	case OCL_EBUSY:
		return "OCL_EBUSY";
	case OCL_ENOTSUP:
		return "OCL_ENOTSUP";
	case OCL_EALIGN:
		return "OCL_EALIGN";
	case OCL_ESIZE:
		return "OCL_ESIZE";
	case OCL_EEXIST:
		return "OCL_EEXIST";
	case OCL_EFORMAT:
		return "OCL_EFORMAT";
	case OCL_ESTALE:
		return "OCL_ESTALE";
	case OCL_EIO:
		return "OCL_EIO";
	default:
		return "unknown status";
	}
}
