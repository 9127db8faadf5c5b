/* Answers each call with what it makes of the next one. */
#include "fixture.h"

static void validate(void *instance, const sf_token_request *request, uint64_t call, sf_token_answer answer) {
  static uint64_t previous;
  sf_token_decision decision = {.size = sizeof(decision), .verdict = SF_TOKEN_REJECTED};
  (void)instance, (void)request;
  if (previous) answer(previous, &decision);
  previous = call;
}

static const sf_token_validator table = {sizeof(sf_token_validator), validate, NULL};
static const sf_component components[] = {FIXTURE_COMPONENT(SF_TOKEN_VALIDATOR, "wrong-call", table)};

SF_DECLARE_PLUGIN;
FIXTURE_INIT(components)
