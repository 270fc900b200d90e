// Assignment-V on the server machine: hears a message from each client machine and sends one back.
//   assignment_server HOST PORT [MESSAGE]        HOST is this machine's address, or "" for all of them
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/socket/socket.hpp>

#include <iostream>

namespace {

constexpr std::size_t longest_message = 1 << 20;

// A stream has no messages: the client's ends where the client shuts down its sending half.
std::string receive_message(ahoy::socket& c) {
  std::string message;
  for (auto bytes = c.recv(4096); !bytes.empty() && message.size() < longest_message; bytes = c.recv(4096))
    message += bytes;
  return message;
}

void serve(ahoy::socket& c, const ahoy::address& addr, std::string_view reply) try {
  std::cout << addr << " says: " << ahoy::escape(receive_message(c)) << std::endl;
  c.sendall(reply);
} catch (const ahoy::error& e) {  // one client's trouble is not the server's
  std::cerr << e.what() << '\n';
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 3) return std::cerr << "usage: assignment_server HOST PORT [MESSAGE]\n", 2;
  std::string reply = argc > 3 ? argv[3] : "Hello from the server machine";
  auto where = ahoy::lookup(argv[1], argv[2], ahoy::family::unspecified, ahoy::socket_type::stream,
                            ahoy::lookup_use::bind);

  ahoy::socket s{where.front().family(), ahoy::socket_type::stream};
  s.bind(where.front());
  s.listen();
  std::cout << "Listening: " << s << std::endl;
  while (true) {
    auto [c, addr] = s.accept();
    serve(c, addr, reply);
  }
} catch (const ahoy::error& e) {
  std::cerr << e.what() << '\n';
  if (!e.hint().empty()) std::cerr << e.hint() << '\n';
  return 1;
}
