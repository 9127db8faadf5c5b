/* Loaded before the C library: a file that cannot be opened for a while, as on a bad disk. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The file's path; empty for none. */
char unreadable[4096];
/* How often it was refused. */
int refused;

int open(const char *path, int flags, ...) {
  if (*unreadable && strcmp(path, unreadable) == 0) {
    __atomic_add_fetch(&refused, 1, __ATOMIC_SEQ_CST);
    errno = EIO;
    return -1;
  }
  va_list arguments;
  va_start(arguments, flags);
  const int mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, int) : 0;
  va_end(arguments);
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));
