/* A JSON document as a graph of RefRuntime objects: see document_graph.h. */
#include "document_graph.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- Building ---------------------------------------------------------------------------------------------------- */

rr_type document_value_type(void) {
    static rr_type type;
    if (type == 0) {
        static const uint32_t references[] = {offsetof(value, parent), offsetof(value, key), offsetof(value, content)};
        type = rr_type_new(&(rr_type_info){.struct_size = sizeof(rr_type_info),
                                           .name = "value",
                                           .size = sizeof(value),
                                           .ref_offsets = references,
                                           .ref_count = sizeof references / sizeof references[0]});
    }
    return type;
}

typedef struct builder {
    rr_heap *heap;
    value *root; /* owned */
    value *open; /* the innermost container that is open: borrowed, the root reaches it */
    void *key;   /* owned: the key of the member whose value comes next */
} builder;

static void *bytes_new(rr_heap *heap, const char *text, size_t length) {
    void *bytes = rr_alloc_items(heap, RR_TYPE_BYTES, length);
    if (bytes != NULL)
        memcpy(bytes, text, length);
    return bytes;
}

/* Makes a value in the place that is due, taking over the reference to content. Answers it borrowed, or NULL. */
static value *add(builder *b, json_kind kind, void *content) {
    value *fresh = rr_alloc(b->heap, document_value_type());
    if (fresh == NULL) {
        rr_decref(content);
        return NULL;
    }
    /* A new object's slots may be written plainly, and these references are ours to give. */
    fresh->kind = (uint32_t)kind;
    fresh->content = content;
    fresh->key = b->key;
    b->key = NULL;
    fresh->parent = rr_newref(b->open);
    if (b->open == NULL) {
        b->root = fresh;
        return fresh;
    }
    fresh->index = (uint32_t)rr_list_count(b->open->content);
    bool appended = rr_list_append(b->open->content, fresh) == RR_OK;
    rr_decref(fresh); /* the list holds it, or nobody does */
    return appended ? fresh : NULL;
}

static bool on_begin(void *context, json_kind kind) {
    builder *b = context;
    void *children = rr_list_new(b->heap);
    value *fresh = children == NULL ? NULL : add(b, kind, children);
    if (fresh != NULL)
        b->open = fresh;
    return fresh != NULL;
}

static bool on_end(void *context) {
    builder *b = context;
    b->open = b->open->parent;
    return true;
}

static bool on_key(void *context, const char *text, size_t length) {
    builder *b = context;
    b->key = bytes_new(b->heap, text, length);
    return b->key != NULL;
}

static bool on_string(void *context, const char *text, size_t length) {
    builder *b = context;
    void *bytes = bytes_new(b->heap, text, length);
    return bytes != NULL && add(b, JSON_STRING, bytes) != NULL;
}

static bool on_number(void *context, double number) {
    value *fresh = add(context, JSON_NUMBER, NULL);
    if (fresh != NULL)
        fresh->number = number;
    return fresh != NULL;
}

static bool on_literal(void *context, json_kind kind) {
    return add(context, kind, NULL) != NULL;
}

value *document_read(rr_heap *heap, const char *text, size_t length, json_error *error) {
    builder b = {.heap = heap};
    const json_handler handler = {.begin = on_begin,
                                  .end = on_end,
                                  .key = on_key,
                                  .string = on_string,
                                  .number = on_number,
                                  .literal = on_literal,
                                  .context = &b};
    if (json_parse(text, length, &handler, error))
        return b.root;
    rr_decref(b.key);
    rr_decref(b.root);
    rr_collect(heap); /* what had been built is cyclic already */
    return NULL;
}

/* ---- Looking ----------------------------------------------------------------------------------------------------- */

static bool is_container(const value *v) {
    return v->kind == JSON_ARRAY || v->kind == JSON_OBJECT;
}

/* In the order of the text: down to the first child, else to the next sibling of the nearest value that has one. */
value *document_deepest(value *root, size_t *depth) {
    value *deepest = root, *at = root;
    size_t level = 0;
    *depth = 0;
    for (;;) {
        if (level > *depth) {
            *depth = level;
            deepest = at;
        }
        if (is_container(at) && rr_list_count(at->content) > 0) {
            at = rr_list_get(at->content, 0);
            level++;
            continue;
        }
        while (at != root && at->index + 1 == rr_list_count(((value *)at->parent)->content)) {
            at = at->parent;
            level--;
        }
        if (at == root)
            return deepest;
        at = rr_list_get(((value *)at->parent)->content, at->index + 1);
    }
}

static bool is_plain_key(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (i > 0 && c >= '0' && c <= '9')))
            return false;
    }
    return length > 0;
}

/* Written from the end, since a value knows its parent. A prefix that does not fit becomes "...". */
void document_describe(const value *leaf, char *buffer, size_t capacity) {
    char *at = buffer + capacity - 1;
    *at = '\0';
    for (const value *v = leaf;; v = v->parent) {
        char step[256];
        int length;
        const value *parent = v->parent;
        if (parent == NULL) {
            length = snprintf(step, sizeof step, "$");
        } else if (v->key != NULL) {
            size_t size = rr_size(v->key);
            int shown = size > 200 ? 200 : (int)size;
            length = snprintf(step, sizeof step, is_plain_key(v->key, size) ? ".%.*s" : "[\"%.*s\"]", shown, (const char *)v->key);
        } else {
            length = snprintf(step, sizeof step, "[%" PRIu32 "]", v->index);
        }
        if (at - buffer < length + 3) {
            at -= 3;
            memcpy(at, "...", 3);
            break;
        }
        at -= length;
        memcpy(at, step, (size_t)length);
        if (parent == NULL)
            break;
    }
    memmove(buffer, at, strlen(at) + 1);
}
