/* A file of keys that is read again when it changes. */
#ifndef HMAC_KEY_FILE_H
#define HMAC_KEY_FILE_H

#include "keys.h"

typedef struct key_file key_file;

/* Reads the file and looks every `interval_ms` milliseconds, on a thread of its own, whether it is another one or has changed. Null
 * if it cannot be read now; a change that cannot be read later is logged, and the keys stay as they were. */
key_file *key_file_open(const sf_host *host, const char *path, int64_t interval_ms, sf_error *error);

/* The keys as they are now; to be released. Waits for no file. */
key_set *key_file_keys(key_file *file);

/* Ends the thread. */
void key_file_close(key_file *file);

#endif
