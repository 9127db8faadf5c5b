#include "guard.hpp"

#include <cstdio>
#include <dlfcn.h>

using streamfence::guarded;
using streamfence::outcome;

void *sf_shim_open(const sf_shim_callee *callee, const char *path, sf_error *error) {
  void *image = nullptr;
  guarded({callee, "dlopen"}, error, [&] {
    image = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (image == nullptr) std::snprintf(error->message, sizeof(error->message), "%s", dlerror());
    return SF_SHIM_SUCCEEDED;
  });
  return image;
}

int32_t sf_shim_init(const sf_shim_callee *callee, sf_shim_init_function init, const sf_host *host,
                     const sf_plugin **plugin, sf_error *error) {
  return guarded({callee, "streamfence_plugin_init"}, error, [&] {
    *plugin = init(host, error);
    return *plugin != nullptr ? SF_SHIM_SUCCEEDED : SF_SHIM_FAILED;
  });
}

int32_t sf_shim_check(const sf_shim_callee *callee, const sf_component *component, const sf_settings *settings,
                      sf_error *error) {
  return guarded({callee, "check"}, error,
                 [&] { return outcome(component->check(component->context, settings, error)); });
}

int32_t sf_shim_create(const sf_shim_callee *callee, const sf_component *component, const sf_settings *settings,
                       void **instance, sf_error *error) {
  return guarded({callee, "create"}, error, [&] {
    *instance = component->create(component->context, settings, error);
    return *instance != nullptr ? SF_SHIM_SUCCEEDED : SF_SHIM_FAILED;
  });
}

int32_t sf_shim_destroy(const sf_shim_callee *callee, const sf_component *component, void *instance) {
  return guarded({callee, "destroy"}, nullptr, [&] {
    component->destroy(instance);
    return SF_SHIM_SUCCEEDED;
  });
}

int32_t sf_shim_cleanup(const sf_shim_callee *callee, sf_shim_cleanup_function cleanup) {
  return guarded({callee, "streamfence_plugin_cleanup"}, nullptr, [&] {
    cleanup();
    return SF_SHIM_SUCCEEDED;
  });
}

int32_t sf_shim_validate(const sf_shim_callee *callee, const sf_token_validator *table, void *instance,
                         const sf_token_request *request, uint64_t call, sf_token_answer answer, sf_error *error) {
  return guarded({callee, "validate"}, error, [&] {
    table->validate(instance, request, call, answer);
    return SF_SHIM_SUCCEEDED;
  });
}

int32_t sf_shim_cancel(const sf_shim_callee *callee, const sf_token_validator *table, void *instance, uint64_t call,
                       sf_error *error) {
  return guarded({callee, "cancel"}, error, [&] {
    table->cancel(instance, call);
    return SF_SHIM_SUCCEEDED;
  });
}

int32_t sf_shim_append(const sf_shim_callee *callee, const sf_spill_store *table, void *instance,
                       const sf_spill_lane *lane, const sf_spill_record *records, size_t count, sf_error *error) {
  return guarded({callee, "append"}, error,
                 [&] { return outcome(table->append(instance, lane, records, count, error)); });
}

int32_t sf_shim_read(const sf_shim_callee *callee, const sf_spill_store *table, void *instance, const sf_spill_lane *lane,
                     uint64_t position, uint64_t max_records, uint64_t max_bytes, sf_take_record take, void *to,
                     sf_error *error) {
  return guarded({callee, "read"}, error, [&] {
    return outcome(table->read(instance, lane, position, max_records, max_bytes, take, to, error));
  });
}

int32_t sf_shim_release(const sf_shim_callee *callee, const sf_spill_store *table, void *instance,
                        const sf_spill_lane *lane, uint64_t position, sf_error *error) {
  return guarded({callee, "release"}, error, [&] { return outcome(table->release(instance, lane, position, error)); });
}

int32_t sf_shim_drop(const sf_shim_callee *callee, const sf_spill_store *table, void *instance, const sf_spill_lane *lane,
                     sf_error *error) {
  return guarded({callee, "drop"}, error, [&] { return outcome(table->drop(instance, lane, error)); });
}

int32_t sf_shim_lanes(const sf_shim_callee *callee, const sf_spill_store *table, void *instance, sf_take_lane take,
                      void *to, sf_error *error) {
  return guarded({callee, "lanes"}, error, [&] { return outcome(table->lanes(instance, take, to, error)); });
}

int32_t sf_shim_export(const sf_shim_callee *callee, const sf_metrics_sink *table, void *instance,
                       const sf_snapshot *snapshot, sf_error *error) {
  return guarded({callee, "export_snapshot"}, error,
                 [&] { return outcome(table->export_snapshot(instance, snapshot, error)); });
}

int32_t sf_shim_render(const sf_shim_callee *callee, const sf_metrics_sink *table, void *instance,
                       const sf_snapshot *snapshot, sf_take_text take, void *to, sf_error *error) {
  return guarded({callee, "render"}, error, [&] { return outcome(table->render(instance, snapshot, take, to, error)); });
}
