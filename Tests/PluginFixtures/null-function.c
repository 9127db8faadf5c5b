#include "fixture.h"

static const sf_overflow_policy table = {sizeof(sf_overflow_policy), NULL, NULL};
static const sf_component components[] = {FIXTURE_COMPONENT(SF_OVERFLOW_POLICY, "fixture", table)};

SF_DECLARE_PLUGIN;
FIXTURE_INIT(components)
