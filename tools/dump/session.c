/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session.c - what happens with each packet, wherever it comes from
 */
#include "tools/dump/session.h"

#include "tools/common/clean.h"
#include "tools/common/colour.h"
#include "tools/common/tool.h"
#include "tools/decode/lab_line.h"
#include "tools/dump/view_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define WHY_MAX 4096                             /* of what a capture says about a packet */
#define PROCESS_MAX 128                          /* and of who has sent it */
#define AROUND_MAX (WHY_MAX + PROCESS_MAX + 256) /* colours, too */
#define BUF (SESSION_WRITE + WHEN_MAX + 32 + DECODE_TEXT_MAX + AROUND_MAX)

struct session *session_new(void) {
    struct session *s = calloc(1, sizeof(*s));

    if (s != NULL) {
        s->decode = calloc(1, sizeof(*s->decode));
        s->packet = calloc(1, sizeof(*s->packet));
        s->buf = malloc(BUF); /* most of it is never touched */
    }
    if (s != NULL && (s->decode == NULL || s->buf == NULL || s->packet == NULL)) {
        session_free(s);
        return NULL;
    }
    return s;
}

int session_begin(struct session *s, const char *write) {
    /* without random numbers a capture made for it could make sequence numbers absolute, no more */
    if (getrandom(s->text.key, sizeof(s->text.key), GRND_NONBLOCK) < 0) {
        s->text.key[0] = (uint8_t)getpid();
    }
    decode_init(s->decode, &s->text);
    s->writes = write != NULL;
    if (view_wanted(&s->view_options)) {
        s->view = view_new(&s->view_options);
        if (s->view == NULL) {
            return -ENOMEM;
        }
    }
    if (!s->writes) {
        return 0;
    }
    int err = file_create(&s->out, write, s->when.nano);

    s->out.flush = s->at_once;
    return err;
}

int session_flush(struct session *s) {
    size_t done = 0;

    while (done < s->have) {
        ssize_t n = write(STDOUT_FILENO, s->buf + done, s->have - done);

        if (n < 0 && errno != EINTR) {
            int err = -errno;

            tool_say("cannot write the output: %s", strerror(-err));
            s->have = 0;
            return err;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    s->have = 0;
    return 0;
}

/* Who has sent it; NULL: nobody says. */
static const char *process(const struct capfile_packet *p, char buf[PROCESS_MAX]) {
    if (p->process_len == 0) {
        return NULL;
    }
    clean_bytes(p->process, p->process_len, buf, PROCESS_MAX);
    return buf;
}

/* The packet, and around it what the capture or the lab knows. */
static size_t told(struct session *s, const struct capfile_packet *p, char *to) {
    char why[WHY_MAX], whose[PROCESS_MAX];
    struct lab_line l = {.owner = process(p, whose), .colour = s->colour};

    if (p->comment_len > 0) {
        clean_bytes(p->comment, p->comment_len, why, sizeof(why));
        char *colon = s->of_lab ? strstr(why, ": ") : NULL;

        if (colon != NULL) {
            *colon = '\0';
            l.sender = why;
        }
        l.reason = colon != NULL ? colon + 2 : why;
    }
    return lab_line(s->decode, p, &l, to, DECODE_TEXT_MAX + AROUND_MAX - 1);
}

static void line(struct session *s, const struct capfile_packet *p) {
    char *to = s->buf + s->have;

    if (s->numbers) {
        to += snprintf(to, 32, "%5llu  ", (unsigned long long)s->shown);
    }
    if (p->cap_bytes == 0) {
        to = stpcpy(to, p->len_bytes == 0 ? "[Invalid header: caplen==0, len==0]\n"
                                          : "[Invalid header: caplen==0]\n");
        s->have = (size_t)(to - s->buf);
        return;
    }
    to = stpcpy(to, out_sgr(s->colour, OUT_DIM));
    to += when_print(&s->when, p->time_ns, to);
    to = stpcpy(to, out_sgr(s->colour, OUT_PLAIN));
    if (s->why) {
        to += told(s, p, to);
    } else {
        to += decode_packet(s->decode, p, to, DECODE_TEXT_MAX - 1);
    }
    *to++ = '\n';
    s->have = (size_t)(to - s->buf);
}

static void object(struct session *s, const struct capfile_packet *p) {
    size_t len = decode_packet(s->decode, p, s->buf, DECODE_TEXT_MAX - 1);
    char whose[PROCESS_MAX];

    s->buf[len] = '\0';
    packet_parse(s->packet, p);
    view_json_line(s->packet, p, s->shown, s->buf, process(p, whose));
}

int session_packet(struct session *s, const struct capfile_packet *p) {
    int err = 0;

    if (p->link != s->filter.link) {
        tool_say(
            "an interface of another kind of link (%u, not %u) is in the same file: packets of "
            "both cannot be shown together",
            p->link, s->filter.link);
        return -EINVAL;
    }
    if (!filter_passes(&s->filter, p)) {
        return 0;
    }
    s->shown++;
    if (s->writes) {
        err = file_put(&s->out, p, CAPFILE_PACKET_MAX);
    } else if (s->view != NULL) {
        view_packet(s->view, p, s->shown);
    } else if (s->json) {
        object(s, p);
    } else {
        line(s, p);
        if (s->have >= SESSION_WRITE || s->at_once) {
            err = session_flush(s);
        }
    }
    if (err < 0) {
        return err;
    }
    return s->count != 0 && s->shown >= s->count ? 1 : 0;
}

int session_end(struct session *s, uint32_t link, uint32_t snap_bytes) {
    int err = session_flush(s);

    if (s->view != NULL) {
        view_end(s->view);
    }
    if (s->writes) {
        int end = file_finish(&s->out, link, snap_bytes);

        err = err < 0 ? err : end;
    }
    return err;
}

void session_free(struct session *s) {
    if (s != NULL) {
        filter_free(&s->filter);
        view_free(s->view);
        free(s->decode);
        free(s->packet);
        free(s->buf);
        free(s);
    }
}
