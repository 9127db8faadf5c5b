#include "guard.hpp"

#include <cstdio>
#include <exception>

namespace streamfence {

static void write(sf_error *error, const char *text) noexcept {
  if (error != nullptr) std::snprintf(error->message, sizeof(error->message), "C++ exception: %s", text);
}

void describe_exception(sf_error *error) noexcept {
  try {
    throw;
  } catch (const std::exception &exception) {
    write(error, exception.what());
  } catch (...) {
    write(error, "of a type that is no std::exception");
  }
}

}  // namespace streamfence
