/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * replay.c - runs a fuzz target over the files of a folder, and over every prefix of each
 *
 * Takes the place of libFuzzer's main in ordinary builds: seeds and past crashes are tests.
 * An empty or missing folder is a failure, as it would test nothing.
 */
#include <dirent.h>

#include "fuzz.h"

static size_t read_file(const char *dir, const char *name, uint8_t *buf, size_t cap) {
    char path[1024];
    FILE *f;
    size_t n;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    f = fopen(path, "rb");
    if (!f) {
        perror(path);
        exit(1);
    }
    n = fread(buf, 1, cap, f);
    fclose(f);
    return n;
}

int main(int argc, char **argv) {
    static uint8_t buf[1 << 16];
    struct dirent *entry;
    int files = 0;
    DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;

    if (!dir) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    while ((entry = readdir(dir))) {
        size_t size;

        if (entry->d_name[0] == '.') {
            continue;
        }
        size = read_file(argv[1], entry->d_name, buf, sizeof(buf));
        for (size_t n = 0; n <= size; n++) {
            LLVMFuzzerTestOneInput(buf, n);
        }
        files++;
    }
    closedir(dir);
    printf("%d files\n", files);
    return files > 0 ? 0 : 1;
}
