/* The SQLite file of a folder: one a process, however many stores use the folder. */
#ifndef SQLITE_DATABASE_H
#define SQLITE_DATABASE_H

#include "streamfence_plugin.h"

#include <pthread.h>
#include <sqlite3.h>

/* What the database is asked; each is prepared once. */
typedef enum {
  BEGIN,
  COMMIT,
  ROLLBACK,
  FIND_LANE,
  ADD_LANE,
  ADD_RECORD,
  READ_RECORDS,
  RELEASE_RECORDS,
  REMOVE_LANE_IF_EMPTY,
  REMOVE_LANE,
  LIST_LANES,
  IS_TO_SHRINK,
  STATEMENT_COUNT
} statement;

typedef struct database {
  pthread_mutex_t lock; /* around every use of what follows */
  sqlite3 *connection;
  sqlite3_stmt *statements[STATEMENT_COUNT];

  /* Kept under the lock of all databases. */
  struct database *next;
  char *folder;
  int synchronous, lock_file;
  unsigned users;
} database;

/* Opens the file in a folder, which is made if it is missing, or takes the one that this process has open. Null if it cannot, or if
 * another process has it.
 *
 * `synchronous`: 0, 1 or 2, as SQLite's pragma has it. */
database *database_open(sf_slice folder, int synchronous, sf_error *error);

void database_close(database *database);

/* Writes what SQLite says. `what` completes "expected to ...". Returns SF_FAILURE. */
int32_t database_fail(database *database, const char *what, sf_error *error);

#endif
