/* Waits, with each snapshot, for a byte that never comes. */
#include "fixture.h"

#include <unistd.h>

static int32_t export_snapshot(void *instance, const sf_snapshot *snapshot, sf_error *error) {
  int ends[2];
  char byte;
  (void)instance, (void)snapshot;
  if (pipe(ends) == 0 && read(ends[0], &byte, 1) == 1) return SF_SUCCESS;
  snprintf(error->message, sizeof(error->message), "expected to wait for ever, found that it could not");
  return SF_FAILURE;
}

static const sf_metrics_sink table = {sizeof(sf_metrics_sink), export_snapshot, NULL};
static const sf_component components[] = {FIXTURE_COMPONENT(SF_METRICS_SINK, "blocking", table)};

SF_DECLARE_PLUGIN;
FIXTURE_INIT(components)
