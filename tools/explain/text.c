/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text.c - the explanation of a packet for people: diagrams, fields, bytes
 *
 * A diagram has words of 32 bits, two columns a bit, as RFCs draw them. What a field is called
 * stands in it, and its value beneath where there is room; a name that is too long for its field
 * goes downwards, as the flags of TCP do.
 */
#include "tools/explain/explain.h"

#include "tools/common/colour.h"

#include <string.h>

#define WORD_BITS 32
#define NAME_LINES_MAX 4

/* ---- the diagram ---- */

/* One field's part of one word. */
struct part {
    const struct explain_field *field;
    unsigned from, bits; /* in the word */
    bool begins, ends;   /* the field does here */
};

static size_t parts_of_word(const struct explain *e, const struct explain_layer *l, size_t word,
                            struct part parts[WORD_BITS]) {
    size_t first = l->first * 8 + word * WORD_BITS, behind = first + WORD_BITS, n = 0;

    for (size_t i = 0; i < l->fields_n && n < WORD_BITS; i++) {
        const struct explain_field *f = &e->fields[l->field + i];
        size_t from = f->bit > first ? f->bit : first;
        size_t to = f->bit + f->bits < behind ? f->bit + f->bits : behind;

        if (from < to) {
            parts[n++] = (struct part){.field = f,
                                       .from = (unsigned)(from - first),
                                       .bits = (unsigned)(to - from),
                                       .begins = from == f->bit,
                                       .ends = to == f->bit + f->bits};
        }
    }
    return n;
}

static void print_rule(FILE *f, const struct part *above, size_t above_n, const struct part *below,
                       size_t below_n) {
    char line[2 * WORD_BITS + 2];

    memset(line, ' ', sizeof(line));
    for (unsigned bit = 0; bit < WORD_BITS; bit++) {
        bool inside = false, drawn = false;

        for (size_t i = 0; i < above_n; i++) {
            if (bit >= above[i].from && bit < above[i].from + above[i].bits) {
                drawn = true;
                inside |= !above[i].ends;
            }
        }
        for (size_t i = 0; i < below_n; i++) {
            if (bit >= below[i].from && bit < below[i].from + below[i].bits) {
                drawn = true;
            }
        }
        if (drawn) {
            line[2 * bit] = '+';
            line[2 * bit + 1] = inside ? ' ' : '-';
            line[2 * bit + 2 < sizeof(line) ? 2 * bit + 2 : 2 * bit] = '+';
            if (inside && bit > 0 && line[2 * bit - 1] == ' ') {
                line[2 * bit] = ' ';
            }
        }
    }
    size_t n = sizeof(line);

    while (n > 0 && line[n - 1] == ' ') {
        n--;
    }
    fprintf(f, "   %.*s\n", (int)n, line);
}

/* How much of a text goes into one line of `width` columns: words while they fit, else letters. */
static size_t line_len(const char *text, size_t width) {
    size_t len = strlen(text), space = width;

    if (len <= width) {
        return len;
    }
    while (space > 0 && text[space] != ' ') {
        space--;
    }
    return space > 0 ? space : width;
}

/* The start of line number `row`; "" behind the last. */
static const char *line_at(const char *text, size_t width, size_t row) {
    for (; row > 0; row--) {
        text += line_len(text, width);
        text += *text == ' ' ? 1 : 0;
    }
    return text;
}

static size_t rows_of(const char *text, size_t width) {
    size_t rows = 1;

    while (rows < NAME_LINES_MAX && *line_at(text, width, rows) != '\0') {
        rows++;
    }
    return rows;
}

/* Puts line number `row` of a text into the middle of `width` columns. */
static void put(char *at, size_t width, const char *text, size_t row) {
    const char *line = line_at(text, width, row);
    size_t len = line_len(line, width);

    memcpy(at + (width - len) / 2, line, len);
}

static void print_parts(FILE *f, const struct part *parts, size_t n, size_t row, bool values) {
    char line[2 * WORD_BITS + 2];
    size_t end = 0;

    memset(line, ' ', sizeof(line));
    for (size_t i = 0; i < n; i++) {
        size_t at = 2u * parts[i].from, width = 2u * parts[i].bits - 1;
        const char *text = values ? parts[i].field->value : parts[i].field->name;

        line[at] = '|';
        end = at + width + 1;
        line[end] = '|';
        /* where it begins stands the name; a value wants room in one piece */
        if (parts[i].begins && (!values || strlen(text) <= width)) {
            put(line + at + 1, width, text, row);
        }
    }
    fprintf(f, "   %.*s\n", (int)end + 1, line);
}

/* The fixed part: up to the first field that is not a row of a table, an option or a name. */
static size_t diagram_words(const struct explain *e, const struct explain_layer *l) {
    size_t bits = 0;

    for (size_t i = 0; i < l->fields_n; i++) {
        const struct explain_field *f = &e->fields[l->field + i];

        if (f->bit != l->first * 8 + bits || f->bits > 128 || strcmp(f->name, "Option") == 0 ||
            strcmp(f->name, "Question") == 0 || strcmp(f->name, "Group Record") == 0) {
            break;
        }
        bits += f->bits;
    }
    return (bits + WORD_BITS - 1) / WORD_BITS;
}

static void print_diagram(FILE *f, const struct explain *e, const struct explain_layer *l) {
    struct part above[WORD_BITS], parts[WORD_BITS];
    size_t above_n = 0, words = diagram_words(e, l);

    if (!l->diagram || words == 0) {
        return;
    }
    fputs("    0                   1                   2                   3\n"
          "    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1\n",
          f);
    for (size_t word = 0; word < words; word++) {
        size_t n = parts_of_word(e, l, word, parts), rows = 1;
        bool begins = false;

        print_rule(f, above, above_n, parts, n);
        for (size_t i = 0; i < n; i++) {
            size_t needed = rows_of(parts[i].field->name, 2u * parts[i].bits - 1);

            rows = parts[i].begins && needed > rows ? needed : rows;
            begins |= parts[i].begins;
        }
        for (size_t row = 0; row < rows; row++) {
            print_parts(f, parts, n, row, false);
        }
        if (begins) {
            print_parts(f, parts, n, 0, true);
        }
        memcpy(above, parts, n * sizeof(parts[0]));
        above_n = n;
    }
    print_rule(f, above, above_n, parts, 0);
}

/* ---- fields and bytes ---- */

/* "34-35", "46", and bits of a byte as "0101 ....". */
static void print_place(FILE *f, const struct explain *e, const struct explain_field *field) {
    size_t first = field->bit / 8, last = (field->bit + field->bits - 1) / 8;
    char place[48], bytes[40] = "";

    snprintf(place, sizeof(place), last > first ? "%zu-%zu" : "%zu", first, last);
    if (field->bits % 8 != 0 && field->bits < 8 && first == last) {
        for (unsigned bit = 0; bit < 8; bit++) {
            bool ours = bit >= field->bit % 8 && bit < field->bit % 8 + field->bits;
            bool set = ((unsigned)e->data[first] >> (7 - bit) & 1) != 0;

            snprintf(bytes + strlen(bytes), 3, "%s%c", bit == 4 ? " " : "",
                     !ours ? '.'
                     : set ? '1'
                           : '0');
        }
    } else {
        for (size_t i = first; i <= last && i - first < 8; i++) {
            snprintf(bytes + strlen(bytes), 6, "%s%02x", i > first ? " " : "",
                     i - first == 7 && last > i ? 0u : (unsigned)e->data[i]);
        }
        if (last - first > 7) {
            snprintf(bytes + 21, 4, "...");
        }
    }
    fprintf(f, "   %9s  %-25s", place, bytes);
}

static void print_fields(FILE *f, const struct explain *e, const struct explain_layer *l,
                         bool colour) {
    for (size_t i = 0; i < l->fields_n; i++) {
        const struct explain_field *field = &e->fields[l->field + i];

        if (field->bits == 0) {
            continue;
        }
        print_place(f, e, field);
        fprintf(f, "%s%-24s%s %s", out_sgr(colour, OUT_NAME), field->name,
                out_sgr(colour, OUT_PLAIN), field->value);
        if (field->meaning[0] != '\0') {
            fprintf(f, "  %s%s%s%s", out_sgr(colour, field->wrong ? OUT_BAD : OUT_DIM),
                    field->wrong ? "! " : "", field->meaning, out_sgr(colour, OUT_PLAIN));
        }
        fputc('\n', f);
    }
}

static void print_bytes(FILE *f, const struct explain *e, const struct explain_layer *l) {
    size_t end = l->first + l->len_bytes;

    end = end < e->captured ? end : e->captured;
    for (size_t at = l->first; at < end; at += 16) {
        fprintf(f, "   %04zx ", at);
        for (size_t i = 0; i < 16; i++) {
            if (i % 8 == 0) {
                fputc(' ', f);
            }
            if (at + i < end) {
                fprintf(f, "%02x ", e->data[at + i]);
            } else {
                fputs("   ", f);
            }
        }
        fputc(' ', f);
        for (size_t i = 0; i < 16 && at + i < end; i++) {
            uint8_t c = e->data[at + i];

            fputc(c >= ' ' && c < 0x7f ? c : '.', f);
        }
        fputc('\n', f);
    }
}

void explain_text(FILE *f, const struct explain *e, bool colour) {
    for (size_t i = 0; i < e->layers_n; i++) {
        const struct explain_layer *l = &e->layers[i];

        fprintf(f, "%s%s%s%s", out_sgr(colour, OUT_STRONG), l->quoted ? "quoted " : "", l->name,
                out_sgr(colour, OUT_PLAIN));
        if (l->len_bytes > 0) {
            fprintf(f, ", bytes %zu-%zu (%zu)", l->first, l->first + l->len_bytes - 1,
                    l->len_bytes);
        }
        fprintf(f, "%s%s%s%s\n", l->source[0] != '\0' ? ", " : "", l->source,
                l->cut ? out_sgr(colour, OUT_BAD) : "",
                l->cut ? ", cut off: the bytes end inside of it" : "");
        if (l->cut && colour) {
            fputs(out_sgr(colour, OUT_PLAIN), f);
        }
        print_diagram(f, e, l);
        print_fields(f, e, l, colour);
        print_bytes(f, e, l);
        fputc('\n', f);
    }
    if (e->full) {
        fputs("There is more in this packet than is explained here.\n", f);
    }
}
