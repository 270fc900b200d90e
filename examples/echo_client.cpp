#include <ahoy/ahoy.hpp>

#include <iostream>
int main() {
  ahoy::socket s{ahoy::family::inet, ahoy::socket_type::stream};
  s.connect("localhost", 23456);
  s.sendall("hello");
  std::cout << s.recv(1024) << '\n';
}
