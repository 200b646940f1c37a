/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * icmp_errno.c - what each ICMP error means: an errno for programs, and whether it is final
 *
 * Hard errors are those that do not go away by waiting: protocol and port unreachable (RFC 1122
 * 4.2.3.9), and what an administrator prohibits (RFC 5461 2.1). Networks and hosts that cannot be
 * reached, a failed source route and time exceeded are hints that may be transient (RFC 1122
 * 3.2.2.1, 3.2.2.4). A code that is not known is soft: EHOSTUNREACH or EPROTO.
 */
#include "ip/icmp.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"

#include <errno.h>

struct meaning {
    int err;
    bool hard;
};

static struct meaning unreach4(uint8_t code) {
    static const struct meaning table[] = {
        [ICMP4_UNREACH_NET] = {ENETUNREACH, false},
        [ICMP4_UNREACH_HOST] = {EHOSTUNREACH, false},
        [ICMP4_UNREACH_PROTO] = {ENOPROTOOPT, true},
        [ICMP4_UNREACH_PORT] = {ECONNREFUSED, true},
        [ICMP4_UNREACH_FRAG_NEEDED] = {EMSGSIZE, false},
        [ICMP4_UNREACH_SOURCE_ROUTE] = {EOPNOTSUPP, false},
        [ICMP4_UNREACH_NET_UNKNOWN] = {ENETUNREACH, false},
        [ICMP4_UNREACH_HOST_UNKNOWN] = {EHOSTUNREACH, false},
        [ICMP4_UNREACH_ISOLATED] = {EHOSTUNREACH, false},
        [ICMP4_UNREACH_NET_PROHIBITED] = {EACCES, true},
        [ICMP4_UNREACH_HOST_PROHIBITED] = {EACCES, true},
        [ICMP4_UNREACH_NET_TOS] = {ENETUNREACH, false},
        [ICMP4_UNREACH_HOST_TOS] = {EHOSTUNREACH, false},
        [ICMP4_UNREACH_FILTERED] = {EACCES, true},
        [ICMP4_UNREACH_PRECEDENCE_VIOLATION] = {EACCES, true},
        [ICMP4_UNREACH_PRECEDENCE_CUTOFF] = {EACCES, true},
    };

    return code < sizeof(table) / sizeof(table[0]) ? table[code]
                                                   : (struct meaning){EHOSTUNREACH, false};
}

static struct meaning unreach6(uint8_t code) {
    static const struct meaning table[] = {
        [ICMP6_UNREACH_NO_ROUTE] = {ENETUNREACH, false},
        [ICMP6_UNREACH_PROHIBITED] = {EACCES, true},
        [ICMP6_UNREACH_SCOPE] = {EHOSTUNREACH, false},
        [ICMP6_UNREACH_ADDR] = {EHOSTUNREACH, false},
        [ICMP6_UNREACH_PORT] = {ECONNREFUSED, true},
        [ICMP6_UNREACH_POLICY] = {EACCES, true},
        [ICMP6_UNREACH_REJECT] = {EACCES, true},
    };

    return code < sizeof(table) / sizeof(table[0]) ? table[code]
                                                   : (struct meaning){EHOSTUNREACH, false};
}

static void say(struct ip_err *e, struct meaning m) {
    e->err = m.err;
    e->hard = m.hard;
}

void ip_icmp4_meaning(const struct icmp4_msg *m, struct ip_err *e) {
    switch (m->type) {
    case ICMP4_UNREACH:
        say(e, unreach4(m->code));
        e->mtu_bytes = e->err == EMSGSIZE ? m->mtu_bytes : 0;
        e->info = e->mtu_bytes;
        break;
    case ICMP4_TIME_EXCEEDED:
        say(e, (struct meaning){EHOSTUNREACH, false});
        break;
    default:
        say(e, (struct meaning){EPROTO, false});
        e->info = m->pointer;
        break;
    }
}

void ip_icmp6_meaning(const struct icmp6_msg *m, struct ip_err *e) {
    bool no_proto = m->type == ICMP6_PARAM_PROBLEM && m->code == ICMP6_PARAM_NEXT_HEADER;

    switch (m->type) {
    case ICMP6_UNREACH:
        say(e, unreach6(m->code));
        break;
    case ICMP6_TOO_BIG:
        say(e, (struct meaning){EMSGSIZE, false});
        e->mtu_bytes = e->info = m->mtu_bytes;
        break;
    case ICMP6_TIME_EXCEEDED:
        say(e, (struct meaning){EHOSTUNREACH, false});
        break;
    default: /* an error of unknown type goes to the transport, too (RFC 4443 2.4 (a)) */
        say(e, (struct meaning){no_proto ? ENOPROTOOPT : EPROTO, no_proto});
        e->info = m->pointer;
        break;
    }
}
