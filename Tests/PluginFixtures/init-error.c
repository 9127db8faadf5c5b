#include "fixture.h"

SF_DECLARE_PLUGIN;
const sf_plugin *streamfence_plugin_init(const sf_host *host, sf_error *error) {
  (void)host;
  snprintf(error->message, sizeof(error->message), "expected a licence, found none");
  return NULL;
}
