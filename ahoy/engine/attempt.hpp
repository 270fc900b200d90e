#pragma once
#include <ahoy/engine/operation.hpp>

namespace ahoy::inline v0 {

enum class patience : bool { none, until_done };

/// Tries an operation on a descriptor with the system call that is meant for it. true: it is complete, well
/// or with its error. false: the call would block (only with patience::none). Sockets are left in blocking
/// mode and told MSG_DONTWAIT, so that a socket handed to another program is as that program expects; a
/// listener that is to be tried must be non-blocking.
bool attempt(operation& asked, buffer_pool& buffers, patience how);

}  // namespace ahoy::inline v0
