/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dhcp4.c - the DHCP client for IPv4 (RFC 2131 4.4)
 *
 *   INIT --> SELECTING --OFFER--> REQUESTING --ACK--> CHECKING --free--> BOUND
 *     |                                                  ^               |  ^
 *     +----> REBOOTING (with a previous address) --ACK---+            T1 |  | ACK
 *                                                                        v  |
 *                                                         RENEWING, from T2 on REBINDING
 *
 *   to INIT from everywhere: a NAK, nobody answers, the address is taken, the lease is over
 *
 * One timer says when to send again or to change the state, a second one when
 * the lease ends, whatever the state is then. Messages are sent again after 4,
 * 8, 16, 32, 64, 64, ... seconds, each
 * +-1 s (4.1); renewals after half of what is left, but not below a minute
 * (4.4.5). The lease counts from the request that was answered.
 *
 * An answer must have our xid (32 random bits, new for each exchange, and for
 * each renewal), our hardware address, our client identifier if it has one (RFC
 * 6842), and come from the server that was chosen where one was. Then it can
 * come from a guesser on the path only, against whom DHCP has nothing. A
 * refusal (NAK), or an address that is taken, makes the next beginning wait,
 * longer each time: a server that always refuses gets a message a minute, not a
 * flood.
 *
 * The broadcast bit is set as long as we have no address, since packets to an
 * address that is not ours are not taken in (4.1).
 *
 * Does not do: DHCPINFORM, RFC 3203 (forced renewal: it needs authentication),
 * collecting offers to choose among them (the first that can be used is taken),
 * keeping a lease over a restart of the program (the embedder may:
 * inl_dhcp4_config.previous).
 */
#include "conf/dhcp4.h"
#include "ip/link.h"
#include "ip/state.h"

#include <errno.h>
#include <string.h>

#define RETRY_FIRST_NS (4 * INL_S)
#define RETRY_MAX_NS (64 * INL_S)
#define RETRY_FUZZ_NS (1 * INL_S)
#define REQUEST_TRIES 4 /* then from the beginning: a minute in all (3.1.5) */
#define REBOOT_TRIES 2
#define FALL_BACK_TRIES 3
#define RENEW_MIN_NS (60 * INL_S)
#define REFUSED_WAIT_NS (1 * INL_S) /* after the first NAK; doubles */
#define REFUSED_WAIT_MAX_NS (64 * INL_S)
#define DECLINED_WAIT_NS (10 * INL_S) /* 3.1.5: at least */
#define START_MAX_NS (3600 * INL_S)

const char *inl_dhcp4_state_name(enum inl_dhcp4_state state) {
    static const char *const names[] = {"off",      "init",  "selecting", "requesting", "rebooting",
                                        "checking", "bound", "renewing",  "rebinding"};

    return state <= INL_DHCP4_REBINDING ? names[state] : "?";
}

static struct wheel *dhcp4_wheel(const struct dhcp4 *d) {
    return &d->conf->env->wheel;
}

static inl_time dhcp4_now(const struct dhcp4 *d) {
    return d->conf->env->now;
}

static void wait_ns(struct dhcp4 *d, inl_dur ns) {
    timer_arm(dhcp4_wheel(d), &d->timer, inl_time_add(dhcp4_now(d), ns));
}

/* ---- exchanges ---- */

static void request(struct dhcp4 *d, enum inl_cause cause) {
    d->sent = dhcp4_now(d);
    dhcp4_send(d, DHCP4_REQUEST, cause);
}

/* How long to wait for an answer to the message that was just sent. */
static void wait_for_answer(struct dhcp4 *d) {
    inl_dur wait = RETRY_FIRST_NS;

    for (unsigned i = 0; i < d->tries && wait < RETRY_MAX_NS; i++) {
        wait *= 2;
    }
    d->tries++;
    wait_ns(d, conf_random(d->conf, wait - RETRY_FUZZ_NS, wait + RETRY_FUZZ_NS));
}

/* ---- states ---- */

static void begin_exchange(struct dhcp4 *d, enum inl_dhcp4_state state) {
    d->state = state;
    d->xid = rng_u32(&d->conf->env->rng);
    d->tries = 0;
}

/* The address is not ours any more, if it was. */
static void lose(struct dhcp4 *d) {
    ip_acd_stop(d->conf->ip, &d->acd);
    timer_cancel(dhcp4_wheel(d), &d->expiry);
    if (d->applied) {
        d->applied = false;
        dhcp4_params_drop(d->conf, d->link, &d->lease.params, d->routes);
        conf_tell(d->conf, d->link, INL_CONF_DHCP4);
    }
}

static void go_init(struct dhcp4 *d, inl_dur wait) {
    lose(d);
    d->state = INL_DHCP4_INIT;
    wait_ns(d, wait);
}

static void go_init_refused(struct dhcp4 *d, inl_dur least) {
    inl_dur wait = REFUSED_WAIT_NS;

    for (unsigned i = 0; i < d->refusals && wait < REFUSED_WAIT_MAX_NS; i++) {
        wait *= 2;
    }
    d->refusals++;
    d->known = false;
    go_init(d, wait > least ? wait : least);
}

/* No server: an address that needs none, if that is wanted, until there is one. */
static void fall_back(struct dhcp4 *d) {
    if (d->config.link_local && d->tries == FALL_BACK_TRIES &&
        conf_ll4_start(d->conf, d->link) == 0) {
        d->fallen_back = true;
    }
}

static void come_back(struct dhcp4 *d) {
    if (d->fallen_back) {
        d->fallen_back = false;
        (void)conf_ll4_stop(d->conf, d->link);
    }
}

static void discover(struct dhcp4 *d, enum inl_cause cause) {
    fall_back(d);
    dhcp4_send(d, DHCP4_DISCOVER, cause);
    wait_for_answer(d);
}

static void leave_init(struct dhcp4 *d) {
    d->began = dhcp4_now(d);
    if (d->known) {
        begin_exchange(d, INL_DHCP4_REBOOTING);
        request(d, INL_CAUSE_DHCP4_REBOOT);
        wait_for_answer(d);
    } else {
        begin_exchange(d, INL_DHCP4_SELECTING);
        discover(d, INL_CAUSE_DHCP4_DISCOVER);
    }
}

static void request_again(struct dhcp4 *d, unsigned tries_max) {
    if (d->tries >= tries_max) {
        d->known = false;
        go_init(d, 0);
        return;
    }
    request(d, INL_CAUSE_DHCP4_RETRY);
    wait_for_answer(d);
}

/* T1 or T2 has come, or nobody has answered since. */
static void renew(struct dhcp4 *d) {
    bool rebind = !inl_time_before(dhcp4_now(d), d->t2);
    inl_time until = rebind ? d->expires : d->t2;
    inl_dur wait = inl_time_sub(until, dhcp4_now(d)) / 2;

    if (wait < RENEW_MIN_NS) {
        wait = RENEW_MIN_NS;
    }
    if (d->state == INL_DHCP4_BOUND) {
        d->began = dhcp4_now(d);
    }
    begin_exchange(d, rebind ? INL_DHCP4_REBINDING : INL_DHCP4_RENEWING);
    request(d, rebind ? INL_CAUSE_DHCP4_REBIND : INL_CAUSE_DHCP4_RENEW);
    timer_arm(dhcp4_wheel(d), &d->timer, inl_time_min(inl_time_add(dhcp4_now(d), wait), until));
}

static void expire(struct dhcp4 *d) {
    d->known = false;
    go_init(d, 0);
}

struct dhcp4 *dhcp4_of_timer(struct timer *timer) {
    return timer->kind == TIMER_CONF_DHCP4 ? TIMER_ENTRY(timer, struct dhcp4, timer)
                                           : TIMER_ENTRY(timer, struct dhcp4, expiry);
}

void dhcp4_timer(struct dhcp4 *d, const struct timer *timer) {
    if (timer == &d->expiry) {
        expire(d);
        return;
    }
    switch (d->state) {
    case INL_DHCP4_INIT:
        leave_init(d);
        break;
    case INL_DHCP4_SELECTING:
        discover(d, INL_CAUSE_DHCP4_RETRY);
        break;
    case INL_DHCP4_REQUESTING:
        request_again(d, REQUEST_TRIES);
        break;
    case INL_DHCP4_REBOOTING:
        request_again(d, REBOOT_TRIES);
        break;
    case INL_DHCP4_BOUND:
    case INL_DHCP4_RENEWING:
    case INL_DHCP4_REBINDING:
        renew(d);
        break;
    case INL_DHCP4_OFF:
    case INL_DHCP4_CHECKING:
        break;
    }
}

/* ---- the lease ---- */

/* A few per cent earlier than said, so that clients that began together part
 * (4.4.5). */
static void arm_lease(struct dhcp4 *d) {
    const struct dhcp4_lease *l = &d->lease;

    d->t1 = d->t2 = d->expires = INL_TIME_NEVER;
    timer_cancel(dhcp4_wheel(d), &d->expiry);
    timer_cancel(dhcp4_wheel(d), &d->timer);
    if (l->lease_s != DHCP4_FOREVER) {
        inl_dur share = conf_random(d->conf, 984, 1000);

        d->t1 = inl_time_add(d->sent, (inl_dur)l->t1_s * (INL_S / 1000) * share);
        d->t2 = inl_time_add(d->sent, (inl_dur)l->t2_s * (INL_S / 1000) * share);
        d->expires = inl_time_add(d->sent, (inl_dur)l->lease_s * INL_S);
        timer_arm(dhcp4_wheel(d), &d->expiry, d->expires);
        timer_arm(dhcp4_wheel(d), &d->timer, d->t1);
    }
}

static void decline(struct dhcp4 *d) {
    d->xid = rng_u32(&d->conf->env->rng);
    dhcp4_send(d, DHCP4_DECLINE, INL_CAUSE_DHCP4_DECLINE);
    go_init_refused(d, DECLINED_WAIT_NS);
}

/* The address is ours: from now on it is watched over, if anybody watches. */
static void bind(struct dhcp4 *d) {
    if (dhcp4_params_apply(d->conf, d->link, &d->lease.params, &d->routes)) {
        decline(d); /* our own, on another link perhaps: in use in any case */
        return;
    }
    come_back(d);
    d->applied = true;
    d->known = true;
    d->refusals = 0;
    d->state = INL_DHCP4_BOUND;
    arm_lease(d);
    conf_tell(d->conf, d->link, INL_CONF_DHCP4);
}

static void acd_said(void *ctx, enum ip_acd_result result) {
    struct dhcp4 *d = ctx;

    if (result == IP_ACD_FREE) {
        bind(d);
    } else {
        decline(d);
    }
}

static void take_lease(struct dhcp4 *d, const struct dhcp4_lease *lease) {
    timer_cancel(dhcp4_wheel(d), &d->timer);
    d->lease = *lease;
    if (d->config.conflict_check) {
        d->state = INL_DHCP4_CHECKING;
        ip_acd_start(d->conf->ip, &d->acd, d->link, &lease->params.addr, IP_ACD_DEFEND_ONCE,
                     acd_said, d);
    } else {
        bind(d);
    }
}

/* Extended: what the server says now counts. */
static void take_renewal(struct dhcp4 *d, const struct dhcp4_lease *lease) {
    if (!inl_addr_eq(&lease->params.addr, &d->lease.params.addr)) {
        lose(d); /* 4.4.5: another address; the old one must not be used any more */
        take_lease(d, lease);
        return;
    }
    if (memcmp(&lease->params, &d->lease.params, sizeof(lease->params)) != 0) {
        dhcp4_params_drop(d->conf, d->link, &d->lease.params, d->routes);
        d->applied = dhcp4_params_apply(d->conf, d->link, &lease->params, &d->routes) == 0;
        conf_tell(d->conf, d->link, INL_CONF_DHCP4);
    }
    d->lease = *lease;
    if (!d->applied) {
        go_init_refused(d, 0);
        return;
    }
    d->state = INL_DHCP4_BOUND;
    arm_lease(d);
}

/* ---- input ---- */

static enum inl_drop offer_input(struct dhcp4 *d, const struct dhcp4_msg *m) {
    struct dhcp4_lease lease;

    if (d->state != INL_DHCP4_SELECTING) {
        return INL_DROP_DHCP_UNASKED;
    }
    if (!dhcp4_lease_read(m, d->link, d->config.metric, &lease)) {
        return INL_DROP_DHCP_BAD_LEASE;
    }
    d->lease = lease;
    d->state = INL_DHCP4_REQUESTING; /* the same exchange: xid, secs (4.4.1) */
    d->tries = 0;
    request(d, INL_CAUSE_DHCP4_REQUEST);
    wait_for_answer(d);
    return INL_DROP_NONE;
}

static enum inl_drop ack_input(struct dhcp4 *d, const struct dhcp4_msg *m) {
    struct dhcp4_lease lease;

    if (!dhcp4_lease_read(m, d->link, d->config.metric, &lease)) {
        return INL_DROP_DHCP_BAD_LEASE;
    }
    switch (d->state) {
    case INL_DHCP4_REQUESTING:
    case INL_DHCP4_REBOOTING:
        if (!inl_addr_eq(&lease.params.addr, &d->lease.params.addr) ||
            (d->state == INL_DHCP4_REQUESTING && !inl_addr_eq(&lease.server, &d->lease.server))) {
            return INL_DROP_DHCP_UNASKED;
        }
        take_lease(d, &lease);
        return INL_DROP_NONE;
    case INL_DHCP4_RENEWING:
    case INL_DHCP4_REBINDING:
        take_renewal(d, &lease);
        return INL_DROP_NONE;
    default:
        return INL_DROP_DHCP_UNASKED;
    }
}

static enum inl_drop nak_input(struct dhcp4 *d, const struct dhcp4_msg *m) {
    struct inl_addr server;

    switch (d->state) {
    case INL_DHCP4_REQUESTING:
        if (!dhcp4_opt_addr(m, DHCP4_OPT_SERVER, &server) ||
            !inl_addr_eq(&server, &d->lease.server)) {
            return INL_DROP_DHCP_UNASKED;
        }
        break;
    case INL_DHCP4_REBOOTING:
    case INL_DHCP4_RENEWING:
    case INL_DHCP4_REBINDING:
        break;
    default:
        return INL_DROP_DHCP_UNASKED;
    }
    go_init_refused(d, 0);
    return INL_DROP_NONE;
}

/* RFC 6842: a server that tells whom it means must mean us. */
static bool is_ours(const struct dhcp4 *d, const struct dhcp4_msg *m) {
    uint8_t mine[INL_DHCP_ID_BYTES], theirs[INL_DHCP_ID_BYTES];
    int len = dhcp4_opt(m, DHCP4_OPT_CLIENT_ID, theirs, sizeof(theirs));

    if (m->op != DHCP4_BOOTREPLY || m->xid != d->xid ||
        memcmp(m->chaddr, d->conf->ip->links[d->link].config.mac, sizeof(m->chaddr)) != 0) {
        return false;
    }
    return len < 0 ||
           ((size_t)len == dhcp4_client_id(d, mine) && memcmp(mine, theirs, (size_t)len) == 0);
}

enum inl_drop dhcp4_input(struct dhcp4 *d, const struct ip_rx *rx, struct rd payload) {
    struct dhcp4_msg m;
    enum inl_drop why = dhcp4_parse(&payload, &m);

    (void)rx;
    if (why) {
        return why;
    }
    if (!is_ours(d, &m)) {
        return INL_DROP_DHCP_UNASKED;
    }
    switch (m.type) {
    case DHCP4_OFFER:
        return offer_input(d, &m);
    case DHCP4_ACK:
        return ack_input(d, &m);
    case DHCP4_NAK:
        return nak_input(d, &m);
    default:
        return INL_DROP_DHCP_UNASKED;
    }
}

/* ---- life ---- */

void inl_dhcp4_config_init(struct inl_dhcp4_config *config) {
    *config = (struct inl_dhcp4_config){
        .start_min_ns = 1 * INL_S,
        .start_max_ns = 10 * INL_S,
        .conflict_check = true,
        .previous = inl_addr_any4(),
    };
}

static bool config_ok(const struct inl_dhcp4_config *c) {
    return c->start_min_ns >= 0 && c->start_max_ns >= c->start_min_ns &&
           c->start_max_ns <= START_MAX_NS && c->client_id_bytes != 1 &&
           c->client_id_bytes <= INL_DHCP_ID_BYTES &&
           (inl_addr_is_any(&c->previous) || inl_addr_is4(&c->previous)) &&
           memchr(c->hostname, '\0', sizeof(c->hostname)) != NULL;
}

int conf_dhcp4_start(struct conf *c, int link, const struct inl_dhcp4_config *config) {
    struct inl_dhcp4_config defaults;
    struct dhcp4 *d;

    inl_dhcp4_config_init(&defaults);
    config = config ? config : &defaults;
    if (!ip_link_exists(c->ip, link)) {
        return -ENODEV;
    }
    if (ip_link_kind(c->ip, link) != INL_LINK_ETHERNET || !config_ok(config)) {
        return -EINVAL;
    }
    if (c->dhcp4[link]) {
        return -EEXIST;
    }
    d = mem_zalloc(&c->env->mem, sizeof(*d));
    if (!d) {
        return -ENOMEM;
    }
    d->conf = c;
    d->link = link;
    d->config = *config;
    d->lease.params.addr = config->previous;
    d->known = dhcp4_addr_ok(&config->previous) && inl_addr_is4(&config->previous);
    timer_init(&d->timer, TIMER_CONF_DHCP4);
    timer_init(&d->expiry, TIMER_CONF_DHCP4_EXPIRY);
    ip_acd_init(&d->acd);
    c->dhcp4[link] = d;
    conf_use(c);
    go_init(d, conf_random(c, config->start_min_ns, config->start_max_ns));
    return 0;
}

void dhcp4_free(struct dhcp4 *d) {
    if (!d) {
        return;
    }
    ip_acd_stop(d->conf->ip, &d->acd);
    timer_cancel(dhcp4_wheel(d), &d->timer);
    timer_cancel(dhcp4_wheel(d), &d->expiry);
    d->conf->dhcp4[d->link] = NULL;
    conf_unuse(d->conf);
    mem_free(&d->conf->env->mem, d, sizeof(*d));
}

int conf_dhcp4_stop(struct conf *c, int link, bool release) {
    struct dhcp4 *d = ip_link_exists(c->ip, link) ? c->dhcp4[link] : NULL;

    if (!d) {
        return -ENOENT;
    }
    if (release && dhcp4_has_address(d)) {
        d->xid = rng_u32(&c->env->rng);
        dhcp4_send(d, DHCP4_RELEASE, INL_CAUSE_DHCP4_RELEASE);
    }
    lose(d);
    come_back(d);
    dhcp4_free(d);
    return 0;
}

/* Down: nothing is heard, so nothing is asked. Up: perhaps another network
 * (3.7). */
void dhcp4_link_changed(struct dhcp4 *d, bool up) {
    go_init(d, up ? conf_random(d->conf, d->config.start_min_ns, d->config.start_max_ns) : 0);
    if (!up) {
        timer_cancel(dhcp4_wheel(d), &d->timer);
    }
}

int conf_dhcp4_get(const struct conf *c, int link, struct inl_dhcp4_info *ret) {
    const struct dhcp4 *d;
    const struct dhcp4_params *p;

    if (!ip_link_exists(c->ip, link)) {
        return -ENODEV;
    }
    d = c->dhcp4[link];
    memset(ret, 0, sizeof(*ret));
    if (!d) {
        return 0;
    }
    ret->state = d->state;
    ret->bound = dhcp4_has_address(d);
    if (!ret->bound) {
        return 0;
    }
    p = &d->lease.params;
    ret->addr = p->addr;
    ret->prefix_len_bits = p->prefix_len_bits;
    ret->server = d->lease.server;
    ret->renew = d->t1;
    ret->rebind = d->t2;
    ret->expires = d->expires;
    ret->mtu_bytes = p->mtu_bytes;
    ret->routes_n = p->routes_n;
    ret->dns_n = p->dns_n;
    memcpy(ret->routes, p->routes, sizeof(ret->routes));
    memcpy(ret->dns, p->dns, sizeof(ret->dns));
    memcpy(ret->domain, p->domain, sizeof(ret->domain));
    return 0;
}
