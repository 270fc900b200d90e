// The hand-out's client, step by step. To reach a server elsewhere:
//   handout_client [HOST [PORT]]
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/socket/socket.hpp>

#include <iostream>

int main(int argc, char** argv) try {
  // Create a socket object
  ahoy::socket s{ahoy::family::inet, ahoy::socket_type::stream};

  // Get local machine name
  std::string host = argc > 1 ? argv[1] : ahoy::gethostname();

  // Define the port on which we want to connect
  ahoy::port port = argc > 2 ? argv[2] : "23456";

  // connect to the server on local computer
  s.connect(host, port);

  // Receive data from the server
  auto msg = s.recv(1024);
  std::cout << ahoy::escape(msg) << std::endl;

  // Close the connection
  s.close();
} catch (const ahoy::error& e) {
  std::cerr << e.what() << '\n';
  if (!e.hint().empty()) std::cerr << e.hint() << '\n';
  return 1;
}
