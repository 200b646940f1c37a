/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dhcp6_exchange.c - when a DHCPv6 client sends a message again (RFC 8415 15)
 *
 * The first wait is about IRT, each later one about twice the one before, up to
 * MRT; each is random by a tenth. An exchange fails after MRC messages, or
 * after MRD.
 */
#include "conf/dhcp6.h"

#define NO_SOURCE_RETRY_NS (1 * INL_S) /* the link-local address is not proven yet */

static void wait_ns(struct dhcp6 *d, inl_dur ns) {
    timer_arm(&d->conf->env->wheel, &d->timer, inl_time_add(d->conf->env->now, ns));
}

struct exchange {
    enum dhcp6_type type;
    enum inl_cause cause;
};

/* What is said in a state. */
static bool exchange_of(enum inl_dhcp6_state state, struct exchange *ret) {
    switch (state) {
    case INL_DHCP6_SOLICITING:
        *ret = (struct exchange){DHCP6_SOLICIT, INL_CAUSE_DHCP6_SOLICIT};
        return true;
    case INL_DHCP6_REQUESTING:
        *ret = (struct exchange){DHCP6_REQUEST, INL_CAUSE_DHCP6_REQUEST};
        return true;
    case INL_DHCP6_CONFIRMING:
        *ret = (struct exchange){DHCP6_CONFIRM, INL_CAUSE_DHCP6_CONFIRM};
        return true;
    case INL_DHCP6_RENEWING:
        *ret = (struct exchange){DHCP6_RENEW, INL_CAUSE_DHCP6_RENEW};
        return true;
    case INL_DHCP6_REBINDING:
        *ret = (struct exchange){DHCP6_REBIND, INL_CAUSE_DHCP6_REBIND};
        return true;
    case INL_DHCP6_RELEASING:
        *ret = (struct exchange){DHCP6_RELEASE, INL_CAUSE_DHCP6_RELEASE};
        return true;
    case INL_DHCP6_DECLINING:
        *ret = (struct exchange){DHCP6_DECLINE, INL_CAUSE_DHCP6_DECLINE};
        return true;
    case INL_DHCP6_INFORMING:
        *ret = (struct exchange){DHCP6_INFORMATION, INL_CAUSE_DHCP6_INFORM};
        return true;
    default:
        return false;
    }
}

/* RAND * t: a tenth more or less; the first wait of a Solicit is more in any
 * case (18.2.1). */
static inl_dur spread(struct dhcp6 *d, inl_dur t) {
    bool first = d->state == INL_DHCP6_SOLICITING && d->tries == 1;

    return t + conf_random(d->conf, first ? 1 : -t / 10, t / 10);
}

/* Section 15. */
static void next_rt(struct dhcp6 *d) {
    const struct dhcp6_retry *r = &d->retry;

    d->rt_ns = d->tries == 1 ? spread(d, r->irt_ns) : d->rt_ns + spread(d, d->rt_ns);
    if (r->mrt_ns && d->rt_ns > r->mrt_ns) {
        d->rt_ns = spread(d, r->mrt_ns);
    }
}

void dhcp6_transmit(struct dhcp6 *d) {
    struct exchange x;
    inl_time at;

    if (!exchange_of(d->state, &x)) {
        return;
    }
    if (d->tries == 0) {
        d->began = d->conf->env->now;
    }
    if (!dhcp6_send(d, x.type, d->tries ? INL_CAUSE_DHCP6_RETRY : x.cause)) {
        wait_ns(d, NO_SOURCE_RETRY_NS);
        return;
    }
    d->tries++;
    next_rt(d);
    at = inl_time_add(d->conf->env->now, d->rt_ns);
    if (d->retry.mrd_ns) {
        at = inl_time_min(at, inl_time_add(d->began, d->retry.mrd_ns));
    }
    if (d->state == INL_DHCP6_RENEWING) {
        at = inl_time_min(at, d->t2);
    }
    timer_arm(&d->conf->env->wheel, &d->timer, at);
}

/* The exchange of a state begins, after a delay that keeps hosts apart. */
void dhcp6_begin(struct dhcp6 *d, enum inl_dhcp6_state state, const struct dhcp6_retry *retry,
                 inl_dur delay) {
    d->state = state;
    d->retry = *retry;
    d->tries = 0;
    d->xid = rng_u32(&d->conf->env->rng) & 0xffffff;
    d->best.len = 0;
    if (delay > 0) {
        wait_ns(d, delay);
    } else {
        dhcp6_transmit(d);
    }
}

bool dhcp6_exhausted(const struct dhcp6 *d) {
    return (d->retry.mrc && d->tries >= d->retry.mrc) ||
           (d->retry.mrd_ns && d->tries &&
            !inl_time_before(d->conf->env->now, inl_time_add(d->began, d->retry.mrd_ns)));
}
