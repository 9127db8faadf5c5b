/* Policies that do what no policy should. */
#include "fixture.h"

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>

static sf_overflow_decision throws(void *, const sf_overflow *, const sf_lane *, sf_error *) {
  throw std::runtime_error("no idea");
}
/* Crashes when it is asked what it is. */
struct Riddle : std::exception {
  const char *what() const noexcept override {
    std::raise(SIGSEGV);
    return "";
  }
};
static sf_overflow_decision throws_riddle(void *, const sf_overflow *, const sf_lane *, sf_error *) { throw Riddle(); }
static sf_overflow_decision throws_number(void *, const sf_overflow *, const sf_lane *, sf_error *) { throw 42; }
static sf_overflow_decision unknown_action(void *, const sf_overflow *, const sf_lane *, sf_error *) { return {99, 0}; }
/* What the host itself uses where there is more to say. */
static sf_overflow_decision hosts_action(void *, const sf_overflow *, const sf_lane *, sf_error *) { return {256, 0}; }
static sf_overflow_decision far_index(void *, const sf_overflow *, const sf_lane *, sf_error *) {
  return {SF_EVICT_AT, UINT64_MAX - 1};
}
static sf_overflow_decision first_beyond(void *, const sf_overflow *overflow, const sf_lane *, sf_error *) {
  return {SF_EVICT_AT, overflow->count};
}
static sf_overflow_decision rejects(void *, const sf_overflow *, const sf_lane *, sf_error *) { return {SF_REJECT, 0}; }
static int64_t throwing_rank(void *, const sf_message *) { throw std::runtime_error("no idea"); }

static sf_overflow_decision crashes(void *, const sf_overflow *, const sf_lane *, sf_error *) {
  std::raise(SIGSEGV);
  return {SF_REJECT, 0};
}

static sf_overflow_decision slow(void *, const sf_overflow *, const sf_lane *, sf_error *) {
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return {SF_REJECT, 0};
}

static sf_overflow_decision unterminated(void *, const sf_overflow *, const sf_lane *, sf_error *reason) {
  memset(reason->message, 'a', sizeof(reason->message));
  return {SF_REJECT, 0};
}

static void throw_at_the_end(void *) { throw std::runtime_error("no end"); }

static const uint32_t size = sizeof(sf_overflow_policy);
static const sf_overflow_policy throwing_table = {size, throws, throwing_rank};
static const sf_overflow_policy number_table = {size, throws_number, nullptr};
static const sf_overflow_policy riddle_table = {size, throws_riddle, nullptr};
static const sf_overflow_policy unknown_table = {size, unknown_action, nullptr};
static const sf_overflow_policy hosts_table = {size, hosts_action, nullptr};
static const sf_overflow_policy far_table = {size, far_index, nullptr};
static const sf_overflow_policy beyond_table = {size, first_beyond, nullptr};
static const sf_overflow_policy rank_table = {size, rejects, throwing_rank};
static const sf_overflow_policy rejecting_table = {size, rejects, nullptr};
static const sf_overflow_policy crashing_table = {size, crashes, nullptr};
static const sf_overflow_policy slow_table = {size, slow, nullptr};
static const sf_overflow_policy unterminated_table = {size, unterminated, nullptr};

static const sf_component components[] = {
    FIXTURE_COMPONENT(SF_OVERFLOW_POLICY, "throws", throwing_table),
    FIXTURE_COMPONENT(SF_OVERFLOW_POLICY, "throws-number", number_table),
    FIXTURE_COMPONENT(SF_OVERFLOW_POLICY, "throws-riddle", riddle_table),
    FIXTURE_COMPONENT(SF_OVERFLOW_POLICY, "unknown-action", unknown_table),
    FIXTURE_COMPONENT(SF_OVERFLOW_POLICY, "hosts-action", hosts_table),
    FIXTURE_COMPONENT(SF_OVERFLOW_POLICY, "far-index", far_table),
    /* Where the messages in flight are, for one that counts them in. */
    FIXTURE_COMPONENT(SF_OVERFLOW_POLICY, "in-flight-index", beyond_table),
    FIXTURE_COMPONENT(SF_OVERFLOW_POLICY, "throws-at-rank", rank_table),
    {sizeof(sf_component), SF_OVERFLOW_POLICY, "throws-at-end", &rejecting_table, nullptr, nullptr, fixture_create,
     throw_at_the_end},
    FIXTURE_COMPONENT(SF_OVERFLOW_POLICY, "crashes", crashing_table),
    FIXTURE_COMPONENT(SF_OVERFLOW_POLICY, "slow", slow_table),
    FIXTURE_COMPONENT(SF_OVERFLOW_POLICY, "unterminated", unterminated_table),
};

SF_DECLARE_PLUGIN;
extern "C" FIXTURE_INIT(components)
