/* Lets system calls on what lies below $SLOW_TREE take $SLOW_MICROSECONDS longer: for LD_PRELOAD,
 * where no file system can be mounted. Programs that make their calls without libc do not notice. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MOST 65536

static const char *tree;
static size_t tree_length;
static struct timespec latency;
static unsigned char is_slow[MOST];

__attribute__((constructor)) static void start(void)
{
    const char *microseconds = getenv("SLOW_MICROSECONDS");
    long given = microseconds ? strtol(microseconds, NULL, 10) : 0;

    tree = getenv("SLOW_TREE");
    tree_length = tree ? strlen(tree) : 0;
    latency.tv_sec = given / 1000000;
    latency.tv_nsec = given % 1000000 * 1000;
}

static int is_marked(int descriptor)
{
    return descriptor >= 0 && descriptor < MOST && is_slow[descriptor];
}

static int is_below(int parent, const char *path)
{
    if (path == NULL || tree == NULL)
        return 0;
    return path[0] == '/' ? !strncmp(path, tree, tree_length) : is_marked(parent);
}

static int waited(int is_due)
{
    if (is_due)
        nanosleep(&latency, NULL);
    return is_due;
}

static int marked(int descriptor, int is_due)
{
    if (descriptor >= 0 && descriptor < MOST)
        is_slow[descriptor] = (unsigned char)is_due;
    return descriptor;
}

static mode_t mode_of(int flags, va_list rest)
{
    return flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define OPEN(name)                                                  \
    int name(const char *path, int flags, ...)                      \
    {                                                               \
        va_list rest;                                               \
        va_start(rest, flags);                                      \
        mode_t mode = mode_of(flags, rest);                         \
        va_end(rest);                                               \
        int due = waited(is_below(-1, path));                       \
        return marked(REAL(name)(path, flags, mode), due);          \
    }

#define OPENAT(name)                                                \
    int name(int parent, const char *path, int flags, ...)          \
    {                                                               \
        va_list rest;                                               \
        va_start(rest, flags);                                      \
        mode_t mode = mode_of(flags, rest);                         \
        va_end(rest);                                               \
        int due = waited(is_below(parent, path));                   \
        return marked(REAL(name)(parent, path, flags, mode), due);  \
    }

#define PREAD(name, offset_type)                                                     \
    ssize_t name(int descriptor, void *data, size_t length, offset_type offset)      \
    {                                                                                \
        waited(is_marked(descriptor));                                               \
        return REAL(name)(descriptor, data, length, offset);                         \
    }

#define STAT(name, status_type)                                     \
    int name(const char *path, struct status_type *status)          \
    {                                                               \
        waited(is_below(-1, path));                                 \
        return REAL(name)(path, status);                            \
    }

#define STATAT(name, status_type)                                                        \
    int name(int parent, const char *path, struct status_type *status, int flags)        \
    {                                                                                    \
        waited(*path && is_below(parent, path));                                         \
        return REAL(name)(parent, path, status, flags);                                  \
    }

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
PREAD(pread, off_t)
PREAD(pread64, off64_t)
STAT(stat, stat)
STAT(stat64, stat64)
STAT(lstat, stat)
STAT(lstat64, stat64)
STATAT(fstatat, stat)
STATAT(fstatat64, stat64)

ssize_t read(int descriptor, void *data, size_t length)
{
    waited(is_marked(descriptor));
    return REAL(read)(descriptor, data, length);
}

DIR *opendir(const char *path)
{
    int due = waited(is_below(-1, path));
    DIR *folder = REAL(opendir)(path);

    if (folder != NULL)
        marked(dirfd(folder), due);
    return folder;
}

int close(int descriptor)
{
    marked(descriptor, 0);
    return REAL(close)(descriptor);
}
