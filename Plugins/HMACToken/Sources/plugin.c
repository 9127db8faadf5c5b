/* hmac: a token validator for tokens that a service of one's own signs with HMAC-SHA256. */
#include "key_file.h"
#include "sf_options.h"
#include "streamfence_plugin.h"
#include "token.h"

#include <time.h>

SF_DECLARE_PLUGIN;

static const sf_host *the_host;

typedef struct settings {
  const char *keys_file; /* valid while the options are open */
  int64_t leeway_ms, reload_ms;
} settings;

typedef struct validator {
  key_file *keys;
  int64_t leeway_ms;
} validator;

static settings read_settings(sf_options *options) {
  return (settings){
      .keys_file = sf_options_text(options, "keysFile"),
      .leeway_ms = sf_options_integer(options, "leewayMs", 0, 3600000, 0),
      .reload_ms = sf_options_integer(options, "reloadMs", 10, 3600000, 1000),
  };
}

static int32_t check(void *context, const sf_settings *settings, sf_error *error) {
  (void)context;
  sf_options options;
  sf_options_open(&options, settings->options, error);
  read_settings(&options);
  return sf_options_close(&options, "hmac");
}

static void *create(void *context, const sf_settings *given, sf_error *error) {
  if (check(context, given, error) != SF_SUCCESS) return NULL;
  sf_options options;
  sf_options_open(&options, given->options, error);
  const settings settings = read_settings(&options);
  validator *made = calloc(1, sizeof *made);
  if (!made) {
    sf_fail(error, "expected memory for a validator, found none");
  } else {
    made->leeway_ms = settings.leeway_ms;
    made->keys = key_file_open(the_host, settings.keys_file, settings.reload_ms, error);
  }
  sf_options_close(&options, "hmac");
  if (made && made->keys) return made;
  free(made);
  return NULL;
}

static void destroy(void *instance) {
  validator *validator = instance;
  key_file_close(validator->keys);
  free(validator);
}

static int64_t milliseconds_since_1970(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void validate(void *instance, const sf_token_request *request, uint64_t call, sf_token_answer answer) {
  const validator *validator = instance;
  sf_token_decision decision = {.size = sizeof decision, .verdict = SF_TOKEN_REJECTED};
  token token;
  key_set *keys = key_file_keys(validator->keys);
  const char *reason = token_read(keys, request->token, &token);
  key_set_release(keys);
  if (!reason && token.expires_at > 0) {
    decision.expires_at = token.expires_at * 1000 + validator->leeway_ms;
    if (decision.expires_at <= milliseconds_since_1970()) reason = "expected a token that has not expired, found an expired one";
  }
  if (reason) {
    decision.reason = sf_text(reason);
  } else {
    decision.verdict = SF_TOKEN_ACCEPTED;
    decision.principal = (sf_slice){token.principal, token.principal_length};
  }
  answer(call, &decision);
}

static const sf_token_validator table = {.size = sizeof table, .validate = validate};
static const sf_component component = {.size = sizeof component, .kind = SF_TOKEN_VALIDATOR, .name = "hmac", .table = &table,
                                       .check = check, .create = create, .destroy = destroy};
static const sf_plugin plugin = {.size = sizeof plugin, .component_count = 1, .name = "hmac", .version = "1.0",
                                 .components = &component};

const sf_plugin *streamfence_plugin_init(const sf_host *host, sf_error *error) {
  (void)error;
  the_host = host;
  return &plugin;
}
