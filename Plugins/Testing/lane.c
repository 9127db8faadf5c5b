/* A client's queue for one topic, as a host shows it to an overflow policy. In C, because its answers are part of what a
 * decision costs. The driver owns the messages; each is a slice of payload, a slice of key, a size and a rank. */
#include "streamfence_plugin.h"

#include <string.h>
#include <time.h>

typedef struct test_message {
  sf_slice payload, key;
  uint64_t bytes;
  int64_t rank;
} test_message;

typedef struct test_lane {
  const test_message *waiting;
  uint64_t count;
  test_message newcomer;
  uint32_t cause;
  uint64_t max_bytes;
} test_lane;

static const test_message nothing;

static const test_message *find(const sf_lane *lane, uint64_t index) {
  const test_lane *queue = lane->context;
  if (index == SF_NEWCOMER) return &queue->newcomer;
  return index < queue->count ? &queue->waiting[index] : &nothing;
}

static uint64_t message_bytes(const sf_lane *lane, uint64_t index) { return find(lane, index)->bytes; }
static int64_t message_rank(const sf_lane *lane, uint64_t index) { return find(lane, index)->rank; }
static sf_slice message_key(const sf_lane *lane, uint64_t index) { return find(lane, index)->key; }
static sf_slice message_payload(const sf_lane *lane, uint64_t index) { return find(lane, index)->payload; }

static uint64_t newest_of_same_key(const sf_lane *lane, uint64_t index) {
  const test_lane *queue = lane->context;
  const sf_slice key = message_key(lane, index);
  for (uint64_t i = queue->count; i-- > 0;) {
    const sf_slice other = queue->waiting[i].key;
    if (other.length == key.length && (key.length == 0 || memcmp(other.bytes, key.bytes, key.length) == 0)) return i;
  }
  return SF_NOT_FOUND;
}

static sf_slice text(const char *text) { return (sf_slice){(const uint8_t *)text, strlen(text)}; }
static sf_slice namespace_path(const sf_lane *lane) { return (void)lane, text("/feed"); }
static sf_slice topic(const sf_lane *lane) { return (void)lane, text("snapshot"); }

static const sf_lane_accessor accessor = {sizeof accessor,    message_bytes,  message_rank, message_key, message_payload,
                                          newest_of_same_key, namespace_path, topic};

/* The client has no other lane. */
static sf_overflow overflow_of(const test_lane *lane) {
  sf_overflow overflow = {.size = sizeof overflow, .cause = lane->cause, .count = lane->count,
                          .newcomer_bytes = lane->newcomer.bytes, .max_messages = lane->count, .max_bytes = lane->max_bytes};
  for (uint64_t i = 0; i < lane->count; i++) overflow.bytes += lane->waiting[i].bytes;
  overflow.queued_bytes = overflow.bytes;
  return overflow;
}

/* Asks the policy once. */
SF_EXPORT void test_decide(const sf_overflow_policy *policy, void *instance, const test_lane *lane, sf_error *reason,
                           sf_overflow_decision *decision) {
  const sf_overflow overflow = overflow_of(lane);
  sf_lane shown = {sizeof shown, &accessor, lane, SF_NOT_ASKED};
  shown.newest_of_newcomers_key = newest_of_same_key(&shown, SF_NEWCOMER);
  *decision = policy->decide(instance, &overflow, &shown, reason);
}

/* The shortest of some decisions, in nanoseconds: what else the machine does only makes one longer. */
SF_EXPORT uint64_t test_time_of_decision(const sf_overflow_policy *policy, void *instance, const test_lane *lane, int rounds) {
  sf_error reason = {{0}};
  const sf_overflow overflow = overflow_of(lane);
  const sf_lane shown = {sizeof shown, &accessor, lane, SF_NOT_ASKED};
  uint64_t shortest = UINT64_MAX;
  for (int i = 0; i < rounds; i++) {
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    policy->decide(instance, &overflow, &shown, &reason);
    clock_gettime(CLOCK_MONOTONIC, &to);
    const uint64_t taken = (uint64_t)(to.tv_sec - from.tv_sec) * 1000000000u + (uint64_t)(to.tv_nsec - from.tv_nsec);
    if (taken < shortest) shortest = taken;
  }
  return shortest;
}
