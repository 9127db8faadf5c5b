/* Answers two calls that wait together with what it makes of each other's tokens. */
#include "worker.h"

static void answer_all(const question *questions, size_t count) {
  for (size_t i = 0; i < count; i++) answer_with(&questions[i], questions[count - 1 - i].verdict);
}

static const sf_token_validator table = {sizeof(sf_token_validator), ask_worker, NULL};
static const sf_component components[] = {FIXTURE_COMPONENT(SF_TOKEN_VALIDATOR, "wrong-call", table)};

SF_DECLARE_PLUGIN;
FIXTURE_INIT(components)
