#include "fixture.h"

static const sf_component components[] = {FIXTURE_COMPONENT(SF_OVERFLOW_POLICY, "Drop It", fixture_policy)};

SF_DECLARE_PLUGIN;
FIXTURE_INIT(components)
