/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * save.c - the view without a terminal: as text, JSON Lines or CSV (RFC 4180)
 */
#include "tools/top/save.h"

#include "tools/common/clean.h"
#include "tools/common/out.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* ---- JSON ---- */

static json_t *rate(double bytes_per_s) {
    return bytes_per_s < 0 ? json_null() : json_real(bytes_per_s);
}

json_t *save_object(const struct row *row) {
    static const char *const marks[] = {
        [ROW_STEADY] = "steady",
        [ROW_NEW] = "new",
        [ROW_CHANGED] = "changed",
        [ROW_CLOSED] = "closed",
    };
    const struct sock *s = &row->sock;
    bool connected = s->has_tcp && s->state != INL_TCP_LISTEN;
    char local[SOCK_END_MAX], remote[SOCK_END_MAX];

    sk_end_text(s, &s->local, SOCK_BRACKETS, local);
    sk_end_text(s, &s->remote, SOCK_BRACKETS, remote);
    return json_pack(
        "{s:s, s:s, s:o, s:o, s:I, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "type", "socket",
        "mark", marks[row->mark], "host", s->host[0] != '\0' ? out_json_text(s->host) : json_null(),
        "program", out_json_text(s->program), "pid", (json_int_t)s->pid, "proto", sk_proto(s),
        "local", local, "remote", remote, "state", sk_state_rfc(s), "rx_bytes_per_s",
        rate(row->rx_rate), "tx_bytes_per_s", rate(row->tx_rate), "rtt_ms",
        connected ? json_real((double)s->tcp.srtt_ns / 1e6) : json_null(), "retransmissions",
        connected ? json_integer((json_int_t)s->tcp.rtx_segs) : json_null());
}

/* ---- CSV ---- */

/* A field that begins with one of "=+-@" would be a formula in a spreadsheet: a program's name must
 * not become one. */
static void csv_field(FILE *f, const char *text, bool last) {
    bool formula = text[0] != '\0' && strchr("=+@", text[0]) != NULL;

    if (formula || strpbrk(text, "\",\r\n") != NULL) {
        fprintf(f, "\"%s", formula ? "'" : "");
        for (; *text != '\0'; text++) {
            fprintf(f, *text == '"' ? "\"\"" : "%c", *text);
        }
        fputc('"', f);
    } else {
        fputs(text, f);
    }
    fputs(last ? "\r\n" : ",", f);
}

static void csv_row(FILE *f, const struct row *row) {
    char text[COLUMN_TEXT_MAX];

    for (enum column c = COL_HOST; c < COLUMNS_N; c++) {
        if (c == COL_RX || c == COL_TX) {
            double r = c == COL_RX ? row->rx_rate : row->tx_rate;

            snprintf(text, sizeof(text), "%.0f", r);
            text[r < 0 ? 0 : sizeof(text) - 1] = '\0';
        } else {
            column_text(row, c, SOCK_BRACKETS, text);
        }
        csv_field(f, strcmp(text, "-") == 0 ? "" : text, c + 1 == COLUMNS_N);
    }
}

static void csv_head(FILE *f) {
    for (enum column c = COL_HOST; c < COLUMNS_N; c++) {
        csv_field(f, columns[c].name, c + 1 == COLUMNS_N);
    }
}

/* ---- files ---- */

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

static int save_json(FILE *f, const struct row *row) {
    json_t *o = save_object(row);
    int err = o == NULL || json_dumpf(o, f, JSON_COMPACT) < 0 ? -ENOMEM : 0;

    fputc('\n', f);
    json_decref(o);
    return err;
}

int save_file(const char *path, const struct view *v) {
    bool json = ends_with(path, ".json") || ends_with(path, ".jsonl");
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    int err = 0;

    if (f == NULL) {
        return -errno;
    }
    if (!json) {
        csv_head(f);
    }
    for (size_t i = 0; err == 0 && i < v->n; i++) {
        if (!v->line[i].process && json) {
            err = save_json(f, v->line[i].row);
        } else if (!v->line[i].process) {
            csv_row(f, v->line[i].row);
        }
    }
    if (ferror(f)) {
        err = -EIO;
    }
    if (fclose(f) != 0) {
        err = -errno;
    }
    return err;
}

/* ---- text ---- */

static void text_line(FILE *f, const struct view *v, const struct row *row, bool with_host,
                      const unsigned widths[COLUMNS_N]) {
    char text[COLUMN_TEXT_MAX];

    for (enum column c = with_host ? COL_HOST : COL_PROGRAM; c < COLUMNS_N; c++) {
        int width = (int)widths[c];

        if (row != NULL) {
            column_text(row, c, v->flags, text);
        } else {
            snprintf(text, sizeof(text), "%s", columns[c].heading);
        }
        int blanks = clean_blanks(text, width);

        fprintf(f, "%*s%s%*s%s", columns[c].right ? blanks : 0, "", text,
                columns[c].right ? 0 : blanks, "", c + 1 < COLUMNS_N ? " " : "\n");
    }
}

void save_text(FILE *f, const struct view *v, bool with_host) {
    unsigned widths[COLUMNS_N];
    char text[COLUMN_TEXT_MAX];

    for (enum column c = COL_HOST; c < COLUMNS_N; c++) {
        widths[c] = columns[c].min_width;
        for (size_t i = 0; i < v->n; i++) {
            column_text(v->line[i].row, c, v->flags, text);
            unsigned own = COLUMN_TEXT_MAX - (unsigned)clean_blanks(text, COLUMN_TEXT_MAX);

            widths[c] = own > widths[c] ? own : widths[c];
        }
    }
    text_line(f, v, NULL, with_host, widths);
    for (size_t i = 0; i < v->n; i++) {
        if (v->line[i].process) {
            char rx[16], tx[16];

            column_bytes(v->line[i].rx_rate, rx);
            column_bytes(v->line[i].tx_rate, tx);
            column_text(v->line[i].row, COL_PROGRAM, 0, text);
            fprintf(f, "%s (%u): %u socket%s, rx %s/s, tx %s/s\n", text, v->line[i].row->sock.pid,
                    v->line[i].sockets, v->line[i].sockets == 1 ? "" : "s", rx, tx);
        } else {
            text_line(f, v, v->line[i].row, with_host, widths);
        }
    }
}
