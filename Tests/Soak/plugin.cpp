/* What the soak's server loads: a token service that has outages, a policy that throws, and a sink that throws. */
#include "fixture.h"

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include <unistd.h>

static sf_slice slice(const std::string &text) { return {reinterpret_cast<const uint8_t *>(text.data()), text.size()}; }

static int64_t now() {
  auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

/* A token is PRINCIPAL:MILLISECONDS, good for that long from when it is shown; 0 is for ever. While the file named in
 * SOAK_OUTAGE exists, one call fails, the next throws, and the third is never answered. */
static void validate(void *, const sf_token_request *request, uint64_t call, sf_token_answer answer) {
  static const char *outage = getenv("SOAK_OUTAGE");
  sf_token_decision decision = {};
  decision.size = sizeof(decision);
  std::string principal, reason = "expected PRINCIPAL:MILLISECONDS";
  if (outage && access(outage, F_OK) == 0) {
    if (call % 3 == 0) return;
    if (call % 3 == 1) throw std::runtime_error("no token service");
    decision.verdict = SF_TOKEN_FAILED;
    reason = "no token service";
  } else {
    std::string token(reinterpret_cast<const char *>(request->token.bytes), request->token.length);
    size_t colon = token.find(':');
    if (colon != std::string::npos && colon > 0) {
      int64_t milliseconds = strtoll(token.c_str() + colon + 1, nullptr, 10);
      principal = token.substr(0, colon);
      decision.verdict = SF_TOKEN_ACCEPTED;
      decision.expires_at = milliseconds > 0 ? now() + milliseconds : 0;
    }
  }
  decision.principal = slice(principal);
  decision.reason = slice(reason);
  answer(call, &decision);
}

static sf_overflow_decision decide(void *, const sf_overflow *, const sf_lane *, sf_error *) {
  throw std::runtime_error("no idea");
}

static int32_t export_snapshot(void *, const sf_snapshot *, sf_error *) { throw std::runtime_error("no network"); }

static const sf_token_validator validator = {sizeof(sf_token_validator), validate, nullptr};
static const sf_overflow_policy policy = {sizeof(sf_overflow_policy), decide, nullptr};
static const sf_metrics_sink sink = {sizeof(sf_metrics_sink), export_snapshot, nullptr};

static const sf_component components[] = {
    FIXTURE_COMPONENT(SF_TOKEN_VALIDATOR, "soak-tokens", validator),
    FIXTURE_COMPONENT(SF_OVERFLOW_POLICY, "soak-throws", policy),
    FIXTURE_COMPONENT(SF_METRICS_SINK, "soak-throws", sink),
};

SF_DECLARE_PLUGIN;
extern "C" FIXTURE_INIT(components)
