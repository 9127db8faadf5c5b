#include "fixture.h"

#include <stdexcept>

SF_DECLARE_PLUGIN;
extern "C" const sf_plugin *streamfence_plugin_init(const sf_host *, sf_error *) {
  throw std::runtime_error("out of luck");
}
