/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loop_lwip.c - Debian's lwIP against itself, measured as loop.c measures inlet
 *
 * lwIP has one stack a process. So two Ethernet interfaces of that stack, 10.0.0.1 and 10.0.0.2,
 * are joined by memory; each TCP control block is bound to its interface, which keeps lwIP from
 * taking the short cut through its loopback. Raw (callback) API, one thread, no tcpip thread. A
 * frame that an interface sends is copied into a new pbuf, since the sender keeps the
 * original for retransmission and the receiver will own what it gets. Data is handed over by
 * copy at both ends, as in loop.c. Settings are those that Debian compiled in: MSS 1460, a
 * window and a send buffer of 65,535 bytes, checksums computed (while copying) and verified.
 * Debian's library is built with -O2 for any processor of the architecture.
 */
#include "bench.h"

#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/sys.h>
#include <lwip/tcp.h>
#include <lwip/tcpip.h>
#include <lwip/timeouts.h>
#include <lwip/udp.h>
#include <netif/ethernet.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES_MAX 4096
#define MTU_BYTES 1500
#define PORT 80
#define UDP_PORT 53
#define BURST 64

struct wire {
    struct pbuf *frame[FRAMES_MAX];
    unsigned head, tail;
};

struct end {
    struct tcp_pcb *pcb;
    uint64_t received;
    int closed;
};

static struct netif client_if, server_if;
static struct wire to_client, to_server;
static struct tcp_pcb *accepted_pcb;
static struct end *ends; /* client's and server's end of each open connection */
static uint32_t pairs_n;
static uint32_t datagrams_got;
static uint8_t chunk[65536];

static void check(err_t err, const char *what) {
    if (err != ERR_OK) {
        bench_die(what);
    }
}

static err_t wire_put(struct netif *netif, struct pbuf *p) {
    struct wire *wire = netif == &client_if ? &to_server : &to_client;
    struct pbuf *copy;

    if (wire->tail - wire->head == FRAMES_MAX) {
        bench_die("lwip: wire is full");
    }
    copy = pbuf_alloc(PBUF_RAW, p->tot_len, PBUF_RAM);
    if (!copy) {
        return ERR_MEM;
    }
    pbuf_copy(copy, p);
    wire->frame[wire->tail++ % FRAMES_MAX] = copy;
    return ERR_OK;
}

static void wire_deliver(struct wire *wire, struct netif *netif) {
    while (wire->head != wire->tail) {
        struct pbuf *p = wire->frame[wire->head++ % FRAMES_MAX];

        if (netif->input(p, netif) != ERR_OK) {
            pbuf_free(p);
        }
    }
}

static err_t if_init(struct netif *netif) {
    netif->hwaddr_len = 6;
    memcpy(netif->hwaddr, (uint8_t[]){2, 0, 0, 0, 0, (uint8_t)(netif == &client_if ? 1 : 2)}, 6);
    netif->mtu = MTU_BYTES;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    netif->name[0] = 'b';
    netif->name[1] = netif == &client_if ? 'c' : 's';
    netif->output = etharp_output;
    netif->linkoutput = wire_put;
    return ERR_OK;
}

static void if_up(struct netif *netif, uint8_t id) {
    ip4_addr_t addr, mask, none;

    IP4_ADDR(&addr, 10, 0, 0, id);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&none, 0, 0, 0, 0);
    if (!netif_add(netif, &addr, &mask, &none, NULL, if_init, ethernet_input)) {
        bench_die("lwip: netif_add failed");
    }
    netif_set_link_up(netif);
    netif_set_up(netif);
}

static void pump(void) {
    sys_check_timeouts();
    wire_deliver(&to_server, &server_if);
    wire_deliver(&to_client, &client_if);
}

static err_t on_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err) {
    struct end *end = arg;

    (void)err;
    if (!p) {
        if (end) {
            end->closed = 1;
        }
        return ERR_OK;
    }
    if (end) {
        pbuf_copy_partial(p, chunk, p->tot_len, 0);
        end->received += p->tot_len;
    }
    tcp_recved(pcb, p->tot_len);
    pbuf_free(p);
    return ERR_OK;
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t err) {
    (void)arg;
    check(err, "lwip: accept failed");
    accepted_pcb = pcb;
    return ERR_OK;
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t err) {
    struct end *end = arg;

    end->pcb = pcb;
    return err;
}

static bool setup(const struct setting *setting) {
    struct tcp_pcb *pcb;

    if (setting->mtu_bytes != MTU_BYTES || setting->window_bytes > TCP_WND || setting->zero_copy ||
        setting->conns_max > 30000) {
        return false; /* compiled in; its lists have no index */
    }
    ends = bench_room(2 * (size_t)setting->conns_max, sizeof(*ends));
    lwip_init();
    if_up(&client_if, 1);
    if_up(&server_if, 2);
    pcb = tcp_new();
    tcp_bind_netif(pcb, &server_if);
    check(tcp_bind(pcb, IP_ADDR_ANY, PORT), "lwip: bind failed");
    pcb = tcp_listen(pcb);
    tcp_accept(pcb, on_accept);
    return true;
}

/* Counted by ourselves: lwIP would choose among the last 16,384. */
static u16_t port_next(void) {
    static u16_t last = 1023;

    last = last == UINT16_MAX ? 1024 : (u16_t)(last + 1);
    return last;
}

static void connect_pair(struct end *client, struct end *server) {
    struct tcp_pcb *pcb = tcp_new();
    ip_addr_t addr;

    IP_ADDR4(&addr, 10, 0, 0, 2);
    *client = *server = (struct end){0};
    accepted_pcb = NULL;
    tcp_bind_netif(pcb, &client_if);
    tcp_arg(pcb, client);
    tcp_recv(pcb, on_recv);
    check(tcp_bind(pcb, netif_ip_addr4(&client_if), port_next()), "lwip: bind failed");
    check(tcp_connect(pcb, &addr, PORT, on_connected), "lwip: connect failed");
    while (!client->pcb || !accepted_pcb) {
        pump();
    }
    server->pcb = accepted_pcb;
    tcp_bind_netif(server->pcb, &server_if);
    tcp_arg(server->pcb, server);
    tcp_recv(server->pcb, on_recv);
}

static void close_pair(struct end *client, struct end *server) {
    check(tcp_close(client->pcb), "lwip: close failed");
    while (!server->closed) {
        pump();
    }
    tcp_arg(client->pcb, NULL);
    tcp_arg(server->pcb, NULL);
    check(tcp_close(server->pcb), "lwip: close failed");
    pump();
    pump();
}

static void bulk(uint64_t bytes) {
    struct end client, server;
    uint64_t sent = 0;

    connect_pair(&client, &server);
    while (server.received < bytes) {
        uint64_t want = bytes - sent;
        u16_t room = (u16_t)(tcp_sndbuf(client.pcb) > 65535 ? 65535 : tcp_sndbuf(client.pcb));

        if (want > room) {
            want = room;
        }
        if (want && tcp_write(client.pcb, chunk, (u16_t)want, TCP_WRITE_FLAG_COPY) == ERR_OK) {
            sent += want;
        }
        tcp_output(client.pcb);
        pump();
    }
    close_pair(&client, &server);
}

static void trip(struct end *from, struct end *to) {
    uint64_t before = to->received;

    check(tcp_write(from->pcb, "x", 1, TCP_WRITE_FLAG_COPY), "lwip: write failed");
    tcp_output(from->pcb);
    while (to->received == before) {
        pump();
    }
}

static void open_pairs(uint32_t n) {
    for (uint32_t i = 0; i < n; i++, pairs_n++) {
        struct end *pair = &ends[2 * (size_t)pairs_n];

        connect_pair(&pair[0], &pair[1]);
        tcp_nagle_disable(pair[0].pcb);
        tcp_nagle_disable(pair[1].pcb);
    }
}

static void trips(uint32_t n, uint32_t among) {
    for (uint32_t i = 0; i < n; i++) {
        struct end *pair = &ends[2 * (size_t)bench_random(among)];

        trip(&pair[0], &pair[1]);
        trip(&pair[1], &pair[0]);
    }
}

static void connections(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        struct end client, server;

        connect_pair(&client, &server);
        close_pair(&client, &server);
    }
}

static void on_datagram(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from,
                        u16_t port) {
    (void)arg;
    (void)pcb;
    (void)from;
    (void)port;
    pbuf_copy_partial(p, chunk, p->tot_len, 0);
    datagrams_got++;
    pbuf_free(p);
}

static struct udp_pcb *datagrams_open(void) {
    struct udp_pcb *in = udp_new();
    struct udp_pcb *out = udp_new();
    ip_addr_t addr;

    IP_ADDR4(&addr, 10, 0, 0, 2);
    check(udp_bind(in, &addr, UDP_PORT), "lwip: bind failed");
    udp_bind_netif(in, &server_if);
    udp_recv(in, on_datagram, NULL);
    udp_bind_netif(out, &client_if);
    check(udp_connect(out, &addr, UDP_PORT), "lwip: connect failed");
    return out;
}

static void datagrams(uint32_t n, uint32_t bytes) {
    static struct udp_pcb *out;

    if (!out) {
        out = datagrams_open();
    }
    datagrams_got = 0;
    while (datagrams_got < n) {
        for (int i = 0; i < BURST; i++) {
            struct pbuf *p = pbuf_alloc(PBUF_TRANSPORT, (u16_t)bytes, PBUF_RAM);

            if (!p || pbuf_take(p, chunk, (u16_t)bytes) != ERR_OK) {
                bench_die("lwip: no pbuf");
            }
            udp_send(out, p); /* the first ones wait for ARP, which keeps only some */
            pbuf_free(p);
        }
        pump();
    }
}

int main(int argc, char **argv) {
    static const struct subject subject = {
        .name = "lwip",
        .version = LWIP_VERSION_STRING,
        .setup = setup,
        .bulk = bulk,
        .open = open_pairs,
        .trips = trips,
        .connections = connections,
        .datagrams = datagrams,
    };

    return bench_main(&subject, argc, argv);
}
