/* The spill store's functions of the contract, over a database: an instance is a `database`. */
#ifndef SQLITE_STORE_H
#define SQLITE_STORE_H

#include "streamfence_plugin.h"

extern const sf_spill_store sqlite_store;

#endif
