/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.h - a script while it runs
 *
 * One struct run is one script in one variant: a host (a stack with one link of bare IP
 * packets), a clock that the script owns, the conversations (flows), the packets that left the
 * host and were not yet asked for, and the script's descriptors.
 *
 * Time: `now` is virtual. It moves only in run_until(), from one deadline of the engine to the
 * next, so whatever the engine sends bears the exact time at which it was due.
 *
 * Flows: a flow is a pair of ports with the initial sequence number of each side. The remote
 * side's number is the variant's; ours is learnt from the SYN that leaves. Payload is a pattern of
 * the offset in the stream in both directions, so every byte that is read or leaves is verified.
 */
#ifndef SCRIPT_RUN_H
#define SCRIPT_RUN_H

#include "script.h"

#include <inlet/inlet.h>

enum ps_ip_version { PS_IPV4, PS_IPV6, PS_MAPPED };

struct ps_variant {
    enum ps_ip_version ip;
    uint32_t remote_isn;
    bool shift_local; /* choose the start time so that our ISN becomes local_isn */
    uint32_t local_isn;
    bool other_secret; /* another seed of the stack */
};

/* Does the link cut super-frames, and does the script see what its wire carries? */
enum ps_gso { PS_GSO_OFF, PS_GSO_CUT, PS_GSO_WHOLE };

/* Settings of the command line and of the script's head. */
struct ps_options {
    bool verbose;
    int64_t tolerance_ns;
    uint32_t mtu;
    enum ps_gso gso;
    uint32_t gso_max;
    bool rest; /* connections go to rest as soon as they can */
    int bind_port, connect_port;
};

struct ps_frame {
    uint8_t data[65536 + 64];
    size_t len;
    inl_time when;
    enum inl_cause cause;
    struct inl_offload offload; /* incoming: of the frame; outgoing: as it left */
};

struct ps_flow {
    bool bound;
    uint16_t local_port, remote_port;
    bool isn_known;
    uint32_t local_isn, remote_isn;
    uint32_t irs_rel; /* of the last SYN that we sent in: where the remote stream begins */
    bool ts_known;
    uint32_t ts_off;        /* our timestamps, minus what the script calls them */
    uint32_t remote_ts_off; /* the same of the remote side's */
    uint8_t last_out[128];  /* the last packet that left on this flow, for quoting */
    size_t last_out_len;
};

#define PS_FDS 64
#define PS_WATCHES 8
#define PS_PIPE_BYTES 65536
enum ps_fd_kind { PS_FD_SOCKET, PS_FD_EPOLL, PS_FD_PIPE };

/* An item of an epoll descriptor. */
struct ps_watch {
    bool used, spent;
    int fd;
    uint32_t events;
    int64_t data;
    uint64_t seen_in, seen_out; /* EPOLLET: events_in and bytes, events_out when last reported */
};

struct ps_fd {
    bool used, nonblock, dgram;
    enum ps_fd_kind kind;
    inl_sock sock;
    uint64_t written, readn;        /* stream offsets; readn of a pipe: bytes in it */
    int peer_fd;                    /* the reading end of a pipe */
    uint64_t events_in, events_out; /* of the engine, so far */
    struct ps_watch watches[PS_WATCHES];
};

#define PS_OUT_MAX 256
#define PS_IN_KEPT 4

struct run {
    const struct ps_script *script;
    struct ps_variant var;
    struct ps_options opt;
    bool v6; /* packets are IPv6 */
    struct inl_stack *stack;
    int link;
    inl_time start, now, event_time;
    struct inl_addr local, remote;
    struct ps_flow tcp[PS_FLOWS], udp[PS_FLOWS];
    struct ps_fd fds[PS_FDS];
    int last_conn_fd;
    struct ps_frame *out[PS_OUT_MAX];
    unsigned out_n;
    struct ps_frame burst[8];
    unsigned burst_n;
    uint8_t last_in[PS_IN_KEPT][256]; /* the last packets that were sent in, for checking quotes */
    size_t last_in_len[PS_IN_KEPT];
    unsigned last_in_next;
    uint16_t ip_id;
    const struct ps_event *event;   /* the current one */
    const struct ps_event *pending; /* a blocking call that has not returned */
    inl_time pending_end;
    int64_t pending_done; /* bytes that a blocking write has handed over */
    unsigned events[16];  /* by bit of enum inl_events: how often it was told */
    uint8_t cookie[16];   /* the last Fast Open cookie that left */
    unsigned cookie_n;
    bool first_isn_known;
    uint32_t first_isn; /* our ISN in the first SYN */
    size_t alloc_bytes;
    bool failed;
    bool quiet;       /* run_fail() records nothing: for text of packets that may be malformed */
    char trace[6000]; /* the packets so far, a line each; the oldest fall out */
    size_t trace_len;
    char *report; /* text of the failure */
    size_t report_cap, report_len;
};

/* run.c */
int ps_run(const struct ps_script *script, const struct ps_variant *var,
           const struct ps_options *opt, char *report, size_t report_cap, uint32_t *ret_first_isn);
bool run_fail(struct run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void run_note(struct run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* setup.c: makes the stack and its link. */
bool setup_stack(struct run *r);

/* packet.c: between bytes and struct ps_packet. Patterns of payload. */
bool packet_build(struct run *r, const struct ps_packet *pk, struct ps_frame *ret_frame);
bool packet_decode(struct run *r, const struct ps_frame *frame, struct ps_packet *ret_packet,
                   const uint8_t **ret_payload);
uint8_t pattern_in(uint64_t off);
uint8_t pattern_out(uint64_t off);

/* packet_text.c */
void packet_text(const struct run *r, const struct ps_packet *pk, char *buf, size_t cap);

/* match.c: does what left meet what the script expects? Binds the flow, learns ISNs. */
bool match_packet(struct run *r, const struct ps_packet *want, const struct ps_frame *frame);
struct ps_flow *flow_of(struct run *r, enum ps_proto proto, uint16_t local_port,
                        uint16_t remote_port);
void packet_relative(struct run *r, const struct ps_flow *flow, struct ps_packet *pk);

/* calls.c: makes a call. Sets *ret_again if it would block. */
int64_t call_do(struct run *r, const struct ps_call *c, bool *ret_again);
int calls_cc_algo(const char *name); /* enum inl_cc_algo, or -1 */

/* expr.c: evaluates the assertions of a block; false after run_fail(). */
bool assert_check(struct run *r, const char *text);

#endif
