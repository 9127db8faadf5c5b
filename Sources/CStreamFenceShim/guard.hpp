#pragma once

#include "streamfence_shim.h"

#include <cstdio>
#include <exception>

namespace streamfence {

/* What a thread is doing for the host, for the report of a crash. */
struct Marker {
  const sf_shim_callee *callee;
  const char *call;
};

extern SF_SHIM_THREAD_LOCAL Marker marker;
/* Whether the thread can report that its stack is used up. */
extern SF_SHIM_THREAD_LOCAL bool has_report_stack;
void give_report_stack() noexcept;

/* Marks the thread for the length of a call. A call may lie within another. */
class Inside {
public:
  Inside(const sf_shim_callee *callee, const char *call) noexcept : outer_(marker) {
    if (__builtin_expect(!has_report_stack, 0)) give_report_stack();
    marker = {callee, call};
  }
  ~Inside() { marker = outer_; }
  Inside(const Inside &) = delete;
  Inside &operator=(const Inside &) = delete;

private:
  Marker outer_;
};

inline void write(sf_error *error, const char *text) noexcept {
  if (error != nullptr) std::snprintf(error->message, sizeof(error->message), "C++ exception: %s", text);
}

/* Performs a call; its result says how it ended, where it ended by itself. */
template <typename Call>
int32_t guarded(const sf_shim_callee *callee, const char *name, sf_error *error, Call call) noexcept {
  Inside inside(callee, name);
  try {
    return call();
  } catch (const std::exception &exception) {
    write(error, exception.what());
  } catch (...) {
    write(error, "of a type that is no std::exception");
  }
  return SF_SHIM_THREW;
}

/* What a function of the contract returned: any other value counts as a failure. */
inline int32_t outcome(int32_t returned) noexcept {
  return returned == SF_SUCCESS ? SF_SHIM_SUCCEEDED : SF_SHIM_FAILED;
}

}  // namespace streamfence
