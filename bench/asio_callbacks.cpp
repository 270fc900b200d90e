// Asio (the one without Boost) with callbacks, one thread.
#include "listening.h"
#include <asio.hpp>

#include <array>
#include <memory>
#include <utility>

using asio::ip::tcp;

class caller : public std::enable_shared_from_this<caller> {
 public:
  explicit caller(tcp::socket socket) : socket_{std::move(socket)} {
    socket_.set_option(tcp::no_delay{true});
  }

  void receive() {
    socket_.async_read_some(asio::buffer(bytes_),
                            [self = shared_from_this()](std::error_code failed, std::size_t got) {
                              if (!failed) self->send(got);
                            });
  }

 private:
  void send(std::size_t size) {
    asio::async_write(socket_, asio::buffer(bytes_, size),
                      [self = shared_from_this()](std::error_code failed, std::size_t) {
                        if (!failed) self->receive();
                      });
  }

  tcp::socket socket_;
  std::array<char, 65536> bytes_;
};

void accept_next(tcp::acceptor& listener) {
  listener.async_accept([&listener](std::error_code failed, tcp::socket socket) {
    if (!failed) std::make_shared<caller>(std::move(socket))->receive();
    accept_next(listener);
  });
}

int main() {
  asio::io_context context{1};
  tcp::acceptor listener{context, tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
  say_where(listener.native_handle());
  accept_next(listener);
  context.run();
}
