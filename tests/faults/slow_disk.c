/* A disk that takes its time, for tests: fsync and fdatasync wait before they do what they are asked for.
 * Put in front of libc by LD_PRELOAD; see preload.py.
 *
 *   SPECPROF_FSYNC_MS=N   how long they wait
 *   SPECPROF_FSYNC_LOG=PATH   gets a byte for each of them
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void wait_first(void) {
    const char *told = getenv("SPECPROF_FSYNC_MS"), *log = getenv("SPECPROF_FSYNC_LOG");
    long ms = told ? atol(told) : 0;
    struct timespec wait = {ms / 1000, ms % 1000 * 1000000};
    int file = log ? open(log, O_WRONLY | O_CREAT | O_APPEND, 0644) : -1;
    if (file >= 0 && write(file, ".", 1) >= 0) close(file);
    nanosleep(&wait, NULL);
}

int fsync(int file) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    wait_first();
    return real(file);
}

int fdatasync(int file) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    wait_first();
    return real(file);
}
