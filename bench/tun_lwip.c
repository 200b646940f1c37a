/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tun_lwip.c - Debian's lwIP against the kernel's TCP over a TUN device, as tun.c measures inlet
 *
 * Raw API, one thread, an interface of bare IP packets. A frame is read into a buffer and from
 * there into a pool pbuf, because its length is not known before, and written by writev() from the
 * pieces that lwIP hands over, so the copy into the device is the only one. What tun.c gives and
 * takes in place, this one gives without a copy (tcp_write() by reference) and takes by freeing.
 * Settings are those that Debian compiled in. lwIP has no notion of segments larger than the MTU:
 * the rows -vnet are not for it.
 */
#include "bench.h"
#include "tun_peer.h"

#include <lwip/init.h>
#include <lwip/ip4.h>
#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>
#include <lwip/tcpip.h>
#include <lwip/timeouts.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* net/if.h and lwIP's headers do not get along: struct ifreq as far as TUNSETIFF reads it */
struct tun_request {
    char name[16];
    short flags;
    char rest[22];
};

#define BURST 64
#define PIECES_MAX 16

static int fd;
static struct netif netif;
static struct tcp_pcb *pcb;
static uint64_t received;
static int connected, closed;
static uint8_t chunk[65536];

static err_t put_frame(struct netif *n, struct pbuf *p, const ip4_addr_t *to) {
    struct iovec v[PIECES_MAX];
    int count = 0;

    (void)n;
    (void)to;
    for (; p && count < PIECES_MAX; p = p->next) {
        v[count++] = (struct iovec){.iov_base = p->payload, .iov_len = p->len};
    }
    return writev(fd, v, count) < 0 && errno != EIO ? ERR_IF : ERR_OK;
}

static err_t if_init(struct netif *n) {
    n->mtu = TUN_MTU_BYTES;
    n->name[0] = 't';
    n->name[1] = 'n';
    n->output = put_frame;
    return ERR_OK;
}

static bool subject_open(bool vnet, char ret_name[16]) {
    struct tun_request request = {.name = "bench%d", .flags = IFF_TUN | IFF_NO_PI};
    ip4_addr_t addr, mask, gateway;

    if (vnet) {
        return false;
    }
    fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0) {
        bench_die("no TUN device");
    }
    memcpy(ret_name, request.name, sizeof(request.name));
    lwip_init();
    ip4_addr_set_u32(&addr, lwip_htonl(TUN_STACK_ADDR));
    ip4_addr_set_u32(&mask, lwip_htonl(0xffffff00U));
    ip4_addr_set_u32(&gateway, lwip_htonl(TUN_KERNEL_ADDR));
    if (!netif_add(&netif, &addr, &mask, &gateway, NULL, if_init, ip_input)) {
        bench_die("lwip: netif_add failed");
    }
    netif_set_default(&netif);
    netif_set_link_up(&netif);
    netif_set_up(&netif);
    return true;
}

/* Takes what waits; sleeps until something comes if that was nothing. */
static void pump(void) {
    struct pollfd pfd = {.fd = fd, .events = POLLIN};
    int n = 0;

    for (; n < BURST; n++) {
        struct pbuf *p = pbuf_alloc(PBUF_RAW, TUN_MTU_BYTES, PBUF_RAM);
        ssize_t got = p ? read(fd, p->payload, TUN_MTU_BYTES) : 0;

        if (got <= 0) {
            if (p) {
                pbuf_free(p);
            }
            break;
        }
        pbuf_realloc(p, (u16_t)got);
        if (netif.input(p, &netif) != ERR_OK) {
            pbuf_free(p);
        }
    }
    sys_check_timeouts();
    if (n == 0) {
        (void)poll(&pfd, 1, 50);
    }
}

static err_t on_recv(void *arg, struct tcp_pcb *from, struct pbuf *p, err_t err) {
    (void)arg;
    (void)err;
    if (!p) {
        closed = 1;
        return ERR_OK;
    }
    received += p->tot_len;
    tcp_recved(from, p->tot_len);
    pbuf_free(p);
    return ERR_OK;
}

static err_t on_accept(void *arg, struct tcp_pcb *new_pcb, err_t err) {
    (void)arg;
    (void)err;
    pcb = new_pcb;
    tcp_recv(pcb, on_recv);
    return ERR_OK;
}

static err_t on_connected(void *arg, struct tcp_pcb *new_pcb, err_t err) {
    (void)arg;
    (void)new_pcb;
    connected = err == ERR_OK;
    return err;
}

static void subject_listen(void) {
    struct tcp_pcb *l = tcp_new();

    if (!l || tcp_bind(l, IP4_ADDR_ANY, TUN_PORT) != ERR_OK || !(l = tcp_listen(l))) {
        bench_die("lwip: listen failed");
    }
    tcp_accept(l, on_accept);
}

static uint64_t subject_take(uint64_t bytes) {
    uint64_t begin;

    while (!pcb) {
        pump();
    }
    begin = bench_now_ns();
    while (!closed) {
        pump();
    }
    tcp_close(pcb);
    if (received != bytes) {
        bench_die("bytes are missing");
    }
    return begin;
}

static uint64_t subject_give(uint64_t bytes) {
    ip_addr_t to;
    uint64_t begin;

    ip4_addr_set_u32(ip_2_ip4(&to), lwip_htonl(TUN_KERNEL_ADDR));
    IP_SET_TYPE_VAL(to, IPADDR_TYPE_V4);
    pcb = tcp_new();
    if (!pcb || tcp_connect(pcb, &to, TUN_PORT, on_connected) != ERR_OK) {
        bench_die("lwip: connect failed");
    }
    tcp_recv(pcb, on_recv);
    while (!connected) {
        pump();
    }
    begin = bench_now_ns();
    while (bytes > 0) {
        size_t room = tcp_sndbuf(pcb);
        size_t n = bytes < room ? (size_t)bytes : room;

        n = n < sizeof(chunk) ? n : sizeof(chunk);
        n = n < UINT16_MAX ? n : UINT16_MAX;
        if (n > 0 && tcp_write(pcb, chunk, (u16_t)n, 0) == ERR_OK) {
            bytes -= n;
            tcp_output(pcb);
        }
        pump();
    }
    tcp_shutdown(pcb, 0, 1);
    while (!closed) {
        pump();
    }
    return begin;
}

int main(int argc, char **argv) {
    static const struct tun_subject lwip = {
        .name = "lwip",
        .version = LWIP_VERSION_STRING,
        .open = subject_open,
        .listen = subject_listen,
        .take = subject_take,
        .give = subject_give,
    };

    return tun_bench_main(&lwip, argc, argv);
}
