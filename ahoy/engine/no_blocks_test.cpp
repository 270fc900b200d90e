#include <tests/no_blocks.hpp>

#include <new>

namespace ahoy_test {

thread_local std::size_t blocks_left = any_number;

}  // namespace ahoy_test

#if !AHOY_HAS_FOREIGN_NEW
/// As the standard library's, which this replaces in all tests, but where one says that memory is gone.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  if (ahoy_test::blocks_left == 0) return nullptr;
  if (ahoy_test::blocks_left != ahoy_test::any_number) --ahoy_test::blocks_left;
  try {
    return ::operator new(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
#endif
