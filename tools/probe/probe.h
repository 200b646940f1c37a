/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * probe.h - probes and what comes back: shared by ping, trace and pathping
 *
 * A probe is an echo request, a datagram or an attempt to connect. It goes to one address, has a
 * number (16 bits) and a hop limit. What comes back is an event: a reply, or an error of ICMP from
 * somewhere on the way, and of which probe it speaks.
 *
 * Echo needs no privileges where net.ipv4.ping_group_range allows it: then the kernel tells errors
 * through the socket's error queue. Else, and where the quoted packet is wanted, raw sockets are
 * tried. UDP and TCP do without privileges, too.
 *
 * The time that a packet waited between its arrival in the kernel (SO_TIMESTAMPNS) and our reading
 * is the event's age. So a busy machine does not look like a slow network, and a clock that is set
 * does no harm.
 *
 * Does not do: keep the time at which a probe left, tell duplicates. Who asks knows better how many.
 */
#ifndef TOOLS_PROBE_PROBE_H
#define TOOLS_PROBE_PROBE_H

#include "tools/common/names.h"
#include "tools/probe/parse.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROBE_DATA_MAX 65527 /* of IPv6; of IPv4 20 less */
#define PROBE_PATTERN_MAX 16

enum probe_kind { PROBE_ECHO, PROBE_UDP, PROBE_TCP };

enum probe_df {
    PROBE_DF_DEFAULT, /* what the system does */
    PROBE_DF_DO,      /* never in pieces, not even ours */
    PROBE_DF_WANT,    /* what the path takes; larger ones leave us in pieces */
    PROBE_DF_DONT,    /* routers may cut */
    PROBE_DF_PROBE,   /* never in pieces, whatever is known of the path */
};

struct probe_conf {
    enum probe_kind kind;
    union names_addr to;
    union names_addr from; /* family 0: chosen by the system */
    const char *link;      /* name of an interface; NULL: chosen by the system */
    uint16_t port;         /* UDP, TCP: where to; of traces the first */
    uint16_t from_port;    /* UDP, TCP: 0 chosen by the system */
    unsigned ttl;          /* 0: the system's */
    int tos;               /* -1: the system's */
    enum probe_df df;
    size_t data_bytes;
    uint8_t pattern[PROBE_PATTERN_MAX];
    size_t pattern_bytes; /* 0: each octet is its own offset */
    unsigned mark;        /* 0: none */
    unsigned sndbuf_bytes;
    bool record_route;
    bool no_route;  /* only neighbours */
    bool broadcast; /* to all is meant */
    bool no_loop;   /* to groups: we do not hear it ourselves */
    bool same_flow; /* echo: the checksum does not change with the number (Paris) */
    bool quotes;    /* raw sockets if they are allowed: errors come with the quoted packet */
};

/* One probe. */
struct probe_shot {
    uint16_t seq;
    uint8_t ttl;       /* 0: as configured */
    uint16_t flow;     /* of probes with the same flow all looks the same to a router */
    size_t data_bytes; /* at most as configured; 0: as configured */
};

enum probe_what {
    PROBE_REPLY,  /* the host has answered */
    PROBE_CLOSED, /* the host has answered, but not to our liking: nobody is at that port */
    PROBE_ICMP,   /* somebody has sent an error */
    PROBE_FAILED, /* our own system: err */
};

struct probe_event {
    enum probe_what what;
    bool has_seq; /* else it is of some probe of ours, but nobody knows which */
    uint16_t seq;
    union names_addr from;
    int64_t age_ns; /* how long it has waited for us */
    int ttl;        /* its own; -1: not known */
    unsigned bytes; /* of the message */
    uint8_t type, code;
    uint32_t info; /* MTU, pointer, gateway */
    int err;
    bool csum_bad;
    struct rd data;      /* of an echo: lent until the next probe_read() */
    bool differs;        /* a reply whose data are not ours: */
    unsigned differs_at; /* the first octet */
    uint8_t was, expected;
    uint8_t opts[40], opts_len;
    char ext[PARSE_EXT_MAX];
    bool has_quote; /* of a raw socket: */
    uint8_t quote_ttl;
    uint16_t quote_id, quote_csum, sent_csum; /* the checksum as quoted, and as we sent it */
};

struct probe;

/* Opens what it takes. 0 or -errno; -EPERM, -EACCES: not allowed (probe_tell() says what helps). */
int probe_open(const struct probe_conf *conf, struct probe **ret);
void probe_close(struct probe *p);

/* One line on stderr about a failed probe_open(). */
void probe_tell(const struct probe_conf *conf, const char *host, int err);

/* Becomes readable when probe_read() may have something. */
int probe_fd(const struct probe *p);

/* Does it see the packets that errors quote? */
bool probe_has_quotes(const struct probe *p);

/* 0 or -errno; a full buffer is -EAGAIN or -ENOBUFS, a packet larger than the link -EMSGSIZE. */
int probe_send(struct probe *p, const struct probe_shot *shot);

/* The next event: 1, or 0 if there is none now. Never blocks. */
int probe_read(struct probe *p, struct probe_event *ret);

/* Is there a way to the target? 0, -ENETUNREACH and its like, -EACCES: a broadcast address. */
int probe_reach(const struct probe_conf *conf);

/* What the system knows of the path's MTU; 0: nothing. */
unsigned probe_mtu(const union names_addr *to);

/* The address that packets to there are sent from. 0 or -errno. */
int probe_source(const struct probe_conf *conf, union names_addr *ret);

/* "ICMP socket" and its like: how it is done, for -v. */
const char *probe_how(const struct probe *p);

#endif
