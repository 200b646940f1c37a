/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * status.c - snapshots of a lab for `inlet netstat` and `inlet lab status`
 */
#include "host/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- lists ---- */

void status_send(struct lab *lab, uint64_t client, uint64_t id, enum proto_op op, const void *items,
                 size_t item_bytes, size_t n) {
    size_t a_message = PROTO_PAYLOAD_MAX / 2 / item_bytes;
    const uint8_t *at = items;
    struct proto_msg msg;

    for (size_t left = n; left > 0;) {
        size_t piece = left < a_message ? left : a_message;

        proto_init(&msg, op);
        msg.arg[0] = 1;
        control_answer(lab, client, id, &msg, at, piece * item_bytes);
        at += piece * item_bytes;
        left -= piece;
    }
}

void status_end(struct lab *lab, uint64_t client, uint64_t id, enum proto_op op) {
    struct proto_msg msg;

    proto_init(&msg, op);
    control_answer(lab, client, id, &msg, NULL, 0);
}

/* ---- netstat ---- */

static uint32_t us(inl_dur ns) {
    return ns < 0 ? 0 : ns / INL_US > UINT32_MAX ? UINT32_MAX : (uint32_t)(ns / INL_US);
}

static struct proto_tcp tcp_entry(struct inl_stack *stack, inl_sock sock) {
    struct inl_tcp_info i;

    if (inl_tcp_info(stack, sock, &i) < 0) {
        return (struct proto_tcp){.known = 0};
    }
    return (struct proto_tcp){.bytes_acked = i.bytes_acked,
                              .bytes_received = i.bytes_received,
                              .segs_out = i.segs_out,
                              .segs_in = i.segs_in,
                              .rtx_segs = i.rtx_segs,
                              .notsent_bytes = i.notsent_bytes,
                              .pacing_rate = i.pacing_rate,
                              .delivery_rate = i.delivery_rate,
                              .srtt_us = us(i.srtt_ns),
                              .rttvar_us = us(i.rttvar_ns),
                              .rto_us = us(i.rto_ns),
                              .min_rtt_us = us(i.min_rtt_ns),
                              .rcv_rtt_us = us(i.rcv_rtt_ns),
                              .mss_bytes = i.snd_mss_bytes,
                              .pmtu_bytes = i.pmtu_bytes,
                              .cwnd_bytes = i.cwnd_bytes,
                              .ssthresh_bytes = i.ssthresh_bytes,
                              .flight_bytes = i.flight_bytes,
                              .lost_bytes = i.lost_bytes,
                              .sacked_bytes = i.sacked_bytes,
                              .congestion = i.congestion,
                              .snd_wscale = i.snd_wscale,
                              .rcv_wscale = i.rcv_wscale,
                              .wscale = i.window_scaling,
                              .timestamps = i.timestamps,
                              .sack = i.sack,
                              .ecn = i.ecn,
                              .known = 1};
}

static struct proto_sock sock_entry(const struct lab *lab, int host,
                                    const struct inl_sock_info *info) {
    struct proto_sock s = {.type = (uint8_t)info->type,
                           .state = (uint8_t)info->state,
                           .local = proto_addr_from(&info->local, info->family),
                           .remote = proto_addr_from(&info->remote, info->family),
                           .rcvq = info->rcvq,
                           .sndq = info->sndq};
    if (info->family == INL_AF_INET && info->remote.port == 0) {
        struct inl_sockaddr none = {.addr = INL_ADDR_ANY4};

        s.remote = proto_addr_from(&none, INL_AF_INET);
    }
    if (info->sock >= 0 && info->type == INL_SOCK_STREAM && info->state != INL_TCP_LISTEN &&
        info->state != INL_TCP_CLOSED) {
        s.tcp = tcp_entry(lab_stack(lab, host), info->sock);
    }
    struct table_node *node =
        info->sock >= 0 ? table_find(&lab->hosts[host].socks, (uint64_t)info->sock) : NULL;

    snprintf(s.host, sizeof(s.host), "%s", lab->file->hosts[host].name);
    if (node != NULL) {
        const struct conn *conn = TABLE_ENTRY(node, struct conn, by_sock);

        s.pid = conn->pid;
        s.cookie = conn->by_cookie.key;
        memcpy(s.program, conn->program, sizeof(s.program));
    }
    return s;
}

/* Leaves out what the lab itself serves. Returns how many are left. */
static size_t programs_only(const struct lab_host *host, struct inl_sock_info *info, size_t n) {
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        if (info[i].sock < 0 || table_find(&host->services, (uint64_t)info[i].sock) == NULL) {
            info[kept++] = info[i];
        }
    }
    return kept;
}

static void netstat_host(struct lab *lab, int host, uint64_t client, uint64_t id) {
    struct inl_stack *stack = lab_stack(lab, host);
    size_t n = inl_sockets_snapshot(stack, NULL, 0);
    struct inl_sock_info *info = calloc(n + 1, sizeof(*info));
    struct proto_sock *out = calloc(n + 1, sizeof(*out));

    if (info != NULL && out != NULL) {
        size_t got = inl_sockets_snapshot(stack, info, n);

        n = got < n ? got : n;
        n = programs_only(&lab->hosts[host], info, n);
        for (size_t i = 0; i < n; i++) {
            out[i] = sock_entry(lab, host, &info[i]);
        }
        status_send(lab, client, id, PROTO_NETSTAT, out, sizeof(*out), n);
    }
    free(info);
    free(out);
}

void status_netstat(struct lab *lab, int host, uint64_t client, uint64_t id) {
    for (int h = 0; h < inl_world_hosts(lab->world); h++) {
        if ((host < 0 || h == host) && !lab->file->hosts[h].transparent) {
            netstat_host(lab, h, client, id);
        }
    }
    status_end(lab, client, id, PROTO_NETSTAT);
}

/* ---- netstat -s ---- */

/* Of a link, or of the whole host if that is 0. */
static size_t counters_of(const struct lab *lab, int host, int link, struct inl_mib *out,
                          size_t max) {
    const struct inl_stack *stack = lab_stack(lab, host);

    return link == 0 ? inl_mib_get(stack, out, max) : inl_mib_link_get(stack, link, out, max);
}

static void counters_link(struct lab *lab, int host, int link, uint64_t client, uint64_t id) {
    const struct labfile_host *file = &lab->file->hosts[host];
    size_t n = counters_of(lab, host, link, NULL, 0);
    struct inl_mib *mib = calloc(n + 1, sizeof(*mib));
    struct proto_counter *out = calloc(n + 1, sizeof(*out));

    if (mib != NULL && out != NULL) {
        n = counters_of(lab, host, link, mib, n);
        for (size_t i = 0; i < n; i++) {
            snprintf(out[i].host, sizeof(out[i].host), "%s", file->name);
            snprintf(out[i].link, sizeof(out[i].link), "%s",
                     link == 0 ? "" : file->ports[link - 1].link);
            snprintf(out[i].name, sizeof(out[i].name), "%s", mib[i].name);
            out[i].value = mib[i].value;
        }
        status_send(lab, client, id, PROTO_COUNTERS, out, sizeof(*out), n);
    }
    free(mib);
    free(out);
}

void status_counters(struct lab *lab, int host, uint64_t client, uint64_t id) {
    for (int h = 0; h < inl_world_hosts(lab->world); h++) {
        int links = (int)lab->file->hosts[h].ports_n;

        for (int link = 0; (host < 0 || h == host) && link <= links; link++) {
            counters_link(lab, h, link, client, id);
        }
    }
    status_end(lab, client, id, PROTO_COUNTERS);
}

/* ---- status ---- */

static void print_duration(FILE *f, const char *name, inl_dur ns) {
    if (ns != 0) {
        fprintf(f, " %s %" PRId64 ".%03" PRId64 "ms", name, ns / INL_MS, ns % INL_MS / INL_US);
    }
}

static void print_ratio(FILE *f, const char *name, uint32_t ppm) {
    if (ppm != 0) {
        fprintf(f, " %s %u.%04u%%", name, ppm / 10000, ppm % 10000);
    }
}

static void print_link(FILE *f, const struct labfile_link *link) {
    const struct inl_impair *im = &link->impair;

    fprintf(f, "link %s: mtu %u", link->name, link->mtu_bytes);
    print_duration(f, "delay", im->delay_ns);
    print_duration(f, "jitter", im->jitter_ns);
    print_ratio(f, "loss", im->loss_ppm);
    if (im->loss_burst > 1) {
        fprintf(f, " loss-burst %u", im->loss_burst);
    }
    print_ratio(f, "duplicate", im->dup_ppm);
    print_ratio(f, "reorder", im->reorder_ppm);
    print_duration(f, "reorder-by", im->reorder_ns);
    print_ratio(f, "corrupt", im->corrupt_ppm);
    if (im->rate_bps != 0) {
        fprintf(f, " rate %" PRIu64 "bit", im->rate_bps);
    }
    if (im->queue_bytes != 0) {
        fprintf(f, " queue %ub", im->queue_bytes);
    }
    if (im->ecn_mark_bytes != 0) {
        fprintf(f, " ecn-mark %ub", im->ecn_mark_bytes);
    }
    if (im->black_hole_bytes != 0) {
        fprintf(f, " black-hole %ub", im->black_hole_bytes);
    }
    if (im->codel) {
        fprintf(f, " aqm codel");
    }
    if (link->tap[0] != '\0') {
        fprintf(f, " tap %s", link->tap);
    }
    fputc('\n', f);
}

static void print_host(FILE *f, const struct lab *lab, int h) {
    const struct labfile_host *host = &lab->file->hosts[h];
    struct inl_stats st;

    inl_stats_get(lab_stack(lab, h), &st);
    fprintf(f, "host %s:%s", host->name, host->forward ? " router," : "");
    lab_conf_print(f, lab_stack(lab, h), host);
    fprintf(f,
            " sent %" PRIu64 " frames %" PRIu64 " bytes, received %" PRIu64 " frames %" PRIu64
            " bytes, retransmitted %" PRIu64 " segments, memory %zu bytes\n",
            st.tx_frames, st.tx_bytes, st.rx_frames, st.rx_bytes, st.tcp_retrans_segs,
            st.mem_used_bytes);
}

/* Each program once. */
static void print_programs(FILE *f, const struct lab *lab) {
    for (const struct table_node *n = table_next(&lab->conns, NULL); n != NULL;
         n = table_next(&lab->conns, n)) {
        const struct conn *conn = TABLE_ENTRY(n, struct conn, by_cookie);
        const struct table_node *m = table_next(&lab->conns, NULL);
        unsigned sockets = 0;

        while (m != n && TABLE_ENTRY(m, struct conn, by_cookie)->pid != conn->pid) {
            m = table_next(&lab->conns, m);
        }
        if (m != n) {
            continue;
        }
        for (; m != NULL; m = table_next(&lab->conns, m)) {
            sockets += TABLE_ENTRY(m, struct conn, by_cookie)->pid == conn->pid;
        }
        fprintf(f, "program %s (%u) on %s: %u socket%s\n", conn->program, conn->pid,
                lab->file->hosts[conn->host].name, sockets, sockets == 1 ? "" : "s");
    }
}

static void print_all(FILE *f, const struct lab *lab) {
    struct inl_world_stats st;
    inl_dur up = inl_time_sub(loop_now(), lab->started);

    inl_world_stats_get(lab->world, &st);
    fprintf(f, "lab %s: up %" PRId64 ".%03" PRId64 " s\n", lab->file->name, up / INL_S,
            up % INL_S / INL_MS);
    for (int h = 0; h < inl_world_hosts(lab->world); h++) {
        print_host(f, lab, h);
    }
    for (unsigned i = 0; i < lab->file->links_n; i++) {
        print_link(f, &lab->file->links[i]);
    }
    fprintf(f,
            "totals: %" PRIu64 " frames %" PRIu64 " bytes, %" PRIu64 " delivered, %" PRIu64
            " lost, %" PRIu64 " dropped by queues, %" PRIu64 " corrupted, %" PRIu64
            " duplicated, %" PRIu64 " reordered\n",
            st.frames, st.bytes, st.delivered, st.lost, st.queue_dropped, st.corrupted,
            st.duplicated, st.reordered);
    print_programs(f, lab);
}

void status_text(struct lab *lab, uint64_t client, uint64_t id) {
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);

    if (f != NULL) {
        print_all(f, lab);
        fclose(f);
    }
    status_send(lab, client, id, PROTO_STATUS, text, 1, len);
    status_end(lab, client, id, PROTO_STATUS);
    free(text);
}
