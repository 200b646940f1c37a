/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live.c - packets of the machine's interfaces, by libpcap
 *
 * The kernel filters; the capture's descriptor and Ctrl-C are waited for together, so that the summary
 * comes at once. Lines are written when nothing more waits: a busy link costs few system calls, a quiet
 * one no delay.
 */
#include "tools/dump/live.h"

#include "tools/common/stop.h"
#include "tools/common/tool.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MS 1000 /* how long the kernel may hold packets back */
#define AT_ONCE_MS 20
#define BUFFER_BYTES (16 << 20) /* 64 blocks, of which each holds what comes in that time */

struct live {
    pcap_t *p;
    struct session *s;
    uint32_t link;
    int state; /* as session_packet() */
};

static const char *flag_text(bpf_u_int32 flags) {
    static char text[64];

    snprintf(text, sizeof(text), "%s%s%s", (flags & PCAP_IF_UP) != 0 ? "Up" : "Down",
             (flags & PCAP_IF_RUNNING) != 0 ? ", Running" : "",
             (flags & PCAP_IF_LOOPBACK) != 0 ? ", Loopback" : "");
    return text;
}

static int find_all(pcap_if_t **ret) {
    char why[PCAP_ERRBUF_SIZE] = "";

    if (pcap_findalldevs(ret, why) != 0) {
        tool_say("the interfaces cannot be listed: %s", why);
        return -EIO;
    }
    return 0;
}

int live_list(void) {
    pcap_if_t *all;

    if (find_all(&all) < 0) {
        return TOOL_FAILED;
    }
    int n = 1;

    for (const pcap_if_t *i = all; i != NULL; i = i->next, n++) {
        printf("%d.%s", n, i->name);
        if (i->description != NULL) {
            printf(" (%s)", i->description);
        }
        printf(" [%s]\n", flag_text(i->flags));
    }
    pcap_freealldevs(all);
    return TOOL_OK;
}

/* The name of interface @number of the list, or with 0 the first of it. NULL: told. */
static char *interface_name(unsigned long number) {
    pcap_if_t *all, *i;
    char *name = NULL;

    if (find_all(&all) < 0) {
        return NULL;
    }
    i = all;
    for (unsigned long n = 1; i != NULL && n < number; n++) {
        i = i->next;
    }
    if (i != NULL) {
        name = strdup(i->name);
    } else if (number == 0) {
        tool_say("no interface that packets can be captured on: root is needed, or a file (-r)");
    } else {
        tool_say("there are not that many interfaces: inlet dump -D lists them");
    }
    pcap_freealldevs(all);
    return name;
}

static int refused(pcap_t *p, int err, const char *name) {
    const char *detail = pcap_geterr(p);

    if (err == PCAP_ERROR_PERM_DENIED) {
        tool_say("%s: you may not capture packets: that takes root (or CAP_NET_RAW)", name);
    } else if (err == PCAP_ERROR_NO_SUCH_DEVICE) {
        tool_say("%s: no such interface: inlet dump -D lists them", name);
    } else if (err == PCAP_ERROR_IFACE_NOT_UP) {
        tool_say("%s: the interface is down", name);
    } else {
        tool_say("%s: %s%s%s", name, pcap_statustostr(err), *detail != '\0' ? ": " : "", detail);
    }
    pcap_close(p);
    return -EIO;
}

static int open_interface(struct live *l, const struct live_options *o, const char *name) {
    char why[PCAP_ERRBUF_SIZE] = "";
    pcap_t *p = pcap_create(name, why);

    if (p == NULL) {
        tool_say("%s: %s", name, why);
        return -EIO;
    }
    pcap_set_snaplen(p, (int)o->snap_bytes);
    pcap_set_promisc(p, !o->not_promiscuous);
    pcap_set_buffer_size(p, BUFFER_BYTES);
    /* libpcap's immediate mode would have slots for packets of the largest size: seven of them */
    pcap_set_timeout(p, o->at_once ? AT_ONCE_MS : WAIT_MS);
    if (l->s->when.nano) {
        pcap_set_tstamp_precision(p, PCAP_TSTAMP_PRECISION_NANO);
    }
    int err = pcap_activate(p);

    if (err < 0) {
        return refused(p, err, name);
    }
    /* the form that tells the interface; whoever has an old libpcap gets the other one */
    if (strcmp(name, "any") == 0) {
        (void)pcap_set_datalink(p, CAPFILE_SLL2);
    }
    if (pcap_setnonblock(p, 1, why) < 0) {
        tool_say("%s: %s", name, why);
        pcap_close(p);
        return -EIO;
    }
    l->p = p;
    l->link = (uint32_t)pcap_datalink(p);
    return 0;
}

/* Loopbacks and links alike get a filter of the kernel's. */
static int set_filter(struct live *l, const struct live_options *o, const char *expression) {
    int err = filter_set(&l->s->filter, expression, l->link, (uint32_t)o->snap_bytes);

    if (err == 0 && !o->codes && pcap_setfilter(l->p, l->s->filter.program) < 0) {
        tool_say("the filter: %s", pcap_geterr(l->p));
        err = -EINVAL;
    }
    return err;
}

static void take(unsigned char *ctx, const struct pcap_pkthdr *h, const unsigned char *data) {
    struct live *l = (struct live *)(void *)ctx;
    const int64_t unit = l->s->when.nano ? 1 : 1000;
    const struct capfile_packet p = {
        .time_ns = (int64_t)h->ts.tv_sec * 1000000000 + (int64_t)h->ts.tv_usec * unit,
        .data = data,
        .cap_bytes = h->caplen,
        .len_bytes = h->len,
        .link = l->link,
    };

    if (l->state == 0) {
        l->state = session_packet(l->s, &p);
    }
    if (l->state != 0) {
        pcap_breakloop(l->p);
    }
}

/* 0 when it was ended as it should, or -errno. */
static int capture(struct live *l) {
    struct pollfd fds[2] = {{.fd = pcap_get_selectable_fd(l->p), .events = POLLIN},
                            {.fd = stop_fd(), .events = POLLIN}};

    while (l->state == 0) {
        int n = pcap_dispatch(l->p, -1, take, (unsigned char *)l);

        if (n == PCAP_ERROR) {
            tool_say("%s", pcap_geterr(l->p));
            return -EIO;
        }
        if (l->state != 0 || n > 0) {
            continue;
        }
        int err = session_flush(l->s);

        if (err < 0) {
            return err;
        }
        if (poll(fds, 2, -1) < 0 && errno != EINTR) {
            return -errno;
        }
        if (stop_read() == STOP_NOW) {
            break;
        }
    }
    return l->state < 0 ? l->state : 0;
}

static void summary(const struct live *l) {
    struct pcap_stat stat = {0};

    fprintf(stderr, "\n%llu packet%s captured\n", (unsigned long long)l->s->shown,
            l->s->shown == 1 ? "" : "s");
    if (pcap_stats(l->p, &stat) == 0) {
        fprintf(stderr, "%u packet%s received by filter\n%u packet%s dropped by kernel\n",
                stat.ps_recv, stat.ps_recv == 1 ? "" : "s", stat.ps_drop,
                stat.ps_drop == 1 ? "" : "s");
    }
}

static int run_on(struct live *l, const struct live_options *o, const char *name,
                  const char *expression) {
    int err = set_filter(l, o, expression);

    if (err == 0 && o->codes) {
        filter_print(&l->s->filter);
        return 0;
    }
    if (err < 0) {
        return err;
    }
    if (!decode_knows(l->link) && !l->s->writes) {
        tool_say("%s: this kind of link (%u) is not known, so only its bytes are shown", name,
                 l->link);
    }
    fprintf(stderr, "listening on %s, link-type %s (%s), snapshot length %llu bytes\n", name,
            capfile_link_name(l->link), capfile_link_text(l->link),
            (unsigned long long)o->snap_bytes);
    err = capture(l);
    int end = session_end(l->s, l->link, (uint32_t)o->snap_bytes);

    summary(l);
    return err < 0 ? err : end;
}

int live_run(struct session *s, const struct live_options *o, const char *expression) {
    struct live l = {.s = s};
    char *end = NULL, *name;
    unsigned long number = o->interface != NULL ? strtoul(o->interface, &end, 10) : 0;
    bool counted = o->interface == NULL || (*end == '\0' && number > 0);

    name = counted ? interface_name(number) : strdup(o->interface);
    if (name == NULL) {
        return TOOL_FAILED;
    }
    int err = open_interface(&l, o, name);

    if (err == 0) {
        err = run_on(&l, o, name, expression);
        pcap_close(l.p);
    }
    free(name);
    return err < 0 ? TOOL_FAILED : TOOL_OK;
}
