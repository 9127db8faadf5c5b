#include "fixture.h"

int nobody_defines_this(void);

SF_DECLARE_PLUGIN;
const sf_plugin *streamfence_plugin_init(const sf_host *host, sf_error *error) {
  (void)host, (void)error;
  return nobody_defines_this() ? NULL : NULL;
}
