/* The least a program can do with a tree: list, open, read 4 KB, close. `floor TREE` */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_folder(int at, const struct dirent *entry)
{
    struct stat status;

    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return fstatat(at, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

static void give_up(const char *name)
{
    fprintf(stderr, "%s: %s\n", name, strerror(errno));
    exit(1);
}

static void read_folder(int parent, const char *name)
{
    static char head[4096];
    int descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY);
    DIR *folder = descriptor < 0 ? NULL : fdopendir(descriptor);
    struct dirent *entry;

    if (folder == NULL)
        give_up(name);
    while ((entry = readdir(folder)) != NULL) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        if (is_folder(descriptor, entry)) {
            read_folder(descriptor, entry->d_name);
            continue;
        }
        int file = openat(descriptor, entry->d_name, O_RDONLY);
        if (file < 0 || pread(file, head, sizeof head, 0) < 0)
            give_up(entry->d_name);
        close(file);
    }
    closedir(folder);
}

int main(int count, char **arguments)
{
    if (count != 2)
        return 2;
    read_folder(AT_FDCWD, arguments[1]);
    return 0;
}
