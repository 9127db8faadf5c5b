#include "fixture.h"

static const sf_component components[] = {FIXTURE_COMPONENT(SF_OVERFLOW_POLICY, "fixture", fixture_policy)};

FIXTURE_INIT(components)
