#include <ahoy/command/inheritance.hpp>
#include <ahoy/error/error.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

namespace {

using ahoy::endpoint;
using ahoy::fd;
using ahoy::file_is;
using ahoy::inheritance;

/// What a service manager leaves to a process, in a child of our own: there its numbers are free, and nobody
/// else sees its environment.
struct given {
  std::vector<int> descriptors;  // become 3, 4, 5
  std::string count = "1";
  std::string names, succession;
  std::string for_whom = "itself";
};

void set(const char* name, const std::string& value) {
  value.empty() ? ::unsetenv(name) : ::setenv(name, value.c_str(), 1);
}

void take_place(const given& what) {
  std::vector<int> aside;
  aside.reserve(what.descriptors.size());
  for (const int each : what.descriptors) aside.push_back(::fcntl(each, F_DUPFD, 100));
  for (int each = 3; each < 100; ++each) ::close(each);
  for (std::size_t i = 0; i < aside.size(); ++i) ::dup2(aside[i], 3 + static_cast<int>(i));
  set("LISTEN_PID", what.for_whom == "itself" ? std::to_string(::getpid()) : what.for_whom);
  set("LISTEN_FDS", what.count);
  set("LISTEN_FDNAMES", what.names);
  set("AHOY_SUCCESSOR", what.succession);
}

using question = std::function<std::string()>;

/// What the child found; of an error, what it says.
std::string in_child(const given& what, const question& asked) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const int answer = ::fcntl(ends[1], F_DUPFD, 200);
    take_place(what);
    std::string said;
    try {
      said = asked();
    } catch (const ahoy::error& why) {
      said = why.what();
    }
    static_cast<void>(!::write(answer, said.data(), said.size()));
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string said;
  std::array<char, 4096> some{};
  for (ssize_t size = 0; (size = ::read(ends[0], some.data(), some.size())) > 0;)
    said.append(some.data(), static_cast<std::size_t>(size));
  ::close(ends[0]);
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  return said;
}

fd bound(int type = SOCK_STREAM, int family = AF_INET, std::uint32_t to = INADDR_LOOPBACK) {
  fd made{::socket(family, type | SOCK_CLOEXEC, 0)};
  sockaddr_in on{};
  on.sin_family = AF_INET;
  on.sin_addr.s_addr = htonl(to);
  EXPECT_EQ(::bind(made.get(), reinterpret_cast<sockaddr*>(&on), sizeof on), 0);
  return made;
}

fd listening(std::uint32_t to = INADDR_LOOPBACK) {
  fd made = bound(SOCK_STREAM, AF_INET, to);
  EXPECT_EQ(::listen(made.get(), 1), 0);
  return made;
}

std::string port_of(const fd& socket) {
  sockaddr_in on{};
  socklen_t size = sizeof on;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&on), &size);
  return std::to_string(ntohs(on.sin_port));
}

/// "3=a/tls 4=": numbers, names and, where a listener before this one said it, endpoints and whose the file
/// is.
std::string described() {
  const inheritance found = ahoy::find_inheritance();
  std::string text = found.successor_of ? "to " + std::to_string(*found.successor_of) + ":" : "";
  for (const auto& each : found.sockets) {
    text += " " + std::to_string(each.number) + "=" + each.name;
    if (each.endpoint) text += "/" + std::to_string(*each.endpoint);
    if (each.file == file_is::ours) text += "+";
  }
  return text;
}

std::string urls() {
  std::string text;
  for (const endpoint& each : ahoy::find_inheritance().endpoints()) text += each.to_string() + " ";
  return text;
}

TEST(inheritance, is_empty_where_nobody_gives_anything) {
  EXPECT_EQ(in_child({{}, "", "", "", ""}, described), "");
  const fd socket = listening();
  for (const std::string other : {"", "1", "x", "-1", "99999999999999999999", "0"})
    EXPECT_EQ(in_child({{socket.get()}, "1", "", "", other}, described), "") << other;
}

TEST(inheritance, counts_what_is_there) {
  const fd one = listening();
  EXPECT_EQ(in_child({{one.get()}, "0", "", ""}, described), "");
  EXPECT_EQ(in_child({{one.get(), one.get()}, "2", "", ""}, described), " 3= 4=");
  EXPECT_EQ(in_child({{one.get(), one.get()}, "1", "", ""}, described), " 3=");
}

TEST(inheritance, takes_names_as_far_as_they_go) {
  const fd one = listening();
  const std::vector<int> two{one.get(), one.get()};
  EXPECT_EQ(in_child({two, "2", "a", ""}, described), " 3=a 4=");
  EXPECT_EQ(in_child({two, "2", ":b:c:d", ""}, described), " 3= 4=b");
  EXPECT_EQ(in_child({two, "2", ":::::", ""}, described), " 3= 4=");
}

TEST(inheritance, refuses_a_count_that_is_none) {
  const fd one = listening();
  for (const std::string count :
       {"", "x", "-1", "+1", " 1", "1 ", "1.0", "0x1", "1025", "2147483648", "99999999999999999999"})
    EXPECT_EQ(in_child({{one.get()}, count, "", ""}, described).find("read LISTEN_FDS"), 0U) << count;
}

TEST(inheritance, refuses_what_is_no_socket) {
  const fd one = listening();
  const fd file{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  EXPECT_EQ(in_child({{one.get()}, "2", "", ""}, described), "inherit descriptor 4: bad file descriptor");
  EXPECT_EQ(in_child({{one.get()}, "1024", "", ""}, described), "inherit descriptor 4: bad file descriptor");
  EXPECT_EQ(in_child({{one.get(), file.get()}, "2", "", ""}, described),
            "inherit descriptor 4: socket operation on non-socket");
}

TEST(inheritance, hears_whom_it_succeeds) {
  const fd one = listening();
  const fd ready{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  const std::vector<int> both{one.get(), one.get(), ready.get()};
  EXPECT_EQ(in_child({both, "2", "tcp:tls", "5 1 0+"}, described), "to 5: 3=tcp/1 4=tls/0+");
}

TEST(inheritance, refuses_a_succession_that_is_none) {
  const fd one = listening();
  const std::vector<int> two{one.get(), one.get()};
  for (const std::string text : {"x",
                                 " ",
                                 "4",
                                 "4 ",
                                 "4 0 0",
                                 "4 0  ",
                                 " 4 0",
                                 "4  0",
                                 "4 x",
                                 "4 -1",
                                 "4 0++",
                                 "4 +0",
                                 "4 +",
                                 "4 0x0",
                                 "4 1025",
                                 "4 99999999999",
                                 "-1 0",
                                 "9999 0",
                                 "99999999999 0",
                                 "4 0\n",
                                 "\x1b[31m 0"}) {
    const std::string said = in_child({two, "1", "", text}, described);
    EXPECT_EQ(said.find("read AHOY_SUCCESSOR"), 0U) << text << ": " << said;
    EXPECT_EQ(said.find('\x1b'), said.npos);
  }
}

TEST(inheritance, serves_each_as_what_it_is) {
  const fd one = listening(), any = listening(INADDR_ANY), datagrams = bound(SOCK_DGRAM);
  const std::string said =
      in_child({{one.get(), one.get(), any.get(), datagrams.get()}, "4", "x:tls:tcp:tls", ""}, urls);
  EXPECT_EQ(said, "tcp://127.0.0.1:" + port_of(one) + " tls://127.0.0.1:" + port_of(one) +
                      " tcp://:" + port_of(any) + " udp://127.0.0.1:" + port_of(datagrams) + " ");
}

TEST(inheritance, refuses_sockets_of_another_kind) {
  const fd silent = bound();
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const fd left{ends[0]}, right{ends[1]};
  const fd local_datagrams{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  const fd packets{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
  for (const fd* each : {&silent, &left, &local_datagrams, &packets}) {
    const std::string said = in_child({{each->get()}, "1", "\x1b", ""}, urls);
    EXPECT_EQ(said.find("inherit descriptor 3 (\\x1b), "), 0U) << said;
  }
}

/// The numbers of the endpoints in the order of the sockets.
question claiming(const std::vector<std::string>& words) {
  return [words] {
    std::vector<endpoint> on;
    on.reserve(words.size());
    for (const std::string& each : words) on.push_back(endpoint::parse_for_listen(each));
    std::string text;
    for (const ahoy::inherited_socket& each : ahoy::claim(ahoy::find_inheritance(), on)) {
      const bool is_ours_alone = (::fcntl(each.socket.get(), F_GETFD) & FD_CLOEXEC) != 0;
      text += std::to_string(each.endpoint) + (is_ours_alone ? " " : "! ");
    }
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "AHOY_SUCCESSOR"})
      if (::getenv(name)) text += name;
    return text;
  };
}

TEST(inheritance, finds_the_endpoint_that_is_the_same) {
  const fd one = listening(), other = listening(), any = listening(INADDR_ANY), datagrams = bound(SOCK_DGRAM);
  const std::string at_one = "127.0.0.1:" + port_of(one), at_other = "localhost:" + port_of(other);
  const std::vector<std::string> on{"udp://127.0.0.1:" + port_of(datagrams), "tls://" + at_one,
                                    "tcp://" + at_other, ":" + port_of(any)};
  EXPECT_EQ(
      in_child({{one.get(), other.get(), any.get(), datagrams.get()}, "4", "a:b:c:d", ""}, claiming(on)),
      "1 2 3 0 ");
}

TEST(inheritance, keeps_to_what_a_listener_said_as_far_as_there_is_such_an_endpoint) {
  const fd one = listening(), other = listening();
  const std::vector<std::string> on{"tcp://127.0.0.1:" + port_of(one), "tcp://127.0.0.1:" + port_of(other)};
  EXPECT_EQ(in_child({{one.get(), other.get(), one.get()}, "2", "", "5 1 0"}, claiming(on)), "1 0 ");
  EXPECT_EQ(in_child({{one.get(), other.get(), one.get()}, "2", "", "5 2 1024"}, claiming(on)), "0 1 ");
}

TEST(inheritance, refuses_a_socket_that_is_no_endpoint) {
  const fd one = listening(), datagrams = bound(SOCK_DGRAM);
  for (const std::string& other :
       {std::string{"tcp://127.0.0.1:1"}, "udp://127.0.0.1:" + port_of(one),
        "tcp://127.0.0.2:" + port_of(one), "tcp://:" + port_of(one), std::string{"unix:///nowhere"}})
    EXPECT_EQ(in_child({{one.get()}, "1", "", ""}, claiming({other})).find("inherit descriptor 3, "), 0U)
        << other;
}

}  // namespace
