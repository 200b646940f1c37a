/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * socks_windows.c - sockets in the layout of Windows' netstat
 *
 * There -o adds the PID, and what a socket of UDP is connected to is not shown. The program stands
 * in brackets below, as -b has it there.
 */
#include "tools/common/clean.h"
#include "tools/netstat/netstat.h"

#include <inttypes.h>
#include <stdio.h>

void windows_head(const struct netstat_options *o) {
    printf("\n%s\n\n  Proto  %-22s %-22s %s%s\n",
           o->has_lab ? "Connections of the lab's hosts" : "Active Connections", "Local Address",
           "Foreign Address", o->timers ? "State           " : "State", o->timers ? "PID" : "");
}

/* A listener's peer is "0.0.0.0:0" there, not "*". */
static void ends(const struct netstat_options *o, const struct sock *s, char local[SOCK_END_MAX],
                 char remote[SOCK_END_MAX]) {
    unsigned flags = SOCK_BRACKETS | (o->numeric ? 0 : SOCK_SERVICES);

    sk_end_text(s, &s->local, flags, local);
    sk_end_text(s, &s->remote, flags, remote);
    if (s->kind != SK_TCP) {
        snprintf(remote, SOCK_END_MAX, "*:*");
    } else if (s->remote.port == 0) {
        snprintf(remote, SOCK_END_MAX, "%s", s->six ? "[::]:0" : "0.0.0.0:0");
    }
}

void windows_line(const struct netstat_options *o, const struct sock *s) {
    static const char *const protos[SK_KINDS] = {"TCP", "UDP", "UDPL", "RAW", "ICMP"};
    char local[SOCK_END_MAX], remote[SOCK_END_MAX], program[4 * sizeof(s->program) + 1];

    ends(o, s, local, remote);
    printf("  %-6s %-22s %-22s ", protos[s->kind], local, remote);
    if (o->timers) {
        printf("%-15s %" PRIu32 "\n", sk_state_windows(s), s->pid);
    } else {
        printf("%s\n", sk_state_windows(s));
    }
    if (o->programs && s->pid != 0) {
        clean_text(s->program, program, sizeof(program));
        printf(" [%s]\n", program);
    }
}
