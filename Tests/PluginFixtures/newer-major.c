#include "fixture.h"

static const sf_component components[] = {FIXTURE_COMPONENT(SF_OVERFLOW_POLICY, "fixture", fixture_policy)};

SF_EXPORT const sf_abi streamfence_plugin_abi = {SF_ABI_MAGIC, SF_ABI_MAJOR + 1, SF_ABI_MINOR, sizeof(sf_plugin), sizeof(sf_component), "cc"};
FIXTURE_INIT(components)
