#include "FlatColumn.h"

#include "bridge.h"

#include <arrow/array.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>

#include <limits>

namespace bridge {

namespace {

bool isText(const arrow::DataType &type) {
  switch (type.id()) {
  case arrow::Type::STRING:
  case arrow::Type::LARGE_STRING:
  case arrow::Type::STRING_VIEW:
  case arrow::Type::BINARY:
  case arrow::Type::LARGE_BINARY:
  case arrow::Type::BINARY_VIEW: return true;
  default: return false;
  }
}

// Text, a dictionary of text, or the type of a column that is all NULL.
bool isString(const arrow::DataType &type) {
  if (type.id() == arrow::Type::DICTIONARY) {
    return isText(*static_cast<const arrow::DictionaryType &>(type).value_type());
  }
  return isText(type) || type.id() == arrow::Type::NA;
}

// Calls `body(view)` with the function that gives the text at an index.
template <class Body> void withText(const arrow::Array &array, Body &&body) {
  auto views = [&](const auto &typed) {
    body([&](int64_t index) -> std::string_view { return typed.GetView(index); });
  };
  switch (array.type_id()) {
  case arrow::Type::STRING: return views(static_cast<const arrow::StringArray &>(array));
  case arrow::Type::LARGE_STRING: return views(static_cast<const arrow::LargeStringArray &>(array));
  case arrow::Type::STRING_VIEW: return views(static_cast<const arrow::StringViewArray &>(array));
  case arrow::Type::BINARY: return views(static_cast<const arrow::BinaryArray &>(array));
  case arrow::Type::LARGE_BINARY: return views(static_cast<const arrow::LargeBinaryArray &>(array));
  case arrow::Type::BINARY_VIEW: return views(static_cast<const arrow::BinaryViewArray &>(array));
  default: throw std::runtime_error("unexpected type " + array.type()->ToString());
  }
}

// Calls `body(index, text)` for each of the rows, text being null where the row is NULL.
template <class Body> void forEachString(const arrow::Array &array, Body &&body) {
  if (array.type_id() == arrow::Type::NA) {
    for (int64_t row = 0; row < array.length(); row++) body(row, nullptr);
    return;
  }
  if (array.type_id() == arrow::Type::DICTIONARY) {
    auto &encoded = static_cast<const arrow::DictionaryArray &>(array);
    auto &dictionary = *encoded.dictionary();
    withText(dictionary, [&](auto &&view) {
      for (int64_t row = 0; row < array.length(); row++) {
        if (array.IsNull(row)) {
          body(row, nullptr);
          continue;
        }
        auto code = encoded.GetValueIndex(row);
        if (code < 0 || code >= dictionary.length()) {
          throw std::runtime_error("a value points outside its dictionary");
        }
        if (dictionary.IsNull(code)) {
          body(row, nullptr);
        } else {
          std::string_view text = view(code);
          body(row, &text);
        }
      }
    });
    return;
  }
  withText(array, [&](auto &&view) {
    for (int64_t row = 0; row < array.length(); row++) {
      if (array.IsNull(row)) {
        body(row, nullptr);
      } else {
        std::string_view text = view(row);
        body(row, &text);
      }
    }
  });
}

template <class Type>
void numbers(const arrow::Array &array, auto &values) {
  auto &typed = static_cast<const typename arrow::TypeTraits<Type>::ArrayType &>(array);
  values.resize(array.length());
  for (int64_t row = 0; row < array.length(); row++) {
    values[row] = array.IsNull(row) ? 0 : typed.Value(row);
  }
}

} // namespace

int32_t kind(const arrow::DataType &type) {
  if (isString(type)) return CPARQUET_STRINGS;
  switch (type.id()) {
  case arrow::Type::LIST:
  case arrow::Type::LARGE_LIST:
    return isString(*type.field(0)->type()) ? CPARQUET_LISTS : CPARQUET_OTHER;
  case arrow::Type::INT8:
  case arrow::Type::INT16:
  case arrow::Type::INT32:
  case arrow::Type::INT64:
  case arrow::Type::UINT8:
  case arrow::Type::UINT16:
  case arrow::Type::UINT32:
  case arrow::Type::UINT64: return CPARQUET_INTEGERS;
  case arrow::Type::FLOAT:
  case arrow::Type::DOUBLE: return CPARQUET_REALS;
  default: return CPARQUET_OTHER;
  }
}

void FlatColumn::append(std::string_view text) {
  // A dictionary lets a few bytes of a file stand for any amount of text.
  if (text.size() > mostText - bytes.size()) {
    throw OutOfMemory("the texts of a few thousand rows take more than 128 MiB");
  }
  bytes.insert(bytes.end(), text.begin(), text.end());
}

void FlatColumn::assignStrings(const arrow::Array &array) {
  offsets.reserve(array.length() + 1);
  offsets.push_back(0);
  forEachString(array, [&](int64_t row, const std::string_view *text) {
    if (text) {
      append(*text);
    } else {
      valid[row] = 0;
      hasNulls = true;
    }
    offsets.push_back(bytes.size());
  });
}

void FlatColumn::assignLists(const arrow::Array &array) {
  auto flatten = [&](const auto &list) {
    // A NULL in a list says nothing and is left out.
    auto &strings = *list.values();
    std::vector<int64_t> counts(strings.length() + 1, 0); // strings before each position
    offsets.push_back(0);
    std::vector<uint8_t> wanted(strings.length(), 0);
    int64_t last = 0;
    for (int64_t row = 0; row < list.length(); row++) {
      if (list.IsNull(row)) continue;
      int64_t begin = list.value_offset(row), end = begin + list.value_length(row);
      if (begin < last || end < begin || end > strings.length()) {
        throw std::runtime_error("a list points outside its values");
      }
      std::fill(wanted.begin() + begin, wanted.begin() + end, 1);
      last = end;
    }
    forEachString(strings, [&](int64_t position, const std::string_view *text) {
      counts[position + 1] = counts[position];
      if (!text || !wanted[position]) return;
      append(*text);
      offsets.push_back(bytes.size());
      counts[position + 1]++;
    });
    lists.reserve(list.length() + 1);
    lists.push_back(0);
    for (int64_t row = 0; row < list.length(); row++) {
      if (list.IsNull(row)) {
        lists.push_back(lists.back());
      } else {
        lists.push_back(counts[list.value_offset(row) + list.value_length(row)]);
      }
    }
  };
  if (array.type_id() == arrow::Type::LIST) {
    flatten(static_cast<const arrow::ListArray &>(array));
  } else {
    flatten(static_cast<const arrow::LargeListArray &>(array));
  }
}

void FlatColumn::assign(const arrow::Array &array) {
  require(array.Validate());
  bytes.clear();
  offsets.clear();
  lists.clear();
  integers.clear();
  reals.clear();
  valid.assign(array.length(), 1);
  hasNulls = false;
  if (isString(*array.type())) return assignStrings(array);
  for (int64_t row = 0; array.null_count() > 0 && row < array.length(); row++) {
    if (!array.IsNull(row)) continue;
    valid[row] = 0;
    hasNulls = true;
  }
  switch (array.type_id()) {
  case arrow::Type::LIST:
  case arrow::Type::LARGE_LIST: return assignLists(array);
  case arrow::Type::INT8: return numbers<arrow::Int8Type>(array, integers);
  case arrow::Type::INT16: return numbers<arrow::Int16Type>(array, integers);
  case arrow::Type::INT32: return numbers<arrow::Int32Type>(array, integers);
  case arrow::Type::INT64: return numbers<arrow::Int64Type>(array, integers);
  case arrow::Type::UINT8: return numbers<arrow::UInt8Type>(array, integers);
  case arrow::Type::UINT16: return numbers<arrow::UInt16Type>(array, integers);
  case arrow::Type::UINT32: return numbers<arrow::UInt32Type>(array, integers);
  case arrow::Type::UINT64:
    numbers<arrow::UInt64Type>(array, integers);
    for (auto value : integers) {
      if (value < 0) throw std::runtime_error("an unsigned integer is beyond 9223372036854775807");
    }
    return;
  case arrow::Type::FLOAT: return numbers<arrow::FloatType>(array, reals);
  case arrow::Type::DOUBLE: return numbers<arrow::DoubleType>(array, reals);
  default: throw std::runtime_error("unexpected type " + array.type()->ToString());
  }
}

} // namespace bridge
