/* Accepts one token, the same for all friends. */
#include "sf_options.h"
#include "streamfence_plugin.h"

#include <stdlib.h>
#include <string.h>

SF_DECLARE_PLUGIN;

static char *read_secret(const sf_settings *settings, sf_error *error) {
  sf_options options;
  sf_options_open(&options, settings->options, error);
  char *secret = strdup(sf_options_secret(&options, "secret"));
  if (sf_options_close(&options, "friend") == SF_SUCCESS && secret) return secret;
  free(secret);
  return NULL;
}

static int32_t check(void *context, const sf_settings *settings, sf_error *error) {
  (void)context;
  char *secret = read_secret(settings, error);
  free(secret);
  return secret ? SF_SUCCESS : SF_FAILURE;
}

static void *create(void *context, const sf_settings *settings, sf_error *error) {
  (void)context;
  return read_secret(settings, error);
}

static void validate(void *secret, const sf_token_request *request, uint64_t call, sf_token_answer answer) {
  sf_token_decision decision = {.size = sizeof decision};
  if (request->token.length == strlen(secret) && memcmp(request->token.bytes, secret, request->token.length) == 0) {
    decision.verdict = SF_TOKEN_ACCEPTED;
    decision.principal = sf_text("friend");
  } else {
    decision.verdict = SF_TOKEN_REJECTED;
    decision.reason = sf_text("expected the secret, found another token");
  }
  answer(call, &decision);
}

static const sf_token_validator validator = {.size = sizeof validator, .validate = validate};
static const sf_component component = {.size = sizeof component, .kind = SF_TOKEN_VALIDATOR, .name = "friend",
                                       .table = &validator, .check = check, .create = create, .destroy = free};
static const sf_plugin plugin = {.size = sizeof plugin, .component_count = 1, .name = "friend", .version = "1.0",
                                 .components = &component};

const sf_plugin *streamfence_plugin_init(const sf_host *host, sf_error *error) {
  (void)host, (void)error;
  return &plugin;
}
