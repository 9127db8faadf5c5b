/* Tokens of the form keyid.principal.expiry.signature; README.md says what each part is. */
#ifndef HMAC_TOKEN_H
#define HMAC_TOKEN_H

#include "keys.h"

enum { PRINCIPAL_LENGTH = 256 };

typedef struct token {
  uint8_t principal[PRINCIPAL_LENGTH];
  size_t principal_length;
  int64_t expires_at; /* seconds since 1970 UTC; 0 for never */
} token;

/* Reads a token and checks its signature, but not whether it is over. Null if it is good, otherwise why it is not. */
const char *token_read(const key_set *keys, sf_slice text, token *into);

#endif
