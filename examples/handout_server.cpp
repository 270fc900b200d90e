// The hand-out's server, step by step. Where the machine's name does not resolve, or port 23456 is taken:
//   handout_server [HOST [PORT]]        for example: handout_server localhost 0
#include <ahoy/error/error.hpp>
#include <ahoy/socket/socket.hpp>

#include <iostream>

int main(int argc, char** argv) try {
  // Next create a socket object
  ahoy::socket s{ahoy::family::inet, ahoy::socket_type::stream};
  std::cout << "Socket is created successfully" << std::endl;

  // Get local machine name
  std::string host = argc > 1 ? argv[1] : ahoy::gethostname();

  // Reserve a port on the computer; in this case it is 23456, but it can be anything
  ahoy::port port = argc > 2 ? argv[2] : "23456";

  // Next bind to the port
  s.bind(host, port);
  std::cout << "Socket is binded to " << s.getsockname().port() << std::endl;

  // Put the socket into listening mode
  s.listen(5);
  std::cout << "Socket is listening" << std::endl;

  // A forever loop until we interrupt it or an error occurs
  while (true) {
    // Establish connection with client
    auto [c, addr] = s.accept();
    std::cout << "Got connection from " << addr << std::endl;

    // Send a thank you message to the client
    c.send("Thank you for connecting");

    // Close the connection with the client
    c.close();
  }
} catch (const ahoy::error& e) {
  std::cerr << e.what() << '\n';
  if (!e.hint().empty()) std::cerr << e.hint() << '\n';
  return 1;
}
