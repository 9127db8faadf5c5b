/* sqlite: a spill store in one SQLite file. */
#include "database.h"
#include "sf_options.h"
#include "store.h"
#include "streamfence_plugin.h"

SF_DECLARE_PLUGIN;

/* In the order of the numbers of PRAGMA synchronous. Not by SQLite's names: to YAML, off is false. */
static const char *const sync_names[] = {"never", "checkpoint", "always", NULL};

static int32_t read_options(const sf_settings *settings, int *synchronous, sf_error *error) {
  sf_options options;
  sf_options_open(&options, settings->options, error);
  *synchronous = sf_options_choice(&options, "sync", sync_names, 1);
  return sf_options_close(&options, "sqlite");
}

static int32_t check(void *context, const sf_settings *settings, sf_error *error) {
  (void)context;
  int synchronous;
  return read_options(settings, &synchronous, error);
}

static void *create(void *context, const sf_settings *settings, sf_error *error) {
  (void)context;
  int synchronous;
  if (read_options(settings, &synchronous, error) != SF_SUCCESS) return NULL;
  return database_open(settings->folder, synchronous, error);
}

static void destroy(void *instance) { database_close(instance); }

static const sf_component component = {.size = sizeof component, .kind = SF_SPILL_STORE, .name = "sqlite",
                                       .table = &sqlite_store, .check = check, .create = create, .destroy = destroy};
static const sf_plugin plugin = {.size = sizeof plugin, .component_count = 1, .name = "sqlite", .version = "1.0",
                                 .components = &component};

const sf_plugin *streamfence_plugin_init(const sf_host *host, sf_error *error) {
  (void)host;
  if (sqlite3_libversion_number() >= 3035000 && sqlite3_threadsafe()) return &plugin;
  sf_fail(error, "expected SQLite 3.35 or later that may be used from several threads, found %s", sqlite3_libversion());
  return NULL;
}
