/* A spill store that a test holds up: what is to be written waits until somebody writes to the FIFO `gate` in the server's
 * folder, and is lost then. */
#include "fixture.h"

#include <fcntl.h>
#include <unistd.h>

static int32_t append(void *instance, const sf_spill_lane *lane, const sf_spill_record *records, size_t count,
                      sf_error *error) {
  (void)instance, (void)lane, (void)records, (void)count;
  int gate = open("gate", O_RDONLY);
  if (gate >= 0) close(gate);
  snprintf(error->message, sizeof(error->message), "the test let go");
  return SF_FAILURE;
}

static const sf_spill_store table = {sizeof table, append, fixture_read, fixture_release, fixture_drop, fixture_lanes};
static const sf_component components[] = {FIXTURE_COMPONENT(SF_SPILL_STORE, "held", table)};

SF_DECLARE_PLUGIN;
FIXTURE_INIT(components)
