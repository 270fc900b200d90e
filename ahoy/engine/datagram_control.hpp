#pragma once
#include <ahoy/engine/operation.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>

namespace ahoy::inline v0 {

/// Room for the control messages of a datagram that are asked for: the local address (IPv4 or IPv6) and the
/// mark (cmsg(3), ip(7), ipv6(7)).
struct control_room {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(in_pktinfo)) +
                                        2 * CMSG_SPACE(sizeof(int))> space;
};

/// Notes which of our addresses was asked and which mark the datagram carries, where `message` says so.
void read_control(msghdr& message, datagram_header& header) noexcept;
/// Says in `room`, which must live as long as `message`, which address to send from and with which mark.
void write_control(msghdr& message, control_room& room, const datagram_header& header) noexcept;

}  // namespace ahoy::inline v0
