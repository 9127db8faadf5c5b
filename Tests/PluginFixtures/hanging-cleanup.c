/* Says that it is cleaned up, and never comes to an end of it. */
#include "fixture.h"

#include <unistd.h>

static const sf_host *server;

static const sf_component components[] = {FIXTURE_COMPONENT(SF_OVERFLOW_POLICY, "fixture", fixture_policy)};

SF_DECLARE_PLUGIN;

const sf_plugin *streamfence_plugin_init(const sf_host *host, sf_error *error) {
  static const sf_plugin plugin = {sizeof(sf_plugin), 1, "fixture", "1.0", components};
  (void)error;
  server = host;
  return &plugin;
}

void streamfence_plugin_cleanup(void) {
  const sf_slice line = {(const uint8_t *)"tidying", 7};
  server->log(SF_LOG_WARNING, line);
  for (;;) pause();
}
