/* A store in memory that keeps everything but the last record when it is opened again. */
#include "memory-store.h"

static void *create(void *context, const sf_settings *settings, sf_error *error) {
  char *folder = open_folder(context, settings, error);
  if (!folder) return NULL;
  for (lane *each = all; each; each = each->next) {
    if (strcmp(each->folder, folder)) continue;
    record **last = &each->records;
    while (*last && (*last)->next) last = &(*last)->next;
    *last = NULL;
  }
  return folder;
}

static const sf_spill_store table = {sizeof(sf_spill_store), append, read_records, release, drop, lanes};
static const sf_component components[] = {
    {sizeof(sf_component), SF_SPILL_STORE, "forgetful", &table, NULL, NULL, create, free}};

SF_DECLARE_PLUGIN;
FIXTURE_INIT(components)
