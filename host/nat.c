/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nat.c - the gateway of a private lab to the machine's real network
 *
 * The gateway is a host of the lab whose stack is transparent: it takes packets to any destination
 * as its own. So a program's connection ends at the gateway, and goes on as an ordinary kernel
 * socket of the lab's process, which anybody may open: that is why no root is needed. What the
 * program's host sees of the network is the gateway's TCP, one hop away; the kernel's TCP deals
 * with the rest of the way.
 *
 *   a program speaks to            and gets
 *   10.0.2.2, fd00:2::2            the machine itself: 127.0.0.1, ::1
 *   10.0.2.3, fd00:2::3, port 53   the machine's first nameserver, or that of --dns
 *   ... any other port             refused
 *   a multicast or broadcast       nothing
 *   any other address              that address, if the machine's user can reach it
 *
 * (The gateway's first address of a family is the machine, its second one is the nameserver: see
 * cli/private.c.)
 *
 * Names. A program that nobody changed reads the machine's /etc/resolv.conf and asks the
 * nameservers in it. One outside the machine is reached as any other address. But one on the
 * loopback, as with systemd-resolved's 127.0.0.53, would stay inside of the program's host, where
 * nobody is. So the program's host gets a door there, too: sockets on port 53 of each such address
 * (of 127.0.0.1 if the file names no nameserver at all, as resolvers then do), whose traffic goes
 * to the first nameserver as if it had come to 10.0.2.3. Without any nameserver there is no such
 * door and 10.0.2.3 refuses. With --dns the nameservers of the file are doubles of that server,
 * wherever they are: no query leaves for them.
 *
 * Invariants: every engine socket of the gateway stands in the services of its host, and each
 * belongs to a door, a connection or a flow. Both have limits (NAT_TCP_MAX, NAT_UDP_MAX); what is
 * on its way lies in the engine's buffers and the kernel's, never here.
 *
 * Does not do: ICMP (the machine's network does not answer ping), fragments of datagrams above the
 * link's MTU, connections from outside to the program.
 */
#include "host/nat.h"

#include "host/dns.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RESOLV_CONF "/etc/resolv.conf"
#define BACKLOG 256
#define LOCALHOST4 0x7f000001u

/* ---- the map ---- */

/* The gateway's n-th address of a family, or NULL. */
static const struct inl_addr *gateway_addr(const struct nat *nat, bool is4, unsigned n) {
    const struct labfile_host *h = &nat->lab->file->hosts[nat->gateway];

    for (unsigned i = 0; i < h->ports[0].addrs_n; i++) {
        const struct inl_addr *a = &h->ports[0].addrs[i].addr;

        if (inl_addr_is4(a) == is4 && n-- == 0) {
            return a;
        }
    }
    return NULL;
}

static bool is_gateway_addr(const struct nat *nat, const struct inl_addr *a, unsigned n) {
    const struct inl_addr *own = gateway_addr(nat, inl_addr_is4(a), n);

    return own != NULL && inl_addr_eq(own, a);
}

/* Is it one of the machine's nameservers that another one stands in for? */
static bool is_forwarded(const struct nat *nat, const struct inl_addr *a) {
    for (unsigned i = 0; i < nat->nameservers_n; i++) {
        if (inl_addr_eq(&nat->nameservers[i], a)) {
            return nat->dns_chosen || inl_addr_is_loopback(a);
        }
    }
    return false;
}

int nat_map(const struct nat *nat, const struct inl_sockaddr *to, struct inl_sockaddr *ret_real) {
    const struct inl_addr *a = &to->addr;
    bool is_dns = is_gateway_addr(nat, a, 1);

    if (is_dns || (to->port == DNS_PORT && is_forwarded(nat, a))) {
        if (!nat->has_dns || to->port != DNS_PORT) {
            return -ECONNREFUSED;
        }
        *ret_real = nat->dns;
        return 0;
    }
    if (is_gateway_addr(nat, a, 0)) {
        *ret_real = (struct inl_sockaddr){.port = to->port};
        if (inl_addr_is4(a)) {
            ret_real->addr = inl_addr_from4(LOCALHOST4);
        } else {
            ret_real->addr.b[15] = 1;
        }
        return 0;
    }
    if (inl_addr_is_any(a) || inl_addr_is_loopback(a) || inl_addr_is_multicast(a) ||
        inl_addr_is_broadcast(a) || (inl_addr_is_link_local(a) && !inl_addr_is4(a))) {
        return -ECONNREFUSED;
    }
    *ret_real = (struct inl_sockaddr){.addr = *a, .port = to->port};
    return 0;
}

int nat_kernel_socket(const struct inl_sockaddr *to, int type) {
    unsigned family = inl_addr_is4(&to->addr) ? 4 : 6;
    struct proto_addr addr = proto_addr_from(to, family == 4 ? INL_AF_INET : INL_AF_INET6);
    struct sockaddr_storage sa;
    size_t len = proto_addr_to_kernel(&addr, family, &sa);
    const int on = 1;
    int fd = socket(sa.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0) {
        return -errno;
    }
    if (type == SOCK_STREAM) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    if (connect(fd, (const struct sockaddr *)&sa, (socklen_t)len) < 0 && errno != EINPROGRESS) {
        int err = -errno;

        close(fd);
        return err;
    }
    return fd;
}

/* ---- doors ---- */

static int open_side(struct service_sock *s, struct nat *nat, int host, enum inl_sock_type type,
                     const struct inl_sockaddr *at) {
    bool is6 = !inl_addr_is4(&at->addr);

    s->lab = nat->lab;
    s->host = host;
    s->on_event = type == INL_SOCK_STREAM ? nat_tcp_accept : nat_udp_receive;
    s->sock = inl_socket(service_stack(s), is6 ? INL_AF_INET6 : INL_AF_INET, type);
    if (s->sock < 0) {
        return (int)s->sock;
    }
    /* a flow's own socket is bound to the same address and port as its door */
    int err = inl_setsockopt(service_stack(s), s->sock, INL_OPT_REUSEADDR, type == INL_SOCK_DGRAM);

    if (err == 0) {
        err = inl_bind(service_stack(s), s->sock, at);
    }
    if (err == 0 && type == INL_SOCK_STREAM) {
        err = inl_setsockopt(service_stack(s), s->sock, INL_OPT_TCP_HOLD_SYN, 1);
    }
    if (err == 0 && type == INL_SOCK_STREAM) {
        err = inl_listen(service_stack(s), s->sock, BACKLOG);
    }
    if (err == 0) {
        err = service_add(s);
    }
    if (err < 0) {
        inl_close(service_stack(s), s->sock);
    }
    return err;
}

static int open_door(struct nat *nat, int host, const struct inl_sockaddr *at) {
    struct nat_door *door = &nat->doors[nat->doors_n];
    int err = open_side(&door->tcp, nat, host, INL_SOCK_STREAM, at);

    if (err < 0) {
        return err;
    }
    err = open_side(&door->udp, nat, host, INL_SOCK_DGRAM, at);
    if (err < 0) {
        service_close(&door->tcp);
        return err;
    }
    nat->doors_n++;
    return 0;
}

/* Doors on the hosts of programs, where they look for a nameserver on the loopback. */
static int open_dns_doors(struct nat *nat) {
    for (int host = 0; host < (int)nat->lab->file->hosts_n; host++) {
        for (unsigned i = 0; i < nat->nameservers_n; i++) {
            struct inl_sockaddr at = {.addr = nat->nameservers[i], .port = DNS_PORT};

            if (host == nat->gateway || !inl_addr_is_loopback(&at.addr) ||
                nat->doors_n == NAT_DOORS_MAX) {
                continue;
            }
            int err = open_door(nat, host, &at);

            if (err < 0 && err != -EADDRNOTAVAIL) {
                return err;
            }
        }
    }
    return 0;
}

/* ---- nameservers ---- */

static void add_nameserver(struct nat *nat, const struct inl_addr *a) {
    for (unsigned i = 0; i < nat->nameservers_n; i++) {
        if (inl_addr_eq(&nat->nameservers[i], a)) {
            return;
        }
    }
    nat->nameservers[nat->nameservers_n++] = *a;
}

static void find_nameservers(struct nat *nat) {
    struct inl_sockaddr found[NAT_NAMESERVERS_MAX];
    const struct labfile *file = nat->lab->file;
    unsigned n = dns_read_resolv(RESOLV_CONF, found, NAT_NAMESERVERS_MAX);

    nat->dns_chosen = file->has_dns;
    nat->has_dns = file->has_dns || n > 0;
    if (nat->has_dns) {
        nat->dns = file->has_dns ? file->dns : found[0];
    }
    for (unsigned i = 0; i < n; i++) {
        add_nameserver(nat, &found[i].addr);
    }
    if (n == 0 && nat->has_dns) {
        struct inl_addr localhost = inl_addr_from4(LOCALHOST4);

        add_nameserver(nat, &localhost);
    }
}

/* ---- its life ---- */

static int find_gateway(const struct labfile *file) {
    for (unsigned i = 0; i < file->hosts_n; i++) {
        if (file->hosts[i].transparent) {
            return (int)i;
        }
    }
    return -1;
}

int nat_open(struct lab *lab) {
    const struct inl_sockaddr everywhere = {.addr = INL_ADDR_ANY};
    int gateway = find_gateway(lab->file);

    if (gateway < 0) {
        return 0;
    }
    struct nat *nat = calloc(1, sizeof(*nat));

    if (nat == NULL) {
        return -ENOMEM;
    }
    lab->nat = nat;
    nat->lab = lab;
    nat->gateway = gateway;
    find_nameservers(nat);
    int err = open_door(nat, gateway, &everywhere);

    if (err == 0) {
        err = open_dns_doors(nat);
    }
    if (err < 0) {
        fprintf(stderr, "inlet: cannot open the gateway: %s\n", strerror(-err));
    }
    return err;
}

void nat_close(struct lab *lab) {
    struct nat *nat = lab->nat;

    if (nat == NULL) {
        return;
    }
    nat_tcp_done(nat);
    nat_udp_done(nat);
    for (unsigned i = 0; i < nat->doors_n; i++) {
        service_close(&nat->doors[i].tcp);
        service_close(&nat->doors[i].udp);
    }
    free(nat);
    lab->nat = NULL;
}

inl_time nat_deadline(const struct lab *lab) {
    return lab->nat != NULL ? nat_udp_deadline(lab->nat) : INL_TIME_NEVER;
}

void nat_advance(struct lab *lab, inl_time now) {
    if (lab->nat != NULL) {
        nat_udp_advance(lab->nat, now);
    }
}

bool nat_busy(const struct lab *lab) {
    return lab->nat != NULL && nat_tcp_busy(lab->nat);
}
