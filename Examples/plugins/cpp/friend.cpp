// Accepts one token, the same for all friends.
#include "sf_options.h"
#include "streamfence_plugin.h"

#include <memory>
#include <string>
#include <string_view>

SF_DECLARE_PLUGIN;

namespace {

struct Friend {
  std::string secret;

  sf_token_decision decide(std::string_view token) const {
    sf_token_decision decision = {};
    decision.size = sizeof decision;
    if (token == secret) {
      decision.verdict = SF_TOKEN_ACCEPTED;
      decision.principal = sf_text("friend");
    } else {
      decision.verdict = SF_TOKEN_REJECTED;
      decision.reason = sf_text("expected the secret, found another token");
    }
    return decision;
  }
};

std::unique_ptr<Friend> make(const sf_settings *settings, sf_error *error) {
  sf_options options;
  sf_options_open(&options, settings->options, error);
  auto made = std::make_unique<Friend>(Friend{sf_options_secret(&options, "secret")});
  if (sf_options_close(&options, "friend") != SF_SUCCESS) made.reset();
  return made;
}

const sf_token_validator validator = {
    sizeof(sf_token_validator),
    [](void *instance, const sf_token_request *request, uint64_t call, sf_token_answer answer) {
      const std::string_view token(reinterpret_cast<const char *>(request->token.bytes), request->token.length);
      const sf_token_decision decision = static_cast<const Friend *>(instance)->decide(token);
      answer(call, &decision);
    },
    nullptr};

const sf_component component = {
    sizeof(sf_component),
    SF_TOKEN_VALIDATOR,
    "friend",
    &validator,
    nullptr,
    [](void *, const sf_settings *settings, sf_error *error) -> int32_t {
      return make(settings, error) ? SF_SUCCESS : SF_FAILURE;
    },
    [](void *, const sf_settings *settings, sf_error *error) -> void * { return make(settings, error).release(); },
    [](void *instance) { delete static_cast<Friend *>(instance); }};

const sf_plugin plugin = {sizeof(sf_plugin), 1, "friend", "1.0", &component};

} // namespace

const sf_plugin *streamfence_plugin_init(const sf_host *, sf_error *) { return &plugin; }
