/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dhcp6.c - the DHCP client for IPv6 (RFC 8415 18.2)
 *
 *   INIT --> SOLICITING --Advertise--> REQUESTING --Reply--> PROVING --free--> BOUND
 *              |  ^                                          ^  |              |  ^
 *              +--|---Reply with Rapid Commit----------------+  | taken     T1 |  | Reply
 *                 |                                             v              v  |
 *                 +----------------------------------------- DECLINING    RENEWING, from T2 on
 *                                                                         REBINDING
 *
 *   the link is back, with an address:   CONFIRMING --Reply, or none--> BOUND
 *   no address is wanted:                INIT --> INFORMING --Reply--> INFORMED --time--> INFORMING
 *   stopped, giving the address back:    RELEASING --Reply, or none--> over
 *   to SOLICITING from everywhere:       nobody answers, refused, the lease is over
 *
 * One exchange is under way at a time, and section 15 decides when its message
 * is sent again: the first wait is about IRT, each later one about twice the
 * one before, up to MRT; each is random by a tenth. Advertisements are
 * collected for the first wait, unless one has preference 255; after it the
 * first that comes is taken (18.2.1).
 *
 * An answer must have our DUID and the number of the exchange (24 random bits,
 * new for each), and, where a server was chosen, its DUID. One address is kept
 * of one IA_NA: what else a server gives is left to it. An address says nothing
 * about what is on the link (18.2.10.1), so its prefix is 128. Whether it is
 * free is ip/dad.c's question; a taken one is declined.
 *
 * Does not do: IA_TA, IA_PD, Reconfigure (it needs keys), unicast to servers.
 */
#include "conf/dhcp6.h"
#include "ip/addr.h"
#include "ip/link.h"
#include "ip/state.h"

#include <errno.h>
#include <string.h>

/* RFC 8415 7.6 */
#define SOL_MAX_RT_NS (3600 * INL_S)
#define INF_MAX_RT_NS (3600 * INL_S)
#define MAX_RT_LOW_S 60 /* what servers may say (21.24) */
#define MAX_RT_HIGH_S 86400
#define REFRESH_DEFAULT_S 86400
#define REFRESH_MIN_S 600

#define PROVING_LOOK_NS (200 * INL_MS)
#define DECLINED_WAIT_NS (10 * INL_S)

static const struct dhcp6_retry retry_solicit = {.irt_ns = 1 * INL_S}; /* MRT: sol_max_rt_ns */
static const struct dhcp6_retry retry_inform = {.irt_ns = 1 * INL_S};  /* MRT: inf_max_rt_ns */
static const struct dhcp6_retry retry_request = {1 * INL_S, 30 * INL_S, 10, 0};
static const struct dhcp6_retry retry_confirm = {1 * INL_S, 4 * INL_S, 0, 10 * INL_S};
static const struct dhcp6_retry retry_renew = {10 * INL_S, 600 * INL_S, 0, 0};
static const struct dhcp6_retry retry_end = {1 * INL_S, 0, 4, 0}; /* Release, Decline */

const char *inl_dhcp6_state_name(enum inl_dhcp6_state state) {
    static const char *const names[] = {
        "off",       "init",       "soliciting", "requesting", "proving",   "bound",   "renewing",
        "rebinding", "confirming", "declining",  "releasing",  "informing", "informed"};

    return state <= INL_DHCP6_INFORMED ? names[state] : "?";
}

static struct wheel *dhcp6_wheel(const struct dhcp6 *d) {
    return &d->conf->env->wheel;
}

static inl_time dhcp6_now(const struct dhcp6 *d) {
    return d->conf->env->now;
}

static void wait_ns(struct dhcp6 *d, inl_dur ns) {
    timer_arm(dhcp6_wheel(d), &d->timer, inl_time_add(dhcp6_now(d), ns));
}

static inl_dur start_delay(struct dhcp6 *d) {
    return conf_random(d->conf, 0, d->config.start_max_ns);
}

static void lose(struct dhcp6 *d) {
    timer_cancel(dhcp6_wheel(d), &d->expiry);
    if (d->applied) {
        d->applied = false;
        (void)ip_addr_del(d->conf->ip, d->link, &d->addr);
        conf_tell(d->conf, d->link, INL_CONF_DHCP6);
    }
}

static void discover(struct dhcp6 *d, inl_dur delay) {
    struct dhcp6_retry retry = d->config.address ? retry_solicit : retry_inform;

    lose(d);
    retry.mrt_ns = d->config.address ? d->sol_max_rt_ns : d->inf_max_rt_ns;
    dhcp6_begin(d, d->config.address ? INL_DHCP6_SOLICITING : INL_DHCP6_INFORMING, &retry, delay);
}

/* ---- the lease ---- */

static void request_best(struct dhcp6 *d) {
    d->server = d->best;
    dhcp6_begin(d, INL_DHCP6_REQUESTING, &retry_request, 0);
}

static void decline(struct dhcp6 *d) {
    lose(d);
    dhcp6_begin(d, INL_DHCP6_DECLINING, &retry_end, 0);
}

static void bound(struct dhcp6 *d) {
    d->state = INL_DHCP6_BOUND;
    timer_cancel(dhcp6_wheel(d), &d->timer);
    if (!inl_time_is_never(d->t1)) {
        timer_arm(dhcp6_wheel(d), &d->timer, d->t1);
    }
}

/* Is the address proven to be free? Looks until dad.c knows. */
static void prove(struct dhcp6 *d) {
    const struct ip_addr *a = ip_addr_edit(d->conf->ip, &d->addr, d->link);

    if (!a || a->state == INL_ADDR_DUPLICATED) {
        decline(d);
    } else if (a->state == INL_ADDR_TENTATIVE) {
        wait_ns(d, PROVING_LOOK_NS);
    } else {
        bound(d);
        conf_tell(d->conf, d->link, INL_CONF_DHCP6);
    }
}

static inl_time after_s(const struct dhcp6 *d, uint32_t s) {
    return s == DHCP6_FOREVER ? INL_TIME_NEVER : inl_time_add(dhcp6_now(d), (inl_dur)s * INL_S);
}

/* T1 and T2 that are 0 are ours to choose (21.4): 0.5 and 0.8 of the preferred
 * lifetime. None may lie behind the end, or so near that renewals are all that
 * happens. */
static void arm_lease(struct dhcp6 *d, const struct dhcp6_ia *ia, const struct dhcp6_ia_addr *a) {
    uint32_t preferred = a->preferred_s ? a->preferred_s : a->valid_s;
    uint32_t t1 = ia->t1_s ? ia->t1_s : preferred / 2;
    uint32_t t2 = ia->t2_s ? ia->t2_s : (uint32_t)((uint64_t)preferred * 4 / 5);

    if (preferred == DHCP6_FOREVER) {
        t1 = ia->t1_s ? ia->t1_s : DHCP6_FOREVER;
        t2 = ia->t2_s ? ia->t2_s : DHCP6_FOREVER;
    } else if (t1 > t2 || t2 > a->valid_s) {
        t1 = preferred / 2;
        t2 = (uint32_t)((uint64_t)preferred * 4 / 5);
    }
    d->t1 = after_s(d, t1 < INL_DHCP6_T1_MIN_S ? INL_DHCP6_T1_MIN_S : t1);
    d->t2 = inl_time_max(after_s(d, t2), d->t1);
    d->expires = after_s(d, a->valid_s);
    timer_cancel(dhcp6_wheel(d), &d->expiry);
    if (!inl_time_is_never(d->expires)) {
        timer_arm(dhcp6_wheel(d), &d->expiry, d->expires);
    }
}

static bool apply(struct dhcp6 *d, const struct dhcp6_ia_addr *a, bool check) {
    const struct inl_addr_config config = {.addr = a->addr,
                                           .prefix_len_bits = 128,
                                           .preferred_s = a->preferred_s,
                                           .valid_s = a->valid_s,
                                           .check = check,
                                           .origin = INL_ADDR_DHCP};

    return ip_addr_set(d->conf->ip, d->link, &config) == 0;
}

/* An address that we could use, and the server lets us have: the present one,
 * if it is there. */
static const struct dhcp6_ia_addr *pick(const struct dhcp6 *d, const struct dhcp6_msg *m) {
    const struct dhcp6_ia_addr *best = NULL;

    for (unsigned i = 0; m->has_ia && m->ia.status == DHCP6_SUCCESS && i < m->ia.addrs_n; i++) {
        const struct dhcp6_ia_addr *a = &m->ia.addrs[i];
        bool ok = a->status == DHCP6_SUCCESS && a->valid_s > 0 && !inl_addr_is4(&a->addr) &&
                  !inl_addr_is_any(&a->addr) && !inl_addr_is_multicast(&a->addr) &&
                  !inl_addr_is_link_local(&a->addr) && !inl_addr_is_loopback(&a->addr);

        if (ok && (!best || inl_addr_eq(&a->addr, &d->addr))) {
            best = a;
        }
    }
    return best;
}

static void read_params(struct dhcp6 *d, const struct dhcp6_msg *m) {
    struct dhcp6_params p;
    struct rd dns = m->dns;

    memset(&p, 0, sizeof(p));
    while (rd_left(&dns) >= 16 && p.dns_n < INL_DHCP_DNS_MAX) {
        struct inl_addr *a = &p.dns[p.dns_n];

        rd_copy(&dns, a->b, 16);
        p.dns_n += !inl_addr_is_any(a) && !inl_addr_is_multicast(a) && !inl_addr_is4(a);
    }
    if (!dhcp6_domain(m->domains, p.domain, sizeof(p.domain))) {
        memset(p.domain, 0, sizeof(p.domain));
    }
    if (memcmp(&p, &d->params, sizeof(p)) != 0) {
        d->params = p;
        conf_tell(d->conf, d->link, INL_CONF_DHCP6);
    }
}

static enum inl_drop take_lease(struct dhcp6 *d, const struct dhcp6_msg *m) {
    const struct dhcp6_ia_addr *a = pick(d, m);

    if (!a) {
        return INL_DROP_DHCP_BAD_LEASE;
    }
    bool fresh = !d->applied || !inl_addr_eq(&a->addr, &d->addr);

    if (fresh) {
        lose(d);
        if (ip_addr_edit(d->conf->ip, &a->addr, d->link)) {
            return INL_DROP_DHCP_BAD_LEASE; /* has it from elsewhere: that must not be lost */
        }
    }
    if (!apply(d, a, d->config.conflict_check)) {
        return INL_DROP_NO_MEMORY;
    }
    d->addr = a->addr;
    d->server = m->server;
    d->applied = true;
    arm_lease(d, &m->ia, a);
    read_params(d, m);
    if (fresh) {
        d->state = INL_DHCP6_PROVING;
        prove(d);
    } else {
        bound(d);
    }
    return INL_DROP_NONE;
}

/* ---- timers ---- */

/* Nobody has answered. */
static void give_up(struct dhcp6 *d) {
    switch (d->state) {
    case INL_DHCP6_CONFIRMING: /* 18.2.3: goes on with what it has */
        bound(d);
        break;
    case INL_DHCP6_RELEASING:
        dhcp6_free(d);
        break;
    case INL_DHCP6_DECLINING:
        discover(d, DECLINED_WAIT_NS);
        break;
    default:
        discover(d, start_delay(d));
        break;
    }
}

static void renew(struct dhcp6 *d) {
    if (!inl_time_before(dhcp6_now(d), d->t2)) {
        dhcp6_begin(d, INL_DHCP6_REBINDING, &retry_renew, 0);
    } else {
        dhcp6_begin(d, INL_DHCP6_RENEWING, &retry_renew, 0);
    }
}

struct dhcp6 *dhcp6_of_timer(struct timer *timer) {
    return timer->kind == TIMER_CONF_DHCP6 ? TIMER_ENTRY(timer, struct dhcp6, timer)
                                           : TIMER_ENTRY(timer, struct dhcp6, expiry);
}

void dhcp6_timer(struct dhcp6 *d, const struct timer *timer) {
    if (timer == &d->expiry) {
        discover(d, 0);
        return;
    }
    switch (d->state) {
    case INL_DHCP6_INIT:
    case INL_DHCP6_INFORMED:
        discover(d, 0);
        break;
    case INL_DHCP6_PROVING:
        prove(d);
        break;
    case INL_DHCP6_BOUND:
        renew(d);
        break;
    case INL_DHCP6_RENEWING:
        if (!inl_time_before(dhcp6_now(d), d->t2)) {
            renew(d);
            break;
        }
        dhcp6_transmit(d);
        break;
    default:
        if (dhcp6_exhausted(d)) {
            give_up(d);
        } else if (d->state == INL_DHCP6_SOLICITING && d->best.len) {
            request_best(d);
        } else {
            dhcp6_transmit(d);
        }
        break;
    }
}

/* ---- input ---- */

static void read_max_rt(struct dhcp6 *d, const struct dhcp6_msg *m) {
    if (m->sol_max_rt_s >= MAX_RT_LOW_S && m->sol_max_rt_s <= MAX_RT_HIGH_S) {
        d->sol_max_rt_ns = m->sol_max_rt_s * INL_S;
        d->retry.mrt_ns = d->state == INL_DHCP6_SOLICITING ? d->sol_max_rt_ns : d->retry.mrt_ns;
    }
    if (m->inf_max_rt_s >= MAX_RT_LOW_S && m->inf_max_rt_s <= MAX_RT_HIGH_S) {
        d->inf_max_rt_ns = m->inf_max_rt_s * INL_S;
        d->retry.mrt_ns = d->state == INL_DHCP6_INFORMING ? d->inf_max_rt_ns : d->retry.mrt_ns;
    }
}

static enum inl_drop advertise_input(struct dhcp6 *d, const struct dhcp6_msg *m) {
    const struct dhcp6_ia_addr *a;

    if (d->state != INL_DHCP6_SOLICITING || d->tries == 0) {
        return INL_DROP_DHCP_UNASKED;
    }
    read_max_rt(d, m);
    a = m->status == DHCP6_SUCCESS ? pick(d, m) : NULL;
    if (!a) {
        return INL_DROP_DHCP_BAD_LEASE;
    }
    if (d->best.len == 0 || m->preference > d->best_preference) {
        d->best = m->server;
        d->best_preference = m->preference;
        d->addr = a->addr;
    }
    if (m->preference == 255 || d->tries > 1) {
        request_best(d);
    }
    return INL_DROP_NONE;
}

static bool same_server(const struct dhcp6 *d, const struct dhcp6_msg *m) {
    return m->server.len == d->server.len && memcmp(m->server.b, d->server.b, d->server.len) == 0;
}

/* To a Renew, a Rebind (18.2.10.1). */
static enum inl_drop renewal_input(struct dhcp6 *d, const struct dhcp6_msg *m) {
    if (m->status == DHCP6_SUCCESS && m->has_ia && m->ia.status == DHCP6_NO_BINDING) {
        d->server = m->server; /* he knows nothing of it: perhaps we can have it anew */
        dhcp6_begin(d, INL_DHCP6_REQUESTING, &retry_request, 0);
        return INL_DROP_NONE;
    }
    for (unsigned i = 0; m->has_ia && i < m->ia.addrs_n; i++) {
        if (inl_addr_eq(&m->ia.addrs[i].addr, &d->addr) && m->ia.addrs[i].valid_s == 0 &&
            !pick(d, m)) {
            discover(d, start_delay(d)); /* taken away */
            return INL_DROP_NONE;
        }
    }
    return take_lease(d, m);
}

static enum inl_drop request_reply_input(struct dhcp6 *d, const struct dhcp6_msg *m) {
    if (!same_server(d, m)) {
        return INL_DROP_DHCP_UNASKED;
    }
    if (m->status == DHCP6_NOT_ON_LINK || (m->has_ia && m->ia.status == DHCP6_NOT_ON_LINK) ||
        (m->has_ia && m->ia.status == DHCP6_NO_ADDRS)) {
        discover(d, INL_S + start_delay(d)); /* a second at least: this must not go round fast */
        return INL_DROP_NONE;
    }
    return m->status == DHCP6_SUCCESS ? take_lease(d, m) : INL_DROP_DHCP_BAD_LEASE;
}

static enum inl_drop inform_reply_input(struct dhcp6 *d, const struct dhcp6_msg *m) {
    uint32_t refresh = m->refresh_s ? m->refresh_s : REFRESH_DEFAULT_S;

    read_params(d, m);
    d->state = INL_DHCP6_INFORMED;
    timer_cancel(dhcp6_wheel(d), &d->timer);
    if (refresh != DHCP6_FOREVER) {
        refresh = refresh < REFRESH_MIN_S ? REFRESH_MIN_S : refresh;
        wait_ns(d, (inl_dur)refresh * INL_S);
    }
    return INL_DROP_NONE;
}

static enum inl_drop reply_input(struct dhcp6 *d, const struct dhcp6_msg *m) {
    if (d->tries == 0) {
        return INL_DROP_DHCP_UNASKED;
    }
    read_max_rt(d, m);
    switch (d->state) {
    case INL_DHCP6_SOLICITING:
        if (!d->config.rapid_commit || !m->rapid_commit) {
            return INL_DROP_DHCP_UNASKED;
        }
        return m->status == DHCP6_SUCCESS ? take_lease(d, m) : INL_DROP_DHCP_BAD_LEASE;
    case INL_DHCP6_REQUESTING:
        return request_reply_input(d, m);
    case INL_DHCP6_RENEWING:
        return same_server(d, m) ? renewal_input(d, m) : INL_DROP_DHCP_UNASKED;
    case INL_DHCP6_REBINDING:
        return renewal_input(d, m);
    case INL_DHCP6_CONFIRMING:
        if (m->status == DHCP6_NOT_ON_LINK) {
            discover(d, start_delay(d));
        } else {
            bound(d);
        }
        return INL_DROP_NONE;
    case INL_DHCP6_INFORMING:
        return inform_reply_input(d, m);
    case INL_DHCP6_DECLINING:
    case INL_DHCP6_RELEASING: /* whatever the status is (18.2.10.2) */
        if (!same_server(d, m)) {
            return INL_DROP_DHCP_UNASKED;
        }
        give_up(d);
        return INL_DROP_NONE;
    default:
        return INL_DROP_DHCP_UNASKED;
    }
}

enum inl_drop dhcp6_input(struct dhcp6 *d, struct rd payload) {
    struct dhcp6_duid me;
    struct dhcp6_msg m;
    enum inl_drop why = dhcp6_parse(&payload, dhcp6_iaid(d), &m);

    if (why) {
        return why;
    }
    dhcp6_client_duid(d, &me);
    if (m.xid != d->xid || m.server.len == 0 || m.client.len != me.len ||
        memcmp(m.client.b, me.b, me.len) != 0) {
        return INL_DROP_DHCP_UNASKED; /* 16.3, 16.10 */
    }
    switch (m.type) {
    case DHCP6_ADVERTISE:
        return advertise_input(d, &m);
    case DHCP6_REPLY:
        return reply_input(d, &m);
    default:
        return INL_DROP_DHCP_UNASKED;
    }
}

/* ---- life ---- */

void inl_dhcp6_config_init(struct inl_dhcp6_config *config) {
    *config = (struct inl_dhcp6_config){
        .address = true, .conflict_check = true, .start_max_ns = 1 * INL_S};
}

int conf_dhcp6_start(struct conf *c, int link, const struct inl_dhcp6_config *config) {
    struct inl_dhcp6_config defaults;
    struct dhcp6 *d;

    inl_dhcp6_config_init(&defaults);
    config = config ? config : &defaults;
    if (!ip_link_exists(c->ip, link)) {
        return -ENODEV;
    }
    if (ip_link_kind(c->ip, link) != INL_LINK_ETHERNET || config->start_max_ns < 0 ||
        config->start_max_ns > CONF_START_MAX_NS) {
        return -EINVAL;
    }
    if (c->dhcp6[link]) {
        if (c->dhcp6[link]->state != INL_DHCP6_RELEASING) {
            return -EEXIST;
        }
        dhcp6_free(c->dhcp6[link]);
    }
    d = mem_zalloc(&c->env->mem, sizeof(*d));
    if (!d) {
        return -ENOMEM;
    }
    d->conf = c;
    d->link = link;
    d->config = *config;
    d->state = INL_DHCP6_INIT;
    d->sol_max_rt_ns = SOL_MAX_RT_NS;
    d->inf_max_rt_ns = INF_MAX_RT_NS;
    timer_init(&d->timer, TIMER_CONF_DHCP6);
    timer_init(&d->expiry, TIMER_CONF_DHCP6_EXPIRY);
    c->dhcp6[link] = d;
    conf_use(c);
    wait_ns(d, start_delay(d));
    return 0;
}

void dhcp6_free(struct dhcp6 *d) {
    if (!d) {
        return;
    }
    timer_cancel(dhcp6_wheel(d), &d->timer);
    timer_cancel(dhcp6_wheel(d), &d->expiry);
    d->conf->dhcp6[d->link] = NULL;
    conf_unuse(d->conf);
    mem_free(&d->conf->env->mem, d, sizeof(*d));
}

int conf_dhcp6_stop(struct conf *c, int link, bool release) {
    struct dhcp6 *d = ip_link_exists(c->ip, link) ? c->dhcp6[link] : NULL;
    bool had = d && d->applied && d->state != INL_DHCP6_PROVING;
    bool followed = ip_link_exists(c->ip, link) && dhcp6_follow_end(c, link);

    if (!d || d->state == INL_DHCP6_RELEASING) {
        return followed ? 0 : -ENOENT;
    }
    lose(d);
    if (release && had) {
        dhcp6_begin(d, INL_DHCP6_RELEASING, &retry_end, 0);
    } else {
        dhcp6_free(d);
    }
    return 0;
}

/* Down: the address stays until its time is over; up: is it still right
 * (18.2.3)? */
void dhcp6_link_changed(struct dhcp6 *d, bool up) {
    if (!up) {
        timer_cancel(dhcp6_wheel(d), &d->timer);
    } else if (d->applied && d->state != INL_DHCP6_PROVING) {
        dhcp6_begin(d, INL_DHCP6_CONFIRMING, &retry_confirm, start_delay(d) + 1);
    } else if (d->state == INL_DHCP6_RELEASING) {
        dhcp6_free(d);
    } else {
        discover(d, start_delay(d) + 1);
    }
}

int conf_dhcp6_get(const struct conf *c, int link, struct inl_dhcp6_info *ret) {
    const struct dhcp6 *d;

    if (!ip_link_exists(c->ip, link)) {
        return -ENODEV;
    }
    d = c->dhcp6[link];
    memset(ret, 0, sizeof(*ret));
    if (!d) {
        return 0;
    }
    ret->state = d->state;
    ret->bound = d->applied && d->state != INL_DHCP6_PROVING;
    if (ret->bound) {
        ret->addr = d->addr;
        ret->renew = d->t1;
        ret->rebind = d->t2;
        ret->expires = d->expires;
    }
    ret->dns_n = d->params.dns_n;
    memcpy(ret->dns, d->params.dns, sizeof(ret->dns));
    memcpy(ret->domain, d->params.domain, sizeof(ret->domain));
    return 0;
}
