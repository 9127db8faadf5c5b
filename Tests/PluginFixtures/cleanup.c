/* Says when it is cleaned up. */
#include "fixture.h"

static const sf_component components[] = {FIXTURE_COMPONENT(SF_OVERFLOW_POLICY, "fixture", fixture_policy)};

SF_DECLARE_PLUGIN;
FIXTURE_INIT(components)

void streamfence_plugin_cleanup(void) {
  const sf_slice line = {(const uint8_t *)"tidy\n", 5};
  fixture_host->log(SF_LOG_WARNING, line);
}
