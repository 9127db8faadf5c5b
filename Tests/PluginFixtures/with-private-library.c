/* Does what a library beside it says, which the linker finds by $ORIGIN. */
#include "fixture.h"

int limit_of_the_private_library(void);

static sf_overflow_decision decide(void *instance, const sf_overflow *overflow, const sf_lane *lane, sf_error *reason) {
  sf_overflow_decision decision = {SF_EVICT_OLDEST, 0};
  (void)instance, (void)overflow, (void)lane, (void)reason;
  decision.argument = (uint64_t)limit_of_the_private_library();
  return decision;
}

static const sf_overflow_policy table = {sizeof(sf_overflow_policy), decide, NULL};
static const sf_component components[] = {FIXTURE_COMPONENT(SF_OVERFLOW_POLICY, "as-the-library-says", table)};

SF_DECLARE_PLUGIN;
FIXTURE_INIT(components)
