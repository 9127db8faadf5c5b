#include "guard.hpp"

namespace streamfence {

/* Into all that call it: a call more costs as much as a fifth of all this. */
__attribute__((always_inline)) inline sf_overflow_decision decide(const sf_shim_policy *policy, const sf_overflow *overflow,
                                                                  const sf_lane *lane) noexcept {
  sf_shim_unusual *const unusual = &thread.unusual;
  unusual->reason.message[0] = 0;
  sf_overflow_decision decision;
  const int32_t outcome = guarded_on_prepared(policy->decide, &unusual->reason, [&] {
    decision = policy->table->decide(policy->instance, overflow, lane, &unusual->reason);
    return SF_SHIM_SUCCEEDED;
  });
  const bool is_usual =
      outcome == SF_SHIM_SUCCEEDED && unusual->reason.message[0] == 0 && decision.action <= SF_DISCONNECT;
  if (__builtin_expect(is_usual, 1)) return decision;
  unusual->outcome = outcome;
  if (outcome == SF_SHIM_SUCCEEDED) unusual->decision = decision;
  return {SF_SHIM_UNUSUAL, 0};
}

/* These two are calls of their own, so that the others save no registers for them. */

__attribute__((noinline)) sf_overflow_decision leave_to_be_timed(const sf_overflow *overflow, const sf_lane *lane) noexcept {
  sf_shim_unusual *const unusual = &thread.unusual;
  unusual->outcome = SF_SHIM_TO_BE_TIMED;
  unusual->overflow = overflow;
  unusual->lane = lane;
  return {SF_SHIM_UNUSUAL, 0};
}

__attribute__((noinline)) sf_overflow_decision decide_off_place(const sf_shim_policy *policy, const sf_overflow *overflow,
                                                               const sf_lane *lane) noexcept {
  if (count_off_place(policy->calls) % SF_SHIM_DECISIONS_PER_TIMING == 0) return leave_to_be_timed(overflow, lane);
  return decide(policy, overflow, lane);
}

}  // namespace streamfence

sf_shim_call sf_shim_decide_call(const sf_shim_callee *callee) { return {callee, "decide"}; }

sf_overflow_decision sf_shim_decide(const sf_shim_policy *policy, const sf_overflow *overflow, const sf_lane *lane) {
  using namespace streamfence;
  if (__builtin_expect(!has_own_place(), 0)) return decide_off_place(policy, overflow, lane);
  const bool is_timed = count_in_place(policy->calls) % SF_SHIM_DECISIONS_PER_TIMING == 0;
  if (__builtin_expect(is_timed, 0)) return leave_to_be_timed(overflow, lane);
  return decide(policy, overflow, lane);
}

sf_overflow_decision sf_shim_decide_counted(const sf_shim_policy *policy, const sf_overflow *overflow,
                                            const sf_lane *lane) {
  return streamfence::decide(policy, overflow, lane);
}

const sf_shim_unusual *sf_shim_unusual_decision(void) { return &streamfence::thread.unusual; }

int32_t sf_shim_rank(const sf_shim_policy *policy, const sf_message *message, int64_t *rank, sf_error *error) {
  return streamfence::guarded({policy->decide.callee, "rank"}, error, [&] {
    *rank = policy->table->rank(policy->instance, message);
    return SF_SHIM_SUCCEEDED;
  });
}
