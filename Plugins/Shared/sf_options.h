/*
 * Reads the options of a plugin in C: a strict reader of the JSON object in sf_settings, with mistakes reported as
 * streamfence_plugin.h wants them, a line each. Include it in one file, or in each that needs it; there is nothing to link.
 *
 *   sf_options options;
 *   sf_options_open(&options, settings->options, error);
 *   const char *file = sf_options_text(&options, "file");
 *   int64_t limit = sf_options_integer(&options, "limit", 1, 1000, 100);
 *   char *copy = strdup(file);                              // what you keep: close frees the rest
 *   if (sf_options_close(&options, "acme") != SF_SUCCESS)   // also reports every option that was not asked for
 *     ...
 *
 * Reading never fails: what is wrong is written to the error, and a default stands in. `check` and `create` can share it.
 */
#ifndef SF_OPTIONS_H
#define SF_OPTIONS_H

#include "streamfence_plugin.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
#define SF_THREAD_LOCAL thread_local
#else
#define SF_THREAD_LOCAL _Thread_local
#endif
#ifdef __GNUC__
#define SF_UNUSED __attribute__((unused))
#define SF_FORMAT(text, rest) __attribute__((format(printf, text, rest)))
#else
#define SF_UNUSED
#define SF_FORMAT(text, rest)
#endif

typedef enum {
  SF_OPTION_TEXT,
  SF_OPTION_INTEGER,
  SF_OPTION_NUMBER,
  SF_OPTION_FLAG,
  SF_OPTION_LIST,
  SF_OPTION_SECTION
} sf_option_type;

/* One value. Valid until sf_options_close. */
typedef struct sf_option {
  sf_option_type type;
  const char *name;               /* in a section */
  const char *text;               /* text: without zero bytes, terminated */
  int64_t integer;                /* integers */
  bool flag;                      /* flags */
  char number[24];                /* numbers: how they were written, for messages; as much as there is room for */
  bool known;                     /* the plugin has asked for it */
  struct sf_option *first, *next; /* of a list or section; the next one in the same */
} sf_option;

typedef struct sf_options {
  sf_error *error;
  bool failed;
  char *json;
  sf_option *values, *root;
  char known[256]; /* what was asked for, for messages */
} sf_options;

/* ---------------------------------------------------------------------------------------------------------------------
 * Mistakes
 */

static inline sf_slice sf_text(const char *text) {
  sf_slice slice = {(const uint8_t *)text, strlen(text)};
  return slice;
}

/* Adds a line to an error that has room for it; cut off before a character that has not. */
static inline void sf_add_line(sf_error *error, const char *line) {
  size_t used = strlen(error->message), room = sizeof error->message - 1 - used;
  if (used > 0 && room > 0) error->message[used++] = '\n', room--;
  size_t length = strlen(line);
  if (length > room)
    for (length = room; length > 0 && ((unsigned char)line[length] & 0xC0) == 0x80;) length--;
  memcpy(error->message + used, line, length);
  error->message[used + length] = 0;
}

/* Writes why a call failed. Returns SF_FAILURE. */
SF_FORMAT(2, 3) SF_UNUSED static int32_t sf_fail(sf_error *error, const char *format, ...) {
  char line[sizeof error->message];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  error->message[0] = 0;
  sf_add_line(error, line);
  return SF_FAILURE;
}

/* Remembers that something is wrong with an option: say what was expected and what was found. */
SF_FORMAT(3, 4) SF_UNUSED static void sf_options_refuse(sf_options *options, const char *name, const char *format, ...) {
  char line[sizeof options->error->message];
  int used = snprintf(line, sizeof line, "%s%s", name, *name ? ": " : "");
  if (used < 0 || (size_t)used >= sizeof line) used = 0;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line + used, sizeof line - (size_t)used, format, arguments);
  va_end(arguments);
  sf_add_line(options->error, line);
  options->failed = true;
}

/* What a message says was found. Valid until the next call on this thread. */
SF_UNUSED static const char *sf_option_found(const sf_option *option) {
  static SF_THREAD_LOCAL char quoted[128];
  switch (option->type) {
  case SF_OPTION_TEXT:
    snprintf(quoted, sizeof quoted, strlen(option->text) < 100 ? "\"%s\"" : "\"%.80s...\"", option->text);
    return quoted;
  case SF_OPTION_FLAG: return option->flag ? "true" : "false";
  case SF_OPTION_LIST: return "a list";
  case SF_OPTION_SECTION: return "a section";
  default: return option->number;
  }
}

/* The same, of a value that must not be shown. */
SF_UNUSED static const char *sf_option_kind(const sf_option *option) {
  switch (option->type) {
  case SF_OPTION_TEXT: return "text";
  case SF_OPTION_FLAG: return "true or false";
  case SF_OPTION_LIST: return "a list";
  case SF_OPTION_SECTION: return option->first ? "a section" : "an empty section";
  default: return "a number";
  }
}

/* ---------------------------------------------------------------------------------------------------------------------
 * JSON
 */

typedef struct sf_json {
  char *at, *end; /* the text is decoded in place: what it says is never longer than how it is written */
  sf_option *next_value;
  const char *problem;
} sf_json;

static inline bool sf_json_refuse(sf_json *json, const char *problem) {
  if (!json->problem) json->problem = problem;
  return false;
}

static inline void sf_json_skip_space(sf_json *json) {
  while (json->at < json->end && (*json->at == ' ' || *json->at == '\t' || *json->at == '\n' || *json->at == '\r')) json->at++;
}

static inline bool sf_json_take(sf_json *json, char wanted) {
  sf_json_skip_space(json);
  if (json->at >= json->end || *json->at != wanted) return false;
  json->at++;
  return true;
}

static inline bool sf_json_take_word(sf_json *json, const char *word) {
  size_t length = strlen(word);
  if ((size_t)(json->end - json->at) < length || memcmp(json->at, word, length) != 0) return false;
  json->at += length;
  return true;
}

static inline bool sf_json_unit(sf_json *json, uint32_t *unit) {
  if (json->end - json->at < 4) return false;
  *unit = 0;
  for (int i = 0; i < 4; i++) {
    char digit = *json->at++;
    uint32_t value = digit >= '0' && digit <= '9'   ? (uint32_t)(digit - '0')
                     : digit >= 'a' && digit <= 'f' ? (uint32_t)(digit - 'a' + 10)
                     : digit >= 'A' && digit <= 'F' ? (uint32_t)(digit - 'A' + 10)
                                                    : 16;
    if (value == 16) return false;
    *unit = *unit << 4 | value;
  }
  return true;
}

/* What follows \u, as UTF-8. */
static inline char *sf_json_character(sf_json *json, char *to) {
  uint32_t code, low;
  if (!sf_json_unit(json, &code) || code == 0 || (code >= 0xDC00 && code <= 0xDFFF)) return NULL;
  if (code >= 0xD800 && code <= 0xDBFF) {
    if (!sf_json_take_word(json, "\\u") || !sf_json_unit(json, &low) || low < 0xDC00 || low > 0xDFFF) return NULL;
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  if (code < 0x80) {
    *to++ = (char)code;
  } else if (code < 0x800) {
    *to++ = (char)(0xC0 | code >> 6);
    *to++ = (char)(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    *to++ = (char)(0xE0 | code >> 12);
    *to++ = (char)(0x80 | (code >> 6 & 0x3F));
    *to++ = (char)(0x80 | (code & 0x3F));
  } else {
    *to++ = (char)(0xF0 | code >> 18);
    *to++ = (char)(0x80 | (code >> 12 & 0x3F));
    *to++ = (char)(0x80 | (code >> 6 & 0x3F));
    *to++ = (char)(0x80 | (code & 0x3F));
  }
  return to;
}

/* A string's text, after its opening quote. */
static inline const char *sf_json_string(sf_json *json) {
  static const char escapes[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
  char *start = json->at, *to = json->at;
  while (json->at < json->end) {
    char byte = *json->at++;
    if (byte == '"') {
      *to = 0;
      return start;
    }
    if ((unsigned char)byte < 0x20) break;
    if (byte != '\\') {
      *to++ = byte;
      continue;
    }
    if (json->at >= json->end) break;
    byte = *json->at++;
    if (byte == 'u') {
      to = sf_json_character(json, to);
      if (!to) break;
      continue;
    }
    const char *escape = escapes;
    while (*escape && *escape != byte) escape += 2;
    if (!*escape) break;
    *to++ = escape[1];
  }
  sf_json_refuse(json, "a string that is not one, or holds a zero byte");
  return NULL;
}

static inline const char *sf_json_digits(const char *at) {
  while (*at >= '0' && *at <= '9') at++;
  return at;
}

/* A number, by the grammar of JSON. The buffer ends with a zero. */
static inline bool sf_json_number(sf_json *json, sf_option *value) {
  const char *start = json->at, *at = *start == '-' ? start + 1 : start, *digits = at;
  at = sf_json_digits(at);
  if (at == digits || (*digits == '0' && at - digits > 1)) return sf_json_refuse(json, "a value that is none");
  value->type = SF_OPTION_INTEGER;
  if (*at == '.') {
    value->type = SF_OPTION_NUMBER;
    digits = at + 1;
    at = sf_json_digits(digits);
    if (at == digits) return sf_json_refuse(json, "a number without a fraction after its point");
  }
  if (*at == 'e' || *at == 'E') {
    value->type = SF_OPTION_NUMBER;
    digits = at[1] == '+' || at[1] == '-' ? at + 2 : at + 1;
    at = sf_json_digits(digits);
    if (at == digits) return sf_json_refuse(json, "a number without an exponent after its e");
  }
  if (value->type == SF_OPTION_INTEGER) {
    errno = 0;
    value->integer = strtoll(start, NULL, 10);
    if (errno == ERANGE) value->type = SF_OPTION_NUMBER;
  }
  snprintf(value->number, sizeof value->number, "%.*s", (int)(at - start < 24 ? at - start : 24), start);
  json->at += at - start;
  return true;
}

static inline sf_option *sf_json_value(sf_json *json, int depth);

/* The items of a list or a section, after its opening bracket. */
static inline bool sf_json_items(sf_json *json, sf_option *into, char closing, int depth) {
  sf_option **last = &into->first;
  if (sf_json_take(json, closing)) return true;
  do {
    const char *name = NULL;
    if (closing == '}') {
      if (!sf_json_take(json, '"')) return sf_json_refuse(json, "a section with something that has no name");
      name = sf_json_string(json);
      if (!name || !sf_json_take(json, ':')) return sf_json_refuse(json, "a name without a value");
      for (sf_option *other = into->first; other; other = other->next)
        if (strcmp(other->name, name) == 0) return sf_json_refuse(json, "one name twice");
    }
    *last = sf_json_value(json, depth - 1);
    if (!*last) return false;
    (*last)->name = name;
    last = &(*last)->next;
  } while (sf_json_take(json, ','));
  return sf_json_take(json, closing) || sf_json_refuse(json, "a list or section without its end");
}

static inline sf_option *sf_json_value(sf_json *json, int depth) {
  sf_json_skip_space(json);
  sf_option *value = json->next_value++;
  memset(value, 0, sizeof *value);
  if (json->at >= json->end || depth == 0) {
    sf_json_refuse(json, depth == 0 ? "lists or sections more than 16 deep" : "the end, too early");
    return NULL;
  }
  bool read;
  char first = *json->at;
  if (first == '"') {
    json->at++;
    value->type = SF_OPTION_TEXT;
    value->text = sf_json_string(json);
    read = value->text != NULL;
  } else if (first == '{' || first == '[') {
    json->at++;
    value->type = first == '{' ? SF_OPTION_SECTION : SF_OPTION_LIST;
    read = sf_json_items(json, value, first == '{' ? '}' : ']', depth);
  } else if (sf_json_take_word(json, "true") || sf_json_take_word(json, "false")) {
    value->type = SF_OPTION_FLAG;
    value->flag = first == 't';
    read = true;
  } else {
    read = sf_json_number(json, value);
  }
  return read ? value : NULL;
}

/* ---------------------------------------------------------------------------------------------------------------------
 * The options
 */

/* Begins to read. Always followed by sf_options_close. */
SF_UNUSED static void sf_options_open(sf_options *options, sf_slice text, sf_error *error) {
  memset(options, 0, sizeof *options);
  options->error = error;
  error->message[0] = 0;
  size_t most = 1; /* a value stands at the start, or behind one of these */
  for (size_t i = 0; i < text.length; i++) most += text.bytes[i] == '[' || text.bytes[i] == ',' || text.bytes[i] == ':';
  options->json = (char *)malloc(text.length + 1);
  options->values = (sf_option *)calloc(most, sizeof *options->values);
  if (!options->json || !options->values) {
    sf_options_refuse(options, "", "expected memory for the options, found none");
    return;
  }
  if (text.length > 0) memcpy(options->json, text.bytes, text.length);
  options->json[text.length] = 0;
  sf_json json = {options->json, options->json + text.length, options->values, NULL};
  sf_option *root = sf_json_value(&json, 16);
  sf_json_skip_space(&json);
  if (root && json.at < json.end) sf_json_refuse(&json, "something after it");
  if (root && root->type != SF_OPTION_SECTION) sf_json_refuse(&json, "another value");
  if (json.problem) sf_options_refuse(options, "", "expected the options as a JSON object, found %s", json.problem);
  if (!json.problem) options->root = root;
}

/* An option of any type; null where there is none. */
SF_UNUSED static const sf_option *sf_options_take(sf_options *options, const char *name) {
  size_t used = strlen(options->known);
  snprintf(options->known + used, sizeof options->known - used, "%s%s", used ? ", " : "", name);
  for (sf_option *option = options->root ? options->root->first : NULL; option; option = option->next)
    if (strcmp(option->name, name) == 0) {
      option->known = true;
      return option;
    }
  return NULL;
}

/* Text, or the default where there is none. */
SF_UNUSED static const char *sf_options_text_or(sf_options *options, const char *name, const char *standard) {
  const sf_option *option = sf_options_take(options, name);
  if (!option) return standard;
  if (option->type == SF_OPTION_TEXT) return option->text;
  sf_options_refuse(options, name, "expected text, found %s", sf_option_found(option));
  return standard;
}

/* Text that has to be there. Never null. */
SF_UNUSED static const char *sf_options_text(sf_options *options, const char *name) {
  const sf_option *option = sf_options_take(options, name);
  if (option && option->type == SF_OPTION_TEXT) return option->text;
  if (options->root) sf_options_refuse(options, name, "expected text, found %s", option ? sf_option_found(option) : "nothing");
  return "";
}

/* Text that has to be there, and that no message shows: a password, a key. Never null. */
SF_UNUSED static const char *sf_options_secret(sf_options *options, const char *name) {
  const sf_option *option = sf_options_take(options, name);
  if (option && option->type == SF_OPTION_TEXT) return option->text;
  /* A password of digits is a number to YAML, unless it is quoted. */
  if (option) sf_options_refuse(options, name, "expected text in quotes, found %s", sf_option_kind(option));
  if (!option && options->root) sf_options_refuse(options, name, "expected text, found nothing");
  return "";
}

/* A whole number from `least` to `most`. */
SF_UNUSED static int64_t sf_options_integer(sf_options *options, const char *name, int64_t least, int64_t most,
                                            int64_t standard) {
  const sf_option *option = sf_options_take(options, name);
  if (!option) return standard;
  if (option->type != SF_OPTION_INTEGER) {
    sf_options_refuse(options, name, "expected an integer, found %s", sf_option_found(option));
  } else if (option->integer < least) {
    sf_options_refuse(options, name, "expected at least %lld, found %lld", (long long)least, (long long)option->integer);
  } else if (option->integer > most) {
    sf_options_refuse(options, name, "expected at most %lld, found %lld", (long long)most, (long long)option->integer);
  } else {
    return option->integer;
  }
  return standard;
}

/* True or false. */
SF_UNUSED static bool sf_options_flag(sf_options *options, const char *name, bool standard) {
  const sf_option *option = sf_options_take(options, name);
  if (!option) return standard;
  if (option->type == SF_OPTION_FLAG) return option->flag;
  sf_options_refuse(options, name, "expected true or false, found %s", sf_option_found(option));
  return standard;
}

/* The index of one of the names, of which the last is followed by null. */
SF_UNUSED static int sf_options_choice(sf_options *options, const char *name, const char *const *names, int standard) {
  const sf_option *option = sf_options_take(options, name);
  if (!option) return standard;
  for (int i = 0; option->type == SF_OPTION_TEXT && names[i]; i++)
    if (strcmp(option->text, names[i]) == 0) return i;
  char all[256] = "";
  for (int i = 0; names[i]; i++) {
    size_t used = strlen(all);
    snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "", names[i]);
  }
  sf_options_refuse(options, name, "expected one of %s, found %s", all, sf_option_found(option));
  return standard;
}

/* Ends reading: reports the options that were not asked for and frees what was read. SF_SUCCESS if nothing is wrong. */
SF_UNUSED static int32_t sf_options_close(sf_options *options, const char *component) {
  for (sf_option *option = options->root ? options->root->first : NULL; option; option = option->next)
    if (!option->known)
      sf_options_refuse(options, *option->name ? option->name : "\"\"", "unknown option; %s takes %s", component,
                        *options->known ? options->known : "no options");
  free(options->json);
  free(options->values);
  options->root = NULL;
  return options->failed ? SF_FAILURE : SF_SUCCESS;
}

#endif
