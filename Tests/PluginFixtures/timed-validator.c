/* Accepts the token `alice:500` as alice for 500 milliseconds from now, `alice:` as alice for ever, and nothing else. */
#include "fixture.h"

#include <stdlib.h>
#include <time.h>

static int64_t milliseconds_since_1970(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void validate(void *instance, const sf_token_request *request, uint64_t call, sf_token_answer answer) {
  const uint8_t *token = request->token.bytes, *colon = memchr(token, ':', request->token.length);
  sf_token_decision decision = {.size = sizeof decision, .verdict = SF_TOKEN_REJECTED, .principal = {token, 0}};
  (void)instance;
  if (colon) {
    char digits[16] = {0};
    const size_t count = request->token.length - (size_t)(colon + 1 - token);
    memcpy(digits, colon + 1, count < sizeof digits ? count : sizeof digits - 1);
    decision.verdict = SF_TOKEN_ACCEPTED;
    decision.principal.length = (size_t)(colon - token);
    decision.expires_at = count > 0 ? milliseconds_since_1970() + atoll(digits) : 0;
  }
  answer(call, &decision);
}

static const sf_token_validator table = {sizeof table, validate, NULL};
static const sf_component components[] = {FIXTURE_COMPONENT(SF_TOKEN_VALIDATOR, "timed", table)};

SF_DECLARE_PLUGIN;
FIXTURE_INIT(components)
