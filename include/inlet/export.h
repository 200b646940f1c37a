/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * export.h - marks what the shared library exports; everything else is hidden
 */
#ifndef INLET_EXPORT_H
#define INLET_EXPORT_H

#define INL_API __attribute__((visibility("default")))

#endif
