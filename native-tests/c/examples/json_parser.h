/* A small strict JSON parser (RFC 8259): it reads a text and reports what it finds to a handler.
 *
 * It keeps no tree and does not recurse: one bit per open container is all it remembers, so no depth of nesting can
 * overflow the stack. Whatever is not exactly JSON is refused with line and column.
 */
#ifndef JSON_PARSER_H
#define JSON_PARSER_H

#include <stdbool.h>
#include <stddef.h>

typedef enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT } json_kind;

/* What the parser reports, in the order of the text. A member's key comes before its value. Text is UTF-8 with escapes
 * resolved, not terminated, valid during the call. Each function may stop the parser by answering false. */
typedef struct json_handler {
    bool (*begin)(void *context, json_kind kind); /* an array or an object opens */
    bool (*end)(void *context);                   /* it closes */
    bool (*key)(void *context, const char *text, size_t length);
    bool (*string)(void *context, const char *text, size_t length);
    bool (*number)(void *context, double number);
    bool (*literal)(void *context, json_kind kind); /* null, false, true */
    void *context;
} json_handler;

/* Lines and columns count from 1, columns in characters. */
typedef struct json_error {
    size_t line, column;
    const char *message;
} json_error;

/* text[length] must be 0. Answers whether all of the text was one JSON value and the handler took all of it. */
bool json_parse(const char *text, size_t length, const json_handler *handler, json_error *error);

#endif
