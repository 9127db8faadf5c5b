/* Answers nobody before CROWD tokens are being looked at, and then all of them, from another thread and not in the order they
 * came in: `good-7` is accepted, and belongs to principal-7; any other is refused. */
#include "fixture.h"

#include <mutex>
#include <string>
#include <thread>
#include <vector>

struct question {
  uint64_t call;
  sf_token_answer answer;
  std::string token;
};

static sf_slice slice(const std::string &text) { return {reinterpret_cast<const uint8_t *>(text.data()), text.size()}; }

static void decide(const question &asked) {
  const std::string good = "good-", reason = "not one of the good";
  const bool is_good = asked.token.compare(0, good.size(), good) == 0;
  const std::string principal = is_good ? "principal-" + asked.token.substr(good.size()) : "";
  sf_token_decision decision = {};
  decision.size = sizeof(decision);
  decision.verdict = is_good ? SF_TOKEN_ACCEPTED : SF_TOKEN_REJECTED;
  decision.principal = slice(principal);
  decision.reason = slice(reason);
  asked.answer(asked.call, &decision);
}

static std::mutex lock;
static std::vector<question> crowd;

static void answer_all(std::vector<question> questions) {
  for (size_t step = 0; step < 7; step++)
    for (size_t i = questions.size(); i-- > 0;)
      if (i % 7 == step) decide(questions[i]);
}

static void validate(void *, const sf_token_request *request, uint64_t call, sf_token_answer answer) {
  const std::lock_guard<std::mutex> guard(lock);
  crowd.push_back({call, answer, std::string(reinterpret_cast<const char *>(request->token.bytes), request->token.length)});
  if (crowd.size() < CROWD) return;
  std::thread(answer_all, std::move(crowd)).detach();
  crowd.clear();
}

static const sf_token_validator table = {sizeof(sf_token_validator), validate, nullptr};
static const sf_component components[] = {FIXTURE_COMPONENT(SF_TOKEN_VALIDATOR, "crowd", table)};

SF_DECLARE_PLUGIN;
extern "C" FIXTURE_INIT(components)
