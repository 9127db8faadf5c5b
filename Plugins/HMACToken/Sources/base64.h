#ifndef HMAC_BASE64_H
#define HMAC_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes base64url without padding (RFC 4648, section 5) into `to`, which has room for `room` bytes. False if it is none, or has
 * more bytes than there is room for. Each sequence of bytes has one encoding only: bits that belong to none have to be 0. */
bool base64url_decode(const uint8_t *text, size_t length, uint8_t *to, size_t room, size_t *decoded);

/* The same, but also takes + and / for - and _, and padding: what `openssl rand -base64 32` writes. */
bool base64_decode(const uint8_t *text, size_t length, uint8_t *to, size_t room, size_t *decoded);

#endif
