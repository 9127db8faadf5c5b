/* What most of these plugins have in common, so that each shows only what is wrong with it. */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "streamfence_plugin.h"

#include <stdio.h>
#include <string.h>

static inline void *fixture_create(void *context, const sf_settings *settings, sf_error *error) {
  static int instance;
  (void)context, (void)settings, (void)error;
  return &instance;
}

static inline void fixture_destroy(void *instance) { (void)instance; }

static inline sf_overflow_decision fixture_decide(void *instance, const sf_overflow *overflow,
                                                  const sf_lane *lane, sf_error *reason) {
  sf_overflow_decision decision = {SF_EVICT_OLDEST, 1};
  (void)instance, (void)overflow, (void)lane, (void)reason;
  return decision;
}

static const sf_overflow_policy fixture_policy = {sizeof(sf_overflow_policy), fixture_decide, NULL};

/* What a store does that has nothing. */
static inline int32_t fixture_read(void *instance, const sf_spill_lane *lane, uint64_t position, uint64_t max_records,
                                   uint64_t max_bytes, sf_take_record take, void *to, sf_error *error) {
  (void)instance, (void)lane, (void)position, (void)max_records, (void)max_bytes, (void)take, (void)to, (void)error;
  return SF_SUCCESS;
}

static inline int32_t fixture_release(void *instance, const sf_spill_lane *lane, uint64_t position, sf_error *error) {
  (void)instance, (void)lane, (void)position, (void)error;
  return SF_SUCCESS;
}

static inline int32_t fixture_drop(void *instance, const sf_spill_lane *lane, sf_error *error) {
  (void)instance, (void)lane, (void)error;
  return SF_SUCCESS;
}

static inline int32_t fixture_lanes(void *instance, sf_take_lane take, void *to, sf_error *error) {
  (void)instance, (void)take, (void)to, (void)error;
  return SF_SUCCESS;
}

#define FIXTURE_COMPONENT(kind, name, table)                                                                            \
  { sizeof(sf_component), kind, name, &table, NULL, NULL, fixture_create, fixture_destroy }

/* What the host does for the plugin; set when it is started. */
static const sf_host *fixture_host __attribute__((unused));

/* The entry point of a plugin with these components. */
#define FIXTURE_INIT(list)                                                                                              \
  const sf_plugin *streamfence_plugin_init(const sf_host *host, sf_error *error) {                                      \
    static const sf_plugin plugin = {sizeof(sf_plugin), sizeof(list) / sizeof(list[0]), "fixture", "1.0", list};        \
    (void)error;                                                                                                        \
    fixture_host = host;                                                                                                \
    return &plugin;                                                                                                     \
  }

static inline int fixture_is(sf_slice slice, const char *text) {
  return slice.length == strlen(text) && memcmp(slice.bytes, text, slice.length) == 0;
}

#endif
