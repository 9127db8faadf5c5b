#include "store.h"

#include "database.h"
#include "sf_options.h"

enum { NO_LANE = 0 };

/* FNV-1a: SQLite keeps no checksums, and a record that the disk has damaged is to be left out. */
static int64_t checksum(sf_slice bytes) {
  uint64_t sum = 0xCBF29CE484222325u;
  for (size_t i = 0; i < bytes.length; i++) sum = (sum ^ bytes.bytes[i]) * 0x100000001B3u;
  return (int64_t)sum;
}

/* Runs a statement that gives no rows. */
static bool run(database *database, statement which) {
  sqlite3_stmt *statement = database->statements[which];
  const int result = sqlite3_step(statement);
  return sqlite3_reset(statement) == SQLITE_OK && result == SQLITE_DONE;
}

/* Binds memory that stays valid while the statement runs. A slice without bytes is an empty blob, not null. */
static bool bind(sqlite3_stmt *statement, int index, sf_slice bytes) {
  const void *start = bytes.length ? (const void *)bytes.bytes : "";
  return sqlite3_bind_blob64(statement, index, start, bytes.length, SQLITE_STATIC) == SQLITE_OK;
}

/* Runs a statement that gives a lane's number or nothing. */
static bool run_for_lane(database *database, statement which, const sf_spill_lane *lane, int64_t *id) {
  sqlite3_stmt *statement = database->statements[which];
  *id = NO_LANE;
  const bool bound = bind(statement, 1, lane->namespace_path) && bind(statement, 2, lane->client_id) &&
                     bind(statement, 3, lane->topic);
  int result = bound ? sqlite3_step(statement) : SQLITE_ERROR;
  if (result == SQLITE_ROW) {
    *id = sqlite3_column_int64(statement, 0);
    result = sqlite3_step(statement);
  }
  const bool reset = sqlite3_reset(statement) == SQLITE_OK;
  sqlite3_clear_bindings(statement);
  return reset && result == SQLITE_DONE;
}

static bool add_record(database *database, int64_t lane, const sf_spill_record *record) {
  sqlite3_stmt *statement = database->statements[ADD_RECORD];
  sqlite3_bind_int64(statement, 1, lane);
  sqlite3_bind_int64(statement, 2, (int64_t)record->position);
  sqlite3_bind_int64(statement, 3, checksum(record->bytes));
  const bool added = bind(statement, 4, record->bytes) && run(database, ADD_RECORD);
  sqlite3_clear_bindings(statement);
  return added;
}

/* When nothing is left and the file is larger than 4 MiB, it and its journal shrink again; while something is, its free pages are
 * used again. It is no failure of a call if that does not work now. */
static void shrink_if_empty(database *database) {
  sqlite3_stmt *statement = database->statements[IS_TO_SHRINK];
  const bool is_to_shrink = sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_int(statement, 0);
  sqlite3_reset(statement);
  if (!is_to_shrink) return;
  sqlite3_exec(database->connection, "PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
}

/* Ends a transaction: as `succeeded` says, and with a failure if that cannot be kept. */
static int32_t finish(database *database, bool succeeded, const char *what, sf_error *error) {
  if (succeeded && run(database, COMMIT)) return SF_SUCCESS;
  database_fail(database, what, error);
  if (!sqlite3_get_autocommit(database->connection)) run(database, ROLLBACK);
  return SF_FAILURE;
}

static int32_t append(void *instance, const sf_spill_lane *lane, const sf_spill_record *records, size_t count, sf_error *error) {
  database *database = instance;
  for (size_t i = 0; i < count; i++)
    if (records[i].position > INT64_MAX) return sf_fail(error, "expected a position below 2^63, found a larger one");
  if (count == 0) return SF_SUCCESS;
  pthread_mutex_lock(&database->lock);
  int64_t id;
  bool added = run(database, BEGIN) && run_for_lane(database, FIND_LANE, lane, &id) &&
               (id != NO_LANE || run_for_lane(database, ADD_LANE, lane, &id));
  for (size_t i = 0; added && i < count; i++) added = add_record(database, id, &records[i]);
  const int32_t status = finish(database, added, "append records", error);
  pthread_mutex_unlock(&database->lock);
  return status;
}

/* Gives the records of a statement that stands before the first. False if SQLite fails. */
static bool take_records(sqlite3_stmt *rows, uint64_t max_records, uint64_t max_bytes, sf_take_record take, void *to) {
  uint64_t taken = 0, bytes = 0;
  int result = SQLITE_ROW;
  while (taken < max_records && (result = sqlite3_step(rows)) == SQLITE_ROW) {
    const void *start = sqlite3_column_blob(rows, 2);
    const sf_slice record = {start, (size_t)sqlite3_column_bytes(rows, 2)};
    if (record.length > 0 && !start) return false;
    if (checksum(record) != sqlite3_column_int64(rows, 1)) continue;
    if (taken > 0 && record.length > max_bytes - bytes) return true;
    take(to, (uint64_t)sqlite3_column_int64(rows, 0), record);
    taken++;
    bytes += record.length;
    if (bytes >= max_bytes) return true;
  }
  return result == SQLITE_ROW || result == SQLITE_DONE;
}

static int32_t read_records(void *instance, const sf_spill_lane *lane, uint64_t position, uint64_t max_records,
                            uint64_t max_bytes, sf_take_record take, void *to, sf_error *error) {
  database *database = instance;
  if (position > INT64_MAX) return SF_SUCCESS;
  pthread_mutex_lock(&database->lock);
  int64_t id;
  bool was_read = run_for_lane(database, FIND_LANE, lane, &id);
  if (was_read && id != NO_LANE) {
    sqlite3_stmt *rows = database->statements[READ_RECORDS];
    sqlite3_bind_int64(rows, 1, id);
    sqlite3_bind_int64(rows, 2, (int64_t)position);
    was_read = take_records(rows, max_records, max_bytes, take, to);
    sqlite3_reset(rows);
  }
  const int32_t status = was_read ? SF_SUCCESS : database_fail(database, "read records", error);
  pthread_mutex_unlock(&database->lock);
  return status;
}

static int32_t release(void *instance, const sf_spill_lane *lane, uint64_t position, sf_error *error) {
  database *database = instance;
  pthread_mutex_lock(&database->lock);
  int64_t id;
  bool released = run(database, BEGIN) && run_for_lane(database, FIND_LANE, lane, &id);
  if (released && id != NO_LANE) {
    sqlite3_bind_int64(database->statements[RELEASE_RECORDS], 1, id);
    sqlite3_bind_int64(database->statements[RELEASE_RECORDS], 2, position > INT64_MAX ? INT64_MAX : (int64_t)position);
    sqlite3_bind_int64(database->statements[REMOVE_LANE_IF_EMPTY], 1, id);
    released = run(database, RELEASE_RECORDS) && run(database, REMOVE_LANE_IF_EMPTY);
  }
  const int32_t status = finish(database, released, "release records", error);
  if (status == SF_SUCCESS) shrink_if_empty(database);
  pthread_mutex_unlock(&database->lock);
  return status;
}

static int32_t drop(void *instance, const sf_spill_lane *lane, sf_error *error) {
  database *database = instance;
  pthread_mutex_lock(&database->lock);
  int64_t id;
  bool dropped = run(database, BEGIN) && run_for_lane(database, FIND_LANE, lane, &id);
  if (dropped && id != NO_LANE) {
    sqlite3_bind_int64(database->statements[REMOVE_LANE], 1, id);
    dropped = run(database, REMOVE_LANE);
  }
  const int32_t status = finish(database, dropped, "drop a lane", error);
  if (status == SF_SUCCESS && id != NO_LANE) shrink_if_empty(database);
  pthread_mutex_unlock(&database->lock);
  return status;
}

static sf_slice column(sqlite3_stmt *row, int index) {
  const void *start = sqlite3_column_blob(row, index);
  return (sf_slice){start, (size_t)sqlite3_column_bytes(row, index)};
}

static int32_t lanes(void *instance, sf_take_lane take, void *to, sf_error *error) {
  database *database = instance;
  pthread_mutex_lock(&database->lock);
  sqlite3_stmt *rows = database->statements[LIST_LANES];
  int result;
  while ((result = sqlite3_step(rows)) == SQLITE_ROW) {
    const sf_spill_lane lane = {sizeof lane, column(rows, 0), column(rows, 1), column(rows, 2)};
    take(to, &lane);
  }
  sqlite3_reset(rows);
  const int32_t status = result == SQLITE_DONE ? SF_SUCCESS : database_fail(database, "list lanes", error);
  pthread_mutex_unlock(&database->lock);
  return status;
}

const sf_spill_store sqlite_store = {sizeof sqlite_store, append, read_records, release, drop, lanes};
