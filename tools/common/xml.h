/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * xml.h - text in a document of XML: what has a meaning there is written by its name
 *
 * Control characters, which XML does not allow even so, are the caller's to remove (clean.h).
 * Depends on nothing, as colour.h.
 */
#ifndef TOOLS_COMMON_XML_H
#define TOOLS_COMMON_XML_H

#include <stdio.h>

/* For an attribute's value in double quotes, and for what stands between tags. */
static inline void xml_put(FILE *f, const char *text) {
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            fputs("&amp;", f);
            break;
        case '<':
            fputs("&lt;", f);
            break;
        case '>':
            fputs("&gt;", f);
            break;
        case '"':
            fputs("&quot;", f);
            break;
        default:
            fputc(*text, f);
        }
    }
}

#endif
