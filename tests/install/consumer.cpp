#include <all_headers.hpp>

#include <cstdio>

// An exception that crosses the library's border is still known by its type, and one function of
// each library is called.
int main() {
  try {
    throw ahoy::error(make_error_code(ahoy::errc::malformed), "read", "x:99999");
  } catch (const std::system_error& fault) {
    std::puts(fault.what());
    static_cast<void>(ahoy::read_ftp_path("/a"));
    return fault.code().category() == ahoy::error_category() ? 0 : 1;
  }
}
