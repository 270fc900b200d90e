#pragma once
#include <ahoy/address/address.hpp>
#include <ahoy/connection/listener.hpp>
#include <ahoy/socket/fd.hpp>

#include <cstddef>
#include <utility>

namespace ahoy::inline v0 {

/// A socket that listens already, or is bound already where it is one of datagrams, for the endpoint of that
/// number: opened by somebody else, who may be a server before this one.
struct inherited_socket {
  inherited_socket(std::size_t of, fd opened, file_is whose) noexcept
      : endpoint{of}, socket{std::move(opened)}, file{whose} {}
  std::size_t endpoint;
  fd socket;
  file_is file;
};

/// A socket on which a server listens. The descriptor stays the server's.
struct listening_socket {
  std::size_t endpoint = 0;
  int number = -1;
  address on;
  file_is file = file_is::ours;
};

}  // namespace ahoy::inline v0
