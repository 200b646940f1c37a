/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * filter.h - which packets are wanted: expressions in the language of libpcap
 */
#ifndef DUMP_FILTER_H
#define DUMP_FILTER_H

#include "tools/decode/capfile.h"

#include <stdbool.h>
#include <stdint.h>

struct bpf_program;

struct filter {
    struct bpf_program *program; /* NULL: everything passes */
    uint32_t link;               /* what it was made for */
};

/* The words of the command line as one expression; or a file's contents. To be freed; NULL: told. */
char *filter_join(int n, char **words);
char *filter_read(const char *path);

/* Makes a program of an expression ("" passes everything). 0, or -EINVAL, told on stderr. */
int filter_set(struct filter *f, const char *expression, uint32_t link, uint32_t snap_bytes);
bool filter_passes(const struct filter *f, const struct capfile_packet *p);
/* The program, an instruction a line. */
void filter_print(const struct filter *f);
void filter_free(struct filter *f);

#endif
