#include "token.h"

#include "base64.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

enum { SIGNATURE_LENGTH = 32, MOST_BYTES = 1024 };

/* Whether bytes are UTF-8 without control characters: a principal is shown in logs. */
static bool is_printable(const uint8_t *at, size_t length) {
  static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
  const uint8_t *end = at + length;
  while (at < end) {
    const uint8_t first = *at++;
    const int more = first < 0x80 ? 0 : (first & 0xE0) == 0xC0 ? 1 : (first & 0xF0) == 0xE0 ? 2 : (first & 0xF8) == 0xF0 ? 3 : -1;
    if (more < 0 || end - at < more) return false;
    uint32_t code = more == 0 ? first : first & (0x3Fu >> more);
    for (int i = 0; i < more; i++, at++) {
      if ((*at & 0xC0) != 0x80) return false;
      code = code << 6 | (*at & 0x3F);
    }
    if (code < least[more] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
    if (code < 0x20 || (code >= 0x7F && code < 0xA0)) return false;
  }
  return true;
}

/* 0, or a decimal number of at most 11 digits that does not begin with 0. */
static bool read_seconds(sf_slice text, int64_t *seconds) {
  *seconds = 0;
  if (text.length == 0 || text.length > 11 || (text.bytes[0] == '0' && text.length > 1)) return false;
  for (size_t i = 0; i < text.length; i++) {
    if (text.bytes[i] < '0' || text.bytes[i] > '9') return false;
    *seconds = *seconds * 10 + (text.bytes[i] - '0');
  }
  return true;
}

/* The text's four parts; false if there are more or fewer. */
static bool split(sf_slice text, sf_slice parts[4]) {
  int count = 0;
  size_t start = 0;
  for (size_t i = 0; i <= text.length; i++) {
    if (i < text.length && text.bytes[i] != '.') continue;
    if (count == 4) return false;
    parts[count++] = (sf_slice){text.bytes + start, i - start};
    start = i + 1;
  }
  return count == 4;
}

const char *token_read(const key_set *keys, sf_slice text, token *into) {
  sf_slice parts[4];
  uint8_t given[SIGNATURE_LENGTH], wanted[EVP_MAX_MD_SIZE];
  size_t given_length;
  unsigned wanted_length = 0;
  if (text.length == 0 || text.length > MOST_BYTES || !split(text, parts))
    return "expected keyid.principal.expiry.signature, found something else";
  const sf_slice id = parts[0], principal = parts[1], expiry = parts[2], signature = parts[3];
  if (!is_key_id(id.bytes, id.length)) return "expected a key id of 1 to 64 letters, digits, _ and -, found another";
  if (!base64url_decode(signature.bytes, signature.length, given, sizeof given, &given_length) ||
      given_length != SIGNATURE_LENGTH)
    return "expected a signature of 32 bytes in base64url, found another";
  const key *key = key_set_find(keys, id.bytes, id.length);
  if (!key) return "expected the id of a key in the file, found another";
  const size_t signed_length = (size_t)(expiry.bytes + expiry.length - text.bytes);
  if (!HMAC(EVP_sha256(), key->secret, (int)key->secret_length, text.bytes, signed_length, wanted, &wanted_length) ||
      wanted_length != SIGNATURE_LENGTH || CRYPTO_memcmp(given, wanted, SIGNATURE_LENGTH) != 0)
    return "expected the signature of the key, found another";
  /* What follows was signed: whoever made it is told more. */
  if (!base64url_decode(principal.bytes, principal.length, into->principal, PRINCIPAL_LENGTH, &into->principal_length) ||
      into->principal_length == 0 || !is_printable(into->principal, into->principal_length))
    return "expected a principal of 1 to 256 bytes, UTF-8 without control characters, in base64url, found another";
  if (!read_seconds(expiry, &into->expires_at)) return "expected the expiry in seconds since 1970, found something else";
  return NULL;
}
