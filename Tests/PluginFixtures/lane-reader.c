/* Rejects everything, and gives as its reason what it can read of the lane. */
#include "fixture.h"

static char *end;
static char *limit;

static void say(const char *name, uint64_t number) {
  end += snprintf(end, (size_t)(limit - end), "%s=%lld ", name, (long long)number);
}

static void tell(const char *name, sf_slice text) {
  const char *none = text.bytes == NULL ? "none" : "";
  end += snprintf(end, (size_t)(limit - end), "%s=%s%.*s ", name, none, (int)text.length, (const char *)text.bytes);
}

static sf_overflow_decision decide(void *instance, const sf_overflow *overflow, const sf_lane *lane, sf_error *reason) {
  const sf_lane_accessor *read = lane->accessor;
  sf_overflow_decision decision = {SF_REJECT, 0};
  uint64_t places[] = {0, 1, SF_NEWCOMER, 5};
  (void)instance;
  end = reason->message;
  limit = end + sizeof(reason->message);
  say("cause", overflow->cause);
  say("count", overflow->count);
  say("bytes", overflow->bytes);
  tell("namespace", read->namespace_path(lane));
  tell("topic", read->topic(lane));
  say("newest_of_newcomers_key", lane->newest_of_newcomers_key);
  for (int index = 0; index < 4; index++) {
    say("\nbytes", read->message_bytes(lane, places[index]));
    say("rank", (uint64_t)read->message_rank(lane, places[index]));
    tell("key", read->message_key(lane, places[index]));
    tell("payload", read->message_payload(lane, places[index]));
    say("newest", read->newest_of_same_key(lane, places[index]));
  }
  return decision;
}

static int64_t rank(void *instance, const sf_message *message) {
  (void)instance;
  return (int64_t)message->payload.length * 10 + (message->key.bytes == NULL ? 0 : 1 + (int64_t)message->key.length);
}

static const sf_overflow_policy table = {sizeof(sf_overflow_policy), decide, rank};
static const sf_component components[] = {FIXTURE_COMPONENT(SF_OVERFLOW_POLICY, "lane-reader", table)};

SF_DECLARE_PLUGIN;
FIXTURE_INIT(components)
