/* A wall clock that steps, for tests. Put in front of libc by LD_PRELOAD; see preload.py.
 *
 *   SPECPROF_WALL_BACK=PATH   an hour behind from the moment that PATH exists
 *   SPECPROF_WALL_AT=SECONDS  always this moment
 * Monotonic clocks are let be, and so are the times that the kernel gives files.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static void shift(time_t *seconds, long *fraction) {
    const char *at = getenv("SPECPROF_WALL_AT"), *back = getenv("SPECPROF_WALL_BACK");
    if (at) {
        *seconds = atoll(at);
        *fraction = 0;
    } else if (back && access(back, F_OK) == 0) {
        *seconds -= 3600;
    }
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(clock, now);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) shift(&now->tv_sec, &now->tv_nsec);
    return failed;
}

int gettimeofday(struct timeval *now, void *zone) {
    struct timespec exact;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &exact)) return -1;
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *where) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (where) *where = now.tv_sec;
    return now.tv_sec;
}
