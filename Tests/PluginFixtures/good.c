/* Nothing is wrong with this one: a policy with the option `limit`, and a component of a kind that no host knows. */
#include "fixture.h"

static int32_t check(void *context, const sf_settings *settings, sf_error *error) {
  char options[256];
  (void)context;
  snprintf(options, sizeof(options), "%.*s", (int)settings->options.length, (const char *)settings->options.bytes);
  if (strcmp(options, "{}") == 0 || strstr(options, "\"limit\"") != NULL) return SF_SUCCESS;
  snprintf(error->message, sizeof(error->message), "lmit: unknown option; did you mean limit?");
  return SF_FAILURE;
}

static const sf_component components[] = {
    {sizeof(sf_component), SF_OVERFLOW_POLICY, "fixture", &fixture_policy, NULL, check, fixture_create, fixture_destroy},
    FIXTURE_COMPONENT(77, "of-another-time", fixture_policy),
};

SF_DECLARE_PLUGIN;
FIXTURE_INIT(components)
