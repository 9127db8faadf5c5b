/* Answers as the token says. */
#include "fixture.h"

#include <stdexcept>
#include <thread>

static sf_slice slice(const char *text) { return {reinterpret_cast<const uint8_t *>(text), strlen(text)}; }

static void accept(uint64_t call, sf_token_answer answer, const char *principal) {
  sf_token_decision decision = {};
  decision.size = sizeof(decision);
  decision.verdict = SF_TOKEN_ACCEPTED;
  decision.principal = slice(principal);
  answer(call, &decision);
}

static void refuse(uint64_t call, sf_token_answer answer, uint32_t verdict, const char *reason) {
  sf_token_decision decision = {};
  decision.size = sizeof(decision);
  decision.verdict = verdict;
  decision.reason = slice(reason);
  answer(call, &decision);
}

static void grant(uint64_t call, sf_token_answer answer) {
  const sf_grant grants[] = {{sizeof(sf_grant), 1 << SF_ACTION_SUBSCRIBE | 1 << SF_ACTION_PUBLISH, slice("snapshot")},
                             {sizeof(sf_grant), 1 << SF_ACTION_SUBSCRIBE, slice("*")}};
  sf_token_decision decision = {};
  decision.size = sizeof(decision);
  decision.verdict = SF_TOKEN_ACCEPTED;
  decision.principal = slice("granted");
  decision.expires_at = 1500;
  decision.grants = grants;
  decision.grant_count = 2;
  answer(call, &decision);
}

/* For cancel, which is to show that it was called: its answer comes too late. */
static sf_token_answer last_answer;

static void validate(void *, const sf_token_request *request, uint64_t call, sf_token_answer answer) {
  last_answer = answer;
  auto is = [&](const char *text) { return fixture_is(request->token, text); };
  if (is("now")) return accept(call, answer, "at once");
  if (is("twice")) return accept(call, answer, "first"), accept(call, answer, "second");
  if (is("thread")) return std::thread([=] { accept(call, answer, "thread"); }).detach();
  if (is("elsewhere")) return std::thread([=] { accept(call, answer, "of another thread"); }).detach();
  if (is("stranger")) return accept(call + 1000000, answer, "nobody"), accept(call, answer, "right");
  if (is("rejected")) return refuse(call, answer, SF_TOKEN_REJECTED, "not yours");
  if (is("failed")) return refuse(call, answer, SF_TOKEN_FAILED, "no database");
  if (is("verdict")) return refuse(call, answer, 7, "");
  if (is("nobody")) return accept(call, answer, "");
  if (is("nothing")) return answer(call, nullptr);
  if (is("grants")) return grant(call, answer);
  if (is("never")) return fixture_host->log(SF_LOG_INFO, slice("thinking"));
  if (is("throws")) throw std::runtime_error("no idea");
  refuse(call, answer, SF_TOKEN_REJECTED, "unknown");
}

static void cancel(void *, uint64_t call) { accept(call, last_answer, "late"); }

static const sf_token_validator table = {sizeof(sf_token_validator), validate, cancel};
static const sf_component components[] = {FIXTURE_COMPONENT(SF_TOKEN_VALIDATOR, "by-token", table)};

SF_DECLARE_PLUGIN;
extern "C" FIXTURE_INIT(components)
