/* Preloaded into a process, makes the n-th write to files below a folder fail, as a full or broken disk would.
 *
 *   FAIL_UNDER    the folder, absolute and without links     FAIL_ERRNO   what to report, as a number
 *   FAIL_AT       n, counted from 1                           FAIL_LASTING if set, all later ones fail too
 *   FAIL_MARKER   a file to create when one has failed, so that a loop over n knows when it is done
 *
 * Counted are write, pwrite, fsync, fdatasync and ftruncate. A write that fails has put half of its bytes on the disk.
 * The variables are read at every call, so that a forked child can set its own.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static long calls;

static int strikes(int fd) {
    const char *under = getenv("FAIL_UNDER"), *at = getenv("FAIL_AT"), *marker = getenv("FAIL_MARKER");
    char link[64], path[PATH_MAX];
    if (!under || !at) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = '\0';
    if (strncmp(path, under, strlen(under)) != 0) return 0;
    long call = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST), first = atol(at);
    if (call != first && !(call > first && getenv("FAIL_LASTING"))) return 0;
    if (marker) close(open(marker, O_CREAT | O_WRONLY, 0600));
    return 1;
}

static int report(void) {
    const char *code = getenv("FAIL_ERRNO");
    errno = code ? atoi(code) : EIO;
    return -1;
}

ssize_t write(int fd, const void *data, size_t size) {
    if (!strikes(fd)) return REAL(write)(fd, data, size);
    if (size > 1) (void)!REAL(write)(fd, data, size / 2);
    return report();
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
    if (!strikes(fd)) return REAL(pwrite)(fd, data, size, offset);
    if (size > 1) (void)!REAL(pwrite)(fd, data, size / 2, offset);
    return report();
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
    if (!strikes(fd)) return REAL(pwrite64)(fd, data, size, offset);
    if (size > 1) (void)!REAL(pwrite64)(fd, data, size / 2, offset);
    return report();
}

int fsync(int fd) { return strikes(fd) ? report() : REAL(fsync)(fd); }
int fdatasync(int fd) { return strikes(fd) ? report() : REAL(fdatasync)(fd); }
int ftruncate(int fd, off_t size) { return strikes(fd) ? report() : REAL(ftruncate)(fd, size); }
int ftruncate64(int fd, off64_t size) { return strikes(fd) ? report() : REAL(ftruncate64)(fd, size); }
