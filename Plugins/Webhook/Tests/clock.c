/* Loaded before the C library: a time of day that a test sets. */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* In milliseconds since 1970; 0 for the real one. */
long time_of_day;

int clock_gettime(clockid_t clock, struct timespec *time) {
  const long now = __atomic_load_n(&time_of_day, __ATOMIC_SEQ_CST);
  if (clock != CLOCK_REALTIME || now == 0) return (int)syscall(SYS_clock_gettime, clock, time);
  time->tv_sec = now / 1000;
  time->tv_nsec = now % 1000 * 1000000;
  return 0;
}
