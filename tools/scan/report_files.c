/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report_files.c - what was found, in the two forms of nmap that other programs read: grepable lines
 * and XML (its document type is nmap.dtd)
 */
#include "tools/scan/report.h"

#include "tools/common/clean.h"
#include "tools/common/xml.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

struct port_row {
    const struct slot *slot;
    uint64_t probe;
    enum scan_state state;
    enum scan_reason reason;
    const char *service;
    const struct version *version;
};

static struct port_row row_of(const struct report *r, uint32_t target, uint32_t i) {
    struct port_row row = {.slot = &r->job->slots[i],
                           .probe = (uint64_t)target * r->job->slots_n + i};

    row.reason = r->job->answers[row.probe];
    row.state = scan_state_of(row.slot->kind, row.reason);
    row.version = report_version(r, row.probe);
    row.service = report_service(r, row.slot);
    if (row.version != NULL && row.version->service[0] != '\0') {
        row.service = row.version->service;
    }
    return row;
}

/* The ports that are probed over one transport, "1-100,443". */
static void put_list(const struct job *job, bool udp, FILE *f) {
    const char *between = "";

    for (uint32_t i = 0; i < job->slots_n; i++) {
        uint32_t from = i;

        if ((job->slots[i].kind == SCAN_UDP) != udp) {
            continue;
        }
        while (i + 1 < job->slots_n && job->slots[i + 1].kind == job->slots[i].kind &&
               job->slots[i + 1].port == job->slots[i].port + 1) {
            i++;
        }
        fprintf(f, "%s%u", between, job->slots[from].port);
        if (i > from) {
            fprintf(f, "-%u", job->slots[i].port);
        }
        between = ",";
    }
}

static uint32_t count(const struct job *job, bool udp) {
    uint32_t n = 0;

    for (uint32_t i = 0; i < job->slots_n; i++) {
        n += (job->slots[i].kind == SCAN_UDP) == udp;
    }
    return n;
}

static void put_time(double when, char buf[40]) {
    time_t t = (time_t)when;
    struct tm tm;

    buf[0] = '\0';
    if (localtime_r(&t, &tm) != NULL) {
        strftime(buf, 40, "%a %b %e %H:%M:%S %Y", &tm);
    }
}

/* ---- grepable ---- */

/* What stands between slashes and commas must have none, nor a tab. */
static void put_field(const char *text, FILE *f) {
    char clean[4 * REPORT_BANNER_MAX + 1];

    clean_text(text, clean, sizeof(clean));
    for (const char *p = clean; *p != '\0'; p++) {
        fputc(*p == '/' || *p == ',' ? '|' : *p, f);
    }
}

static void put_host(const struct target *t, FILE *f) {
    char text[INL_ADDR_TEXT_MAX] = "?", name[256] = "";

    inl_addr_format(&t->addr, text, sizeof(text));
    if (t->name != NULL) {
        clean_text(t->name, name, sizeof(name));
    }
    fprintf(f, "Host: %s (%s)\t", text, name);
}

static void put_ports(const struct report *r, uint32_t target, FILE *f) {
    const char *before = "Ports: ";
    struct tally t;

    report_tally(r, target, &t);
    for (uint32_t i = 0; i < r->job->slots_n; i++) {
        struct port_row row = row_of(r, target, i);

        if (report_hides(r, &t, row.state)) {
            continue;
        }
        fprintf(f, "%s%u/%s/%s//", before, row.slot->port, scan_state_name(row.state),
                scan_transport(row.slot->kind));
        put_field(row.service != NULL ? row.service : "", f);
        fputs("//", f);
        put_field(row.version != NULL ? row.version->product : "", f);
        fputc('/', f);
        before = ", ";
    }
    for (unsigned s = 0; s < SCAN_STATES; s++) {
        if (report_hides(r, &t, s)) {
            fprintf(f, "\tIgnored State: %s (%u)", scan_state_name(s), t.states[s]);
        }
    }
    fputc('\n', f);
}

void report_grepable(const struct report *r, FILE *f) {
    char when[40];

    put_time(r->began, when);
    fprintf(f, "# inlet scan initiated %s as:", when);
    for (int i = 0; i < r->argc; i++) {
        char word[256];

        clean_text(r->argv[i], word, sizeof(word));
        fprintf(f, " %s", word);
    }
    fputc('\n', f);
    for (uint32_t i = 0; i < r->job->targets_n; i++) {
        const struct target *t = &r->job->targets[i];

        if (t->up == 0) {
            continue;
        }
        put_host(t, f);
        fputs("Status: Up\n", f);
        if (!r->only_hosts) {
            put_host(t, f);
            put_ports(r, i, f);
        }
    }
    put_time(r->ended, when);
    fprintf(f, "# inlet scan done at %s -- %u IP addresses (%u hosts up) scanned in %.2f seconds\n",
            when, r->hosts, report_up(r), r->ended - r->began);
}

/* ---- XML ---- */

/* An attribute's value. Bytes that a terminal obeys are not allowed in XML either. */
static void put_value(const char *text, FILE *f) {
    char clean[4 * REPORT_BANNER_MAX + 1];

    clean_text(text, clean, sizeof(clean));
    xml_put(f, clean);
}

static void put_port(const struct port_row *row, FILE *f) {
    fprintf(f,
            "<port protocol=\"%s\" portid=\"%u\"><state state=\"%s\" reason=\"%s\" "
            "reason_ttl=\"0\"/>",
            scan_transport(row->slot->kind), row->slot->port, scan_state_name(row->state),
            scan_reason_name(row->reason));
    if (row->service != NULL) {
        bool probed = row->version != NULL && row->version->service[0] != '\0';

        fputs("<service name=\"", f);
        put_value(row->service, f);
        if (probed && row->version->product[0] != '\0') {
            fputs("\" product=\"", f);
            put_value(row->version->product, f);
        }
        fprintf(f, "\" method=\"%s\" conf=\"%d\"/>", probed ? "probed" : "table", probed ? 10 : 3);
    }
    fputs("</port>\n", f);
}

static void put_sums(const struct tally *t, enum scan_state state, FILE *f) {
    fprintf(f, "<extraports state=\"%s\" count=\"%u\">\n", scan_state_name(state),
            t->states[state]);
    for (unsigned i = 0; i < SCAN_REASONS; i++) {
        if (t->of[state][i] > 0) {
            fprintf(f, "<extrareasons reason=\"%s\" count=\"%u\"/>\n", scan_reason_name(i),
                    t->of[state][i]);
        }
    }
    fputs("</extraports>\n", f);
}

static void put_xml_host(const struct report *r, uint32_t target, FILE *f) {
    const struct target *t = &r->job->targets[target];
    char text[INL_ADDR_TEXT_MAX] = "?";
    struct tally tally;

    inl_addr_format(&t->addr, text, sizeof(text));
    fprintf(f, "<host><status state=\"up\" reason=\"%s\" reason_ttl=\"0\"/>\n",
            scan_reason_name(t->up));
    fprintf(f, "<address addr=\"%s\" addrtype=\"%s\"/>\n<hostnames>\n", text,
            inl_addr_is4(&t->addr) ? "ipv4" : "ipv6");
    if (t->name != NULL) {
        fputs("<hostname name=\"", f);
        put_value(t->name, f);
        fputs("\" type=\"user\"/>\n", f);
    }
    fputs("</hostnames>\n", f);
    if (!r->only_hosts) {
        report_tally(r, target, &tally);
        fputs("<ports>", f);
        for (unsigned s = 0; s < SCAN_STATES; s++) {
            if (report_hides(r, &tally, s)) {
                put_sums(&tally, s, f);
            }
        }
        for (uint32_t i = 0; i < r->job->slots_n; i++) {
            struct port_row row = row_of(r, target, i);

            if (!report_hides(r, &tally, row.state)) {
                put_port(&row, f);
            }
        }
        fputs("</ports>\n", f);
    }
    fputs("</host>\n", f);
}

static void put_scaninfo(const struct report *r, bool udp, FILE *f) {
    uint32_t n = count(r->job, udp);

    if (n == 0 || r->only_hosts) {
        return;
    }
    fprintf(f, "<scaninfo type=\"%s\" protocol=\"%s\" numservices=\"%u\" services=\"",
            scan_kind_name(udp ? SCAN_UDP : r->job->slots[0].kind), udp ? "udp" : "tcp", n);
    put_list(r->job, udp, f);
    fputs("\"/>\n", f);
}

void report_xml(const struct report *r, FILE *f) {
    char when[40];
    uint32_t up = report_up(r);

    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE nmaprun>\n"
          "<nmaprun scanner=\"nmap\" args=\"inlet",
          f);
    for (int i = 0; i < r->argc; i++) {
        fputc(' ', f);
        put_value(r->argv[i], f);
    }
    put_time(r->began, when);
    fprintf(f, "\" start=\"%.0f\" startstr=\"%s\" version=\"7.93\" xmloutputversion=\"1.05\">\n",
            r->began, when);
    put_scaninfo(r, false, f);
    put_scaninfo(r, true, f);
    fputs("<verbose level=\"0\"/>\n<debugging level=\"0\"/>\n", f);
    for (uint32_t i = 0; i < r->job->targets_n; i++) {
        if (r->job->targets[i].up != 0) {
            put_xml_host(r, i, f);
        }
    }
    put_time(r->ended, when);
    fprintf(f,
            "<runstats><finished time=\"%.0f\" timestr=\"%s\" elapsed=\"%.2f\" exit=\"%s\"/>"
            "<hosts up=\"%u\" down=\"%u\" total=\"%u\"/>\n</runstats>\n</nmaprun>\n",
            r->ended, when, r->ended - r->began, r->stopped ? "error" : "success", up,
            r->hosts - up, r->hosts);
}
