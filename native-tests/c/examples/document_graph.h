/* A JSON document as a graph of RefRuntime objects.
 *
 * Every value holds its children and, strongly, its parent: so the whole document is one cyclic graph, which counting alone
 * can't free. Text is in RR_TYPE_BYTES objects.
 *
 *     value --parent--> value          value.content --> list of values   (array, object)
 *     value --key-----> bytes                        --> bytes            (string)
 */
#ifndef DOCUMENT_GRAPH_H
#define DOCUMENT_GRAPH_H

#include "json_parser.h"

#include <refruntime.h>
#include <stdint.h>

typedef struct value {
    void *parent;  /* value, or NULL in the root */
    void *key;     /* bytes: the member's name, when the parent is an object */
    void *content; /* list of values, bytes, or NULL */
    double number;
    uint32_t kind;  /* json_kind */
    uint32_t index; /* which of its parent's children this is */
} value;

/* The type of values, made on first use. 0 on error. */
rr_type document_value_type(void);

/* Reads a text into the heap. Answers the root with one reference, the caller's; or NULL, with the reason in *error and
 * nothing left of what had been built. text[length] must be 0. */
value *document_read(rr_heap *heap, const char *text, size_t length, json_error *error);

/* The most deeply nested value; of several the first one. Borrowed. */
value *document_deepest(value *root, size_t *depth);

/* Writes where a value stands, such as $.targets["net10.0"][3], into the buffer; cuts off what does not fit. */
void document_describe(const value *leaf, char *buffer, size_t capacity);

#endif
