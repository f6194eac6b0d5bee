/* A folder seen through storage that answers slowly, read only.
 * `slow_fs FOLDER MICROSECONDS MOUNTPOINT`, in the foreground until it is unmounted.
 * Each look-up, open, read and listing sleeps; many may be under way at once, as over a network, but
 * look-ups in one folder come one after the other. */
#define FUSE_USE_VERSION 312
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *folder;
static struct timespec latency;

static void wait_for_storage(void)
{
    nanosleep(&latency, NULL);
}

static void place(char *real, const char *path)
{
    snprintf(real, PATH_MAX, "%s%s", folder, path);
}

static void *slow_init(struct fuse_conn_info *connection, struct fuse_config *config)
{
    (void)connection;
    config->use_ino = 1;
    config->attr_timeout = config->entry_timeout = 3.0;
    return NULL;
}

static int slow_getattr(const char *path, struct stat *status, struct fuse_file_info *file)
{
    char real[PATH_MAX];

    (void)file;
    wait_for_storage();
    place(real, path);
    return lstat(real, status) ? -errno : 0;
}

static int slow_readdir(const char *path, void *list, fuse_fill_dir_t fill, off_t offset,
                        struct fuse_file_info *file, enum fuse_readdir_flags flags)
{
    char real[PATH_MAX];
    struct dirent *entry;
    DIR *opened;

    (void)offset, (void)file, (void)flags;
    wait_for_storage();
    place(real, path);
    opened = opendir(real);
    if (opened == NULL)
        return -errno;
    while ((entry = readdir(opened)) != NULL) {
        struct stat status = {.st_ino = entry->d_ino, .st_mode = (mode_t)entry->d_type << 12};
        if (fill(list, entry->d_name, &status, 0, 0))
            break;
    }
    closedir(opened);
    return 0;
}

static int slow_open(const char *path, struct fuse_file_info *file)
{
    char real[PATH_MAX];
    int descriptor;

    wait_for_storage();
    if ((file->flags & O_ACCMODE) != O_RDONLY)
        return -EROFS;
    place(real, path);
    descriptor = open(real, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return -errno;
    file->fh = (uint64_t)descriptor;
    return 0;
}

static int slow_read(const char *path, char *data, size_t size, off_t offset,
                     struct fuse_file_info *file)
{
    ssize_t length;

    (void)path;
    wait_for_storage();
    length = pread((int)file->fh, data, size, offset);
    return length < 0 ? -errno : (int)length;
}

static int slow_release(const char *path, struct fuse_file_info *file)
{
    (void)path;
    return close((int)file->fh) ? -errno : 0;
}

static const struct fuse_operations operations = {
    .init = slow_init,
    .getattr = slow_getattr,
    .readdir = slow_readdir,
    .open = slow_open,
    .read = slow_read,
    .release = slow_release,
};

int main(int count, char **arguments)
{
    char *options[] = {arguments[0], "-f", "-o", "ro,clone_fd,max_threads=256,max_idle_threads=256",
                       NULL, NULL};
    long microseconds;

    if (count != 4)
        return 2;
    folder = arguments[1];
    microseconds = strtol(arguments[2], NULL, 10);
    latency.tv_sec = microseconds / 1000000;
    latency.tv_nsec = microseconds % 1000000 * 1000;
    options[4] = arguments[3];
    return fuse_main(5, options, &operations, NULL);
}
