#include "streamfence_shim.h"

#include <new>

namespace {

constexpr uint64_t microsecond = 1000, millisecond = 1000 * microsecond, second = 1000 * millisecond;

const uint64_t bounds[SF_SHIM_DURATION_BUCKETS] = {
    microsecond,      5 * microsecond,   10 * microsecond,  50 * microsecond, 100 * microsecond,
    1 * millisecond, 10 * millisecond, 100 * millisecond, 1 * second,       10 * second,
};

}  // namespace

const uint64_t *sf_shim_duration_bounds(void) { return bounds; }

sf_shim_durations *sf_shim_make_durations(void) { return new sf_shim_durations(); }

void sf_shim_add_duration(sf_shim_durations *durations, uint64_t nanoseconds) {
  size_t bucket = 0;
  while (bucket < SF_SHIM_DURATION_BUCKETS && nanoseconds > bounds[bucket]) bucket++;
  __atomic_fetch_add(&durations->counts[bucket], 1, __ATOMIC_RELAXED);
  __atomic_fetch_add(&durations->nanoseconds, nanoseconds, __ATOMIC_RELAXED);
}

sf_shim_durations sf_shim_durations_now(const sf_shim_durations *durations) {
  sf_shim_durations now;
  for (size_t bucket = 0; bucket <= SF_SHIM_DURATION_BUCKETS; bucket++) {
    now.counts[bucket] = __atomic_load_n(&durations->counts[bucket], __ATOMIC_RELAXED);
  }
  now.nanoseconds = __atomic_load_n(&durations->nanoseconds, __ATOMIC_RELAXED);
  return now;
}
