#include "database.h"

#include "sf_options.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const sql[STATEMENT_COUNT] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [FIND_LANE] = "SELECT id FROM lane WHERE namespace = ? AND client = ? AND topic = ?",
    [ADD_LANE] = "INSERT INTO lane (namespace, client, topic) VALUES (?, ?, ?) RETURNING id",
    [ADD_RECORD] = "INSERT INTO record (lane, position, checksum, bytes) VALUES (?, ?, ?, ?)",
    [READ_RECORDS] = "SELECT position, checksum, bytes FROM record WHERE lane = ? AND position >= ? ORDER BY position",
    [RELEASE_RECORDS] = "DELETE FROM record WHERE lane = ? AND position < ?",
    [REMOVE_LANE_IF_EMPTY] = "DELETE FROM lane WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM record WHERE lane = ?1)",
    [REMOVE_LANE] = "DELETE FROM lane WHERE id = ?",
    [LIST_LANES] = "SELECT namespace, client, topic FROM lane ORDER BY id",
    [IS_TO_SHRINK] = "SELECT NOT EXISTS (SELECT 1 FROM lane) AND page_count > 1024 FROM pragma_page_count",
};

static const char schema[] =
    "PRAGMA journal_size_limit = 16777216;"
    "PRAGMA foreign_keys = ON;"
    "CREATE TABLE IF NOT EXISTS lane ("
    "  id INTEGER PRIMARY KEY, namespace BLOB NOT NULL, client BLOB NOT NULL, topic BLOB NOT NULL,"
    "  UNIQUE (namespace, client, topic));"
    "CREATE TABLE IF NOT EXISTS record ("
    "  lane INTEGER NOT NULL REFERENCES lane ON DELETE CASCADE, position INTEGER NOT NULL,"
    "  checksum INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (lane, position));";

static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static database *all;

int32_t database_fail(database *database, const char *what, sf_error *error) {
  return sf_fail(error, "%s/spill.sqlite: expected to %s, found: %s", database->folder, what,
                 sqlite3_errmsg(database->connection));
}

/* Makes the folder and those above it, for the owner only; not one that is there. False with errno if it cannot. */
static bool make_folder(char *path) {
  if (mkdir(path, 0700) == 0) return chmod(path, 0700) == 0;
  if (errno == EEXIST) return true;
  char *last = strrchr(path, '/');
  if (errno != ENOENT || !last || last == path) return false;
  *last = 0;
  const bool made = make_folder(path);
  *last = '/';
  return made && (mkdir(path, 0700) == 0 ? chmod(path, 0700) == 0 : errno == EEXIST);
}

/* A file of the folder, made for its owner only if it is missing. */
static int open_file(const database *database, const char *name, sf_error *error) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/%s", database->folder, name);
  const int file = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
  if (file >= 0 && fchmod(file, 0600) == 0) return file;
  sf_fail(error, "%s: expected a file to write to, found: %s", path, strerror(errno));
  if (file >= 0) close(file);
  return -1;
}

/* Keeps other processes out: what they find would not be left over. */
static bool lock_folder(database *database, sf_error *error) {
  database->lock_file = open_file(database, "spill.sqlite.lock", error);
  if (database->lock_file < 0) return false;
  if (flock(database->lock_file, LOCK_EX | LOCK_NB) == 0) return true;
  sf_fail(error, "%s: expected a folder that no other process spills into, found spill.sqlite.lock: %s", database->folder,
          strerror(errno));
  return false;
}

/* Where WAL mode cannot be entered, SQLite reports no error and says which mode it is in. auto_vacuum has an effect only before that,
 * and before there are tables. */
static bool enter_wal(database *database, sf_error *error) {
  sqlite3_stmt *row = NULL;
  const bool asked = sqlite3_exec(database->connection, "PRAGMA auto_vacuum = INCREMENTAL", NULL, NULL, NULL) == SQLITE_OK &&
                     sqlite3_prepare_v2(database->connection, "PRAGMA journal_mode = WAL", -1, &row, NULL) == SQLITE_OK &&
                     sqlite3_step(row) == SQLITE_ROW;
  const char *mode = asked ? (const char *)sqlite3_column_text(row, 0) : NULL;
  const bool entered = mode && strcmp(mode, "wal") == 0;
  if (!mode) {
    database_fail(database, "open a database", error);
  } else if (!entered) {
    sf_fail(error, "%s/spill.sqlite: expected journal mode wal, found %s", database->folder, mode);
  }
  sqlite3_finalize(row);
  return entered;
}

static bool open_connection(database *database, sf_error *error) {
  /* SQLite gives the files beside it the mode of this one. */
  const int file = open_file(database, "spill.sqlite", error);
  if (file < 0) return false;
  close(file);
  char path[PATH_MAX], pragma[64];
  snprintf(path, sizeof path, "%s/spill.sqlite", database->folder);
  snprintf(pragma, sizeof pragma, "PRAGMA synchronous = %d", database->synchronous);
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_NOFOLLOW;
  if (sqlite3_open_v2(path, &database->connection, flags, NULL) != SQLITE_OK ||
      sqlite3_busy_timeout(database->connection, 5000) != SQLITE_OK) {
    database_fail(database, "open a database", error);
    return false;
  }
  if (!enter_wal(database, error)) return false;
  if (sqlite3_exec(database->connection, schema, NULL, NULL, NULL) != SQLITE_OK ||
      sqlite3_exec(database->connection, pragma, NULL, NULL, NULL) != SQLITE_OK) {
    database_fail(database, "open a database", error);
    return false;
  }
  for (int i = 0; i < STATEMENT_COUNT; i++)
    if (sqlite3_prepare_v3(database->connection, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &database->statements[i], NULL) != 0) {
      database_fail(database, "find its tables as they were made", error);
      return false;
    }
  return true;
}

static void free_database(database *database) {
  for (int i = 0; i < STATEMENT_COUNT; i++) sqlite3_finalize(database->statements[i]);
  sqlite3_close(database->connection);
  if (database->lock_file >= 0) {
    /* A child that is being started may hold a copy of the descriptor for a moment: closing alone would not do. */
    flock(database->lock_file, LOCK_UN);
    close(database->lock_file);
  }
  pthread_mutex_destroy(&database->lock);
  free(database->folder);
  free(database);
}

/* Under the lock of all. Takes `folder`, which is absolute and without links. */
static database *find_or_open(char *folder, int synchronous, sf_error *error) {
  for (database *other = all; other; other = other->next) {
    if (strcmp(other->folder, folder) != 0) continue;
    free(folder);
    if (other->synchronous == synchronous) return other->users++, other;
    sf_fail(error, "sync: expected the same for all stores in %s, found another", other->folder);
    return NULL;
  }
  database *made = calloc(1, sizeof *made);
  if (!made) {
    free(folder);
    return sf_fail(error, "expected memory for a database, found none"), NULL;
  }
  *made = (database){.folder = folder, .synchronous = synchronous, .lock_file = -1, .users = 1, .next = all};
  pthread_mutex_init(&made->lock, NULL);
  if (lock_folder(made, error) && open_connection(made, error)) return all = made;
  free_database(made);
  return NULL;
}

database *database_open(sf_slice folder, int synchronous, sf_error *error) {
  char path[PATH_MAX];
  /* The longest name in it is spill.sqlite.lock. */
  if (folder.length == 0 || folder.length > sizeof path - 32 || memchr(folder.bytes, 0, folder.length))
    return sf_fail(error, "expected the path of a folder, found none"), NULL;
  memcpy(path, folder.bytes, folder.length);
  path[folder.length] = 0;
  while (folder.length > 1 && path[folder.length - 1] == '/') path[--folder.length] = 0;
  char *resolved = make_folder(path) ? realpath(path, NULL) : NULL;
  if (!resolved || strlen(resolved) > sizeof path - 32) {
    sf_fail(error, "%s: expected a folder, or a place for one, found: %s", path, resolved ? "a longer path" : strerror(errno));
    free(resolved);
    return NULL;
  }
  pthread_mutex_lock(&all_lock);
  database *database = find_or_open(resolved, synchronous, error);
  pthread_mutex_unlock(&all_lock);
  return database;
}

void database_close(database *closed) {
  pthread_mutex_lock(&all_lock);
  if (--closed->users == 0) {
    database **at = &all;
    while (*at != closed) at = &(*at)->next;
    *at = closed->next;
    free_database(closed);
  }
  pthread_mutex_unlock(&all_lock);
}
