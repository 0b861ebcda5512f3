// Writing: rows in any portions, groups of rows of one size, bytes to the caller's own file.
#include "bridge.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include <memory>
#include <vector>

namespace {

// What Arrow writes goes to the caller, until the caller or Arrow fails.
class CallerStream final : public arrow::io::OutputStream {
public:
  CallerStream(cparquet_sink sink, void *context) : sink(sink), context(context) {}

  arrow::Status Write(const void *data, int64_t count) override {
    if (stopped) return arrow::Status::IOError("the file was given up");
    if (count > 0 && sink(context, static_cast<const uint8_t *>(data), count) != 0) {
      stopped = true;
      return arrow::Status::IOError("the file cannot be written");
    }
    position += count;
    return arrow::Status::OK();
  }

  arrow::Result<int64_t> Tell() const override { return position; }
  arrow::Status Close() override { return arrow::Status::OK(); }
  bool closed() const override { return stopped; }

  bool stopped = false;

private:
  cparquet_sink sink;
  void *context;
  int64_t position = 0;
};

std::shared_ptr<arrow::DataType> arrowType(int32_t type) {
  switch (type) {
  // 64-bit offsets in memory; in the file it is a string like any other.
  case CPARQUET_WRITE_STRING: return arrow::large_utf8();
  case CPARQUET_WRITE_INT32: return arrow::int32();
  case CPARQUET_WRITE_INT64: return arrow::int64();
  case CPARQUET_WRITE_FLOAT32: return arrow::float32();
  default: throw bridge::BadArgument("unknown type of column");
  }
}

parquet::Compression::type codec(int32_t compression) {
  switch (compression) {
  case CPARQUET_UNCOMPRESSED: return parquet::Compression::UNCOMPRESSED;
  case CPARQUET_SNAPPY: return parquet::Compression::SNAPPY;
  case CPARQUET_ZSTD: return parquet::Compression::ZSTD;
  default: throw bridge::BadArgument("unknown compression");
  }
}

std::shared_ptr<arrow::Buffer> copy(const void *bytes, int64_t count) {
  std::shared_ptr<arrow::Buffer> buffer =
      bridge::require(arrow::AllocateBuffer(count, arrow::system_memory_pool()));
  if (count > 0) std::memcpy(buffer->mutable_data(), bytes, count);
  return buffer;
}

} // namespace

struct cparquet_writer {
  std::shared_ptr<CallerStream> stream;
  parquet::WriterProperties::Builder properties;
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  std::shared_ptr<arrow::Schema> schema;
  std::unique_ptr<parquet::arrow::FileWriter> file;

  // Arrow's own writer would otherwise write a footer while it is torn down.
  ~cparquet_writer() { stream->stopped = true; }

  void begin() {
    if (file) return;
    if (fields.empty()) throw bridge::BadArgument("a file without columns");
    schema = arrow::schema(fields);
    file = bridge::require(parquet::arrow::FileWriter::Open(
        *schema, arrow::system_memory_pool(), stream, properties.build()));
  }

  void write() {
    begin();
    for (const auto &column : columns) {
      if (!column || column->length() != columns[0]->length()) {
        throw bridge::BadArgument("columns of different lengths");
      }
    }
    auto batch = arrow::RecordBatch::Make(schema, columns[0]->length(), columns);
    columns.assign(fields.size(), nullptr);
    bridge::require(file->WriteRecordBatch(*batch));
  }

  void set(
      int32_t column, int64_t rows, const void *values, const int64_t *offsets,
      const uint8_t *valid) {
    if (column < 0 || column >= static_cast<int64_t>(fields.size()) || rows < 0) {
      throw bridge::BadArgument("there is no such column");
    }
    std::shared_ptr<arrow::Buffer> bitmap;
    if (valid) {
      if (!fields[column]->nullable()) throw bridge::BadArgument("NULL in a column without NULLs");
      bitmap = bridge::require(arrow::AllocateEmptyBitmap(rows, arrow::system_memory_pool()));
      for (int64_t row = 0; row < rows; row++) {
        if (valid[row]) arrow::bit_util::SetBit(bitmap->mutable_data(), row);
      }
    }
    const auto &type = fields[column]->type();
    std::vector<std::shared_ptr<arrow::Buffer>> buffers{bitmap};
    if (type->id() == arrow::Type::LARGE_STRING) {
      if (!offsets || offsets[0] != 0) throw bridge::BadArgument("strings without offsets");
      for (int64_t row = 0; row < rows; row++) {
        if (offsets[row + 1] < offsets[row]) throw bridge::BadArgument("offsets that fall");
      }
      buffers.push_back(copy(offsets, (rows + 1) * static_cast<int64_t>(sizeof *offsets)));
      buffers.push_back(copy(values, offsets[rows]));
    } else {
      buffers.push_back(copy(values, rows * type->byte_width()));
    }
    columns[column] = arrow::MakeArray(arrow::ArrayData::Make(type, rows, std::move(buffers)));
  }
};

int32_t cparquet_create(
    int32_t compression, int64_t rows, cparquet_sink sink, void *context, char *message,
    int64_t capacity, cparquet_writer **writer) {
  *writer = nullptr;
  return bridge::guarded(message, capacity, [&] {
    if (rows <= 0) throw bridge::BadArgument("groups without rows");
    auto made = std::make_unique<cparquet_writer>(
        std::make_shared<CallerStream>(sink, context));
    made->properties.memory_pool(arrow::system_memory_pool())
        ->compression(codec(compression))
        ->max_row_group_length(rows)
        ->enable_page_checksum();
    *writer = made.release();
  });
}

void cparquet_discard(cparquet_writer *writer) { delete writer; }

int32_t cparquet_add_column(
    cparquet_writer *writer, const char *name, int32_t type, int32_t nullable, int32_t repeats,
    char *message, int64_t capacity) {
  return bridge::guarded(message, capacity, [&] {
    if (writer->file) throw bridge::BadArgument("a column after the first rows");
    writer->fields.push_back(arrow::field(name, arrowType(type), nullable != 0));
    writer->columns.push_back(nullptr);
    if (!repeats) writer->properties.disable_dictionary(name);
  });
}

int32_t cparquet_set(
    cparquet_writer *writer, int32_t column, int64_t rows, const void *values,
    const int64_t *offsets, const uint8_t *valid, char *message, int64_t capacity) {
  return bridge::guarded(message, capacity, [&] {
    writer->set(column, rows, values, offsets, valid);
  });
}

int32_t cparquet_write(cparquet_writer *writer, char *message, int64_t capacity) {
  return bridge::guarded(message, capacity, [&] { writer->write(); });
}

int32_t cparquet_finish(cparquet_writer *writer, char *message, int64_t capacity) {
  return bridge::guarded(message, capacity, [&] {
    writer->begin();
    bridge::require(writer->file->Close());
    if (writer->stream->stopped) throw std::runtime_error("the file cannot be written");
  });
}
