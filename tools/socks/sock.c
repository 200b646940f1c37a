/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sock.c - one socket: its names, its text, lists of them
 */
#include "tools/socks/sock.h"

#include "tools/common/grow.h"
#include "tools/common/ports.h"

#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N(a) (sizeof(a) / sizeof((a)[0]))

struct sock *sk_list_add(struct sock_list *list) {
    struct sock *at = grow(list->at, list->n, &list->room, sizeof(*at));

    if (at == NULL) {
        return NULL;
    }
    list->at = at;
    struct sock *s = &list->at[list->n++];

    *s = (struct sock){0};
    return s;
}

void sk_list_clear(struct sock_list *list) {
    list->n = 0;
}

void sk_list_done(struct sock_list *list) {
    free(list->at);
    *list = (struct sock_list){0};
}

/* ---- names ---- */

const char *sk_proto(const struct sock *s) {
    static const char *const names[SK_KINDS][2] = {
        [SK_TCP] = {"tcp", "tcp6"}, [SK_UDP] = {"udp", "udp6"},    [SK_UDPLITE] = {"udpl", "udpl6"},
        [SK_RAW] = {"raw", "raw6"}, [SK_PING] = {"icmp", "icmp6"},
    };

    return s->kind < SK_KINDS ? names[s->kind][s->six] : "?";
}

enum { LINUX, WINDOWS, SS };

static const char *const state_names[INL_TCP_STATES_MAX][3] = {
    [INL_TCP_CLOSED] = {"CLOSE", "CLOSED", "closed"},
    [INL_TCP_LISTEN] = {"LISTEN", "LISTENING", "listening"},
    [INL_TCP_SYN_SENT] = {"SYN_SENT", "SYN_SENT", "syn-sent"},
    [INL_TCP_SYN_RECEIVED] = {"SYN_RECV", "SYN_RECEIVED", "syn-recv"},
    [INL_TCP_ESTABLISHED] = {"ESTABLISHED", "ESTABLISHED", "estab"},
    [INL_TCP_FIN_WAIT_1] = {"FIN_WAIT1", "FIN_WAIT_1", "fin-wait-1"},
    [INL_TCP_FIN_WAIT_2] = {"FIN_WAIT2", "FIN_WAIT_2", "fin-wait-2"},
    [INL_TCP_CLOSE_WAIT] = {"CLOSE_WAIT", "CLOSE_WAIT", "close-wait"},
    [INL_TCP_CLOSING] = {"CLOSING", "CLOSING", "closing"},
    [INL_TCP_LAST_ACK] = {"LAST_ACK", "LAST_ACK", "last-ack"},
    [INL_TCP_TIME_WAIT] = {"TIME_WAIT", "TIME_WAIT", "time-wait"},
};

/* Only TCP has states; the others are connected or not. */
static bool has_state(const struct sock *s) {
    return s->state < INL_TCP_STATES_MAX && (s->kind == SK_TCP || s->state == INL_TCP_ESTABLISHED);
}

uint8_t sk_state_of_kernel(unsigned state) {
    static const uint8_t states[] = {
        INL_TCP_CLOSED,       INL_TCP_ESTABLISHED, INL_TCP_SYN_SENT,  INL_TCP_SYN_RECEIVED,
        INL_TCP_FIN_WAIT_1,   INL_TCP_FIN_WAIT_2,  INL_TCP_TIME_WAIT, INL_TCP_CLOSED,
        INL_TCP_CLOSE_WAIT,   INL_TCP_LAST_ACK,    INL_TCP_LISTEN,    INL_TCP_CLOSING,
        INL_TCP_SYN_RECEIVED,
    };

    return state < sizeof(states) ? states[state] : INL_TCP_CLOSED;
}

const char *sk_state(const struct sock *s) {
    return has_state(s) ? state_names[s->state][LINUX] : "";
}

const char *sk_state_windows(const struct sock *s) {
    return s->kind == SK_TCP && has_state(s) ? state_names[s->state][WINDOWS] : "";
}

const char *sk_state_rfc(const struct sock *s) {
    return has_state(s) ? inl_tcp_state_name((enum inl_tcp_state)s->state) : "";
}

bool sk_has_peer(const struct sock *s) {
    if (s->kind == SK_TCP) {
        return s->state != INL_TCP_LISTEN && s->state != INL_TCP_CLOSED;
    }
    return s->kind >= SK_RAW ? !inl_addr_is_any(&s->remote.addr) : s->remote.port != 0;
}

bool sk_listens(const struct sock *s) {
    /* a TCP socket that is bound but does not listen yet refuses its peers */
    return s->kind == SK_TCP ? s->state == INL_TCP_LISTEN : !sk_has_peer(s) && s->local.port != 0;
}

/* ---- identity ---- */

static uint64_t mix(uint64_t h, const void *data, size_t len) {
    const unsigned char *p = data;

    while (len-- > 0) {
        h = (h ^ *p++) * UINT64_C(0x100000001b3);
    }
    return h;
}

uint64_t sk_hash(const struct sock *s) {
    uint64_t h = mix(UINT64_C(0xcbf29ce484222325), s->host, strlen(s->host));

    h = mix(h, &s->kind, sizeof(s->kind));
    h = mix(h, &s->six, sizeof(s->six));
    h = mix(h, &s->local.addr, sizeof(s->local.addr));
    h = mix(h, &s->local.port, sizeof(s->local.port));
    h = mix(h, &s->remote.addr, sizeof(s->remote.addr));
    h = mix(h, &s->remote.port, sizeof(s->remote.port));
    return mix(h, &s->inode, sizeof(s->inode));
}

/* ---- states by name ---- */

#define BIT(state) (1u << (state))
#define ALL (BIT(INL_TCP_STATES_MAX) - 1)
#define CONNECTED (ALL & ~(BIT(INL_TCP_LISTEN) | BIT(INL_TCP_CLOSED)))
#define BUCKET (BIT(INL_TCP_SYN_RECEIVED) | BIT(INL_TCP_TIME_WAIT))

/* Letters and digits only, small: "FIN_WAIT1" and "fin-wait-1" are the same. */
static void plain(const char *text, size_t len, char *buf, size_t cap) {
    size_t n = 0;

    for (size_t i = 0; i < len && n + 1 < cap; i++) {
        if (isalnum((unsigned char)text[i])) {
            buf[n++] = (char)tolower((unsigned char)text[i]);
        }
    }
    buf[n] = '\0';
}

static bool is_name(const char *word, const char *name) {
    char buf[24];

    plain(name, strlen(name), buf, sizeof(buf));
    return strcmp(word, buf) == 0;
}

static uint32_t states_of(const char *word) {
    static const struct {
        const char *name;
        uint32_t states;
    } groups[] = {
        {"all", ALL},
        {"connected", CONNECTED},
        {"synchronized", CONNECTED & ~BIT(INL_TCP_SYN_SENT)},
        {"bucket", BUCKET},
        {"big", ALL & ~BUCKET},
        {"synreceived", BIT(INL_TCP_SYN_RECEIVED)},
    };

    for (size_t i = 0; i < N(groups); i++) {
        if (strcmp(word, groups[i].name) == 0) {
            return groups[i].states;
        }
    }
    for (size_t i = 0; i < INL_TCP_STATES_MAX; i++) {
        for (size_t name = 0; name < N(state_names[i]); name++) {
            if (is_name(word, state_names[i][name])) {
                return BIT(i);
            }
        }
    }
    return 0;
}

int sk_states_parse(const char *text, uint32_t *ret_states) {
    uint32_t states = 0;

    for (;;) {
        size_t len = strcspn(text, ",");
        char word[24];

        plain(text, len, word, sizeof(word));
        uint32_t more = states_of(word);

        if (more == 0) {
            return -EINVAL;
        }
        states |= more;
        if (text[len] == '\0') {
            break;
        }
        text += len + 1;
    }
    *ret_states = states;
    return 0;
}

/* ---- text ---- */

static void port_text(const struct sock *s, uint16_t port, unsigned flags, char *buf, size_t cap) {
    const char *name = NULL;

    if ((flags & SOCK_SERVICES) && s->kind < SK_RAW && port != 0) {
        name = ports_name(port, s->kind == SK_TCP ? PORTS_TCP : PORTS_UDP);
    }
    if (port == 0) {
        snprintf(buf, cap, "*");
    } else if (name != NULL) {
        snprintf(buf, cap, "%.23s", name);
    } else {
        snprintf(buf, cap, "%u", port);
    }
}

void sk_end_text(const struct sock *s, const struct sock_end *end, unsigned flags,
                 char buf[SOCK_END_MAX]) {
    char addr[INL_ADDR_TEXT_MAX] = "?", port[24], zone[IF_NAMESIZE + 1] = "";

    inl_addr_format(&end->addr, addr, sizeof(addr));
    port_text(s, end->port, flags, port, sizeof(port));
    if (end->scope != 0 && inl_addr_is_link_local(&end->addr)) {
        zone[0] = '%';
        if (s->host[0] != '\0' || if_indextoname(end->scope, zone + 1) == NULL) {
            snprintf(zone + 1, sizeof(zone) - 1, "%u", end->scope);
        }
    }
    bool brackets = (flags & SOCK_BRACKETS) && strchr(addr, ':') != NULL;

    snprintf(buf, SOCK_END_MAX, "%s%s%s%s:%s", brackets ? "[" : "", addr, zone, brackets ? "]" : "",
             port);
}
