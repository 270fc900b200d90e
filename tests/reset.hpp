#pragma once
#include <ahoy/socket/socket.hpp>

#include <gtest/gtest.h>

#include <string>
#include <system_error>

namespace ahoy_test {

/// All that comes before a reset, which has to be how it ends.
inline std::string all_before_a_reset(ahoy::socket& from) {
  std::string all;
  std::error_code why;
  try {
    for (std::string part = from.recv(4096); !part.empty(); part = from.recv(4096)) all += part;
  } catch (const std::system_error& caught) {
    why = caught.code();
  }
  EXPECT_EQ(why, std::errc::connection_reset);
  return all;
}

}  // namespace ahoy_test
