/* Stands in for the built-in plugins: its drop-oldest refuses the newest instead, and its spill store is for nobody. */
#include "fixture.h"

static sf_overflow_decision refuse(void *instance, const sf_overflow *overflow) {
  sf_overflow_decision decision = {SF_REJECT, 0};
  (void)instance, (void)overflow;
  return decision;
}

static int32_t append(void *instance, const sf_spill_lane *lane, const sf_spill_record *records, size_t count,
                      sf_error *error) {
  (void)instance, (void)lane, (void)records, (void)count, (void)error;
  return SF_FAILURE;
}

static int32_t read_records(void *instance, const sf_spill_lane *lane, uint64_t position, uint64_t max_records,
                            uint64_t max_bytes, sf_take_record take, void *to, sf_error *error) {
  (void)instance, (void)lane, (void)position, (void)max_records, (void)max_bytes, (void)take, (void)to, (void)error;
  return SF_SUCCESS;
}

static int32_t release(void *instance, const sf_spill_lane *lane, uint64_t position, sf_error *error) {
  (void)instance, (void)lane, (void)position, (void)error;
  return SF_SUCCESS;
}

static int32_t drop(void *instance, const sf_spill_lane *lane, sf_error *error) {
  (void)instance, (void)lane, (void)error;
  return SF_SUCCESS;
}

static int32_t lanes(void *instance, sf_take_lane take, void *to, sf_error *error) {
  (void)instance, (void)take, (void)to, (void)error;
  return SF_SUCCESS;
}

static const sf_overflow_policy policy = {sizeof(sf_overflow_policy), refuse, NULL};
static const sf_spill_store store = {sizeof(sf_spill_store), append, read_records, release, drop, lanes};
static const sf_component components[] = {FIXTURE_COMPONENT(SF_OVERFLOW_POLICY, "drop-oldest", policy),
                                          FIXTURE_COMPONENT(SF_SPILL_STORE, "log", store)};

SF_DECLARE_PLUGIN;
FIXTURE_INIT(components)
