/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.h - the options of `inlet run`
 */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "host/labfile.h"

#include <stdbool.h>

struct run_options {
    const char *host, *lab, *write_path, *events_path;
    const char *tap; /* of --link tap:NAME */
    bool dump;
    bool has_impair; /* --delay, --loss, --rate were given */
    bool has_seed, has_addr, has_gateway;
    struct inl_impair impair;
    uint64_t seed;
    struct labfile_addr addr;
    struct inl_addr gateway;
    bool has_dns;
    struct inl_sockaddr dns;
};

/* Describes the lab of a run that joins none: 0 or -errno (told on stderr). */
int private_lab(const struct run_options *options, struct labfile **ret_file);

#endif
