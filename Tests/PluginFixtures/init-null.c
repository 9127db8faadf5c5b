#include "fixture.h"

SF_DECLARE_PLUGIN;
const sf_plugin *streamfence_plugin_init(const sf_host *host, sf_error *error) {
  (void)host, (void)error;
  return NULL;
}
