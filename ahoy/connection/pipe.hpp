#pragma once
#include <ahoy/connection/connection.hpp>

#include <memory>
#include <utility>

namespace ahoy::inline v0 {

/// Two connections in memory, joined end to end: what one sends the other receives. Both belong to one
/// engine. Each direction holds at most `capacity` bytes; a send waits for room, as it does with a socket.
/// Closing (destroying) one end is the end of the stream to the other's receive, and a broken pipe to its
/// send.
std::pair<std::unique_ptr<connection>, std::unique_ptr<connection>> make_pipe(engine& by,
                                                                              std::size_t capacity = 64 *
                                                                                                     1024);

}  // namespace ahoy::inline v0
