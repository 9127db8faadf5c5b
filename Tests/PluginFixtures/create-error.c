#include "fixture.h"

static void *create(void *context, const sf_settings *settings, sf_error *error) {
  (void)context, (void)settings;
  snprintf(error->message, sizeof(error->message), "expected a database, found none");
  return NULL;
}

static int32_t check(void *context, const sf_settings *settings, sf_error *error) {
  (void)context, (void)settings, (void)error;
  return SF_SUCCESS;
}

static const sf_component components[] = {
    {sizeof(sf_component), SF_OVERFLOW_POLICY, "fixture", &fixture_policy, NULL, check, create, fixture_destroy},
};

SF_DECLARE_PLUGIN;
FIXTURE_INIT(components)
