#include "base64.h"

static int digit(uint8_t byte, bool url_only) {
  if (byte >= 'A' && byte <= 'Z') return byte - 'A';
  if (byte >= 'a' && byte <= 'z') return byte - 'a' + 26;
  if (byte >= '0' && byte <= '9') return byte - '0' + 52;
  if (byte == '-' || (byte == '+' && !url_only)) return 62;
  if (byte == '_' || (byte == '/' && !url_only)) return 63;
  return -1;
}

static bool decode(const uint8_t *text, size_t length, bool url_only, uint8_t *to, size_t room, size_t *decoded) {
  uint32_t bits = 0;
  unsigned waiting = 0; /* bits that do not make a byte yet */
  *decoded = 0;
  if (length % 4 == 1) return false;
  for (size_t i = 0; i < length; i++) {
    const int value = digit(text[i], url_only);
    if (value < 0) return false;
    bits = bits << 6 | (uint32_t)value;
    waiting += 6;
    if (waiting < 8) continue;
    if (*decoded == room) return false;
    waiting -= 8;
    to[(*decoded)++] = (uint8_t)(bits >> waiting);
  }
  return (bits & ((1u << waiting) - 1)) == 0;
}

bool base64url_decode(const uint8_t *text, size_t length, uint8_t *to, size_t room, size_t *decoded) {
  return decode(text, length, true, to, room, decoded);
}

bool base64_decode(const uint8_t *text, size_t length, uint8_t *to, size_t room, size_t *decoded) {
  if (length % 4 == 0 && length > 0 && text[length - 1] == '=') {
    length--;
    if (text[length - 1] == '=') length--;
  }
  return decode(text, length, false, to, room, decoded);
}
