/* Stands in for the built-in plugins: its drop-oldest refuses the newest instead, and its spill store is for nobody. */
#include "fixture.h"

static sf_overflow_decision refuse(void *instance, const sf_overflow *overflow, const sf_lane *lane, sf_error *reason) {
  sf_overflow_decision decision = {SF_REJECT, 0};
  (void)instance, (void)overflow, (void)lane, (void)reason;
  return decision;
}

static int32_t append(void *instance, const sf_spill_lane *lane, const sf_spill_record *records, size_t count,
                      sf_error *error) {
  (void)instance, (void)lane, (void)records, (void)count, (void)error;
  return SF_FAILURE;
}

static const sf_overflow_policy policy = {sizeof(sf_overflow_policy), refuse, NULL};
static const sf_spill_store store = {sizeof(sf_spill_store), append, fixture_read, fixture_release, fixture_drop, fixture_lanes};
static const sf_component components[] = {FIXTURE_COMPONENT(SF_OVERFLOW_POLICY, "drop-oldest", policy),
                                          FIXTURE_COMPONENT(SF_SPILL_STORE, "log", store)};

SF_DECLARE_PLUGIN;
FIXTURE_INIT(components)
