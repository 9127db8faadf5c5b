#include "thread.hpp"

#include <atomic>
#include <new>

namespace streamfence {

SF_SHIM_THREAD_LOCAL Thread thread = {};
SF_SHIM_THREAD_LOCAL Thread *thread_with_place = nullptr;

/* Event loops are few. What comes after them shares the first place. */
static std::atomic<uint32_t> threads{0};

void prepare_thread() noexcept {
  const uint32_t place = threads.fetch_add(1, std::memory_order_relaxed) + 1;
  if (place < SF_SHIM_PLACES) {
    thread.place = place * sizeof(sf_shim_counter::of[0]);
    thread_with_place = &thread;
  }
  thread.is_prepared = true;
  give_report_stack();
}

uint64_t count_off_place(sf_shim_counter *counter) noexcept {
  if (!thread.is_prepared) prepare_thread();
  if (thread_with_place != nullptr) return count_in_place(*thread_with_place, counter);
  return __atomic_fetch_add(&counter->of[0].count, 1, __ATOMIC_RELAXED);
}

}  // namespace streamfence

sf_shim_counter *sf_shim_make_counter(void) { return new (std::align_val_t(64)) sf_shim_counter(); }

uint64_t sf_shim_count(sf_shim_counter *counter) {
  using namespace streamfence;
  const Thread *const here = thread_with_place;
  return here != nullptr ? count_in_place(*here, counter) : count_off_place(counter);
}

uint64_t sf_shim_total(const sf_shim_counter *counter) {
  uint64_t total = 0;
  for (const auto &place : counter->of) total += __atomic_load_n(&place.count, __ATOMIC_RELAXED);
  return total;
}
