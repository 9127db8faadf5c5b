#include "key_file.h"

#include "sf_options.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MOST_BYTES = 1 << 20 };

struct key_file {
  const sf_host *host;
  char *path;
  int64_t interval_ms;
  struct stat seen; /* of the file whose content is known, good or not. The watcher's, as the next one. */
  sf_error problem; /* why a newer one could not be read, as far as it was said */
  pthread_t watcher;
  pthread_mutex_t lock;
  pthread_cond_t closing;
  bool closed;   /* under the lock */
  key_set *keys; /* under the lock */
};

static bool is_same(const struct stat *left, const struct stat *right) {
  return left->st_dev == right->st_dev && left->st_ino == right->st_ino && left->st_size == right->st_size &&
         left->st_mtim.tv_sec == right->st_mtim.tv_sec && left->st_mtim.tv_nsec == right->st_mtim.tv_nsec &&
         left->st_ctim.tv_sec == right->st_ctim.tv_sec && left->st_ctim.tv_nsec == right->st_ctim.tv_nsec;
}

static void report(const key_file *file, int32_t level, const char *message) {
  file->host->log(level, sf_text(message));
}

static bool read_all(int descriptor, uint8_t *to, size_t length) {
  while (length > 0) {
    const ssize_t count = read(descriptor, to, length);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    to += count;
    length -= (size_t)count;
  }
  return true;
}

/* Remembers in `seen` which file it was, unless it could not be read: that may be over the next time. */
static key_set *read_keys(key_file *file, sf_error *error) {
  const char *path = file->path;
  struct stat found;
  /* Not to wait for a writer where somebody put a pipe. */
  const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return sf_fail(error, "%s: expected a file of keys, found none: %s", path, strerror(errno)), NULL;
  key_set *keys = NULL;
  if (fstat(descriptor, &found) != 0) {
    sf_fail(error, "%s: expected a file of keys, found: %s", path, strerror(errno));
  } else if (!S_ISREG(found.st_mode) || found.st_size > MOST_BYTES) {
    file->seen = found;
    sf_fail(error, "%s: expected a regular file of at most %d bytes, found another", path, MOST_BYTES);
  } else {
    const size_t length = (size_t)found.st_size;
    uint8_t *text = malloc(length + 1);
    if (text && read_all(descriptor, text, length)) {
      file->seen = found;
      keys = key_set_parse(path, text, length, error);
    } else {
      sf_fail(error, "%s: expected %zu bytes, could not read them", path, length);
    }
    if (text) OPENSSL_cleanse(text, length);
    free(text);
  }
  close(descriptor);
  if (keys && (found.st_mode & (S_IRWXG | S_IRWXO))) {
    sf_error warning;
    sf_fail(&warning, "%s: expected mode 0600 on a file of keys, found %04o", path, (unsigned)found.st_mode & 07777);
    report(file, SF_LOG_WARNING, warning.message);
  }
  return keys;
}

static bool is_known(const key_file *file) {
  struct stat now;
  return stat(file->path, &now) == 0 && is_same(&now, &file->seen);
}

/* Reads the file if it is another one. What cannot be read is tried again each time, and said once. */
static void look_again(key_file *file) {
  if (is_known(file)) {
    file->problem.message[0] = 0;
    return;
  }
  sf_error error = {{0}};
  key_set *keys = read_keys(file, &error);
  if (!keys) {
    const bool is_said = strcmp(error.message, file->problem.message) == 0;
    file->problem = error;
    if (is_said) return;
    report(file, SF_LOG_ERROR, error.message);
    report(file, SF_LOG_WARNING, "the keys stay as they were");
    return;
  }
  file->problem.message[0] = 0;
  pthread_mutex_lock(&file->lock);
  key_set *before = file->keys;
  file->keys = keys;
  pthread_mutex_unlock(&file->lock);
  key_set_release(before);
  report(file, SF_LOG_INFO, "the keys were read again");
}

static void *watch(void *argument) {
  key_file *file = argument;
  pthread_mutex_lock(&file->lock);
  while (!file->closed) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += file->interval_ms / 1000;
    until.tv_nsec += file->interval_ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
    if (pthread_cond_timedwait(&file->closing, &file->lock, &until) != ETIMEDOUT) continue;
    pthread_mutex_unlock(&file->lock);
    look_again(file);
    pthread_mutex_lock(&file->lock);
  }
  pthread_mutex_unlock(&file->lock);
  return NULL;
}

/* The thread takes no signals: those are the server's. */
static bool start_watching(key_file *file) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const bool started = pthread_create(&file->watcher, NULL, watch, file) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return started;
}

key_file *key_file_open(const sf_host *host, const char *path, int64_t interval_ms, sf_error *error) {
  key_file *file = calloc(1, sizeof *file);
  if (!file || !(file->path = strdup(path))) {
    free(file);
    return sf_fail(error, "%s: expected memory to read it, found none", path), NULL;
  }
  file->host = host;
  file->interval_ms = interval_ms;
  pthread_mutex_init(&file->lock, NULL);
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&file->closing, &monotonic);
  pthread_condattr_destroy(&monotonic);
  file->keys = read_keys(file, error);
  if (file->keys && start_watching(file)) return file;
  if (file->keys) sf_fail(error, "%s: expected a thread to watch it, found none", path);
  file->closed = true;
  key_file_close(file);
  return NULL;
}

key_set *key_file_keys(key_file *file) {
  pthread_mutex_lock(&file->lock);
  key_set *keys = file->keys;
  atomic_fetch_add(&keys->references, 1);
  pthread_mutex_unlock(&file->lock);
  return keys;
}

void key_file_close(key_file *file) {
  pthread_mutex_lock(&file->lock);
  const bool is_watched = !file->closed;
  file->closed = true;
  pthread_cond_signal(&file->closing);
  pthread_mutex_unlock(&file->lock);
  if (is_watched) pthread_join(file->watcher, NULL);
  key_set_release(file->keys);
  pthread_cond_destroy(&file->closing);
  pthread_mutex_destroy(&file->lock);
  free(file->path);
  free(file);
}
