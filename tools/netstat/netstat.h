/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * netstat.h - what was asked for, and who prints it
 *
 * Each printer writes one list to stdout, as text or JSON, and returns 0 or -errno.
 */
#ifndef TOOLS_NETSTAT_NETSTAT_H
#define TOOLS_NETSTAT_NETSTAT_H

#include "tools/socks/socks.h"
#include "tools/socks/unix.h"

#include <inlet/types.h>
#include <stdint.h>

enum netstat_style { STYLE_LINUX, STYLE_WINDOWS };

struct netstat_options {
    bool tcp, udp, raw, unix_, listening, all, numeric, programs, extend, timers;
    bool info; /* -i: interfaces, or details of sockets */
    bool routes, statistics, groups, neighbours;
    bool continuous, four, six, json;
    bool has_lab; /* --lab or --host */
    const char *lab, *host;
    enum netstat_style style;
    uint32_t states; /* 0: as -l and -a say */
    uint64_t count;  /* 0: without end */
    inl_dur interval_ns;
};

bool netstat_wants_sockets(const struct netstat_options *o);
/* "only servers": what the heading says. */
const char *netstat_which(const struct netstat_options *o);

/* socks_linux.c, socks_windows.c, socks_json.c: before all sockets, and each of them */
void linux_head(const struct netstat_options *o);
void linux_line(const struct netstat_options *o, const struct sock *s);
void windows_head(const struct netstat_options *o);
void windows_line(const struct netstat_options *o, const struct sock *s);
void json_line(const struct netstat_options *o, const struct sock *s);

/* of this machine */
int print_unix_sockets(const struct netstat_options *o, struct unix_list *list);
int print_machine_counters(const struct netstat_options *o);
int print_machine_links(const struct netstat_options *o);
int print_machine_routes(const struct netstat_options *o);
int print_machine_neighbours(const struct netstat_options *o);
int print_machine_groups(const struct netstat_options *o);

#endif
