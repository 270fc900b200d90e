// Assignment-V on the client machine: sends a message to the server machine and shows the one that comes
// back.
//   assignment_client HOST PORT [MESSAGE]
#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/socket/socket.hpp>

#include <iostream>

int main(int argc, char** argv) try {
  if (argc < 3) return std::cerr << "usage: assignment_client HOST PORT [MESSAGE]\n", 2;
  std::string message = argc > 3 ? argv[3] : "Hello from the client machine";
  auto where = ahoy::lookup(argv[1], argv[2]).front();

  ahoy::socket s{where.family(), ahoy::socket_type::stream};
  s.connect(where);
  s.sendall(message);
  s.shutdown(ahoy::half::sending);  // the end of our message

  std::cout << where << " says: ";
  ahoy::terminal_text text;  // since a piece may end inside a character
  for (auto bytes = s.recv(4096); !bytes.empty(); bytes = s.recv(4096)) std::cout << text.add(bytes);
  std::cout << text.finish() << std::endl;
} catch (const ahoy::error& e) {
  std::cerr << e.what() << '\n';
  if (!e.hint().empty()) std::cerr << e.hint() << '\n';
  return 1;
}
