/* A store in memory, by folder: there again when it is opened again. Nothing is wrong with it but what its users make of it. */
#ifndef MEMORY_STORE_H
#define MEMORY_STORE_H

#include "fixture.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

typedef struct record {
  struct record *next;
  uint64_t position;
  size_t length;
  uint8_t bytes[];
} record;

typedef struct lane {
  struct lane *next;
  char *folder, *namespace_path, *client_id, *topic;
  record *records;
} lane;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static lane *all;

static char *copy(sf_slice text) {
  char *copied = calloc(1, text.length + 1);
  return text.length ? memcpy(copied, text.bytes, text.length) : copied;
}

static lane *find(const char *folder, const sf_spill_lane *name, int make) {
  for (lane *each = all; each; each = each->next)
    if (!strcmp(each->folder, folder) && fixture_is(name->namespace_path, each->namespace_path) &&
        fixture_is(name->client_id, each->client_id) && fixture_is(name->topic, each->topic))
      return each;
  if (!make) return NULL;
  lane *made = calloc(1, sizeof(lane));
  *made = (lane){all, strdup(folder), copy(name->namespace_path), copy(name->client_id), copy(name->topic), NULL};
  return all = made;
}

static record **end_of(lane *lane) {
  record **end = &lane->records;
  while (*end) end = &(*end)->next;
  return end;
}

static void *open_folder(void *context, const sf_settings *settings, sf_error *error) {
  char *folder = copy(settings->folder);
  struct stat found;
  (void)context;
  if (mkdir(folder, 0700) == 0 || stat(folder, &found) == 0) return folder;
  snprintf(error->message, sizeof(error->message), "expected a folder at %s, found none", folder);
  free(folder);
  return NULL;
}

static int32_t append(void *folder, const sf_spill_lane *name, const sf_spill_record *records, size_t count,
                      sf_error *error) {
  (void)error;
  pthread_mutex_lock(&lock);
  record **end = end_of(find(folder, name, 1));
  for (size_t i = 0; i < count; i++) {
    record *made = malloc(sizeof(record) + records[i].bytes.length);
    *made = (record){NULL, records[i].position, records[i].bytes.length};
    memcpy(made->bytes, records[i].bytes.bytes, made->length);
    *end = made, end = &made->next;
  }
  pthread_mutex_unlock(&lock);
  return SF_SUCCESS;
}

static int32_t read_records(void *folder, const sf_spill_lane *name, uint64_t position, uint64_t max_records,
                            uint64_t max_bytes, sf_take_record take, void *to, sf_error *error) {
  uint64_t count = 0, bytes = 0;
  (void)error;
  pthread_mutex_lock(&lock);
  lane *found = find(folder, name, 0);
  for (record *each = found ? found->records : NULL; each && count < max_records; each = each->next) {
    if (each->position < position) continue;
    if (count > 0 && bytes + each->length > max_bytes) break;
    take(to, each->position, (sf_slice){each->bytes, each->length});
    count++, bytes += each->length;
  }
  pthread_mutex_unlock(&lock);
  return SF_SUCCESS;
}

static int32_t release(void *folder, const sf_spill_lane *name, uint64_t position, sf_error *error) {
  (void)error;
  pthread_mutex_lock(&lock);
  lane *found = find(folder, name, 0);
  while (found && found->records && found->records->position < position) found->records = found->records->next;
  pthread_mutex_unlock(&lock);
  return SF_SUCCESS;
}

static int32_t drop(void *folder, const sf_spill_lane *name, sf_error *error) {
  return release(folder, name, UINT64_MAX, error);
}

static int32_t lanes(void *folder, sf_take_lane take, void *to, sf_error *error) {
  (void)error;
  for (lane *each = all; each; each = each->next) {
    if (strcmp(each->folder, folder) || !each->records) continue;
    const sf_spill_lane name = {sizeof(sf_spill_lane),
                                {(uint8_t *)each->namespace_path, strlen(each->namespace_path)},
                                {(uint8_t *)each->client_id, strlen(each->client_id)},
                                {(uint8_t *)each->topic, strlen(each->topic)}};
    take(to, &name);
  }
  return SF_SUCCESS;
}

#endif
