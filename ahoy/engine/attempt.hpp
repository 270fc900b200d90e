#pragma once
#include <ahoy/engine/operation.hpp>

namespace ahoy::inline v0 {

enum class patience : bool {
  none,
  one_call,  ///< one system call, which blocks as long as the socket's own timeouts allow
};

/// Tries an operation on a descriptor with the system call that is meant for it. true: it is complete, well
/// or with its error. false: it is to be tried again, since the call would block, or with one_call since its
/// time was over, a signal came or only a part was taken. Sockets are left in blocking mode and told
/// MSG_DONTWAIT, so that a socket handed to another program is as that program expects; a listener that is to
/// be tried must be non-blocking.
bool attempt(operation& asked, buffer_pool& buffers, patience how);

}  // namespace ahoy::inline v0
