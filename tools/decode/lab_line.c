/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lab_line.c - a lab's packet as a line (see lab_line.h)
 *
 * Cause and fate are the texts of <inlet/cause.h>. They travel as one text, since a capture file has
 * room for no more: the first " [" in it begins the fate. No cause has one.
 */
#include "tools/decode/lab_line.h"

#include "base/text.h"
#include "tools/common/colour.h"

#include <string.h>

#define SENDER_COLUMNS 8
#define COLOURS_MAX 64 /* all escape sequences of a line */
#define BEHIND "  <- "
#define FATE " ["

const struct decode_options lab_line_options = {.numeric = true, .no_bytes = true};

struct capfile_packet lab_packet(enum inl_link_kind kind, const uint8_t *data, size_t len_bytes) {
    uint32_t len = len_bytes < CAPFILE_PACKET_MAX ? (uint32_t)len_bytes : CAPFILE_PACKET_MAX;

    return (struct capfile_packet){
        .data = data,
        .cap_bytes = len,
        .len_bytes = (uint32_t)len_bytes,
        .link = kind == INL_LINK_ETHERNET ? CAPFILE_ETHERNET : CAPFILE_RAW,
    };
}

/* ---- why, and what became of it ---- */

static void marked(struct text *t, bool is, const char *mark) {
    text_str(t, is ? mark : "");
}

size_t lab_reason(const struct inl_world_frame *frame, char *buf, size_t cap) {
    struct text t = text_init(buf, cap);

    text_str(&t, frame->cause != INL_CAUSE_NONE ? inl_cause_text(frame->cause)
                                                : "came from beyond the lab");
    marked(&t, frame->corrupted, FATE "corrupted]");
    marked(&t, frame->duplicated, FATE "duplicated]");
    marked(&t, frame->reordered, FATE "reordered]");
    if (frame->fate != INL_DROP_NONE) {
        text_str(&t, FATE "dropped: ");
        text_str(&t, inl_drop_text(frame->fate));
        text_chr(&t, ']');
    }
    return t.len;
}

/* Repairs stand out: they are what one looks for. */
static bool is_repair(const char *cause, size_t len) {
    for (unsigned i = 0; i < INL_CAUSE_MAX; i++) {
        const char *text = inl_cause_text((enum inl_cause)i);

        if (strncmp(text, cause, len) == 0 && text[len] == '\0') {
            const char *name = inl_cause_name((enum inl_cause)i);

            return strstr(name, "rtx") || strstr(name, "retry") || strstr(name, "probe");
        }
    }
    return false;
}

/* ---- the line ---- */

static void sender_text(struct text *t, const struct lab_line *l) {
    if (l->sender == NULL) {
        return;
    }
    text_str(t, out_sgr(l->colour, OUT_NAME));
    text_str(t, l->sender);
    text_str(t, out_sgr(l->colour, OUT_PLAIN));
    for (size_t width = strlen(l->sender); width < SENDER_COLUMNS; width++) {
        text_chr(t, ' ');
    }
    text_chr(t, ' ');
}

static void reason_text(struct text *t, const struct lab_line *l) {
    if (l->reason == NULL || l->reason[0] == '\0') {
        return;
    }
    const char *fate = strstr(l->reason, FATE);
    size_t cause_len = fate != NULL ? (size_t)(fate - l->reason) : strlen(l->reason);
    bool repair = l->colour && is_repair(l->reason, cause_len);

    text_str(t, out_sgr(repair, OUT_WARN));
    text_str(t, BEHIND);
    for (size_t i = 0; i < cause_len; i++) {
        text_chr(t, l->reason[i]);
    }
    text_str(t, out_sgr(repair, OUT_PLAIN));
    if (fate != NULL) {
        text_str(t, out_sgr(l->colour, OUT_BAD));
        text_str(t, fate);
        text_str(t, out_sgr(l->colour, OUT_PLAIN));
    }
}

static void owner_text(struct text *t, const struct lab_line *l) {
    if (l->owner != NULL) {
        text_str(t, out_sgr(l->colour, OUT_DIM));
        text_str(t, "  [");
        text_str(t, l->owner);
        text_chr(t, ']');
        text_str(t, out_sgr(l->colour, OUT_PLAIN));
    }
}

static size_t behind_max(const struct lab_line *l) {
    size_t reason = l->reason != NULL ? strlen(l->reason) + sizeof(BEHIND) : 0;
    size_t owner = l->owner != NULL ? strlen(l->owner) + 4 : 0;

    return reason + owner + COLOURS_MAX;
}

size_t lab_line(struct decode *d, const struct capfile_packet *p, const struct lab_line *l,
                char *buf, size_t cap) {
    struct text t = text_init(buf, cap);
    size_t behind = behind_max(l);

    sender_text(&t, l);
    size_t left = cap - t.len, begin = t.len;

    if (left <= behind) { /* no room for what belongs together */
        return 0;
    }
    size_t n = decode_packet(d, p, buf + begin, left - behind);
    size_t words = begin + d->words, bytes = n - d->words;

    /* "length 46: " announces bytes, which now stand further away */
    while (words > begin && (buf[words - 1] == ' ' || buf[words - 1] == ':')) {
        words--;
    }
    memmove(buf + words + behind, buf + begin + d->words, bytes);
    t = text_init(buf + words, behind);
    reason_text(&t, l);
    owner_text(&t, l);
    memmove(buf + words + t.len, buf + words + behind, bytes);
    return words + t.len + bytes;
}

size_t lab_line_frame(struct decode *d, const struct inl_world_frame *frame, const char *sender,
                      inl_dur since, bool colour, char *buf, size_t cap) {
    struct capfile_packet p = lab_packet(INL_LINK_ETHERNET, frame->data, frame->len_bytes);
    struct text t = text_init(buf, cap);
    char reason[LAB_REASON_MAX];
    struct lab_line l = {.sender = sender, .reason = reason, .colour = colour};

    lab_reason(frame, reason, sizeof(reason));
    text_str(&t, out_sgr(colour, OUT_DIM));
    text_time(&t, (inl_time){since});
    text_str(&t, out_sgr(colour, OUT_PLAIN));
    text_chr(&t, ' ');
    return t.len + lab_line(d, &p, &l, buf + t.len, cap - t.len);
}
