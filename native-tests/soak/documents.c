/* Documents: trees whose nodes know their parent and their document, with links across. Opened, edited, closed: a closed
 * one is a dead cycle of some hundred to some thousand objects, which only a collection finds.
 *
 * The key of a node never changes; a document knows how many nodes it has and the sum of their keys.
 */
#include "soak.h"

#include <stdlib.h>

enum { MOST_DOCUMENTS = 64, MOST_NODES = 3000, OPENED_PER_TICK = 2, EDITED_PER_TICK = 3, EDITS = 20 };

typedef struct node {
    void *parent, *children, *link, *text, *document;
    uint64_t key;
} node;

typedef struct document {
    void *root, *title;
    uint64_t nodes, sum, id;
    int64_t foreign; /* bytes that it was said to keep outside */
} document;

static rr_type node_type, document_type;
static void *open[MOST_DOCUMENTS]; /* those in the front places stay open longest */
static uint32_t open_count;
static uint64_t opened, closed;

static struct {
    node **nodes;
    size_t count, capacity;
} stack;

static void push(node *added) {
    if (stack.count == stack.capacity) {
        stack.capacity = stack.capacity == 0 ? 1024 : stack.capacity * 2;
        stack.nodes = realloc(stack.nodes, stack.capacity * sizeof *stack.nodes);
        EXPECT(stack.nodes != NULL);
    }
    stack.nodes[stack.count++] = added;
}

static void finalize_document(void *object, void *user) {
    (void)user;
    document *d = object;
    node *root = d->root;
    EXPECT(root->document == d && root->parent == NULL); /* all of it is intact */
    DO(rr_report_external(soak.heap, -d->foreign));
    closed++, soak.finalized++;
}

static void start(void) {
    static const uint32_t node_slots[] = {offsetof(node, parent), offsetof(node, children), offsetof(node, link),
                                          offsetof(node, text), offsetof(node, document)};
    static const uint32_t document_slots[] = {offsetof(document, root), offsetof(document, title)};
    node_type = plain_type("node", sizeof(node), node_slots, 5, NULL, NULL);
    document_type = plain_type("document", sizeof(document), document_slots, 2, finalize_document, NULL);
}

/* ---- Walking ----------------------------------------------------------------------------------------------------- */

/* The nodes below `top` and itself: how many, and the sum of their keys. With `document` everything is compared. */
static uint64_t walk(node *top, const document *compared, uint64_t *sum) {
    uint64_t count = 0;
    *sum = 0;
    stack.count = 0;
    push(top);
    while (stack.count > 0) {
        node *n = stack.nodes[--stack.count];
        count++;
        *sum += n->key;
        if (compared != NULL) {
            EXPECT(n->document == compared && rr_type_of(n) == node_type);
            EXPECT(n->link == NULL || rr_type_of(n->link) == node_type);
            if (n->text != NULL) {
                text_check(n->text);
                EXPECT(text_key(n->text) == n->key);
            }
        }
        int64_t children = n->children == NULL ? 0 : rr_list_count(n->children);
        for (int64_t i = 0; i < children; i++) {
            node *child = rr_list_get(n->children, (size_t)i);
            EXPECT(child->parent == n);
            push(child);
        }
    }
    soak.checked += count;
    return count;
}

static void check_document(document *d) {
    uint64_t sum;
    EXPECT(walk(d->root, d, &sum) == d->nodes);
    EXPECT(sum == d->sum);
    text_check(d->title);
}

static void check(void) {
    for (uint32_t i = 0; i < open_count; i++)
        check_document(open[i]);
}

/* A node of the document, from its root down. */
static node *wander(document *d) {
    node *n = d->root;
    while (n->children != NULL && !one_in(6)) {
        int64_t children = rr_list_count(n->children);
        if (children == 0)
            break;
        n = rr_list_get(n->children, pick((uint32_t)children));
    }
    return n;
}

/* ---- Opening and editing ------------------------------------------------------------------------------------------ */

/* A new node of the document below `parent`, which holds it. */
static node *add(document *d, node *parent) {
    node *n = MADE(rr_alloc(soak.heap, node_type));
    n->key = chance();
    DO(rr_store(&n->document, d));
    if (!one_in(4))
        DO(rr_take(&n->text, text_new(n->key)));
    if (parent == NULL) {
        DO(rr_take(&d->root, n));
    } else {
        DO(rr_store(&n->parent, parent));
        if (parent->children == NULL)
            DO(rr_take(&parent->children, MADE(rr_list_new(soak.heap))));
        DO(rr_list_append(parent->children, n));
        rr_decref(n);
    }
    d->nodes++;
    d->sum += n->key;
    return n;
}

static document *open_document(void) {
    static const uint32_t sizes[MOODS] = {1000, 1800, MOST_NODES};
    uint32_t nodes = 1 + pick(sizes[soak.mood]);
    document *d = MADE(rr_alloc(soak.heap, document_type));
    d->id = opened++;
    d->foreign = (int64_t)chance_size(2000);
    DO(rr_report_external(soak.heap, d->foreign));
    DO(rr_take(&d->title, text_new(d->id)));
    stack.count = 0;
    push(add(d, NULL));
    while (stack.count < nodes) {
        uint32_t near = soak.mood == 2 && stack.count > 4 ? 4 : (uint32_t)stack.count; /* deep, or wide */
        node *n = add(d, stack.nodes[stack.count - 1 - pick(near)]);
        if (one_in(5))
            DO(rr_store(&n->link, stack.nodes[pick((uint32_t)stack.count)]));
        push(n);
    }
    return d;
}

/* More is added than cut out, until the document is full: without a bound those that stay open for hours would grow for ever, and memory
 * with them. */
static void edit(document *d) {
    node *n = wander(d);
    uint32_t what = pick(10);
    if (what < 4) {
        if (d->nodes < MOST_NODES)
            add(d, n);
    } else if (what < 6) {
        DO(rr_take(&n->text, text_new(n->key)));
    } else if (what < 7) {
        DO(rr_store(&n->link, wander(d)));
    } else if (n->children != NULL && rr_list_count(n->children) > 0) {
        /* A part is cut out. Its nodes know the document and may be linked to from it: then they stay a while. */
        size_t place = pick((uint32_t)rr_list_count(n->children));
        node *cut = rr_newref(rr_list_get(n->children, place));
        uint64_t sum, count = walk(cut, NULL, &sum);
        if (count < d->nodes / 4) {
            DO(rr_list_remove(n->children, place));
            DO(rr_store(&cut->parent, NULL));
            d->nodes -= count;
            d->sum -= sum;
        }
        rr_decref(cut);
    }
}

static void close_document(uint32_t place) {
    void *gone = open[place];
    open[place] = open[--open_count];
    open[open_count] = NULL;
    rr_decref(gone);
}

/* A place; those in front come up rarely. */
static uint32_t restless_place(void) {
    uint32_t a = pick(open_count), b = pick(open_count), c = pick(open_count);
    uint32_t most = a > b ? a : b;
    return most > c ? most : c;
}

static void step(void) {
    uint32_t target = 1 + loaded(MOST_DOCUMENTS - 1);
    if (open_count > 0 && one_in(7))
        close_document(restless_place());
    for (int i = 0; i < 2 && open_count > target; i++)
        close_document(restless_place());
    for (int i = 0; i < OPENED_PER_TICK && open_count < target; i++)
        open[open_count++] = open_document();
    for (uint32_t i = 0; i < loaded(EDITED_PER_TICK); i++) {
        document *d = open[pick(open_count)];
        for (int j = 0; j < EDITS; j++)
            edit(d);
    }
    if (one_in(4))
        check_document(open[pick(open_count)]);
}

static void drop(void) {
    while (open_count > 0)
        close_document(open_count - 1);
    free(stack.nodes);
    stack.nodes = NULL;
    stack.count = stack.capacity = 0;
}

static void end(void) {
    EXPECT(opened > 0 && opened == closed);
}

const soak_part part_documents = {"documents", start, step, check, drop, end};
