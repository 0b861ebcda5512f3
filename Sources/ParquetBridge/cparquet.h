#ifndef CPARQUET_H
#define CPARQUET_H

// A C ABI of flat columns over Apache Arrow's Parquet library, loaded at run time.
//
// Every call that can fail returns a CPARQUET_ status and leaves one line in `message`, which has
// room for `capacity` bytes. No exception leaves this library. A handle belongs to one thread at a
// time. What a call writes to is its last argument; a pointer that a reader hands out is valid until
// that reader's next call of cparquet_select, cparquet_next or cparquet_close.
//
// A column of strings is its UTF-8 bytes and `rows` + 1 offsets into them. `valid` is a byte a row,
// 0 where the value is NULL, and itself null where no value is. A NULL string has no bytes, a NULL
// number is 0.

#include <stdint.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#define CPARQUET_NULLABLE _Nullable
#else
#define CPARQUET_NULLABLE
#endif

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)  // all else in the library is hidden

// Changes with every change of a signature or a constant below; the caller compares it.
#define CPARQUET_ABI_VERSION 1

enum {
  CPARQUET_OK = 0,
  CPARQUET_FAILED = 1,  // not Parquet, corrupt, of a kind nobody reads here, or not to be written
  CPARQUET_NO_MEMORY = 2,
  CPARQUET_BAD_ARGUMENT = 3,
};

// What a column of a file can be read as.
enum {
  CPARQUET_OTHER = 0,     // not at all: nested, dates, decimals, booleans, …
  CPARQUET_STRINGS = 1,   // string, large string, binary, dictionary of these, or all NULL
  CPARQUET_LISTS = 2,     // a list of strings a row
  CPARQUET_INTEGERS = 3,  // any width and sign; read as int64
  CPARQUET_REALS = 4,     // float32 and float64; read as float64
};

// What a column is written as.
enum {
  CPARQUET_WRITE_STRING = 1,
  CPARQUET_WRITE_INT32 = 2,
  CPARQUET_WRITE_INT64 = 3,
  CPARQUET_WRITE_FLOAT32 = 4,
};

enum {
  CPARQUET_UNCOMPRESSED = 0,
  CPARQUET_SNAPPY = 1,
  CPARQUET_ZSTD = 2,
};

int32_t cparquet_abi_version(void);

// The version of Arrow that this library runs on.
const char *cparquet_arrow_version(void);

// ---- Reading ----

typedef struct cparquet_reader cparquet_reader;

// Opens the file at `path` and reads its footer.
int32_t cparquet_open(
    const char *path, char *message, int64_t capacity,
    cparquet_reader *CPARQUET_NULLABLE *CPARQUET_NULLABLE reader);

void cparquet_close(cparquet_reader *CPARQUET_NULLABLE reader);

// How many rows, groups of rows and columns the footer tells of.
void cparquet_counts(
    const cparquet_reader *reader, int64_t *rows, int32_t *groups, int32_t *columns);

// The name, the type in words, and what the column at `index` can be read as. The texts are valid as
// long as the reader; both are null for an index that is none.
void cparquet_column(
    const cparquet_reader *reader, int32_t index, const char *CPARQUET_NULLABLE *name,
    const char *CPARQUET_NULLABLE *type, int32_t *kind);

// Begins to read the `count` columns at `indices`, in this order, from the first row on, at most
// `rows` rows a batch. No column may be CPARQUET_OTHER or be named twice.
int32_t cparquet_select(
    cparquet_reader *reader, const int32_t *indices, int32_t count, int64_t rows, char *message,
    int64_t capacity);

// Reads the next batch; 0 rows after the last.
int32_t cparquet_next(
    cparquet_reader *reader, char *message, int64_t capacity, int64_t *rows);

// The present batch of the column selected as number `slot`. Of `values` there are
//   strings   bytes, where `offsets` say
//   lists     bytes, where `offsets` say, of the strings that `lists` (rows + 1 numbers) say
//   integers  int64_t
//   reals     double
// and what does not apply is null.
void cparquet_values(
    const cparquet_reader *reader, int32_t slot, const void *CPARQUET_NULLABLE *values,
    const int64_t *CPARQUET_NULLABLE *offsets, const int64_t *CPARQUET_NULLABLE *lists,
    const uint8_t *CPARQUET_NULLABLE *valid);

// ---- Writing ----

typedef struct cparquet_writer cparquet_writer;

// Takes the file's next bytes; anything but 0 stops the writer for good.
typedef int32_t (*cparquet_sink)(
    void *CPARQUET_NULLABLE context, const uint8_t *bytes, int64_t count);

// Begins a file whose groups have `rows` rows, compressed by one of the constants above.
int32_t cparquet_create(
    int32_t compression, int64_t rows, cparquet_sink sink, void *CPARQUET_NULLABLE context,
    char *message, int64_t capacity,
    cparquet_writer *CPARQUET_NULLABLE *CPARQUET_NULLABLE writer);

// Gives the writer up; what cparquet_finish has not written is never written.
void cparquet_discard(cparquet_writer *CPARQUET_NULLABLE writer);

// Appends a column to the schema, before the first rows. `repeats` tells that few values recur
// often, which a dictionary then holds.
int32_t cparquet_add_column(
    cparquet_writer *writer, const char *name, int32_t type, int32_t nullable, int32_t repeats,
    char *message, int64_t capacity);

// Gives the next `rows` values of a column, which are copied: bytes and `rows` + 1 offsets, or
// numbers of the column's type.
int32_t cparquet_set(
    cparquet_writer *writer, int32_t column, int64_t rows, const void *CPARQUET_NULLABLE values,
    const int64_t *CPARQUET_NULLABLE offsets, const uint8_t *CPARQUET_NULLABLE valid,
    char *message, int64_t capacity);

// Writes the rows that every column was given the same number of.
int32_t cparquet_write(cparquet_writer *writer, char *message, int64_t capacity);

// Writes what is left and the footer.
int32_t cparquet_finish(cparquet_writer *writer, char *message, int64_t capacity);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
