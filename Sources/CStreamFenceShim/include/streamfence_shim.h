/*
 * The host's way into a plugin's functions. Each call
 *
 *   1. catches every C++ exception, which could not pass through Swift, and says so in the call's error;
 *   2. marks its thread with whom it calls: where it crashes, one line on standard error names the plugin and the call.
 */
#ifndef STREAMFENCE_SHIM_H
#define STREAMFENCE_SHIM_H

#include "streamfence_plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Who is called, for the report of a crash. Lives as long as the process. */
typedef struct sf_shim_callee {
  const char *file;      /* the plugin's */
  const char *component; /* null for calls that are about none */
} sf_shim_callee;

/* A call, for the same. Lives as long as it lasts. */
typedef struct sf_shim_call {
  const sf_shim_callee *callee;
  const char *name;
} sf_shim_call;

/* How a call ended. */
enum {
  SF_SHIM_SUCCEEDED = 0,
  SF_SHIM_FAILED = 1,
  SF_SHIM_THREW = 2
};

/* From now on a crash inside a call is reported, and then handled as it would have been. May be called again. */
void sf_shim_report_crashes(void);

/* ---------------------------------------------------------------------------------------------------------------------
 * What plugins call
 *
 * The contract's functions don't say whose call they are; there is one of each for every plugin.
 */

#define SF_SHIM_MOST_PLUGINS 256

/* Once, before the first plugin is loaded. */
void sf_shim_set_handlers(void (*log)(uint32_t plugin, int32_t level, sf_slice line),
                          void (*answer)(uint32_t plugin, uint64_t call, const sf_token_decision *decision));
/* The table and the answer of a plugin; null from SF_SHIM_MOST_PLUGINS on. */
const sf_host *sf_shim_host(uint32_t plugin);
sf_token_answer sf_shim_answer(uint32_t plugin);

/* ---------------------------------------------------------------------------------------------------------------------
 * A plugin and its components
 */

/* dlopen, marked: constructors run in it. Null, with an error, if the file could not be loaded. */
void *sf_shim_open(const sf_shim_callee *callee, const char *path, sf_error *error);

typedef const sf_plugin *(*sf_shim_init_function)(const sf_host *host, sf_error *error);
typedef int32_t (*sf_shim_check_function)(void *context, const sf_settings *settings, sf_error *error);
typedef void *(*sf_shim_create_function)(void *context, const sf_settings *settings, sf_error *error);
typedef void (*sf_shim_instance_function)(void *instance);
typedef void (*sf_shim_cleanup_function)(void);

int32_t sf_shim_init(const sf_shim_callee *callee, sf_shim_init_function init, const sf_host *host,
                     const sf_plugin **plugin, sf_error *error);
int32_t sf_shim_check(const sf_shim_callee *callee, const sf_component *component, const sf_settings *settings,
                      sf_error *error);
int32_t sf_shim_create(const sf_shim_callee *callee, const sf_component *component, const sf_settings *settings,
                       void **instance, sf_error *error);
int32_t sf_shim_destroy(const sf_shim_callee *callee, const sf_component *component, void *instance);
int32_t sf_shim_cleanup(const sf_shim_callee *callee, sf_shim_cleanup_function cleanup);

/* ---------------------------------------------------------------------------------------------------------------------
 * Counting
 */

/* Counts on many threads at once without their waiting for each other: most have a place of their own in it, as far from the
 * others as that takes. Lives as long as the process. */
#define SF_SHIM_PLACES 64
typedef struct sf_shim_counter {
  struct {
    uint64_t count;
    uint64_t unused[7];
  } of[SF_SHIM_PLACES];
} sf_shim_counter;

sf_shim_counter *sf_shim_make_counter(void);
/* Adds one. Returns how many the calling thread, or those that share its place, had counted before. */
uint64_t sf_shim_count(sf_shim_counter *counter);
/* All that was counted so far. */
uint64_t sf_shim_total(const sf_shim_counter *counter);

/* How many calls took how long. For any thread; lives as long as the process. */
#define SF_SHIM_DURATION_BUCKETS 10
typedef struct sf_shim_durations {
  uint64_t counts[SF_SHIM_DURATION_BUCKETS + 1]; /* of each bucket by itself; the last is of what is longer than all */
  uint64_t nanoseconds;                          /* of all together */
} sf_shim_durations;

/* The longest that counts in each bucket, in nanoseconds. */
const uint64_t *sf_shim_duration_bounds(void);
sf_shim_durations *sf_shim_make_durations(void);
void sf_shim_add_duration(sf_shim_durations *durations, uint64_t nanoseconds);
/* Read while others add, so that it is as good as a moment earlier or later. */
sf_shim_durations sf_shim_durations_now(const sf_shim_durations *durations);

/* ---------------------------------------------------------------------------------------------------------------------
 * Overflow policies
 */

/* What is needed to call a policy. */
typedef struct sf_shim_policy {
  sf_shim_call decide; /* as sf_shim_decide_call makes it */
  const sf_overflow_policy *table;
  void *instance;
  sf_shim_counter *calls;
  sf_shim_durations *durations;
} sf_shim_policy;

sf_shim_call sf_shim_decide_call(const sf_shim_callee *callee);

/* Reading the clock twice costs more than most decisions do. */
#define SF_SHIM_DECISIONS_PER_TIMING 64
/* In nanoseconds: every client of the event loop waits meanwhile. */
#define SF_SHIM_LONGEST_DECISION 50000
/* Stands in the place of an action, which it is none of, where there is more to say: see sf_shim_unusual_decision. */
#define SF_SHIM_UNUSUAL 256

/* What became of a decision that is more than an action and its argument. */
typedef struct sf_shim_unusual {
  /* SF_SHIM_SUCCEEDED: there is a reason, or it took too long. SF_SHIM_THREW: the reason is what was thrown. */
  int32_t outcome;
  sf_overflow_decision decision;
  /* How long it took, if that is more than SF_SHIM_LONGEST_DECISION and it was timed; else 0. */
  uint64_t nanoseconds;
  sf_error reason;
} sf_shim_unusual;

/* Makes a decision and counts it; the first of SF_SHIM_DECISIONS_PER_TIMING of a thread is timed. The result is what the
 * plugin returned, whatever that is, or stands for an unusual decision. A function like the plugin's own: its instance is a
 * sf_shim_policy, and it has no use for room for a reason. */
sf_overflow_decision sf_shim_decide(void *instance, const sf_overflow *overflow, const sf_lane *lane, sf_error *reason);
/* What the thread's last decision came to, if this is its result and stands for that; null for what a plugin returned. */
const sf_shim_unusual *sf_shim_unusual_decision(sf_overflow_decision decision);
int32_t sf_shim_rank(const sf_shim_policy *policy, const sf_message *message, int64_t *rank, sf_error *error);

/* ---------------------------------------------------------------------------------------------------------------------
 * Token validators
 */

int32_t sf_shim_validate(const sf_shim_callee *callee, const sf_token_validator *table, void *instance,
                         const sf_token_request *request, uint64_t call, sf_token_answer answer, sf_error *error);
int32_t sf_shim_cancel(const sf_shim_callee *callee, const sf_token_validator *table, void *instance, uint64_t call,
                       sf_error *error);

/* ---------------------------------------------------------------------------------------------------------------------
 * Spill stores
 */

int32_t sf_shim_append(const sf_shim_callee *callee, const sf_spill_store *table, void *instance,
                       const sf_spill_lane *lane, const sf_spill_record *records, size_t count, sf_error *error);
int32_t sf_shim_read(const sf_shim_callee *callee, const sf_spill_store *table, void *instance, const sf_spill_lane *lane,
                     uint64_t position, uint64_t max_records, uint64_t max_bytes, sf_take_record take, void *to,
                     sf_error *error);
int32_t sf_shim_release(const sf_shim_callee *callee, const sf_spill_store *table, void *instance,
                        const sf_spill_lane *lane, uint64_t position, sf_error *error);
int32_t sf_shim_drop(const sf_shim_callee *callee, const sf_spill_store *table, void *instance, const sf_spill_lane *lane,
                     sf_error *error);
int32_t sf_shim_lanes(const sf_shim_callee *callee, const sf_spill_store *table, void *instance, sf_take_lane take,
                      void *to, sf_error *error);

/* ---------------------------------------------------------------------------------------------------------------------
 * Metrics sinks
 */

int32_t sf_shim_export(const sf_shim_callee *callee, const sf_metrics_sink *table, void *instance,
                       const sf_snapshot *snapshot, sf_error *error);
int32_t sf_shim_render(const sf_shim_callee *callee, const sf_metrics_sink *table, void *instance,
                       const sf_snapshot *snapshot, sf_take_text take, void *to, sf_error *error);

#ifdef __cplusplus
}
#endif
#endif
