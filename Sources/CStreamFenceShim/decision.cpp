#include "guard.hpp"

#include <ctime>

namespace streamfence {

/* What stands for a decision that there is more to say about: nobody returns the same argument by mistake. */
static sf_overflow_decision stand_in(const Thread &here) noexcept {
  return {SF_SHIM_UNUSUAL, reinterpret_cast<uintptr_t>(&here.unusual)};
}

static bool is_stand_in(sf_overflow_decision decision) noexcept {
  const sf_overflow_decision expected = stand_in(thread);
  return decision.action == expected.action && decision.argument == expected.argument;
}

/* What decisions seldom come to is in calls of their own, so that the others save no registers for it. */

/* Of the thread and not of its reason, whose address would take one more. */
__attribute__((noinline)) static void keep_exception(Thread &here) noexcept { describe_exception(&here.unusual.reason); }

/* Keeps a decision that came with a reason, or a stand-in for one that never came. */
__attribute__((noinline)) static sf_overflow_decision stand_in_for(sf_overflow_decision decision) noexcept {
  thread.unusual.outcome = is_stand_in(decision) ? SF_SHIM_THREW : SF_SHIM_SUCCEEDED;
  thread.unusual.decision = decision;
  thread.unusual.nanoseconds = 0;
  return stand_in(thread);
}

/* Into all that call it: a call more costs as much as a fifth of all this. */
__attribute__((always_inline)) inline sf_overflow_decision decide(Thread &here, const sf_shim_policy *policy,
                                                                  const sf_overflow *overflow, const sf_lane *lane) noexcept {
  here.unusual.reason.message[0] = 0;
  sf_overflow_decision decision;
  {
    /* An exception that says what it is runs the plugin's code. */
    Inside inside(here, &policy->decide);
    try {
      decision = policy->table->decide(policy->instance, overflow, lane, &here.unusual.reason);
    } catch (...) {
      keep_exception(here);
      decision = stand_in(here);
    }
  }
  return __builtin_expect(here.unusual.reason.message[0] == 0, 1) ? decision : stand_in_for(decision);
}

static uint64_t nanoseconds() noexcept {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1000000000 + static_cast<uint64_t>(time.tv_nsec);
}

__attribute__((noinline)) static sf_overflow_decision decide_timed(const sf_shim_policy *policy, const sf_overflow *overflow,
                                                                  const sf_lane *lane) noexcept {
  const uint64_t start = nanoseconds();
  const sf_overflow_decision decision = decide(thread, policy, overflow, lane);
  const uint64_t taken = nanoseconds() - start;
  sf_shim_add_duration(policy->durations, taken);
  if (taken <= SF_SHIM_LONGEST_DECISION) return decision;
  const sf_overflow_decision slow = is_stand_in(decision) ? decision : stand_in_for(decision);
  thread.unusual.nanoseconds = taken;
  return slow;
}

static bool is_timed(uint64_t counted) noexcept { return counted % SF_SHIM_DECISIONS_PER_TIMING == 0; }

__attribute__((noinline)) static sf_overflow_decision decide_off_place(const sf_shim_policy *policy,
                                                                      const sf_overflow *overflow,
                                                                      const sf_lane *lane) noexcept {
  if (is_timed(count_off_place(policy->calls))) return decide_timed(policy, overflow, lane);
  return decide(thread, policy, overflow, lane);
}

}  // namespace streamfence

sf_shim_call sf_shim_decide_call(const sf_shim_callee *callee) { return {callee, "decide"}; }

sf_overflow_decision sf_shim_decide(void *instance, const sf_overflow *overflow, const sf_lane *lane, sf_error *) {
  using namespace streamfence;
  const auto *const policy = static_cast<const sf_shim_policy *>(instance);
  Thread *const here = thread_with_place;
  if (__builtin_expect(here == nullptr, 0)) return decide_off_place(policy, overflow, lane);
  if (__builtin_expect(is_timed(count_in_place(*here, policy->calls)), 0)) return decide_timed(policy, overflow, lane);
  return decide(*here, policy, overflow, lane);
}

const sf_shim_unusual *sf_shim_unusual_decision(sf_overflow_decision decision) {
  return streamfence::is_stand_in(decision) ? &streamfence::thread.unusual : nullptr;
}

int32_t sf_shim_rank(const sf_shim_policy *policy, const sf_message *message, int64_t *rank, sf_error *error) {
  return streamfence::guarded({policy->decide.callee, "rank"}, error, [&] {
    *rank = policy->table->rank(policy->instance, message);
    return SF_SHIM_SUCCEEDED;
  });
}
