#include <ahoy/command/foreign_option.hpp>

#include <algorithm>
#include <array>

namespace ahoy::inline v0 {

namespace {

struct foreign_row {
  char letter;
  std::string_view name;  ///< the long spelling; empty where there is none
  std::string_view here;
};

constexpr std::array rows{
    foreign_row{'l', "--listen", "listening is a verb: ahoy listen :8080"},
    foreign_row{'p', "--port",
                "a port is a word, and no option: ahoy listen :8080, or ahoy call localhost 8080; a port of "
                "our own is "
                "--source HOST:PORT"},
    foreign_row{'u', "--udp",
                "the scheme says so: ahoy listen udp://:8080, or ahoy call udp://localhost:8080"},
    foreign_row{'U', "--unixsock",
                "the scheme says so: ahoy listen unix:///tmp/x, or ahoy call unix:///tmp/x"},
    foreign_row{'k', "--keep-open",
                "ahoy listen serves one caller after the other; --once ends it after one"},
    foreign_row{'w', "--wait", "--connect-timeout 5s limits connecting, and --timeout 5s the whole run"},
    foreign_row{'q', "", "--after-eof says what follows the end of the input"},
    foreign_row{'N', "", "the end of the input closes our half without being asked; --after-eof changes it"},
    foreign_row{'e', "", "ahoy listen :8080 --exec PROGRAM runs one for each caller"},
    foreign_row{'c', "--sh-exec", "no shell is involved: ahoy listen :8080 --exec sh -c 'COMMAND'"},
    foreign_row{'s', "", "--source ADDR is the local address"},
    foreign_row{'V', "", "ahoy --version prints the version"},
};

}  // namespace

std::string_view foreign_option(std::string_view word) noexcept {
  const bool is_long = word.starts_with("--");
  const auto name = word.substr(0, word.find('='));
  const auto letters = word.starts_with('-') ? word.substr(1) : std::string_view();
  const auto* found = std::ranges::find_if(rows, [&](const foreign_row& row) {
    return is_long ? name == row.name : letters.find(row.letter) != letters.npos;
  });
  return found == rows.end() ? std::string_view() : found->here;
}

}  // namespace ahoy::inline v0
