#pragma once
#include <ahoy/connection/connection.hpp>
#include <ahoy/engine/received_datagrams.hpp>

#include <optional>
#include <string>

namespace ahoy::inline v0 {

struct datagram {
  bytes data;  ///< whole; a datagram of no bytes is not empty(), its size() is 0
  datagram_header header;
};

/// A datagram socket (UDP, Unix). It learns with each datagram which local address was asked, where it has
/// several, and which mark it carries, and sends from a given local address. What is there it takes by one
/// system call, and gives out one by one. Belongs to the thread of its engine; one receive and one send at a
/// time.
class datagram_socket {
 public:
  /// Bound to `local`. One on an IPv6 wildcard address hears both families, unless inet6 alone is wanted; on
  /// a group it joins the group, on the interface that has `source` if one is given. May send to broadcast
  /// addresses. Throws error.
  static datagram_socket bound(engine& by, const address& local, const std::optional<address>& source = {},
                               family wanted = family::unspecified);
  /// One that is bound already, by another process.
  static datagram_socket inherited(engine& by, fd bound);
  /// Unbound, or bound to `source`; connected to `peer` unless that is a group or a broadcast address,
  /// which answer from addresses of their own. Only a connected socket hears that its peer cannot be reached.
  static datagram_socket to(engine& by, const address& peer, const std::optional<address>& source = {});

  datagram_socket(datagram_socket&&) = default;

  class receive_awaiter : public receive_from_operation {
   public:
    explicit receive_awaiter(datagram_socket& of) noexcept
        : receive_from_operation{of.socket_.get(), *of.received_}, of_{of} {}
    datagram await_resume();

   private:
    bool submit() override;
    datagram_socket& of_;
  };
  [[nodiscard]] receive_awaiter receive() noexcept { return receive_awaiter{*this}; }
  /// Whether the next receive() is one of those that were taken together with the last one.
  [[nodiscard]] bool has_more() const noexcept { return !received_->empty(); }

  class send_awaiter : public send_to_operation {
   public:
    send_awaiter(datagram_socket& of, std::string_view bytes, const datagram_header& to) noexcept
        : send_to_operation{&*of.socket_, bytes, to} {}
    void await_resume() const;
  };
  /// To `to.peer`, from `to.local`, with `to.mark`; all three must stay valid until it is done.
  [[nodiscard]] send_awaiter send(std::string_view data, const datagram_header& to) noexcept {
    return {*this, data, to};
  }

  /// From now on what is sent carries this mark, where its header names no other one.
  void set_mark(std::uint8_t mark) noexcept;

  [[nodiscard]] int number() const noexcept { return socket_->number(); }
  [[nodiscard]] descriptor& native() noexcept { return *socket_; }
  [[nodiscard]] address local() const;
  [[nodiscard]] bool connected() const noexcept { return connected_; }
  /// Where a send goes: the connected peer, or the one it was made for.
  [[nodiscard]] const datagram_header& peer() const noexcept { return peer_; }

 private:
  datagram_socket(engine& by, fd socket);
  std::unique_ptr<descriptor> socket_;
  std::unique_ptr<received_datagrams> received_;
  datagram_header peer_;
  bool connected_ = false;
};

}  // namespace ahoy::inline v0
