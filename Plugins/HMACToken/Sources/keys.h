/* The keys that tokens are signed with, from a YAML file. */
#ifndef HMAC_KEYS_H
#define HMAC_KEYS_H

#include "streamfence_plugin.h"

#include <stdatomic.h>
#include <stdbool.h>

enum { KEY_ID_LENGTH = 64, LEAST_SECRET_LENGTH = 32, SECRET_LENGTH = 256 };

typedef struct key {
  char id[KEY_ID_LENGTH + 1];
  uint8_t secret[SECRET_LENGTH];
  size_t secret_length;
} key;

/* All keys of the file at one time. Never changes; freed with its last reference. */
typedef struct key_set {
  atomic_uint references;
  size_t count;
  key keys[];
} key_set;

/* Parses what a file holds. Null, with an error that names `path`, if it is not as it should be. */
key_set *key_set_parse(const char *path, const uint8_t *text, size_t length, sf_error *error);

/* The key with an id; null if there is none. */
const key *key_set_find(const key_set *set, const uint8_t *id, size_t length);

void key_set_release(key_set *set);

/* 1 to 64 of A-Z a-z 0-9 _ - */
bool is_key_id(const uint8_t *text, size_t length);

#endif
