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

/* How a call ended. */
enum { SF_SHIM_SUCCEEDED = 0, SF_SHIM_FAILED = 1, SF_SHIM_THREW = 2 };

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
 * Overflow policies
 */

/* One thread's room for one decision: the reason, and copies of what the policy looks at. */
typedef struct sf_shim_room sf_shim_room;

/* That of the calling thread, empty. */
sf_shim_room *sf_shim_begin_decision(void);
/* Where the reason goes. */
sf_error *sf_shim_reason(sf_shim_room *room);
/* A copy that stays until the decision ends. Its pointer is not null, but where memory is out. */
sf_slice sf_shim_copy(sf_shim_room *room, const uint8_t *bytes, size_t length);
void sf_shim_end_decision(sf_shim_room *room);

int32_t sf_shim_decide(const sf_shim_callee *callee, const sf_overflow_policy *table, void *instance,
                       const sf_overflow *overflow, sf_overflow_decision *decision);
int32_t sf_shim_rank(const sf_shim_callee *callee, const sf_overflow_policy *table, void *instance,
                     const sf_message *message, int64_t *rank, sf_error *error);

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
