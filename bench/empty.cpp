// Nothing but what the start of a C++ program takes: the loader, and the library that most of them need.
#include <iostream>

int main() {}
