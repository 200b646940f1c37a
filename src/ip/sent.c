/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sent.c - a memory of packets that left of late (RFC 5927 4.1 and 7, for datagrams)
 *
 * Who says that a packet of ours was too big quotes its addresses and the first eight bytes of its
 * transport header. TCP finds its sequence number there. For all others we remember a keyed hash of
 * just these bytes, for a minute: of UDP ports, length and checksum, of ICMP its checksum and
 * numbers. Whoever has not seen the packet cannot know them all.
 *
 * Of those only packets longer than any path takes in every case are remembered: about others no
 * such error is believed.
 *
 * The same memory serves sockets without a peer that have a queue of errors: what they send is
 * remembered with the number of the sender, and an error about anything else is not theirs. So
 * nobody fills the queue by guessing a port, and of sockets that share one each gets its own.
 *
 * The table has a fixed size: sets of some packets each, in which a later one takes the place of the
 * oldest. So what leaves in one burst is remembered whole. When more is sent a true error may be
 * lost, and the next packet of that size brings the next one.
 *
 * Does not do: TCP, which has a better proof (tcp/pmtud.c); checksums that a device has yet to
 * complete, as only TCP leaves them.
 */
#include "ip/sent.h"
#include "base/rd.h"
#include "base/siphash.h"
#include "ip/state.h"

uint64_t ip_sent_tag(const struct ip *ip, const struct inl_addr *src, const struct inl_addr *dst,
                     uint8_t proto) {
    return siphash_addrs(ip->hash_key, src, dst, 0x73650000u | proto);
}

/* Nobody sees what comes out, so a mixture that depends on all bits of both does: the tag is the
 * key. */
static uint64_t sent_hash(uint64_t tag, uint64_t proof) {
    uint64_t x = (proof ^ tag) * 0x9e3779b97f4a7c15u;

    x = (x ^ x >> 32 ^ tag) * 0xbf58476d1ce4e5b9u;
    return x ^ x >> 29;
}

static uint32_t sent_now_s(const struct ip *ip) {
    return (uint32_t)(ip->env->now.ns / INL_S) + 1;
}

void ip_sent_put(struct ip *ip, uint64_t tag, const uint8_t proof[8]) {
    struct rd r = rd_init(proof, 8);
    uint64_t hash = sent_hash(tag, rd_be64(&r));
    size_t set = hash % SENT_SETS;
    unsigned way = ip->sent.next[set]++ % SENT_WAYS;

    ip->sent.slot[set][way].mark = (uint32_t)(hash >> 32);
    ip->sent.slot[set][way].at_s = sent_now_s(ip);
}

/* Each sender with a number has tags of its own; 0: all others. */
static uint64_t sender_tag(uint64_t tag, uint32_t who) {
    return tag ^ who * 0xd6e8feb86659fd93u;
}

static bool is_noted(const struct ip *ip, const struct ip_err *err, uint32_t who) {
    struct rd r = err->quoted;
    uint64_t tag = ip_sent_tag(ip, &err->src, &err->dst, err->proto);
    uint64_t hash = sent_hash(sender_tag(tag, who), rd_be64(&r));
    size_t set = hash % SENT_SETS;
    bool found = false;

    for (size_t way = 0; !r.bad && way < SENT_WAYS; way++) {
        uint32_t at_s = ip->sent.slot[set][way].at_s;

        found |= ip->sent.slot[set][way].mark == (uint32_t)(hash >> 32) && at_s > 0 &&
                 sent_now_s(ip) - at_s <= SENT_LIFE_S;
    }
    return found;
}

void ip_sent_note(struct ip *ip, const struct inl_addr *src, const struct ip_tx *tx,
                  const struct pkt *pkt) {
    if (pkt->len >= 8) {
        ip_sent_put(ip, ip_sent_tag(ip, src, &tx->dst, tx->proto), pkt_data(pkt));
    }
}

bool ip_sent_lately(const struct ip *ip, const struct ip_err *err) {
    return is_noted(ip, err, 0);
}

void ip_sent_note_by(struct ip *ip, uint32_t *who, const struct ip_tx *tx, const uint8_t *first,
                     size_t len) {
    uint64_t tag = ip_sent_tag(ip, &tx->src, &tx->dst, tx->proto);

    if (*who == 0) {
        *who = ++ip->sent.senders;
    }
    if (len >= 8) {
        ip_sent_put(ip, sender_tag(tag, *who), first);
    }
}

bool ip_sent_by(const struct ip *ip, uint32_t who, const struct ip_err *err) {
    return who != 0 && is_noted(ip, err, who);
}
