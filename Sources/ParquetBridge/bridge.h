// What every file of this library shares: the way from an exception to a status and a line.
#pragma once

#include "cparquet.h"

#include <arrow/result.h>
#include <arrow/status.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>

namespace bridge {

// More than the pages of any batch need, and less than a lying size in a page's header asks for.
constexpr int64_t mostMemory = int64_t{256} << 20;
// The texts of one column of a batch.
constexpr size_t mostText = size_t{128} << 20;

struct BadArgument : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct OutOfMemory : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline void require(const arrow::Status &status) {
  if (status.ok()) return;
  if (status.IsOutOfMemory()) throw OutOfMemory(status.message());
  throw std::runtime_error(status.message());
}

template <class Value> Value require(arrow::Result<Value> result) {
  require(result.status());
  return std::move(result).ValueUnsafe();
}

// Without allocating, since memory may be what ran out. Only the first line: Arrow appends where in
// its own sources it noticed.
inline int32_t report(int32_t status, const char *text, char *message, int64_t capacity) noexcept {
  if (message && capacity > 0) {
    auto length = std::min<size_t>(std::strcspn(text, "\r\n"), capacity - 1);
    std::memcpy(message, text, length);
    message[length] = 0;
  }
  return status;
}

template <class Body> int32_t guarded(char *message, int64_t capacity, Body &&body) noexcept {
  try {
    body();
    return CPARQUET_OK;
  } catch (const BadArgument &error) {
    return report(CPARQUET_BAD_ARGUMENT, error.what(), message, capacity);
  } catch (const OutOfMemory &error) {
    return report(CPARQUET_NO_MEMORY, error.what(), message, capacity);
  } catch (const std::bad_alloc &) {
    return report(CPARQUET_NO_MEMORY, "not enough memory", message, capacity);
  } catch (const std::length_error &) {
    return report(CPARQUET_NO_MEMORY, "not enough memory", message, capacity);
  } catch (const std::exception &error) {
    return report(CPARQUET_FAILED, error.what(), message, capacity);
  } catch (...) {
    return report(CPARQUET_FAILED, "unknown C++ exception", message, capacity);
  }
}

} // namespace bridge
