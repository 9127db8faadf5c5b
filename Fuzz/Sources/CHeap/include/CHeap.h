#pragma once
#include <stddef.h>

/// How many bytes the process holds on its heap, or 0 where the system does not tell.
size_t heap_bytes(void);
