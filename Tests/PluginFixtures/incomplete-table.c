/* A component whose table may lack something: the compiler is told its KIND, the SIZE that the table says it has, and its
 * FUNCTIONS, which are present or absent. */
#include "fixture.h"

static void present(void) {}
#define absent NULL

static const struct {
  uint32_t size;
  void (*functions[5])(void);
} table = {SIZE, {FUNCTIONS}};

static const sf_component components[] = {FIXTURE_COMPONENT(KIND, "fixture", table)};

SF_DECLARE_PLUGIN;
FIXTURE_INIT(components)
