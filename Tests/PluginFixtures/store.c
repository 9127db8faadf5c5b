/* Returns what the topic says, whatever it was given. */
#include "fixture.h"

static int32_t append(void *instance, const sf_spill_lane *lane, const sf_spill_record *records, size_t count,
                      sf_error *error) {
  (void)instance, (void)lane;
  snprintf(error->message, sizeof(error->message), "no room for %zu records, the last with %zu bytes", count,
           records[count - 1].bytes.length);
  return SF_FAILURE;
}

static int32_t read_records(void *instance, const sf_spill_lane *lane, uint64_t position, uint64_t max_records,
                            uint64_t max_bytes, sf_take_record take, void *to, sf_error *error) {
  sf_slice bytes = {(const uint8_t *)"12345", 5};
  (void)instance, (void)max_records, (void)max_bytes, (void)error;
  if (fixture_is(lane->topic, "out of order")) take(to, position + 1, bytes), take(to, position, bytes);
  if (fixture_is(lane->topic, "twice")) take(to, position, bytes), take(to, position, bytes);
  if (fixture_is(lane->topic, "too early")) take(to, position - 1, bytes);
  if (fixture_is(lane->topic, "three")) take(to, position, bytes), take(to, position + 1, bytes), take(to, position + 2, bytes);
  return SF_SUCCESS;
}

static int32_t drop(void *instance, const sf_spill_lane *lane, sf_error *error) {
  (void)instance, (void)lane, (void)error;
  return 17;
}

static int32_t lanes(void *instance, sf_take_lane take, void *to, sf_error *error) {
  const sf_spill_lane lane = {sizeof(sf_spill_lane), {(const uint8_t *)"/a", 2}, {(const uint8_t *)"b", 1}, {NULL, 0}};
  (void)instance, (void)error;
  take(to, &lane);
  return SF_SUCCESS;
}

static const sf_spill_store table = {sizeof(sf_spill_store), append, read_records, fixture_release, drop, lanes};
static const sf_component components[] = {FIXTURE_COMPONENT(SF_SPILL_STORE, "by-topic", table)};

SF_DECLARE_PLUGIN;
FIXTURE_INIT(components)
