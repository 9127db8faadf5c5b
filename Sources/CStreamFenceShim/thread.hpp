#pragma once

#include "streamfence_shim.h"

/* __thread: nothing of it has a constructor, and nobody has to ask whether one has run. initial-exec: one instruction to reach
 * it, as this is never loaded with dlopen itself. */
#ifdef __ELF__
#define SF_SHIM_THREAD_LOCAL __thread __attribute__((tls_model("initial-exec")))
#else
#define SF_SHIM_THREAD_LOCAL __thread
#endif

namespace streamfence {

/* What is kept for each thread. Together, as it is reached together. */
struct Thread {
  /* What it is doing for the host, for the report of a crash; null while it is not inside a plugin. */
  const sf_shim_call *call;
  /* Where in a counter it counts, in bytes, if it has a place of its own. */
  uint64_t place;
  bool is_prepared;
  /* What its last decision came to, and room for a reason. */
  sf_shim_unusual unusual;
};

extern SF_SHIM_THREAD_LOCAL Thread thread;

/* The same for a thread that is prepared and counts where nobody else does; null for others. It answers both with one
 * look, and what is reached through it takes fewer instructions. */
extern SF_SHIM_THREAD_LOCAL Thread *thread_with_place;

/* Before the thread's first call: gives it a place, and a stack for the report of a crash. */
void prepare_thread() noexcept;

/* In crash.cpp: what crashed may have used up its own stack. */
void give_report_stack() noexcept;

/* Adds one to a counter, for a thread that has no place of its own, or none yet. Returns how many were counted there before. */
uint64_t count_off_place(sf_shim_counter *counter) noexcept;

/* The same for one that has. */
inline uint64_t count_in_place(const Thread &here, sf_shim_counter *counter) noexcept {
  /* Nobody else writes here: that saves the atomic addition, which costs as much as a short decision. */
  uint64_t *const count = reinterpret_cast<uint64_t *>(reinterpret_cast<char *>(counter) + here.place);
  const uint64_t before = __atomic_load_n(count, __ATOMIC_RELAXED);
  __atomic_store_n(count, before + 1, __ATOMIC_RELAXED);
  return before;
}

}  // namespace streamfence
