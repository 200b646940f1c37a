/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * script.h - what a packet script says, once it is parsed
 *
 * A script is a list of events in order of time: a packet that enters the host under test (<),
 * one that must leave it (>), a call of its application with the result that is expected, or
 * an assertion. The language is that of packetdrill, as far as README.md in this folder lists
 * it. Numbers of sequence are relative to the initial number of the side that counts them;
 * only run.c knows the absolute ones.
 *
 * Deliberately not here: anything about how a script is run.
 */
#ifndef SCRIPT_SCRIPT_H
#define SCRIPT_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PS_FLOWS 16
#define PS_ARGS 8
#define PS_OPTS 16

enum ps_time_kind {
    PS_TIME_AT,    /* from the start of the script */
    PS_TIME_AFTER, /* from the event before */
    PS_TIME_ANY,   /* "*": whenever it comes */
};

struct ps_time {
    enum ps_time_kind kind;
    int64_t lo_ns, hi_ns; /* equal unless a range is given */
};

/* Socket options of ours that no kernel has. */
#define PS_TCP_ECN 0x1001

enum ps_proto { PS_TCP = 6, PS_UDP = 17, PS_ICMP = 1 };

enum ps_tcp_flags {
    PS_FIN = 1,
    PS_SYN = 2,
    PS_RST = 4,
    PS_PSH = 8,
    PS_ACK = 16,
    PS_URG = 32,
    PS_ECE = 64,
    PS_CWR = 128,
    PS_AE = 256, /* accurate ECN's third bit */
};

enum ps_opt_kind {
    PS_OPT_EOL = 0,
    PS_OPT_NOP = 1,
    PS_OPT_MSS = 2,
    PS_OPT_WSCALE = 3,
    PS_OPT_SACK_OK = 4,
    PS_OPT_SACK = 5,
    PS_OPT_TS = 8,
    PS_OPT_FO = 34,
    PS_OPT_ACCECN0 = 172, /* v: n counters, in their order */
    PS_OPT_ACCECN1 = 174,
    PS_OPT_RAW = 256, /* bytes as given: unknown and malformed options */
};

struct ps_opt {
    enum ps_opt_kind kind;
    uint32_t a, b;     /* mss, shift; or timestamp value and echo */
    bool any_a, any_b; /* TS, out: "*" */
    unsigned n;        /* numbers in v, or bytes in raw */
    uint32_t v[8];     /* sack edges */
    uint8_t raw[40];
};

#define PS_EXT_BYTES 96u

/* The IP header's part of a packet: what is not given is -1 or empty. */
struct ps_ip {
    int gso; /* payload of each segment of a super-frame; 0: none, -1: not said */
    bool csum_partial;
    int ttl, tos;
    int flow_label; /* IPv6; where the packet is IPv4 it says nothing */
    int ecn;        /* the two bits alone: [ect0] leaves the DSCP open */
    bool bad_csum, bad_ip_csum;
    char src[48], dst[48];
    uint8_t options[40]; /* IPv4 */
    unsigned options_len;
    uint8_t ext[PS_EXT_BYTES]; /* IPv6: extension headers, as on the wire */
    unsigned ext_len;
    uint8_t ext_first; /* the next-header value that leads to them */
};

struct ps_icmp {
    int type; /* index in the table of match.c, or -1: code_num, type_num are raw */
    uint8_t type_num, code_num;
    uint32_t mtu, id, seq;
    bool has_quote, quote_udp;
    uint32_t quote_seq, quote_len;
};

struct ps_packet {
    bool in;  /* enters the host under test */
    int flow; /* which conversation: "@2" */
    enum ps_proto proto;
    struct ps_ip ip;
    int sport, dport; /* -1: the flow's */
    uint32_t len;     /* payload bytes */
    uint16_t flags;
    uint32_t seq, ack;
    bool has_win, has_urg;
    uint32_t win, urg;
    bool has_opts, any_opts;
    unsigned nopts;
    struct ps_opt opts[PS_OPTS];
    int doff; /* header length in words to lie about, or -1 */
    struct ps_icmp icmp;
    bool new_isn; /* out: this SYN starts a new incarnation */
    bool burst;   /* in: arrives in one call together with the next packet */
    char why[32]; /* out: short name of the cause, or empty */
};

enum ps_arg_kind {
    PS_ARG_ANY,
    PS_ARG_INT,
    PS_ARG_TEXT, /* also an address in a structure, as "192.0.2.1:80" */
    PS_ARG_BOX,
    PS_ARG_LINGER,
    PS_ARG_POLL,
    PS_ARG_EPOLL, /* {events=..., fd=N}: v, w */
    PS_ARG_IOV,   /* [{..., 10}, {..., 20}]: v bytes */
    PS_ARG_MSG,   /* {msg_iov(1)=[{..., 10}], msg_flags=0}: v bytes, w flags or -1, text: control */
    PS_ARG_PAIR,  /* [5, 6] */
};

struct ps_pollfd {
    int fd;
    unsigned events, revents;
};

struct ps_arg {
    enum ps_arg_kind kind;
    int64_t v, w; /* w: the second number, if it has one */
    char text[64];
    unsigned n;
    struct ps_pollfd polls[4];
};

struct ps_call {
    char name[24];
    unsigned nargs;
    struct ps_arg args[PS_ARGS];
    bool any_result;
    int64_t result; /* -errno for "-1 ENAME" */
    bool blocking;
    struct ps_time end;
};

enum ps_event_kind { PS_PACKET, PS_CALL, PS_ASSERT };

struct ps_event {
    int line;
    struct ps_time time;
    enum ps_event_kind kind;
    union {
        struct ps_packet packet;
        struct ps_call call;
        char *text; /* assertion */
    } u;
};

struct ps_setting {
    int line;
    char name[32];
    char value[64];
};

struct ps_script {
    char *file;
    struct ps_setting settings[32];
    unsigned nsettings;
    struct ps_event *events;
    unsigned nevents;
};

/* parse.c: 0, or -1 with "file:line: what was found, and what was expected" in err. The script
 * is to be freed in both cases. */
int ps_parse(const char *file, const char *text, struct ps_script *ret_script, char *err,
             size_t err_cap);
void ps_script_free(struct ps_script *script);

/* symbols.c: the constants of the socket API by name. */
bool ps_symbol(const char *name, int64_t *ret_value);
bool ps_errno_value(const char *name, int *ret_errno);
const char *ps_errno_name(int err);

/* icmp.c: names of ICMP messages, which differ in number between IPv4 and IPv6. */
int ps_icmp_find(const char *type, const char *code);
bool ps_icmp_wire(int index, bool v6, uint8_t *ret_type, uint8_t *ret_code);
const char *ps_icmp_name(bool v6, uint8_t type, uint8_t code);
bool ps_icmp_type_needs_code(const char *type);
bool ps_icmp_is_error(bool v6, uint8_t type);

#endif
