/*
 * The contract between StreamFence and its plugins, version 1.0, for C, C++, Rust and whatever else can make a shared
 * object. docs/plugin-abi.md says how it may change.
 *
 * TRUST. A plugin is native code in the server's process: it can read every token and every message, and a crash in it ends
 * the server. StreamFence checks a file before it loads it, and every answer after that; it guards against honest
 * mistakes, not against malice. Load what you would run as the server's user.
 *
 * A PLUGIN exports three symbols:
 *
 *   streamfence_plugin_abi      data, required: SF_DECLARE_PLUGIN; read before any function of the file is called
 *   streamfence_plugin_init     required: returns the plugin's description, with one component for each thing it offers
 *   streamfence_plugin_cleanup  optional: called once when the process ends in good order, after all instances are gone
 *
 * Each component has a kind and a name, the one that `use:` gives in a configuration. The server makes an instance of a
 * component for each place where the configuration uses it, calls it through the table of its kind, and destroys it.
 *
 * RULES for everything below:
 *   - What the host passes in belongs to the host and is valid until the call returns, unless it says otherwise. Copy what
 *     you keep.
 *   - What a plugin returns belongs to the plugin; each function says how long it has to stay valid.
 *   - Text is UTF-8, not terminated unless its type is char *. A slice without bytes may have a null pointer.
 *   - Every struct that may grow starts with its size. The host fills in the sizes of what it passes: look at it before you
 *     read a field that a later version added. Fill in the sizes of what you pass, with sizeof.
 *   - No function may throw, longjmp or exit. A C++ exception that leaves a plugin is caught and counts as a failure of
 *     that call, or of the load.
 *   - A plugin is never unloaded while the process lives. It may start threads; it must not change signal handlers, the
 *     locale, the working directory or the standard streams.
 *   - A file must not be linked so that it takes symbols from the executable: link with -Bsymbolic, and
 *     -fvisibility=hidden keeps your own names to yourself.
 */
#ifndef STREAMFENCE_PLUGIN_H
#define STREAMFENCE_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) || defined(__clang__)
#define SF_EXPORT __attribute__((visibility("default")))
#else
#define SF_EXPORT
#endif

/* ---------------------------------------------------------------------------------------------------------------------
 * What all kinds share */

/* Bytes that somebody else owns. */
typedef struct sf_slice {
  const uint8_t *bytes;
  size_t length;
} sf_slice;

/* Where a function says why it failed. The host provides it, empty; write a sentence that names what was expected and what
 * was found, terminated by a zero. Of options, write a line for each that is wrong: `name: expected ..., found ...`. */
typedef struct sf_error {
  char message[1024];
} sf_error;

/* What a function returns that can fail. Any other value counts as SF_FAILURE. */
enum { SF_SUCCESS = 0, SF_FAILURE = 1 };

/* How serious a line of the log is. */
enum { SF_LOG_DEBUG = 0, SF_LOG_INFO = 1, SF_LOG_WARNING = 2, SF_LOG_ERROR = 3 };

/* What the host does for a plugin. Valid as long as the process lives. */
typedef struct sf_host {
  uint32_t size;
  uint16_t abi_major, abi_minor; /* those of the host */

  /* Writes a line to the server's log, with the plugin's name. THREAD: any; does not block. */
  void (*log)(int32_t level, sf_slice line);
} sf_host;

/* ---------------------------------------------------------------------------------------------------------------------
 * The plugin */

#define SF_ABI_MAGIC 0x53464E43u
#define SF_ABI_MAJOR 1
#define SF_ABI_MINOR 0

/* Read before any function of the file is called. The layout never changes. */
typedef struct sf_abi {
  uint32_t magic;
  uint16_t major, minor;   /* what the plugin was built against: the host has the same major and at least this minor */
  uint32_t plugin_size;    /* sizeof(sf_plugin) */
  uint32_t component_size; /* sizeof(sf_component) */
  char toolchain[112];     /* what compiled it, for messages */
} sf_abi;

/* The kinds of components. A host passes over kinds that it does not know, with a line in the log. */
enum {
  SF_OVERFLOW_POLICY = 1, /* sf_overflow_policy */
  SF_TOKEN_VALIDATOR = 2, /* sf_token_validator */
  SF_SPILL_STORE = 3,     /* sf_spill_store */
  SF_METRICS_SINK = 4     /* sf_metrics_sink */
};

/* What an instance is made with. */
typedef struct sf_settings {
  uint32_t size;
  sf_slice options; /* a JSON object: what the configuration says under `options`; {} where it says nothing */
  sf_slice folder;  /* spill stores: the folder to keep everything in, which may not exist yet; otherwise empty */
} sf_settings;

typedef struct sf_component {
  uint32_t size; /* sizeof(sf_component) */
  uint32_t kind;
  const char *name;  /* lower case letters, digits and -; no two components of one kind in a process have the same */
  const void *table; /* the table of the kind, which starts with its own size */
  void *context;     /* passed to check and create; the host does not look at it */

  /* Looks for mistakes in the options, and touches nothing outside the process: `streamfence check-config` calls it too. May
   * be null: then only create says what is wrong. THREAD: one at a time in the process. */
  int32_t (*check)(void *context, const sf_settings *settings, sf_error *error);

  /* Makes an instance. Returns null and fills in the error if it cannot; a server does not start then. Null without an
   * error is refused too. The instance is the host's until destroy. THREAD: one at a time in the process; may block. */
  void *(*create)(void *context, const sf_settings *settings, sf_error *error);

  /* Ends an instance: no call of it is running and none follows. THREAD: any. */
  void (*destroy)(void *instance);
} sf_component;

typedef struct sf_plugin {
  uint32_t size;            /* sizeof(sf_plugin) */
  uint32_t component_count; /* at least 1, at most 256 */
  const char *name, *version;
  const sf_component *components;
} sf_plugin;

/* Stand once in each plugin, in C or C++, at file scope. Exported by its declaration below. */
#define SF_DECLARE_PLUGIN                                                                                               \
  const sf_abi streamfence_plugin_abi = {SF_ABI_MAGIC,      SF_ABI_MAJOR,         SF_ABI_MINOR,                         \
                                         sizeof(sf_plugin), sizeof(sf_component), SF_TOOLCHAIN}
#if defined(__GNUC__) && !defined(__clang__)
#define SF_TOOLCHAIN "GCC " __VERSION__
#elif defined(__VERSION__)
#define SF_TOOLCHAIN __VERSION__
#else
#define SF_TOOLCHAIN "unknown"
#endif

/* The three symbols. init is called once; what it returns stays valid as long as the process lives. Null, with an error, if
 * the plugin cannot work here: the server does not start then. THREAD: the main thread or another, before any server starts. */
extern SF_EXPORT const sf_abi streamfence_plugin_abi;
SF_EXPORT const sf_plugin *streamfence_plugin_init(const sf_host *host, sf_error *error);
SF_EXPORT void streamfence_plugin_cleanup(void);

/* ---------------------------------------------------------------------------------------------------------------------
 * Overflow policies: what to do with a message that finds no room in a client's queue for its topic */

/* Which limit has no room. More may come: treat one you do not know as SF_CAUSE_BYTES. */
enum {
  SF_CAUSE_MESSAGES = 0, /* maxQueuedMessagesPerClient, of the lane */
  SF_CAUSE_BYTES = 1,    /* maxQueuedBytesPerClient, of all lanes of the client in the namespace */
  SF_CAUSE_MEMORY = 2    /* maxQueuedBytes, of the server */
};

/* One client's queue for one topic: its waiting messages, oldest first, and the newcomer. Messages in flight are not among them.
 * Its functions may be called during decide only, with the lane they were found in, and on decide's thread. An index is 0 to
 * count - 1, or SF_NEWCOMER; with another one the answer is 0, or an empty slice. */
#define SF_NEWCOMER UINT64_MAX
#define SF_NOT_FOUND UINT64_MAX
#define SF_NOT_ASKED (UINT64_MAX - 1)

typedef struct sf_lane sf_lane;

typedef struct sf_lane_accessor {
  uint32_t size;
  /* The encoded size of a message in bytes, as it counts against the limits. */
  uint64_t (*message_bytes)(const sf_lane *lane, uint64_t index);
  /* What the policy's rank said of it; 0 without one. */
  int64_t (*message_rank)(const sf_lane *lane, uint64_t index);
  /* Its key; without bytes, a null pointer, where it was published without one. Valid until decide returns. */
  sf_slice (*message_key)(const sf_lane *lane, uint64_t index);
  /* Its payload, JSON. Valid until decide returns. */
  sf_slice (*message_payload)(const sf_lane *lane, uint64_t index);
  /* The index of the newest waiting message with the same key as the one at `index` (messages without a key have the same),
   * or SF_NOT_FOUND. Found without a search. */
  uint64_t (*newest_of_same_key)(const sf_lane *lane, uint64_t index);
  /* The namespace's path and the lane's topic. Valid until decide returns. */
  sf_slice (*namespace_path)(const sf_lane *lane);
  sf_slice (*topic)(const sf_lane *lane);
} sf_lane_accessor;

struct sf_lane {
  uint32_t size;
  const sf_lane_accessor *accessor;
  const void *context;              /* the host's */
  uint64_t newest_of_newcomers_key; /* what newest_of_same_key says of SF_NEWCOMER, or SF_NOT_ASKED: call it */
};

typedef struct sf_overflow { /* decide never gets a null one, nor a null lane */
  uint32_t size;
  uint32_t cause;
  uint64_t count;        /* of the lane's waiting messages */
  uint64_t bytes;        /* their encoded size */
  uint64_t newcomer_bytes;
  uint64_t max_messages; /* the most the lane may hold */
  uint64_t max_bytes;    /* the most that all lanes of the client in the namespace may hold; less while memory is short */
  uint64_t queued_bytes; /* what they hold now */
} sf_overflow;

/* What the host is to do. Other values, and decisions that make no room, refuse the newcomer and are counted as
 * decision_invalid. Under AT_LEAST_ONCE, so are those that would lose a message. */
enum {
  SF_REJECT = 0,       /* refuse the newcomer */
  SF_EVICT_OLDEST = 1, /* remove the `argument` oldest messages, then accept */
  SF_EVICT_AT = 2,     /* remove the message at the index `argument`, then accept */
  SF_EVICT_ALL = 3,    /* remove all, which count as replaced, then accept */
  SF_REPLACE_AT = 4,   /* put the newcomer in the place of the message at `argument`, which counts as coalesced */
  SF_SPILL = 5,        /* keep the newcomer in the spill store, and all that follows until that is empty */
  SF_DISCONNECT = 6    /* refuse the newcomer and disconnect the client */
};

typedef struct sf_overflow_decision {
  uint64_t action;
  uint64_t argument;
} sf_overflow_decision;

typedef struct sf_message {
  uint32_t size;
  sf_slice payload; /* JSON */
  sf_slice key;     /* a null pointer where it has none: that is not the same as an empty one */
} sf_message;

typedef struct sf_overflow_policy {
  uint32_t size;

  /* Decides. Called again, with the new state, while an eviction has not made enough room. `reason` is where SF_REJECT and
   * SF_DISCONNECT may say why: for listeners, and for the client that is disconnected. THREAD: the event loop of the client,
   * several at once for one instance. All clients of that loop wait meanwhile: under 50 microseconds, never block. */
  sf_overflow_decision (*decide)(void *instance, const sf_overflow *overflow, const sf_lane *lane, sf_error *reason);

  /* A number to remember with a message, once for all its recipients: what decide would otherwise have to find out for each
   * message it looks at. May be null. THREAD: any, several at once; every publish waits for it. */
  int64_t (*rank)(void *instance, const sf_message *message);
} sf_overflow_policy;

/* ---------------------------------------------------------------------------------------------------------------------
 * Token validators: whether a token may be used for what a client wants */

enum { SF_ACTION_CONNECT = 0, SF_ACTION_SUBSCRIBE = 1, SF_ACTION_PUBLISH = 2 };

typedef struct sf_token_request {
  uint32_t size;
  uint32_t action;
  sf_slice token; /* as the client sent it. Never log it. */
  sf_slice namespace_path;
  sf_slice topic;          /* empty for SF_ACTION_CONNECT */
  sf_slice remote_address; /* without the port */
} sf_token_request;

enum {
  SF_TOKEN_REJECTED = 0, /* for a reason */
  SF_TOKEN_ACCEPTED = 1, /* it belongs to a principal */
  SF_TOKEN_FAILED = 2    /* could not be found out, for a reason: refused as well, and counted as the plugin's failure */
};

/* What a principal may do on topics. */
typedef struct sf_grant {
  uint32_t size;
  uint32_t actions; /* 1 << SF_ACTION_SUBSCRIBE | 1 << SF_ACTION_PUBLISH */
  sf_slice topic;   /* one topic, or * for all */
} sf_grant;

typedef struct sf_token_decision {
  uint32_t size;
  uint32_t verdict;
  sf_slice principal; /* accepted: who it belongs to; not empty, and never the token itself */
  sf_slice reason;    /* otherwise: for the log and the listeners, never for the client */
  int64_t expires_at; /* accepted: milliseconds since 1970 UTC; 0 for never */
  /* accepted: what the principal may do; null for what was asked, and the host asks about the rest; with a count of 0 and
   * a pointer for nothing. The items lie grants[0].size bytes apart. */
  const sf_grant *grants;
  size_t grant_count;
} sf_token_decision;

/* Answers a call, from any thread, during validate or later; returns at once. The host copies what it needs. An answer that
 * comes twice, too late, or to a call that never was, is passed over and counted. */
typedef void (*sf_token_answer)(uint64_t call, const sf_token_decision *decision);

typedef struct sf_token_validator {
  uint32_t size;

  /* Begins to decide on a token; answers with the number of the call, at the latest when `authTimeoutMs` is over, or the
   * token is refused. THREAD: one that may block, several at once for one instance; there are only a few, so whatever
   * takes long should answer later. */
  void (*validate)(void *instance, const sf_token_request *request, uint64_t call, sf_token_answer answer);

  /* Nobody waits for the call any more: the time is over, or the client has left. May be null. THREAD: any. */
  void (*cancel)(void *instance, uint64_t call);
} sf_token_validator;

/* ---------------------------------------------------------------------------------------------------------------------
 * Spill stores: keep outside memory what a slow client cannot take yet
 *
 * THREAD, for all of them: one that may block; never two calls at once for one lane, but several at once for several lanes.
 */

/* One client's queue for one topic. */
typedef struct sf_spill_lane {
  uint32_t size;
  sf_slice namespace_path, client_id, topic;
} sf_spill_lane;

/* One message: opaque bytes, to be returned exactly as given. Positions of a lane start at 0 and rise by one a record. */
typedef struct sf_spill_record {
  uint64_t position;
  sf_slice bytes;
} sf_spill_record;

/* Takes what a store has read, during the call that it was passed to. `to` is that call's. */
typedef void (*sf_take_record)(void *to, uint64_t position, sf_slice bytes);
typedef void (*sf_take_lane)(void *to, const sf_spill_lane *lane);

typedef struct sf_spill_store {
  uint32_t size;

  /* Appends records whose positions follow those that the lane holds: all, or none and a failure. */
  int32_t (*append)(void *instance, const sf_spill_lane *lane, const sf_spill_record *records, size_t count, sf_error *error);

  /* Gives the records from `position` on, in order: at most `max_records`, and at most `max_bytes` of bytes unless the
   * first alone is larger. A record that cannot be returned as it was given is left out, and so known to be lost. A
   * failure means that it may be there and cannot be read now: the host tries again. */
  int32_t (*read)(void *instance, const sf_spill_lane *lane, uint64_t position, uint64_t max_records, uint64_t max_bytes,
                  sf_take_record take, void *to, sf_error *error);

  /* Forgets every record before `position`; may keep them a while where that is cheaper. */
  int32_t (*release)(void *instance, const sf_spill_lane *lane, uint64_t position, sf_error *error);

  /* Forgets a lane and all its records, if it has any. It may be appended to again, from position 0. */
  int32_t (*drop)(void *instance, const sf_spill_lane *lane, sf_error *error);

  /* Gives the lanes that hold records, such as those that a killed process left behind. */
  int32_t (*lanes)(void *instance, sf_take_lane take, void *to, sf_error *error);
} sf_spill_store;

/* ---------------------------------------------------------------------------------------------------------------------
 * Metrics sinks: export the server's metrics */

enum { SF_COUNTER = 0, SF_GAUGE = 1, SF_HISTOGRAM = 2 };

typedef struct sf_label {
  sf_slice name, value;
} sf_label;

/* How many observations of a histogram were at most this large; those of smaller buckets included. */
typedef struct sf_bucket {
  double upper_bound;
  uint64_t count;
} sf_bucket;

/* One metric with one combination of labels. Samples of one metric follow each other. */
typedef struct sf_sample {
  uint32_t size;
  uint32_t type;
  sf_slice name; /* such as streamfence_messages_published_total; a histogram's is without _bucket, _sum and _count */
  sf_slice help; /* what it counts, one sentence */
  const sf_label *labels;
  size_t label_count;
  double value; /* of a histogram: the sum of all observations */
  const sf_bucket *buckets; /* of a histogram, by upper bound; all observations are in `count` */
  size_t bucket_count;
  uint64_t count; /* of a histogram: all observations */
} sf_sample;

/* All metrics at one moment. The samples lie samples[0].size bytes apart. */
typedef struct sf_snapshot {
  uint32_t size;
  const sf_sample *samples;
  size_t sample_count;
} sf_snapshot;

/* Takes a part of a text, during the call that it was passed to. */
typedef void (*sf_take_text)(void *to, sf_slice text);

typedef struct sf_metrics_sink {
  uint32_t size;

  /* Exports a snapshot: on an interval, and when the server stops. May be null for a sink that only renders. THREAD: one
   * that may block, never two calls at once for one instance. A slow sink misses snapshots and delays nothing else. */
  int32_t (*export_snapshot)(void *instance, const sf_snapshot *snapshot, sf_error *error);

  /* Gives a text for who asks the server for its metrics. May be null. THREAD: one that may block, several at once. */
  int32_t (*render)(void *instance, const sf_snapshot *snapshot, sf_take_text take, void *to, sf_error *error);
} sf_metrics_sink;

#ifdef __cplusplus
}
#endif
#endif
