// Versions, threads, devices and errors.
#include "Shim.h"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <dlfcn.h>
#include <malloc.h>
#include <torch/version.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace {
thread_local char lastError[4096];

// Nothing in this library names libtorch_cuda, so a linker may drop it: it is loaded here when it
// lies beside libtorch_cpu. A missing driver is no error: there are then no CUDA devices.
bool loadCuda() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<void *>(&at::get_num_threads), &info)) return false;
  std::string path = info.dli_fname;
  auto slash = path.rfind('/');
  auto folder = slash == std::string::npos ? "" : path.substr(0, slash + 1);
  if (!dlopen((folder + "libtorch_cuda.so").c_str(), RTLD_NOW | RTLD_GLOBAL)) return false;
  // float32 means float32: cuDNN would otherwise round the factors of convolutions to 10 bits.
  at::globalContext().setAllowTF32CuDNN(false);
  return true;
}

int32_t countCudaDevices() {
  static const bool loaded = loadCuda();
  if (!loaded || !at::hasCUDA()) return 0;
  return at::globalContext().getAcceleratorHooksInterface(at::kCUDA).deviceCount();
}
} // namespace

namespace shim {

void remember(const char *message) noexcept {
  // The first line says what is wrong; what follows is libtorch's own call stack.
  auto length = std::min(std::strcspn(message, "\n"), sizeof lastError - 1);
  std::memcpy(lastError, message, length);
  lastError[length] = 0;
}

int32_t failed(const std::exception &error) noexcept {
  auto *torch = dynamic_cast<const c10::Error *>(&error);
  auto *message = torch ? torch->what_without_backtrace() : error.what();
  remember(message);
  bool memory = dynamic_cast<const c10::OutOfMemoryError *>(&error) ||
                dynamic_cast<const std::bad_alloc *>(&error) ||
                std::strstr(message, "can't allocate memory");
  return memory ? CTORCH_OUT_OF_MEMORY : CTORCH_ERROR;
}

at::ScalarType scalarType(int32_t dtype) {
  switch (dtype) {
  case CTORCH_UINT8: return at::kByte;
  case CTORCH_INT32: return at::kInt;
  case CTORCH_INT64: return at::kLong;
  case CTORCH_FLOAT32: return at::kFloat;
  case CTORCH_FLOAT64: return at::kDouble;
  case CTORCH_BFLOAT16: return at::kBFloat16;
  case CTORCH_FLOAT16: return at::kHalf;
  case CTORCH_BOOL: return at::kBool;
  case CTORCH_INT8: return at::kChar;
  }
  throw std::invalid_argument("unknown dtype " + std::to_string(dtype));
}

at::Device device(int32_t device) {
  TORCH_CHECK(device >> 8 >= 0 && device >> 8 < 128, "there is no device number ", device >> 8);
  switch (device & 0xff) {
  case CTORCH_CPU: return at::kCPU;
  case CTORCH_CUDA: return at::Device(at::kCUDA, static_cast<at::DeviceIndex>(device >> 8));
  case CTORCH_META: return at::kMeta;
  }
  throw std::invalid_argument("unknown device " + std::to_string(device));
}

} // namespace shim

const char *ctorch_last_error(void) { return lastError; }

const char *ctorch_version(void) { return TORCH_VERSION; }

const char *ctorch_cpu_capability(void) {
  static std::string capability;
  auto look = [] { capability = at::get_cpu_capability(); };
  static bool isKnown = shim::guarded(look) == CTORCH_OK;
  return isKnown ? capability.c_str() : "unknown";
}

int32_t ctorch_cuda_device_count(void) {
  int32_t count = 0;
  return shim::guarded([&] { count = countCudaDevices(); }) == CTORCH_OK ? count : 0;
}

int32_t ctorch_threads(void) { return at::get_num_threads(); }

int32_t ctorch_set_threads(int32_t count) {
  return shim::guarded([&] { at::set_num_threads(count); });
}

bool ctorch_keep_memory(bool keep) {
#ifdef __GLIBC__
  // glibc maps every large block anew, and the kernel clears its pages at first touch: a fifth of
  // ResNet-50's training time. From the heap, which is never trimmed, a step gets the last one's.
  // Small blocks that were just freed are not set aside, since each free of a large one would then gather
  // them: 2 % of the demo's time.
  return mallopt(M_MMAP_MAX, keep ? 0 : 1 << 16) &&
         mallopt(M_TRIM_THRESHOLD, keep ? -1 : 1 << 17) && mallopt(M_MXFAST, keep ? 0 : 128);
#else
  return false;
#endif
}
