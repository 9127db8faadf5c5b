#include "guard.hpp"

#include <atomic>
#include <new>

namespace {

/* Event loops are few. What comes after them shares the last place. */
constexpr uint32_t places = 64;

std::atomic<uint32_t> threads{0};

/* The thread's place, counted from 1; 0 before it has one. */
SF_SHIM_THREAD_LOCAL uint32_t place_of_thread = 0;

}  // namespace

struct sf_shim_counter {
  /* As far apart as threads have to be that do not wait for each other. */
  struct alignas(64) Place {
    std::atomic<uint64_t> count{0};
  } of[places];
};

sf_shim_counter *sf_shim_make_counter(void) { return new sf_shim_counter; }

uint64_t sf_shim_count(sf_shim_counter *counter) {
  if (place_of_thread == 0) place_of_thread = threads.fetch_add(1, std::memory_order_relaxed) + 1;
  if (place_of_thread >= places) return counter->of[places - 1].count.fetch_add(1, std::memory_order_relaxed);
  /* Nobody else writes here: that saves the atomic addition, which costs as much as a short decision. */
  std::atomic<uint64_t> &count = counter->of[place_of_thread - 1].count;
  const uint64_t before = count.load(std::memory_order_relaxed);
  count.store(before + 1, std::memory_order_relaxed);
  return before;
}

uint64_t sf_shim_total(const sf_shim_counter *counter) {
  uint64_t total = 0;
  for (const sf_shim_counter::Place &place : counter->of) total += place.count.load(std::memory_order_relaxed);
  return total;
}
