/* A library as a company has it: knows nothing of StreamFence. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int acme_version = 7;

int acme_check(const char *token) { return strcmp(token, "good") == 0 ? 0 : -3; }

int acme_level(const char *token) { return atoi(token); }

bool acme_is_good(const void *bytes, size_t length) { return length == 4 && memcmp(bytes, "g\0od", 4) == 0; }

/* Everything in one text, to be freed. */
char *acme_describe(const char *token, const char *namespace, const char *topic, const char *address, int action, const char *text,
                    int number, size_t length) {
  char *line = malloc(4096);
  if (line) snprintf(line, 4096, "%s|%s|%s|%s|%d|%s|%d|%zu", token, namespace, topic, address, action, text, number, length);
  return line;
}

/* A megabyte, to be freed. */
char *acme_large(void) {
  char *text = malloc(1 << 20);
  if (text) memset(text, 'x', (1 << 20) - 1), text[(1 << 20) - 1] = 0;
  return text;
}

char *acme_same(const char *token) { return (char *)token; }

/* The user of a token, in memory that the next call uses again. How often two calls ran at once is counted. */
int acme_together, acme_running;

const char *acme_user(const char *token) {
  static char user[64];
  if (__atomic_add_fetch(&acme_running, 1, __ATOMIC_SEQ_CST) > 1) __atomic_add_fetch(&acme_together, 1, __ATOMIC_SEQ_CST);
  for (int i = 0; i < 2000; i++) snprintf(user, sizeof user, "user of %s", token);
  __atomic_sub_fetch(&acme_running, 1, __ATOMIC_SEQ_CST);
  return *token ? user : NULL;
}

/* Returns when two callers are in it: never, if only one is let in. */
const char *acme_meet(const char *token) {
  __atomic_add_fetch(&acme_running, 1, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(&acme_running, __ATOMIC_SEQ_CST) < 2) {
  }
  return token[0] == 'a' ? "anna" : "bert";
}
