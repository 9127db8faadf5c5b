/* A spill store that a test holds up: what is to be written waits until somebody writes to the FIFO `gate` in the server's
 * folder, and is lost then. */
#include "streamfence_plugin.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static void *create(void *context, const sf_settings *settings, sf_error *error) {
  static int instance;
  (void)context, (void)settings, (void)error;
  return &instance;
}

static void destroy(void *instance) { (void)instance; }

static int32_t append(void *instance, const sf_spill_lane *lane, const sf_spill_record *records, size_t count,
                      sf_error *error) {
  (void)instance, (void)lane, (void)records, (void)count;
  int gate = open("gate", O_RDONLY);
  if (gate >= 0) close(gate);
  snprintf(error->message, sizeof(error->message), "the test let go");
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

static const sf_spill_store table = {sizeof(sf_spill_store), append, read_records, release, drop, lanes};
static const sf_component components[] = {
    {sizeof(sf_component), SF_SPILL_STORE, "held", &table, NULL, NULL, create, destroy}};
static const sf_plugin plugin = {sizeof(sf_plugin), 1, "held", "1.0", components};

SF_DECLARE_PLUGIN;

const sf_plugin *streamfence_plugin_init(const sf_host *host, sf_error *error) {
  (void)host, (void)error;
  return &plugin;
}
