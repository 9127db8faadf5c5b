/* Validators that do one thing each that no validator should, whatever the token is. */
#include "worker.h"

#include <csignal>
#include <stdexcept>

static void answer_all(const question *questions, size_t count) {
  for (size_t i = 0; i < count; i++) answer_with(&questions[i], questions[i].verdict);
}

static void reject(uint64_t call, sf_token_answer answer) {
  const question question = {call, answer, SF_TOKEN_REJECTED};
  answer_with(&question, question.verdict);
}

/* The length of the text is 0. */
static void accept_nobody(uint64_t call, sf_token_answer answer) {
  sf_token_decision decision = {};
  decision.size = sizeof(decision);
  decision.verdict = SF_TOKEN_ACCEPTED;
  answer(call, &decision);
}

static void twice(void *, const sf_token_request *, uint64_t call, sf_token_answer answer) {
  reject(call, answer), reject(call, answer);
}

static void stranger(void *, const sf_token_request *, uint64_t call, sf_token_answer answer) {
  reject(call + 1000000, answer), reject(call, answer);
}

static void never(void *, const sf_token_request *, uint64_t, sf_token_answer) {}

static void throws(void *, const sf_token_request *, uint64_t, sf_token_answer) { throw std::runtime_error("no idea"); }

static void verdict(void *, const sf_token_request *, uint64_t call, sf_token_answer answer) {
  const question question = {call, answer, 7};
  answer_with(&question, 7);
}

static void nobody(void *, const sf_token_request *, uint64_t call, sf_token_answer answer) { accept_nobody(call, answer); }

static void nothing(void *, const sf_token_request *, uint64_t call, sf_token_answer answer) { answer(call, nullptr); }

static void throwing_cancel(void *, uint64_t) { throw std::runtime_error("no such call"); }
static void crashing_cancel(void *, uint64_t) { std::raise(SIGSEGV); }

static const uint32_t size = sizeof(sf_token_validator);
static const sf_token_validator twice_table = {size, twice, nullptr};
static const sf_token_validator stranger_table = {size, stranger, nullptr};
static const sf_token_validator never_table = {size, never, nullptr};
static const sf_token_validator throwing_table = {size, throws, nullptr};
static const sf_token_validator verdict_table = {size, verdict, nullptr};
static const sf_token_validator nobody_table = {size, nobody, nullptr};
static const sf_token_validator nothing_table = {size, nothing, nullptr};
static const sf_token_validator throwing_cancel_table = {size, ask_worker, throwing_cancel};
static const sf_token_validator silent_table = {size, never, throwing_cancel};
static const sf_token_validator crashing_cancel_table = {size, ask_worker, crashing_cancel};

static const sf_component components[] = {
    FIXTURE_COMPONENT(SF_TOKEN_VALIDATOR, "twice", twice_table),
    FIXTURE_COMPONENT(SF_TOKEN_VALIDATOR, "stranger", stranger_table),
    FIXTURE_COMPONENT(SF_TOKEN_VALIDATOR, "never", never_table),
    FIXTURE_COMPONENT(SF_TOKEN_VALIDATOR, "throws", throwing_table),
    FIXTURE_COMPONENT(SF_TOKEN_VALIDATOR, "verdict", verdict_table),
    FIXTURE_COMPONENT(SF_TOKEN_VALIDATOR, "nobody", nobody_table),
    FIXTURE_COMPONENT(SF_TOKEN_VALIDATOR, "nothing", nothing_table),
    FIXTURE_COMPONENT(SF_TOKEN_VALIDATOR, "throwing-cancel", throwing_cancel_table),
    FIXTURE_COMPONENT(SF_TOKEN_VALIDATOR, "never-with-throwing-cancel", silent_table),
    FIXTURE_COMPONENT(SF_TOKEN_VALIDATOR, "crashing-cancel", crashing_cancel_table),
};

SF_DECLARE_PLUGIN;
extern "C" FIXTURE_INIT(components)
