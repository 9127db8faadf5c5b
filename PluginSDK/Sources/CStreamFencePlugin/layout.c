#include "streamfence_plugin.h"

/* What may never change: the host reads it before it knows which version it has before it. */
_Static_assert(sizeof(sf_abi) == 128, "the ABI record has 128 bytes in every version");
_Static_assert(offsetof(sf_abi, magic) == 0, "the magic number comes first");
_Static_assert(offsetof(sf_abi, major) == 4, "the major version stands at byte 4");
_Static_assert(offsetof(sf_abi, minor) == 6, "the minor version stands at byte 6");
_Static_assert(offsetof(sf_abi, toolchain) == 16, "the toolchain stands at byte 16");
_Static_assert(sizeof(sf_slice) == 16 && sizeof(sf_error) == 1024, "slices and errors are passed by value and by pointer");
