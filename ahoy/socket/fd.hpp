#pragma once
#include <utility>

namespace ahoy::inline v0 {

/// Owns one descriptor and closes it. Whoever opens the descriptor opens it close-on-exec. No member blocks
/// but the close itself, and that only under SO_LINGER. One thread at a time.
class fd {
 public:
  fd() noexcept = default;
  explicit fd(int descriptor) noexcept : descriptor_(descriptor) {}
  fd(fd&& other) noexcept : descriptor_(other.release()) {}
  fd& operator=(fd&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~fd() { reset(); }

  /// -1 where nothing is owned.
  [[nodiscard]] int get() const noexcept { return descriptor_; }
  /// Gives the descriptor up without closing it.
  [[nodiscard]] int release() noexcept { return std::exchange(descriptor_, -1); }
  /// Closes what is owned, then owns `descriptor`. An error of close is not told: Linux has freed the
  /// descriptor even then.
  void reset(int descriptor = -1) noexcept;
  /// Another descriptor for what `of` refers to, close-on-exec, and none of the standard three, which a program
  /// may have started without. Owns nothing where it fails; errno says why.
  [[nodiscard]] static fd duplicate(int of) noexcept;
  explicit operator bool() const noexcept { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

}  // namespace ahoy::inline v0
