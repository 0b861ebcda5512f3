// One column of a batch, out of Arrow's many layouts, in the one layout of the C ABI.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace bridge {

// What a column of `type` can be read as: one of the CPARQUET_ kinds.
int32_t kind(const arrow::DataType &type);

struct FlatColumn {
  std::vector<uint8_t> bytes;
  std::vector<int64_t> offsets;
  std::vector<int64_t> lists;
  std::vector<int64_t> integers;
  std::vector<double> reals;
  std::vector<uint8_t> valid;
  bool hasNulls = false;

  // Replaces the contents by those of `array`, which `kind` said can be read. Nothing in it is
  // trusted: it may have been made from hostile bytes.
  void assign(const arrow::Array &array);

private:
  void append(std::string_view text);
  void assignStrings(const arrow::Array &array);
  void assignLists(const arrow::Array &array);
};

} // namespace bridge
