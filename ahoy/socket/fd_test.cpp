#include <ahoy/socket/fd.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <type_traits>

namespace {

static_assert(!std::is_copy_constructible_v<ahoy::fd> && std::is_nothrow_move_constructible_v<ahoy::fd>);

int opened() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }
bool is_open(int descriptor) { return ::fcntl(descriptor, F_GETFD) >= 0; }

TEST(Fd, OwnsNothingAtFirst) {
  ahoy::fd none;
  EXPECT_FALSE(none);
  EXPECT_EQ(none.get(), -1);
}

TEST(Fd, ClosesAtTheEndOfItsLife) {
  int descriptor = opened();
  {
    ahoy::fd owner(descriptor);
    EXPECT_TRUE(owner);
    EXPECT_EQ(owner.get(), descriptor);
    EXPECT_TRUE(is_open(descriptor));
  }
  EXPECT_FALSE(is_open(descriptor));
}

TEST(Fd, MovesOwnership) {
  int descriptor = opened();
  int replaced = opened();
  ahoy::fd first(descriptor);
  ahoy::fd second(std::move(first));
  EXPECT_FALSE(first);
  ahoy::fd third(replaced);
  third = std::move(second);
  EXPECT_EQ(third.get(), descriptor);
  EXPECT_FALSE(is_open(replaced));
  auto& same = third;
  third = std::move(same);
  EXPECT_EQ(third.get(), descriptor);
  EXPECT_TRUE(is_open(descriptor));
}

TEST(Fd, ReleaseKeepsItOpenAndResetCloses) {
  int descriptor = opened();
  ahoy::fd owner(descriptor);
  EXPECT_EQ(owner.release(), descriptor);
  EXPECT_FALSE(owner);
  EXPECT_TRUE(is_open(descriptor));
  owner.reset(descriptor);
  errno = ENOENT;
  owner.reset();
  EXPECT_EQ(errno, ENOENT);
  EXPECT_FALSE(is_open(descriptor));
}

}  // namespace
