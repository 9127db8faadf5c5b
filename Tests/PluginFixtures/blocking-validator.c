/* A validator that holds every thread it is called on, until another one of this file is asked. */
#include "fixture.h"

#include <semaphore.h>

static sem_t released;

static void accept(uint64_t call, sf_token_answer answer) {
  const sf_token_decision decision = {
      .size = sizeof decision, .verdict = SF_TOKEN_ACCEPTED, .principal = {(const uint8_t *)"anybody", 7}};
  answer(call, &decision);
}

static void block(void *instance, const sf_token_request *request, uint64_t call, sf_token_answer answer) {
  (void)instance, (void)request;
  while (sem_wait(&released) != 0) continue;
  accept(call, answer);
}

static void release(void *instance, const sf_token_request *request, uint64_t call, sf_token_answer answer) {
  (void)instance, (void)request;
  sem_post(&released);
  accept(call, answer);
}

static const sf_token_validator blocking = {sizeof blocking, block, NULL};
static const sf_token_validator releasing = {sizeof releasing, release, NULL};
static const sf_component components[] = {
    FIXTURE_COMPONENT(SF_TOKEN_VALIDATOR, "blocks", blocking),
    FIXTURE_COMPONENT(SF_TOKEN_VALIDATOR, "releases", releasing),
};

SF_DECLARE_PLUGIN;
const sf_plugin *streamfence_plugin_init(const sf_host *host, sf_error *error) {
  static const sf_plugin plugin = {sizeof plugin, 2, "fixture", "1.0", components};
  (void)host, (void)error;
  return sem_init(&released, 0, 0) == 0 ? &plugin : NULL;
}
