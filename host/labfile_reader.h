/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * labfile_reader.h - between labfile.c, which takes lines apart, and labfile_keys.c, which knows
 * what their keys mean
 */
#ifndef HOST_LABFILE_READER_H
#define HOST_LABFILE_READER_H

#include "host/labfile.h"

#include <stdio.h>

#define LINE_MAX_BYTES 512 /* with a line's end and a NUL */

enum section { SECTION_NONE, SECTION_BAD, SECTION_LAB, SECTION_HOST, SECTION_LINK, SECTION_SWITCH };

struct reader {
    struct labfile *file;
    const char *path;
    FILE *stream;
    unsigned line; /* that inih has now */
    unsigned mistakes;
    bool announce;        /* the line was a section: an empty key is next */
    enum section section; /* where the reader is */
    int index;            /* which host, link or switch */
};

/* Tells of a mistake on stderr, and counts it. */
void labfile_mistake(struct reader *r, unsigned line, const char *found, const char *expected);

/* Cuts surrounding blanks off in place. */
char *labfile_trim(char *s);

/* Letters, digits, '_', '-' and '.', at most 31. */
bool labfile_is_name(const char *name);

/* A key of the section where the reader is. */
void labfile_read_key(struct reader *r, unsigned line, const char *key, const char *value);

#endif
