/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * etc_services.c - reads services(5): "name port/transport aliases # comment"
 *
 * The file is the machine's, and yet may be anything: what does not look like a service is left out.
 */
#include "tools/common/etc_services.h"

#include "tools/common/registry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FILE_MAX ((size_t)4 << 20)

static const char blanks[] = " \t\r";

static uint8_t transport_of(const char *name) {
    static const char *const names[] = {"tcp", "udp", "sctp", "dccp"};

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcasecmp(name, names[i]) == 0) {
            return (uint8_t)(1u << i);
        }
    }
    return 0;
}

/* Leaves one blank between words, none before or behind them. */
static const char *words(char *text) {
    char *to = text;

    for (char *word = text + strspn(text, blanks); *word != '\0'; word += strspn(word, blanks)) {
        size_t n = strcspn(word, blanks);

        if (to != text) {
            *to++ = ' ';
        }
        memmove(to, word, n);
        to += n;
        word += n;
    }
    *to = '\0';
    return text;
}

/* A line without its newline, which it changes. */
static bool read_line(char *line, struct etc_service *row) {
    char *comment = strchr(line, '#');

    if (comment != NULL) {
        *comment++ = '\0';
        comment += strspn(comment, blanks);
    }
    char *rest = line;
    char *name = strsep(&rest, blanks);

    if (rest == NULL || name[0] == '\0') {
        return false;
    }
    rest += strspn(rest, blanks);
    char *port = strsep(&rest, blanks);
    char *end;
    unsigned long number = strtoul(port, &end, 10);

    if (port[0] < '0' || port[0] > '9' || *end != '/' || number > 65535) {
        return false;
    }
    row->name = name;
    row->aliases = words(rest != NULL ? rest : port + strlen(port));
    row->comment = comment != NULL ? comment : "";
    row->port = (uint16_t)number;
    row->transport = transport_of(end + 1);
    return row->transport != 0;
}

static char *read_text(FILE *f) {
    char *text = malloc(FILE_MAX + 1);

    if (text != NULL) {
        size_t n = fread(text, 1, FILE_MAX, f);
        char *fit = realloc(text, n + 1);

        text = fit != NULL ? fit : text;
        text[n] = '\0';
    }
    return text;
}

static size_t count_lines(const char *text) {
    size_t n = 1;

    while ((text = strchr(text, '\n')) != NULL) {
        text++;
        n++;
    }
    return n < ETC_SERVICES_MAX ? n : ETC_SERVICES_MAX;
}

int etc_services_load(const char *path, struct etc_services *ret) {
    FILE *f = fopen(path, "re");

    if (f == NULL) {
        return -errno;
    }
    errno = EIO; /* should reading fail without saying why */
    struct etc_services list = {.text = read_text(f)};
    int err = ferror(f) ? -errno : 0;

    fclose(f);
    size_t cap = list.text != NULL ? count_lines(list.text) : 0;

    list.rows = list.text != NULL ? calloc(cap, sizeof(*list.rows)) : NULL;
    if (list.rows == NULL || err < 0) {
        etc_services_free(&list);
        return err < 0 ? err : -ENOMEM;
    }
    for (char *rest = list.text, *line; list.n < cap && (line = strsep(&rest, "\n")) != NULL;) {
        list.n += read_line(line, &list.rows[list.n]);
    }
    *ret = list;
    return 0;
}

void etc_services_free(struct etc_services *list) {
    free(list->rows);
    free(list->text);
    *list = (struct etc_services){0};
}

bool etc_service_is(const struct etc_service *row, const char *name) {
    size_t len = strlen(name);

    if (strcasecmp(row->name, name) == 0) {
        return true;
    }
    for (const char *a = row->aliases; *a != '\0'; a += strspn(a, blanks)) {
        size_t n = strcspn(a, blanks);

        if (n == len && n > 0 && strncasecmp(a, name, n) == 0) {
            return true;
        }
        a += n;
    }
    return false;
}
