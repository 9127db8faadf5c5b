/* Policies that end the process, each in the way of an honest mistake. */
#include "fixture.h"

static sf_overflow_decision read_nothing(void *instance, const sf_overflow *overflow,
                                         const sf_lane *lane, sf_error *reason) {
  const volatile int *nothing = NULL;
  (void)instance, (void)overflow, (void)lane, (void)reason;
  return (sf_overflow_decision){SF_REJECT, (uint64_t)*nothing};
}

/* Deeper than any stack, and nothing that a compiler could make a loop of. */
static uint64_t descend(volatile char *before) {
  volatile char room[4096];
  room[0] = before == NULL ? 0 : before[0];
  return descend(room) + (uint64_t)room[0];
}

static sf_overflow_decision descend_for_ever(void *instance, const sf_overflow *overflow,
                                             const sf_lane *lane, sf_error *reason) {
  (void)instance, (void)overflow, (void)lane, (void)reason;
  return (sf_overflow_decision){SF_REJECT, descend(NULL)};
}

static sf_overflow_decision trap(void *instance, const sf_overflow *overflow, const sf_lane *lane, sf_error *reason) {
  (void)instance, (void)overflow, (void)lane, (void)reason;
  __builtin_trap();
}

static const sf_overflow_policy reading = {sizeof reading, read_nothing, NULL};
static const sf_overflow_policy descending = {sizeof descending, descend_for_ever, NULL};
static const sf_overflow_policy trapping = {sizeof trapping, trap, NULL};
static const sf_component components[] = {
    FIXTURE_COMPONENT(SF_OVERFLOW_POLICY, "null-pointer", reading),
    FIXTURE_COMPONENT(SF_OVERFLOW_POLICY, "endless-recursion", descending),
    FIXTURE_COMPONENT(SF_OVERFLOW_POLICY, "trap", trapping),
};

SF_DECLARE_PLUGIN;
FIXTURE_INIT(components)
