#include <ahoy/error/error.hpp>
#include <ahoy/socket/socket.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <tests/descriptors.hpp>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using ahoy::address;
using ahoy::family;
using ahoy::socket_type;
using namespace std::chrono_literals;
using namespace std::string_literals;

template <typename Call>
ahoy::error refused(Call call) {
  try {
    call();
  } catch (const ahoy::error& caught) {
    return caught;
  }
  ADD_FAILURE() << "nothing was thrown";
  return {{}, "", ""};
}

// A directory of its own for socket files, gone with the test.
struct directory {
  directory() {
    std::string name = std::filesystem::temp_directory_path() / "ahoy-XXXXXX";
    path = ::mkdtemp(name.data());
  }
  ~directory() { std::filesystem::remove_all(path); }
  address socket(const char* name = "s") const { return address::local((path / name).string()); }
  std::filesystem::path path;
};

ahoy::socket listener(const address& local) {
  ahoy::socket made(local.family(), socket_type::stream);
  made.bind(local);
  made.listen();
  return made;
}

std::string read_to_end(ahoy::socket& s) {
  std::string all;
  for (auto bytes = s.recv(65536); !bytes.empty(); bytes = s.recv(65536)) all += bytes;
  return all;
}

const auto inet_loopback = address::inet(INADDR_LOOPBACK, 0);
const auto inet6_loopback = address::inet6(in6addr_loopback, 0);

// The same conversation over every kind of stream.
struct Stream : testing::TestWithParam<family> {
  address local() const {
    if (GetParam() == family::local) return files.socket();
    return GetParam() == family::inet ? inet_loopback : inet6_loopback;
  }
  directory files;
};
INSTANTIATE_TEST_SUITE_P(Families, Stream, testing::Values(family::inet, family::inet6, family::local),
                         [](const auto& given) { return ahoy::to_string(given.param); });

TEST_P(Stream, AMessageEachWay) {
  auto server = listener(local());
  auto served = std::async(std::launch::async, [&] {
    auto [c, addr] = server.accept();
    auto heard = read_to_end(c);
    c.sendall("and back");
    return heard;
  });
  ahoy::socket client(GetParam(), socket_type::stream);
  client.connect(server.getsockname());
  client.sendall("there\0 "s);
  client.shutdown(ahoy::half::sending);
  EXPECT_EQ(read_to_end(client), "and back");
  EXPECT_EQ(served.get(), "there\0 "s);
}

TEST_P(Stream, BothSidesSeeTheSameAddresses) {
  auto server = listener(local());
  ahoy::socket client(GetParam(), socket_type::stream);
  client.connect(server.getsockname());
  auto [c, addr] = server.accept();
  EXPECT_EQ(client.getpeername(), server.getsockname());
  if (GetParam() != family::local) {
    EXPECT_EQ(addr, client.getsockname());
    EXPECT_EQ(c.getpeername(), addr);
  }
  EXPECT_EQ(c.family(), GetParam());
  EXPECT_EQ(c.type(), socket_type::stream);
}

TEST_P(Stream, LargeTransfersArriveWhole) {
  auto server = listener(local());
  std::string sent(8 << 20, '\0');
  for (std::size_t at = 0; at < sent.size(); ++at) sent[at] = static_cast<char>(at * 2654435761U >> 24);
  auto served = std::async(std::launch::async, [&] {
    auto [c, addr] = server.accept();
    return read_to_end(c);
  });
  ahoy::socket client(GetParam(), socket_type::stream);
  client.connect(server.getsockname());
  client.settimeout(60s);  // the non-blocking path
  client.sendall(sent);
  client.close();
  EXPECT_TRUE(served.get() == sent);
}

TEST_P(Stream, DescriptorsCloseOnExec) {
  auto server = listener(local());
  ahoy::socket client(GetParam(), socket_type::stream);
  client.connect(server.getsockname());
  auto [c, addr] = server.accept();
  for (int descriptor : {server.fileno(), client.fileno(), c.fileno()})
    EXPECT_EQ(::fcntl(descriptor, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST_P(Stream, ATimeoutEndsEachWait) {
  auto server = listener(local());
  server.settimeout(1ms);
  EXPECT_EQ(refused([&] { static_cast<void>(server.accept()); }).code(), std::errc::timed_out);
  ahoy::socket client(GetParam(), socket_type::stream);
  client.settimeout(1ms);
  client.connect(server.getsockname());
  auto caught = refused([&] { static_cast<void>(client.recv(1)); });
  EXPECT_EQ(caught.code(), std::errc::timed_out);
  EXPECT_EQ(caught.what(), "receive from " + server.getsockname().to_string() + ": timed out");
  caught = refused([&] { client.sendall(std::string(64 << 20, 'x')); });
  EXPECT_EQ(caught.code(), std::errc::timed_out);
  EXPECT_NE(caught.address().find("of 67108864 bytes)"), std::string::npos) << caught.what();
  auto [c, addr] = server.accept();
  EXPECT_EQ(c.gettimeout(), std::nullopt);
  c.sendall("x");
  client.settimeout(std::nullopt);
  EXPECT_EQ(client.recv(1), "x");
}

TEST_P(Stream, ZeroNeverWaits) {
  auto server = listener(local());
  server.settimeout(0s);
  EXPECT_EQ(refused([&] { static_cast<void>(server.accept()); }).code(), std::errc::operation_would_block);
}

TEST_P(Stream, SendAfterThePeerLeftIsAnErrorAndNoSignal) {
  auto server = listener(local());
  ahoy::socket client(GetParam(), socket_type::stream);
  client.connect(server.getsockname());
  {
    auto [c, addr] = server.accept();
  }
  auto caught = refused([&] {
    for (;;) client.sendall(std::string(1 << 16, 'x'));
  });
  bool known_cause = caught.code() == std::errc::broken_pipe || caught.code() == std::errc::connection_reset;
  EXPECT_TRUE(known_cause) << caught.what();
  EXPECT_EQ(caught.verb(), "send to");
}

TEST_P(Stream, ConnectionRefused) {
  auto gone = listener(local()).getsockname();
  ahoy::socket client(GetParam(), socket_type::stream);
  auto caught = refused([&] { client.connect(gone); });
  EXPECT_EQ(caught.code(), std::errc::connection_refused);
  EXPECT_EQ(caught.what(), "connect to " + gone.to_string() + ": connection refused");
  EXPECT_NE(caught.hint().find("start the server"), std::string::npos);
}

TEST_P(Stream, ALiveServersAddressIsTaken) {
  auto server = listener(local());
  auto caught = refused([&] { listener(server.getsockname()); });
  EXPECT_EQ(caught.code(), std::errc::address_in_use);
  EXPECT_EQ(caught.verb(), "bind");
  EXPECT_NE(caught.hint(), "");
}

std::atomic<int> signals_handled = 0;

void await_sleep(pid_t thread) {
  char state = 0;
  while (state != 'S') {  // proc(5): "id (name) state"
    std::ifstream status("/proc/self/task/" + std::to_string(thread) + "/stat");
    std::string line;
    std::getline(status, line);
    state = line.at(line.rfind(')') + 2);
  }
}

TEST_P(Stream, ASignalEndsNothing) {
  struct sigaction counted{}, former{};
  counted.sa_handler = [](int) { ++signals_handled; };  // without SA_RESTART
  ::sigaction(SIGUSR1, &counted, &former);
  auto server = listener(local());
  ahoy::socket client(GetParam(), socket_type::stream);
  client.connect(server.getsockname());
  auto [c, addr] = server.accept();
  for (auto timeout :
       {std::optional<std::chrono::nanoseconds>(), std::optional<std::chrono::nanoseconds>(60s)}) {
    client.settimeout(timeout);
    std::promise<std::pair<pthread_t, pid_t>> self;
    auto reader = std::async(std::launch::async, [&] {
      self.set_value({::pthread_self(), ::gettid()});
      return client.recv(10);
    });
    auto [thread, id] = self.get_future().get();
    for (int sent = signals_handled; int round : {1, 2, 3}) {
      await_sleep(id);
      ::pthread_kill(thread, SIGUSR1);
      while (signals_handled != sent + round) std::this_thread::yield();
    }
    c.sendall("after");
    EXPECT_EQ(reader.get(), "after");
  }
  ::sigaction(SIGUSR1, &former, nullptr);
}

TEST(Socket, HandOutsHostsAndPorts) {
  ahoy::socket server(family::inet, socket_type::stream, "tcp");
  server.bind("localhost", 0);
  server.listen(5);
  auto port = server.getsockname().port();
  ASSERT_NE(port, 0);
  for (const ahoy::host& host :
       {ahoy::host("localhost"), ahoy::host("127.0.0.1"), ahoy::host(0x7f000001), ahoy::host("")}) {
    ahoy::socket client(family::inet, socket_type::stream);
    client.connect(host, std::to_string(port));
    auto [c, addr] = server.accept();
    EXPECT_TRUE(addr.is_loopback());
  }
}

TEST(Socket, ErrorsNameTheHostThatWasAsked) {
  auto gone = listener(inet_loopback).getsockname();
  ahoy::socket client(family::inet, socket_type::stream);
  auto caught = refused([&] { client.connect("localhost", gone.port()); });
  EXPECT_EQ(caught.what(), "connect to " + gone.to_string() + " (localhost): connection refused");
}

TEST(Socket, CanBeUsedAgainAfterARefusal) {
  auto gone = listener(inet_loopback).getsockname();
  auto server = listener(inet_loopback);
  for (auto timeout :
       {std::optional<std::chrono::nanoseconds>(), std::optional<std::chrono::nanoseconds>(60s)}) {
    ahoy::socket client(family::inet, socket_type::stream);
    client.settimeout(timeout);
    EXPECT_EQ(refused([&] { client.connect(gone); }).code(), std::errc::connection_refused);
    client.connect(server.getsockname());
    EXPECT_EQ(client.getpeername(), server.getsockname());
    EXPECT_EQ(refused([&] { client.connect(server.getsockname()); }).code(), std::errc::already_connected);
    EXPECT_EQ(client.getpeername(), server.getsockname());
  }
}

// A listener with a full queue drops what comes: the attempt can only time out.
TEST(Socket, ConnectTimesOutAndCanBeRepeated) {
  ahoy::socket full(family::inet, socket_type::stream);
  full.bind(inet_loopback);
  full.listen(0);
  std::vector<ahoy::socket> waiting;
  ahoy::error caught({}, "", "");
  while (caught.verb().empty()) {
    ahoy::socket client(family::inet, socket_type::stream);
    client.settimeout(100ms);
    try {
      client.connect(full.getsockname());
      waiting.push_back(std::move(client));
      ASSERT_LT(waiting.size(), 100U);
    } catch (const ahoy::error& failure) {
      caught = failure;
      auto server = listener(inet_loopback);
      client.settimeout(60s);
      client.connect(server.getsockname());
      EXPECT_EQ(client.getpeername(), server.getsockname());
    }
  }
  EXPECT_EQ(caught.code(), std::errc::timed_out);
  EXPECT_EQ(caught.what(), "connect to " + full.getsockname().to_string() + ": timed out");
}

TEST(Socket, LocalConnectWaitsForRoomNoLongerThanTheTimeout) {
  directory files;
  ahoy::socket full(family::local, socket_type::stream);
  full.bind(files.socket());
  full.listen(0);
  ahoy::socket first(family::local, socket_type::stream), second(family::local, socket_type::stream);
  first.connect(files.socket());
  second.settimeout(1ms);
  EXPECT_EQ(refused([&] { second.connect(files.socket()); }).code(), std::errc::timed_out);
  second.settimeout(60s);
  auto later = std::async(std::launch::async, [&] { return full.accept(); });
  second.connect(files.socket());
  EXPECT_EQ(second.gettimeout(), 60s);
  timeval left{1, 1};
  socklen_t size = sizeof left;
  ::getsockopt(second.fileno(), SOL_SOCKET, SO_SNDTIMEO, &left, &size);
  EXPECT_EQ(left.tv_sec + left.tv_usec, 0);
  second.settimeout(1ms);
  EXPECT_EQ(refused([&] { static_cast<void>(second.recv(1)); }).code(), std::errc::timed_out);
  static_cast<void>(later.get());
}

TEST(Socket, NonBlockingConnectGoesOn) {
  auto server = listener(inet_loopback);
  ahoy::socket client(family::inet, socket_type::stream);
  client.settimeout(0s);
  auto caught = refused([&] { client.connect("localhost", server.getsockname().port()); });
  EXPECT_EQ(caught.code(), std::errc::operation_in_progress);
  auto [c, addr] = server.accept();
  EXPECT_EQ(client.getpeername(), server.getsockname());
}

// Connections of a former server linger in TIME_WAIT, on the side that closed first.
TEST(Socket, TheAddressOfAFormerServerCanBeBoundAtOnce) {
  auto server = listener(inet_loopback);
  auto where = server.getsockname();
  ahoy::socket client(family::inet, socket_type::stream);
  client.connect(where);
  {
    auto [c, addr] = server.accept();
    c.close();
  }
  EXPECT_EQ(client.recv(1), "");
  client.close();
  server.close();
  EXPECT_NO_THROW(listener(where));
  ahoy::socket strict(family::inet, socket_type::stream);
  strict.setsockopt(SOL_SOCKET, SO_REUSEADDR, false);
  EXPECT_EQ(refused([&] { strict.bind(where); }).code(), std::errc::address_in_use);
}

TEST(Socket, AnInet6ServerOnAnyAddressServesBothFamilies) {
  ahoy::socket server(family::inet6, socket_type::stream);
  server.bind("", 0);
  server.listen();
  auto port = server.getsockname().port();
  for (const char* host : {"127.0.0.1", "::1"}) {
    ahoy::socket client(ahoy::host(host).numeric_address(0).family(), socket_type::stream);
    client.connect(host, port);
    auto [c, addr] = server.accept();
    EXPECT_EQ(addr.to_string(), client.getsockname().to_string());
    EXPECT_EQ(addr.host(), host);
  }
}

struct Datagram : Stream {};
INSTANTIATE_TEST_SUITE_P(Families, Datagram, testing::Values(family::inet, family::inet6, family::local),
                         [](const auto& given) { return ahoy::to_string(given.param); });

TEST_P(Datagram, EachWithItsSender) {
  ahoy::socket server(GetParam(), socket_type::datagram), client(GetParam(), socket_type::datagram);
  server.bind(local());
  client.bind(GetParam() == family::local ? files.socket("client") : local());
  EXPECT_EQ(client.sendto("one\0"s, server.getsockname()), 4U);
  EXPECT_EQ(client.sendto("", server.getsockname()), 0U);
  auto [bytes, from] = server.recvfrom(65535);
  EXPECT_EQ(bytes, "one\0"s);
  EXPECT_EQ(from, client.getsockname());
  auto [empty, again] = server.recvfrom(65535);
  EXPECT_EQ(empty, "");
  EXPECT_EQ(again, from);
  server.sendto("back", from);
  EXPECT_EQ(client.recvfrom(65535).first, "back");
}

TEST_P(Datagram, ConnectedSendsAndReceives) {
  ahoy::socket server(GetParam(), socket_type::datagram), client(GetParam(), socket_type::datagram);
  server.bind(local());
  client.connect(server.getsockname());
  EXPECT_EQ(client.send("hello"), 5U);
  EXPECT_EQ(server.recv(3), "hel");
}

TEST(Socket, DatagramsByHostAndPort) {
  ahoy::socket server(family::inet, socket_type::datagram, "udp"),
      client(family::inet, socket_type::datagram);
  server.bind("127.0.0.1", 0);
  client.sendto("hello", "localhost", server.getsockname().port());
  EXPECT_EQ(server.recv(100), "hello");
}

TEST(Socket, ADatagramNobodyReceivesIsRefused) {
  ahoy::socket gone(family::inet, socket_type::datagram), client(family::inet, socket_type::datagram);
  gone.bind(inet_loopback);
  client.connect(gone.getsockname());
  gone.close();
  client.send("hello");
  auto caught = refused([&] { static_cast<void>(client.recv(1)); });
  EXPECT_EQ(caught.code(), std::errc::connection_refused);
}

TEST(Socket, ADatagramTooLarge) {
  ahoy::socket server(family::inet, socket_type::datagram), client(family::inet, socket_type::datagram);
  server.bind(inet_loopback);
  auto caught = refused([&] { client.sendto(std::string(65508, 'x'), server.getsockname()); });
  EXPECT_EQ(caught.code(), std::errc::message_size);
  EXPECT_EQ(caught.address(), server.getsockname().to_string());
  EXPECT_NE(caught.hint().find("65507"), std::string::npos);
}

TEST(Socket, BroadcastNeedsItsOption) {
  ahoy::socket client(family::inet, socket_type::datagram);
  auto caught = refused([&] { client.sendto("x", "<broadcast>", 23456); });
  bool known_cause =
      caught.code() == std::errc::permission_denied || caught.code() == std::errc::network_unreachable;
  EXPECT_TRUE(known_cause) << caught.what();
  client.setsockopt(SOL_SOCKET, SO_BROADCAST, true);
  EXPECT_EQ(client.getsockopt(SOL_SOCKET, SO_BROADCAST), 1);
}

TEST(Socket, LocalFilesAreTheOwnersAlone) {
  directory files;
  auto former = ::umask(0);
  auto server = listener(files.socket());
  ::umask(former);
  struct stat status{};
  ASSERT_EQ(::stat(files.socket().host().c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST(Socket, AbstractLocalNames) {
  auto name = address::local("@ahoy-test-" + std::to_string(::getpid()));
  auto server = listener(name);
  ahoy::socket client(family::local, socket_type::stream);
  client.connect(name);
  auto [c, addr] = server.accept();
  EXPECT_EQ(server.to_string(), "(unix, " + name.to_string() + ", -)");
}

TEST(Socket, Options) {
  ahoy::socket s(family::inet, socket_type::stream);
  EXPECT_EQ(s.getsockopt(IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(s.getsockopt(SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(s.getsockopt(SOL_SOCKET, SO_REUSEADDR), 1);
  s.setsockopt(IPPROTO_TCP, TCP_NODELAY, false);
  EXPECT_EQ(s.getsockopt(IPPROTO_TCP, TCP_NODELAY), 0);
  s.setsockopt(SOL_SOCKET, SO_RCVBUF, 100000);
  EXPECT_EQ(s.getsockopt(SOL_SOCKET, SO_RCVBUF), 200000);  // the kernel doubles it: socket(7)
  linger wait{1, 7}, read{};
  s.setsockopt(SOL_SOCKET, SO_LINGER, std::as_bytes(std::span(&wait, 1)));
  socklen_t size = sizeof read;
  ::getsockopt(s.fileno(), SOL_SOCKET, SO_LINGER, &read, &size);
  EXPECT_EQ(read.l_linger, 7);
  EXPECT_EQ(refused([&] { s.setsockopt(SOL_SOCKET, 9999, 1); }).code(), std::errc::no_protocol_option);
  EXPECT_EQ(refused([&] { static_cast<void>(s.getsockopt(SOL_SOCKET, 9999)); }).code(),
            std::errc::no_protocol_option);
  ahoy::socket datagram(family::inet, socket_type::datagram);
  EXPECT_EQ(datagram.getsockopt(SOL_SOCKET, SO_REUSEADDR), 0);
}

TEST(Socket, Timeouts) {
  ahoy::socket s(family::inet, socket_type::stream);
  EXPECT_EQ(s.gettimeout(), std::nullopt);
  s.settimeout(1500ms);
  EXPECT_EQ(s.gettimeout(), 1500ms);
  EXPECT_EQ(refused([&] { s.settimeout(-1s); }).code(), ahoy::errc::out_of_range);
  EXPECT_EQ(s.gettimeout(), 1500ms);
  s.settimeout(std::chrono::nanoseconds::max());
  auto server = listener(inet_loopback);
  s.connect(server.getsockname());
  auto [c, addr] = server.accept();
  c.sendall("x");
  EXPECT_EQ(s.recv(1), "x");
}

TEST(Socket, PrintsAsItsTuple) {
  ahoy::socket client(family::inet, socket_type::stream);
  EXPECT_EQ(client.to_string(), "(tcp, -, -)");
  auto server = listener(inet_loopback);
  EXPECT_EQ(server.to_string(), "(tcp, " + server.getsockname().to_string() + ", -)");
  client.connect(server.getsockname());
  std::ostringstream out;
  out << client;
  EXPECT_EQ(out.str(),
            "(tcp, " + client.getsockname().to_string() + ", " + server.getsockname().to_string() + ")");
  EXPECT_EQ(ahoy::socket(family::inet6, socket_type::datagram).to_string(), "(udp, -, -)");
  EXPECT_EQ(ahoy::socket(family::local, socket_type::stream).to_string(), "(unix, -, -)");
  client.close();
  client.close();
  EXPECT_EQ(client.to_string(), "(closed)");
  EXPECT_EQ(client.fileno(), -1);
}

TEST(Socket, TakesOverADescriptor) {
  auto server = listener(inet_loopback);
  ahoy::socket client(family::inet, socket_type::stream);
  client.connect(server.getsockname());
  ahoy::socket same(client.detach());
  EXPECT_EQ(client.fileno(), -1);
  EXPECT_EQ(same.family(), family::inet);
  EXPECT_EQ(same.type(), socket_type::stream);
  EXPECT_EQ(same.getpeername(), server.getsockname());
  auto caught = refused([] { ahoy::socket(ahoy::fd(::open("/dev/null", O_RDONLY | O_CLOEXEC))); });
  EXPECT_EQ(caught.code(), std::errc::not_a_socket);
}

TEST(Socket, UseAfterClose) {
  ahoy::socket s(family::inet, socket_type::stream);
  s.close();
  EXPECT_EQ(refused([&] { static_cast<void>(s.recv(1)); }).code(), std::errc::bad_file_descriptor);
  EXPECT_EQ(refused([&] { s.send("x"); }).code(), std::errc::bad_file_descriptor);
  EXPECT_EQ(refused([&] { s.listen(); }).code(), std::errc::bad_file_descriptor);
}

TEST(Socket, ErrorsInWords) {
  ahoy::socket stream(family::inet, socket_type::stream);
  EXPECT_EQ(refused([&] { stream.send("x"); }).hint(),
            "the connection was closed: by the peer, or by shutdown here");
  EXPECT_STREQ(refused([&] { static_cast<void>(stream.recv(1)); }).what(),
               "receive from socket -: transport endpoint is not connected");
  EXPECT_EQ(refused([&] { static_cast<void>(stream.getpeername()); }).code(), std::errc::not_connected);
  EXPECT_EQ(refused([&] { static_cast<void>(stream.accept()); }).hint(), "call listen first");
  ahoy::socket datagram(family::inet, socket_type::datagram);
  EXPECT_NE(refused([&] { datagram.listen(); }).hint().find("only stream"), std::string::npos);
  auto elsewhere = refused([&] { stream.bind("192.0.2.254", 0); });
  EXPECT_STREQ(elsewhere.what(), "bind 192.0.2.254:0: cannot assign requested address");
  EXPECT_NE(elsewhere.hint().find("ip addr"), std::string::npos);
  EXPECT_EQ(refused([&] { stream.connect("::1", 80); }).code(), std::errc::address_family_not_supported);
}

TEST(Socket, AFamilyTheKernelLacksIsItsOwnAnswer) {
  auto caught = refused([] { ahoy::socket(static_cast<family>(9999), socket_type::stream); });
  EXPECT_STREQ(caught.what(), "create family 9999 stream socket: address family not supported by protocol");
  caught = refused([] { ahoy::socket(family::inet, socket_type::datagram, "tcp"); });
  EXPECT_STREQ(caught.what(), "create inet datagram tcp socket: protocol not supported");
}

#if !AHOY_IS_SANITIZED
TEST(Socket, RunningOutOfDescriptorsIsSaid) {
  auto server = listener(inet_loopback);
  ahoy::socket client(family::inet, socket_type::stream);
  client.connect(server.getsockname());
  std::vector<ahoy::fd> all;
  auto caught = refused([&] {
    const ahoy_test::few_descriptors few{64};
    while (all.empty() || all.back()) all.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    static_cast<void>(server.accept());
  });
  all.clear();
  EXPECT_EQ(caught.code(), std::errc::too_many_files_open);
  EXPECT_NE(caught.hint().find("ulimit"), std::string::npos);
  auto [c, addr] = server.accept();
  EXPECT_EQ(addr, client.getsockname());
}
#endif

}  // namespace
