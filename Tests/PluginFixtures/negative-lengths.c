/* Gives lengths that were a -1 somewhere. */
#include "fixture.h"

static const sf_slice negative = {(const uint8_t *)"bytes", (size_t)-1};

static void validate(void *instance, const sf_token_request *request, uint64_t call, sf_token_answer answer) {
  (void)instance, (void)request;
  const sf_token_decision decision = {.size = sizeof decision, .verdict = SF_TOKEN_ACCEPTED, .principal = negative};
  answer(call, &decision);
}

static int32_t append(void *instance, const sf_spill_lane *lane, const sf_spill_record *records, size_t count,
                      sf_error *error) {
  (void)instance, (void)lane, (void)records, (void)count, (void)error;
  return SF_SUCCESS;
}

static int32_t read(void *instance, const sf_spill_lane *lane, uint64_t position, uint64_t max_records,
                    uint64_t max_bytes, sf_take_record take, void *to, sf_error *error) {
  (void)instance, (void)lane, (void)max_records, (void)max_bytes, (void)error;
  take(to, position, negative);
  return SF_SUCCESS;
}

static int32_t lanes(void *instance, sf_take_lane take, void *to, sf_error *error) {
  (void)instance, (void)error;
  const sf_spill_lane lane = {sizeof lane, negative, negative, negative};
  take(to, &lane);
  return SF_SUCCESS;
}

static const sf_token_validator validator = {sizeof validator, validate, NULL};
static const sf_spill_store store = {sizeof store, append, read, fixture_release, fixture_drop, lanes};
static const sf_component components[] = {
    FIXTURE_COMPONENT(SF_TOKEN_VALIDATOR, "negative", validator),
    FIXTURE_COMPONENT(SF_SPILL_STORE, "negative", store),
};

SF_DECLARE_PLUGIN;
FIXTURE_INIT(components)
