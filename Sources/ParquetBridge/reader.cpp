// Reading: the chosen columns of a file, batch by batch, in bounded memory.
#include "FlatColumn.h"
#include "bridge.h"

#include <arrow/array.h>
#include <arrow/config.h>
#include <arrow/io/file.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include <memory>
#include <numeric>
#include <vector>

struct cparquet_reader {
  struct Column {
    std::string name, type;
    int32_t kind;
    int leaf; // Parquet's own number of the one column of values in it, -1 where there are more
  };

  // The system's allocator gives freed batches back, and each file has a limit of its own.
  arrow::ProxyMemoryPool counted{arrow::system_memory_pool()};
  arrow::CappedMemoryPool pool{&counted, bridge::mostMemory};
  std::unique_ptr<parquet::arrow::FileReader> file;
  int64_t rows = 0;
  std::vector<Column> columns;

  std::unique_ptr<arrow::RecordBatchReader> batches;
  std::vector<bridge::FlatColumn> selected;
  int64_t delivered = 0;
};

namespace {

int leaf(const parquet::arrow::SchemaField &field) {
  if (field.is_leaf()) return field.column_index;
  return field.children.size() == 1 ? leaf(field.children[0]) : -1;
}

void open(cparquet_reader &reader, const char *path) {
  parquet::ReaderProperties properties(&reader.pool);
  // A column is read page by page however large the group of rows is, and a page's checksum is
  // compared where the file has one.
  properties.enable_buffered_stream();
  properties.set_buffer_size(1 << 18);
  properties.set_page_checksum_verification(true);
  parquet::ArrowReaderProperties arrow(/*use_threads=*/false);
  arrow.set_pre_buffer(false);

  auto file = bridge::require(arrow::io::ReadableFile::Open(path, &reader.pool));
  parquet::arrow::FileReaderBuilder builder;
  bridge::require(builder.Open(file, properties));
  reader.file = bridge::require(builder.memory_pool(&reader.pool)->properties(arrow)->Build());
  reader.rows = reader.file->parquet_reader()->metadata()->num_rows();
  if (reader.rows < 0) throw std::runtime_error("the footer tells of fewer than 0 rows");
  for (const auto &field : reader.file->manifest().schema_fields) {
    const auto &type = *field.field->type();
    auto column = leaf(field);
    reader.columns.push_back(
        {field.field->name(), type.ToString(),
         column < 0 ? static_cast<int32_t>(CPARQUET_OTHER) : bridge::kind(type), column});
  }
}

void select(cparquet_reader &reader, const int32_t *indices, int32_t count, int64_t rows) {
  if (count <= 0 || rows <= 0) throw bridge::BadArgument("no columns or no rows to read");
  std::vector<int> leaves;
  for (int32_t slot = 0; slot < count; slot++) {
    if (indices[slot] < 0 || indices[slot] >= static_cast<int64_t>(reader.columns.size())) {
      throw bridge::BadArgument("there is no such column");
    }
    const auto &column = reader.columns[indices[slot]];
    if (column.kind == CPARQUET_OTHER) {
      throw bridge::BadArgument("column " + column.name + " is of type " + column.type);
    }
    if (std::find(leaves.begin(), leaves.end(), column.leaf) != leaves.end()) {
      throw bridge::BadArgument("column " + column.name + " is named twice");
    }
    leaves.push_back(column.leaf);
  }
  reader.batches.reset();
  reader.selected.assign(count, {});
  reader.delivered = 0;
  reader.file->set_batch_size(rows);
  std::vector<int> groups(reader.file->num_row_groups());
  std::iota(groups.begin(), groups.end(), 0);
  reader.batches = bridge::require(reader.file->GetRecordBatchReader(groups, leaves));
}

int64_t next(cparquet_reader &reader) {
  if (!reader.batches) throw bridge::BadArgument("no columns are selected");
  std::shared_ptr<arrow::RecordBatch> batch;
  do {
    bridge::require(reader.batches->ReadNext(&batch));
  } while (batch && batch->num_rows() == 0);
  if (!batch) {
    // Pages may end early without any one of them being wrong.
    if (reader.delivered != reader.rows) {
      throw std::runtime_error(
          std::to_string(reader.delivered) + " rows where the footer tells of "
          + std::to_string(reader.rows));
    }
    return 0;
  }
  if (batch->num_columns() != static_cast<int64_t>(reader.selected.size())) {
    throw std::runtime_error("a batch without one of its columns");
  }
  for (int slot = 0; slot < batch->num_columns(); slot++) {
    auto column = batch->column(slot);
    if (column->length() != batch->num_rows()) {
      throw std::runtime_error("columns of different lengths");
    }
    reader.selected[slot].assign(*column);
  }
  reader.delivered += batch->num_rows();
  return batch->num_rows();
}

} // namespace

int32_t cparquet_abi_version(void) { return CPARQUET_ABI_VERSION; }

const char *cparquet_arrow_version(void) { return arrow::GetBuildInfo().version_string.c_str(); }

int32_t cparquet_open(
    const char *path, char *message, int64_t capacity, cparquet_reader **reader) {
  *reader = nullptr;
  return bridge::guarded(message, capacity, [&] {
    auto opened = std::make_unique<cparquet_reader>();
    open(*opened, path);
    *reader = opened.release();
  });
}

void cparquet_close(cparquet_reader *reader) { delete reader; }

void cparquet_counts(
    const cparquet_reader *reader, int64_t *rows, int32_t *groups, int32_t *columns) {
  *rows = reader->rows;
  *groups = reader->file->num_row_groups();
  *columns = static_cast<int32_t>(reader->columns.size());
}

void cparquet_column(
    const cparquet_reader *reader, int32_t index, const char **name, const char **type,
    int32_t *kind) {
  bool there = index >= 0 && index < static_cast<int64_t>(reader->columns.size());
  *name = there ? reader->columns[index].name.c_str() : nullptr;
  *type = there ? reader->columns[index].type.c_str() : nullptr;
  *kind = there ? reader->columns[index].kind : static_cast<int32_t>(CPARQUET_OTHER);
}

int32_t cparquet_select(
    cparquet_reader *reader, const int32_t *indices, int32_t count, int64_t rows, char *message,
    int64_t capacity) {
  return bridge::guarded(message, capacity, [&] { select(*reader, indices, count, rows); });
}

int32_t cparquet_next(cparquet_reader *reader, char *message, int64_t capacity, int64_t *rows) {
  *rows = 0;
  return bridge::guarded(message, capacity, [&] { *rows = next(*reader); });
}

void cparquet_values(
    const cparquet_reader *reader, int32_t slot, const void **values, const int64_t **offsets,
    const int64_t **lists, const uint8_t **valid) {
  *values = nullptr;
  *offsets = *lists = nullptr;
  *valid = nullptr;
  if (slot < 0 || slot >= static_cast<int64_t>(reader->selected.size())) return;
  const auto &column = reader->selected[slot];
  if (!column.integers.empty()) {
    *values = column.integers.data();
  } else if (!column.reals.empty()) {
    *values = column.reals.data();
  } else {
    *values = column.bytes.data();
    if (!column.offsets.empty()) *offsets = column.offsets.data();
    if (!column.lists.empty()) *lists = column.lists.data();
  }
  if (column.hasNulls) *valid = column.valid.data();
}
