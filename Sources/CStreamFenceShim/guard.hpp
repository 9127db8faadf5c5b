#pragma once

#include "thread.hpp"

namespace streamfence {

/* Marks the thread, which is prepared, for the length of a call. A call may lie within another. */
class Inside {
public:
  Inside(Thread &here, const sf_shim_call *call) noexcept : here_(here), outer_(here.call) { here.call = call; }
  ~Inside() { here_.call = outer_; }
  Inside(const Inside &) = delete;
  Inside &operator=(const Inside &) = delete;

private:
  Thread &here_;
  const sf_shim_call *outer_;
};

/* Says what the exception is that is being handled. A call of its own, so that the ways through which none comes save no
 * registers for it. */
__attribute__((noinline)) void describe_exception(sf_error *error) noexcept;

/* Performs a call; its result says how it ended, where it ended by itself. */
template <typename Body>
inline int32_t guarded(const sf_shim_call &call, sf_error *error, Body body) noexcept {
  if (__builtin_expect(!thread.is_prepared, 0)) prepare_thread();
  Inside inside(thread, &call);
  try {
    return body();
  } catch (...) {
    describe_exception(error);
  }
  return SF_SHIM_THREW;
}

/* What a function of the contract returned: any other value counts as a failure. */
inline int32_t outcome(int32_t returned) noexcept {
  return returned == SF_SUCCESS ? SF_SHIM_SUCCEEDED : SF_SHIM_FAILED;
}

}  // namespace streamfence
