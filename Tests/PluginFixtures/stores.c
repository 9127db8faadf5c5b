/* Stores that do one thing each that no store should. */
#include "memory-store.h"

/* What the store would have given. */
typedef struct found {
  sf_spill_record records[1000];
  size_t count;
} found;

static void hear(void *to, uint64_t position, sf_slice bytes) {
  found *all = to;
  if (all->count < 1000) all->records[all->count++] = (sf_spill_record){position, bytes};
}

static found find_all(void *folder, const sf_spill_lane *lane, uint64_t position, uint64_t max_records,
                      uint64_t max_bytes) {
  found all = {.count = 0};
  read_records(folder, lane, position, max_records, max_bytes, hear, &all, NULL);
  return all;
}

static int32_t read_backwards(void *folder, const sf_spill_lane *lane, uint64_t position, uint64_t max_records,
                              uint64_t max_bytes, sf_take_record take, void *to, sf_error *error) {
  const found all = find_all(folder, lane, position, max_records, max_bytes);
  (void)error;
  for (size_t i = all.count; i > 0; i--) take(to, all.records[i - 1].position, all.records[i - 1].bytes);
  return SF_SUCCESS;
}

static int32_t read_twice(void *folder, const sf_spill_lane *lane, uint64_t position, uint64_t max_records,
                          uint64_t max_bytes, sf_take_record take, void *to, sf_error *error) {
  const found all = find_all(folder, lane, position, max_records, max_bytes);
  (void)error;
  for (size_t i = 0; i < 2 * all.count; i++) take(to, all.records[i / 2].position, all.records[i / 2].bytes);
  return SF_SUCCESS;
}

static int32_t read_shortened(void *folder, const sf_spill_lane *lane, uint64_t position, uint64_t max_records,
                              uint64_t max_bytes, sf_take_record take, void *to, sf_error *error) {
  const found all = find_all(folder, lane, position, max_records, max_bytes);
  (void)error;
  for (size_t i = 0; i < all.count; i++) {
    const sf_slice bytes = {all.records[i].bytes.bytes, all.records[i].bytes.length - 1};
    take(to, all.records[i].position, bytes);
  }
  return SF_SUCCESS;
}

static int32_t read_everything(void *folder, const sf_spill_lane *lane, uint64_t position, uint64_t max_records,
                               uint64_t max_bytes, sf_take_record take, void *to, sf_error *error) {
  (void)max_records, (void)max_bytes;
  return read_records(folder, lane, position, UINT64_MAX, UINT64_MAX, take, to, error);
}

static int32_t drop_nothing(void *folder, const sf_spill_lane *lane, sf_error *error) {
  (void)folder, (void)lane, (void)error;
  return SF_SUCCESS;
}

static int32_t read_nothing(void *folder, const sf_spill_lane *lane, uint64_t position, uint64_t max_records,
                            uint64_t max_bytes, sf_take_record take, void *to, sf_error *error) {
  (void)folder, (void)lane, (void)position, (void)max_records, (void)max_bytes, (void)take, (void)to;
  snprintf(error->message, sizeof(error->message), "expected a disk, found none");
  return SF_FAILURE;
}

#define STORE(read, drop) {sizeof(sf_spill_store), append, read, release, drop, lanes}
static const sf_spill_store backwards = STORE(read_backwards, drop);
static const sf_spill_store twice = STORE(read_twice, drop);
static const sf_spill_store shortened = STORE(read_shortened, drop);
static const sf_spill_store greedy = STORE(read_everything, drop);
static const sf_spill_store keeping = STORE(read_records, drop_nothing);
static const sf_spill_store unreadable = STORE(read_nothing, drop);

#define COMPONENT(name, table) {sizeof(sf_component), SF_SPILL_STORE, name, &table, NULL, NULL, open_folder, free}
static const sf_component components[] = {
    COMPONENT("backwards", backwards), COMPONENT("twice", twice),     COMPONENT("shortened", shortened),
    COMPONENT("greedy", greedy),       COMPONENT("keeping", keeping), COMPONENT("unreadable", unreadable),
};

SF_DECLARE_PLUGIN;
FIXTURE_INIT(components)
