/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * out.c - colours that mean something, and lines of JSON
 */
#include "tools/common/out.h"

#include "tools/common/tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool out_wants_colour(int fd) {
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    return isatty(fd) && (no_color == NULL || no_color[0] == '\0') &&
           (term == NULL || strcmp(term, "dumb") != 0);
}

void out_size(int fd, unsigned *ret_columns, unsigned *ret_rows) {
    struct winsize size;

    *ret_columns = 80;
    *ret_rows = 24;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
        *ret_columns = size.ws_col;
        *ret_rows = size.ws_row;
    }
}

void out_json(json_t *object) {
    static bool told;

    if (object == NULL || json_dumpf(object, stdout, JSON_COMPACT) < 0) {
        if (!told) {
            tool_say("a line of JSON is missing: memory is short");
            told = true;
        }
    } else {
        putchar('\n');
        fflush(stdout);
    }
    json_decref(object);
}

/* How many bytes the UTF-8 character at s has; 0: there is none. */
static size_t char_len(const char *s) {
    size_t left = strnlen(s, 4);

    for (size_t len = 1; len <= left; len++) {
        json_t *text = json_stringn(s, len);

        if (text != NULL) {
            json_decref(text);
            return len;
        }
    }
    return 0;
}

/* Each byte that is not part of a character becomes U+FFFD, which has three. */
json_t *out_json_text(const char *s) {
    size_t left = strlen(s);
    char *clean = malloc(3 * left + 1);
    size_t n = 0;

    if (clean == NULL) {
        return NULL;
    }
    while (*s != '\0') {
        size_t len = char_len(s);

        memcpy(clean + n, len > 0 ? s : "\xef\xbf\xbd", len > 0 ? len : 3);
        n += len > 0 ? len : 3;
        s += len > 0 ? len : 1;
    }
    json_t *text = json_stringn(clean, n);

    free(clean);
    return text;
}
