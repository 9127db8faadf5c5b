#include "streamfence_shim.h"

#include <utility>

namespace {

void (*log_handler)(uint32_t plugin, int32_t level, sf_slice line) = nullptr;
void (*answer_handler)(uint32_t plugin, uint64_t call, const sf_token_decision *decision) = nullptr;

template <uint32_t Plugin> void log(int32_t level, sf_slice line) {
  if (log_handler != nullptr) log_handler(Plugin, level, line);
}

template <uint32_t Plugin> void answer(uint64_t call, const sf_token_decision *decision) {
  if (answer_handler != nullptr) answer_handler(Plugin, call, decision);
}

struct Tables {
  sf_host hosts[SF_SHIM_MOST_PLUGINS];
  sf_token_answer answers[SF_SHIM_MOST_PLUGINS];
};

template <uint32_t... Plugin> constexpr Tables tables_of(std::integer_sequence<uint32_t, Plugin...>) {
  return {{{sizeof(sf_host), SF_ABI_MAJOR, SF_ABI_MINOR, log<Plugin>}...}, {answer<Plugin>...}};
}

const Tables tables = tables_of(std::make_integer_sequence<uint32_t, SF_SHIM_MOST_PLUGINS>());

}  // namespace

void sf_shim_set_handlers(void (*log)(uint32_t, int32_t, sf_slice),
                          void (*answer)(uint32_t, uint64_t, const sf_token_decision *)) {
  log_handler = log;
  answer_handler = answer;
}

const sf_host *sf_shim_host(uint32_t plugin) {
  return plugin < SF_SHIM_MOST_PLUGINS ? &tables.hosts[plugin] : nullptr;
}

sf_token_answer sf_shim_answer(uint32_t plugin) {
  return plugin < SF_SHIM_MOST_PLUGINS ? tables.answers[plugin] : nullptr;
}
