/* c-function: a function of a library that is there already decides on tokens. */
#include "function.h"
#include "streamfence_plugin.h"

SF_DECLARE_PLUGIN;

static int32_t check(void *context, const sf_settings *settings, sf_error *error) {
  (void)context;
  signature *signature = signature_read(settings, error);
  signature_free(signature);
  return signature ? SF_SUCCESS : SF_FAILURE;
}

static void *create(void *context, const sf_settings *settings, sf_error *error) {
  (void)context;
  signature *signature = signature_read(settings, error);
  return signature ? function_find(signature, error) : NULL;
}

static void destroy(void *instance) { function_free(instance); }

static void validate(void *instance, const sf_token_request *request, uint64_t call, sf_token_answer answer) {
  function_decide(instance, request, call, answer);
}

static const sf_token_validator table = {.size = sizeof table, .validate = validate};
static const sf_component component = {.size = sizeof component, .kind = SF_TOKEN_VALIDATOR, .name = "c-function",
                                       .table = &table, .check = check, .create = create, .destroy = destroy};
static const sf_plugin plugin = {.size = sizeof plugin, .component_count = 1, .name = "c-function", .version = "1.0",
                                 .components = &component};

const sf_plugin *streamfence_plugin_init(const sf_host *host, sf_error *error) {
  (void)host, (void)error;
  return &plugin;
}
