#include <ahoy/ahoy.hpp>

#include <iostream>

int main() try {
  ahoy::socket s{ahoy::family::inet, ahoy::socket_type::stream};
  s.connect("localhost", 23456);
  s.sendall("hello");
  std::cout << s.recv(1024) << '\n';
} catch (const ahoy::error& e) {
  std::cerr << e.what() << '\n';
  if (!e.hint().empty()) std::cerr << e.hint() << '\n';
  return 1;
}
