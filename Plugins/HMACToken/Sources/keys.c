#include "keys.h"

#include "base64.h"
#include "sf_options.h"

#include <openssl/crypto.h>
#include <yaml.h>

enum { MOST_KEYS = 1024 };

bool is_key_id(const uint8_t *text, size_t length) {
  if (length == 0 || length > KEY_ID_LENGTH) return false;
  for (size_t i = 0; i < length; i++) {
    const uint8_t byte = text[i], letter = byte | 0x20;
    if (!(letter >= 'a' && letter <= 'z') && !(byte >= '0' && byte <= '9') && byte != '_' && byte != '-') return false;
  }
  return true;
}

const key *key_set_find(const key_set *set, const uint8_t *id, size_t length) {
  for (size_t i = 0; i < set->count; i++)
    if (strlen(set->keys[i].id) == length && memcmp(set->keys[i].id, id, length) == 0) return &set->keys[i];
  return NULL;
}

void key_set_release(key_set *set) {
  if (!set || atomic_fetch_sub(&set->references, 1) != 1) return;
  OPENSSL_cleanse(set->keys, set->count * sizeof *set->keys);
  free(set);
}

/* Adds one line of `keys`. */
static bool add_key(key_set *set, const char *path, const yaml_node_t *id, const yaml_node_t *secret, sf_error *error) {
  const unsigned long line = id->start_mark.line + 1;
  if (id->type != YAML_SCALAR_NODE || !is_key_id(id->data.scalar.value, id->data.scalar.length))
    return sf_fail(error, "%s:%lu: expected a key id of 1 to 64 letters, digits, _ and -, found another", path, line), false;
  key *to = &set->keys[set->count];
  memcpy(to->id, id->data.scalar.value, id->data.scalar.length);
  to->id[id->data.scalar.length] = 0;
  if (key_set_find(set, id->data.scalar.value, id->data.scalar.length))
    return sf_fail(error, "%s:%lu: expected each key once, found %s again", path, line, to->id), false;
  set->count++;
  /* The secret itself is nothing for a message. */
  if (secret->type != YAML_SCALAR_NODE ||
      !base64_decode(secret->data.scalar.value, secret->data.scalar.length, to->secret, SECRET_LENGTH, &to->secret_length))
    return sf_fail(error, "%s:%lu: expected the secret of %s as base64 of at most %d bytes, found something else", path, line,
                   to->id, SECRET_LENGTH), false;
  if (to->secret_length < LEAST_SECRET_LENGTH)
    return sf_fail(error, "%s:%lu: expected a secret of at least %d bytes for %s, found %zu", path, line, LEAST_SECRET_LENGTH,
                   to->id, to->secret_length), false;
  return true;
}

static key_set *read_document(yaml_document_t *document, const char *path, sf_error *error) {
  const yaml_node_t *root = yaml_document_get_root_node(document), *keys = NULL;
  if (root && root->type == YAML_MAPPING_NODE && root->data.mapping.pairs.top - root->data.mapping.pairs.start == 1) {
    const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
    const yaml_node_t *name = yaml_document_get_node(document, pair->key);
    if (name->type == YAML_SCALAR_NODE && strcmp((const char *)name->data.scalar.value, "keys") == 0)
      keys = yaml_document_get_node(document, pair->value);
  }
  if (!keys || keys->type != YAML_MAPPING_NODE)
    return sf_fail(error, "%s: expected `keys:` with secrets by key id, found something else", path), NULL;
  const size_t count = (size_t)(keys->data.mapping.pairs.top - keys->data.mapping.pairs.start);
  if (count == 0 || count > MOST_KEYS)
    return sf_fail(error, "%s: expected 1 to %d keys, found %zu", path, MOST_KEYS, count), NULL;
  key_set *set = calloc(1, sizeof *set + count * sizeof *set->keys);
  if (!set) return sf_fail(error, "%s: expected memory for %zu keys, found none", path, count), NULL;
  atomic_init(&set->references, 1);
  for (const yaml_node_pair_t *pair = keys->data.mapping.pairs.start; pair < keys->data.mapping.pairs.top; pair++)
    if (!add_key(set, path, yaml_document_get_node(document, pair->key), yaml_document_get_node(document, pair->value), error)) {
      key_set_release(set);
      return NULL;
    }
  return set;
}

key_set *key_set_parse(const char *path, const uint8_t *text, size_t length, sf_error *error) {
  yaml_parser_t parser;
  if (!yaml_parser_initialize(&parser)) return sf_fail(error, "%s: expected memory to read it, found none", path), NULL;
  yaml_parser_set_input_string(&parser, text, length);
  yaml_document_t document, second;
  key_set *set = NULL;
  if (yaml_parser_load(&parser, &document)) {
    set = read_document(&document, path, error);
    yaml_document_delete(&document);
    /* What stands behind a second `---` would be ignored: not in silence. */
    const bool read_on = set && yaml_parser_load(&parser, &second);
    if (set && !(read_on && !yaml_document_get_root_node(&second))) {
      key_set_release(set);
      set = NULL;
      sf_fail(error, "%s: expected one YAML document, found more", path);
    }
    if (read_on) yaml_document_delete(&second);
  } else {
    sf_fail(error, "%s:%zu: expected YAML, found something else: %s", path, (size_t)parser.problem_mark.line + 1,
            parser.problem ? parser.problem : "not enough memory");
  }
  yaml_parser_delete(&parser);
  return set;
}
