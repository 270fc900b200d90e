#pragma once
#include <cstddef>

// ThreadSanitizer's operator new cannot be replaced: what does so, and what needs that, stands between
// #if !AHOY_HAS_FOREIGN_NEW and #endif.
#ifdef __has_feature
#define AHOY_HAS_FOREIGN_NEW __has_feature(thread_sanitizer)
#else
#define AHOY_HAS_FOREIGN_NEW 0
#endif

namespace ahoy_test {

/// So many blocks there is memory for yet in this thread; nobody but a pool of blocks asks for it in the way
/// that this replaces (operator new that throws nothing, in engine/no_blocks_test.cpp).
extern thread_local std::size_t blocks_left;
inline constexpr std::size_t any_number = static_cast<std::size_t>(-1);

}  // namespace ahoy_test
