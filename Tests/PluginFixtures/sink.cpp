/* Throws when it is to export, and renders what it was given, in parts. */
#include "fixture.h"

#include <stdexcept>
#include <string>

static int32_t export_snapshot(void *, const sf_snapshot *, sf_error *) { throw std::runtime_error("no network"); }

static std::string text(sf_slice slice) { return std::string(reinterpret_cast<const char *>(slice.bytes), slice.length); }

static int32_t render(void *, const sf_snapshot *snapshot, sf_take_text take, void *to, sf_error *) {
  for (size_t index = 0; index < snapshot->sample_count; index++) {
    const sf_sample &sample = snapshot->samples[index];
    std::string line = text(sample.name) + " " + std::to_string(sample.type) + " " + std::to_string(int(sample.value));
    for (size_t label = 0; label < sample.label_count; label++)
      line += " " + text(sample.labels[label].name) + "=" + text(sample.labels[label].value);
    for (size_t bucket = 0; bucket < sample.bucket_count; bucket++)
      line += " " + std::to_string(int(sample.buckets[bucket].upper_bound)) + ":" +
              std::to_string(sample.buckets[bucket].count);
    line += "\n";
    take(to, {reinterpret_cast<const uint8_t *>(line.data()), line.size()});
  }
  return SF_SUCCESS;
}

static const sf_metrics_sink table = {sizeof(sf_metrics_sink), export_snapshot, render};
static const sf_component components[] = {FIXTURE_COMPONENT(SF_METRICS_SINK, "fixture", table)};

SF_DECLARE_PLUGIN;
extern "C" FIXTURE_INIT(components)
