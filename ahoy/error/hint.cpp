#include <ahoy/error/error.hpp>
#include <ahoy/error/hint.hpp>

#include <algorithm>
#include <array>
#include <cerrno>

namespace ahoy::inline v0 {
namespace {

struct entry {
  std::string_view verb;  // empty: any
  std::error_condition cause;
  std::string_view hint;
};

std::error_condition system_cause(int errno_value) { return {errno_value, std::generic_category()}; }

constexpr auto no_route = "this machine has no route there: check its network with `ip route`";

const auto& table() {
  static const std::array entries{
      entry{"connect", system_cause(ECONNREFUSED),
            "nothing listens there: start the server first, or check the host and the port"},
      entry{"connect", system_cause(ETIMEDOUT),
            "no answer came: check the host and the port, and whether a firewall drops packets"},
      entry{"connect", system_cause(ENETUNREACH), no_route},
      entry{"connect", system_cause(EHOSTUNREACH), "the host does not answer on its network: is it up?"},
      entry{"connect", system_cause(ENOENT),
            "there is no such socket file: start the server first, or check the path"},
      entry{"connect", system_cause(EPROTOTYPE), "the server there uses the other type: stream or datagram"},
      entry{"connect", system_cause(EACCES), "the socket file's mode or a firewall does not let you"},
      entry{"bind", system_cause(EADDRINUSE),
            "another program has this address (`ss -tanp` shows which), or a connection that has just ended "
            "holds it for a minute: take another port (0 lets the system choose)"},
      entry{"bind", system_cause(EADDRNOTAVAIL),
            "no interface of this machine has that address: `ip addr` lists them, \"\" stands for all"},
      entry{"bind", system_cause(EACCES),
            "ports below 1024 need root or CAP_NET_BIND_SERVICE: take a higher one; a socket file needs a "
            "directory you may write to"},
      entry{"bind", system_cause(ENOENT), "the directory of the socket file does not exist"},
      entry{"listen", system_cause(EADDRINUSE),
            "another program listens on this port: stop it, or take another port"},
      entry{
          "listen", system_cause(EADDRNOTAVAIL),
          "no interface of this machine has that address: `ip addr` lists them; leave the host out for all"},
      entry{"listen", system_cause(EACCES),
            "ports below 1024 need root or CAP_NET_BIND_SERVICE: take a higher one; a socket file needs a "
            "directory you may write to"},
      entry{"listen", system_cause(ENOENT), "the directory of the socket file does not exist"},
      entry{"listen", system_cause(EOPNOTSUPP),
            "only stream sockets listen; a datagram socket receives once it is bound"},
      entry{"send", system_cause(EACCES), "for a broadcast address set SO_BROADCAST first"},
      entry{"send", system_cause(EMSGSIZE),
            "a datagram holds at most 65507 bytes over IPv4: send less, or use a stream"},
      entry{"send", system_cause(ECONNREFUSED), "nothing receives there: check the host and the port"},
      entry{"send", system_cause(EHOSTUNREACH), "the host does not answer on its network: is it up?"},
      entry{"send", system_cause(ENETUNREACH), no_route},
      entry{"send", system_cause(EPIPE), "the connection was closed: by the peer, or by shutdown here"},
      entry{"send", system_cause(ENOTCONN), "connect first"},
      entry{"send", system_cause(EDESTADDRREQ), "connect first, or name the receiver with sendto"},
      entry{"receive", system_cause(ECONNREFUSED), "nothing receives there: check the host and the port"},
      entry{"receive", system_cause(ENOTCONN),
            "connect first, or receive on the socket that accept returned"},
      entry{"receive", system_cause(ECONNRESET), "the peer ended the connection before all was read"},
      entry{"log", system_cause(ENOENT), "make its folder first"},
      entry{"become", system_cause(EPERM), "only root, or that user, may do that"},
      entry{"accept", system_cause(EINVAL), "call listen first"},
      entry{"", system_cause(EMFILE), "this process has all the descriptors it may have: raise `ulimit -n`"},
      entry{"", system_cause(ENFILE), "the system has no free descriptor: raise fs.file-max"},
      entry{"", make_error_code(errc::host_not_found).default_error_condition(),
            "check the spelling; `getent ahosts NAME` shows what this machine finds"},
      entry{"", make_error_code(errc::lookup_unanswered).default_error_condition(),
            "the name servers in /etc/resolv.conf did not answer: check the network, then try again"},
      entry{"", make_error_code(errc::service_not_found).default_error_condition(),
            "give the port's number; /etc/services lists the names that are known"},
  };
  return entries;
}

}  // namespace

std::string_view usual_hint(std::string_view verb, const std::error_code& cause) noexcept {
  auto first_word = verb.substr(0, verb.find(' '));
  auto fits = [&](const entry& e) { return (e.verb.empty() || e.verb == first_word) && cause == e.cause; };
  auto found = std::ranges::find_if(table(), fits);
  return found == table().end() ? std::string_view{} : found->hint;
}

}  // namespace ahoy::inline v0
