#include "fixture.h"

#include <stdlib.h>

__attribute__((constructor)) static void start(void) { abort(); }

static const sf_component components[] = {FIXTURE_COMPONENT(SF_OVERFLOW_POLICY, "fixture", fixture_policy)};

SF_DECLARE_PLUGIN;
FIXTURE_INIT(components)
