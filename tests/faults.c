/* A disk that fails: preloaded into a process, it counts what the process, SQLite and DuckDB do to the files under
 * FAULT_UNDER, and at the FAULT_AT-th of the kind that FAULT_HOW means
 *   kill   kills the process, before it is done: any write, sync, renaming or removal
 *   fsync  fails with EIO, that one time: fsync, fdatasync
 *   full   writes half and is full from then on: write and the like
 * What was counted (all, syncs, writes) stands in FAULT_COUNT when the process ends. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long all, syncs, writes;

static int is_meant(const char *path) {
    const char *under = getenv("FAULT_UNDER");
    return under && !strncmp(path, under, strlen(under));
}

static int is_file_meant(int file) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return is_meant(path);
}

static int is(const char *how) {
    return !strcmp(getenv("FAULT_HOW"), how);
}

/* Counts one; how far it is behind the one that fails: 0 is that one itself, below 0 none has failed yet. */
static long past(long *kind) {
    long at = atol(getenv("FAULT_AT"));
    pthread_mutex_lock(&lock);
    all++;
    if (kind)
        ++*kind;
    long done = kind ? *kind : 0;
    if (at && all == at && is("kill"))
        kill(getpid(), SIGKILL);
    pthread_mutex_unlock(&lock);
    return at ? done - at : -1;
}

/* How many of the bytes find room; -1 where there is none. */
static ssize_t room(int file, size_t size) {
    if (!is_file_meant(file))
        return size;
    long behind = past(&writes);
    if (!is("full") || behind < 0)
        return size;
    if (behind == 0 && size > 1)
        return size / 2;
    errno = ENOSPC;
    return -1;
}

static int sync_fails(int file) {
    if (!is_file_meant(file) || past(&syncs) != 0 || !is("fsync"))
        return 0;
    errno = EIO;
    return 1;
}

int fsync(int file) { return sync_fails(file) ? -1 : REAL(fsync)(file); }
int fdatasync(int file) { return sync_fails(file) ? -1 : REAL(fdatasync)(file); }

ssize_t write(int file, const void *from, size_t size) {
    ssize_t fits = room(file, size);
    return fits < 0 ? -1 : REAL(write)(file, from, fits);
}

ssize_t pwrite(int file, const void *from, size_t size, off_t at) {
    ssize_t fits = room(file, size);
    return fits < 0 ? -1 : REAL(pwrite)(file, from, fits, at);
}

ssize_t pwrite64(int file, const void *from, size_t size, off64_t at) { return pwrite(file, from, size, at); }

ssize_t writev(int file, const struct iovec *from, int count) {
    return room(file, 1) < 0 ? -1 : REAL(writev)(file, from, count);
}

ssize_t sendfile(int file, int from, off_t *at, size_t size) {
    ssize_t fits = room(file, size);
    return fits < 0 ? -1 : REAL(sendfile)(file, from, at, fits);
}

ssize_t sendfile64(int file, int from, off64_t *at, size_t size) { return sendfile(file, from, at, size); }

int rename(const char *from, const char *to) {
    if (is_meant(to))
        past(NULL);
    return REAL(rename)(from, to);
}

int unlink(const char *path) {
    if (is_meant(path))
        past(NULL);
    return REAL(unlink)(path);
}

__attribute__((destructor)) static void tell(void) {
    FILE *file = fopen(getenv("FAULT_COUNT"), "w");
    fprintf(file, "%ld %ld %ld\n", all, syncs, writes);
    fclose(file);
}
