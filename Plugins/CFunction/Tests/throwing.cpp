// A function that throws, and a caller that catches what leaves a plugin, as a server does.
#include "streamfence_plugin.h"

#include <cstring>
#include <stdexcept>

extern "C" int acme_parse(const char *token) {
  if (*token == '!') throw std::runtime_error("no token");
  return std::strcmp(token, "good");
}

extern "C" int test_throws(const sf_token_validator *validator, void *instance, const sf_token_request *request, uint64_t call,
                           sf_token_answer answer) {
  try {
    validator->validate(instance, request, call, answer);
    return 0;
  } catch (const std::runtime_error &) {
    return 1;
  }
}
