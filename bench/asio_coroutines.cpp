// Asio (the one without Boost) with coroutines, one thread.
#include "listening.h"
#include <asio.hpp>

#include <array>
#include <utility>

using asio::ip::tcp;

asio::awaitable<void> echo(tcp::socket peer) {
  peer.set_option(tcp::no_delay{true});
  std::array<char, 65536> bytes;
  try {
    for (;;) {
      const std::size_t got = co_await peer.async_read_some(asio::buffer(bytes), asio::use_awaitable);
      co_await asio::async_write(peer, asio::buffer(bytes, got), asio::use_awaitable);
    }
  } catch (const std::system_error&) {
    // It has ended.
  }
}

asio::awaitable<void> accept_all(tcp::acceptor& listener) {
  for (;;) {
    tcp::socket peer = co_await listener.async_accept(asio::use_awaitable);
    asio::co_spawn(listener.get_executor(), echo(std::move(peer)), asio::detached);
  }
}

int main() {
  asio::io_context context{1};
  tcp::acceptor listener{context, tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
  say_where(listener.native_handle());
  asio::co_spawn(context, accept_all(listener), asio::detached);
  context.run();
}
