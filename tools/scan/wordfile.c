/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wordfile.c - files of words
 */
#include "tools/scan/wordfile.h"

#include "tools/common/clean.h"
#include "tools/common/tool.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 4096
#define BETWEEN ", \t\r\n"

struct reading {
    const char *path, *expected;
    unsigned line;
    int (*take)(void *ctx, const char *word);
    void *ctx;
};

static int take_line(const struct reading *r, char *line) {
    char *rest = line, word[4 * LINE_MAX_BYTES]; /* it is said again where it is wrong */

    line[strcspn(line, "#")] = '\0';
    for (const char *found; (found = strtok_r(rest, BETWEEN, &rest)) != NULL;) {
        clean_text(found, word, sizeof(word));
        int err = r->take(r->ctx, word);

        if (err < 0) {
            tool_say("%s, line %u: %s%s", r->path, r->line,
                     r->expected != NULL ? "expected " : word,
                     r->expected != NULL ? r->expected : "");
            return err;
        }
    }
    return 0;
}

static int take_lines(struct reading *r, FILE *f) {
    char line[LINE_MAX_BYTES];

    while (fgets(line, sizeof(line), f) != NULL) {
        size_t len = strlen(line);
        bool whole = len > 0 && (line[len - 1] == '\n' || feof(f));

        r->line++;
        if (!whole) {
            tool_say("%s, line %u: longer than %d bytes, or no text", r->path, r->line,
                     LINE_MAX_BYTES - 1);
            return -EINVAL;
        }
        int err = take_line(r, line);

        if (err < 0) {
            return err;
        }
    }
    return ferror(f) ? -errno : 0;
}

int wordfile_read(const char *path, const char *expected, int (*take)(void *ctx, const char *word),
                  void *ctx) {
    struct reading r = {.path = path, .expected = expected, .take = take, .ctx = ctx};
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *f = is_stdin ? stdin : fopen(path, "re");
    int err = f != NULL ? take_lines(&r, f) : -errno;

    if (f == NULL || ferror(f)) {
        tool_say("%s: %s", path, strerror(-err));
    }
    if (f != NULL && !is_stdin) {
        fclose(f);
    }
    return err;
}
