#pragma once
#include <ahoy/address/endpoint.hpp>
#include <ahoy/engine/engine.hpp>
#include <ahoy/server/options.hpp>
#include <ahoy/socket/fd.hpp>

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace ahoy::inline v0 {

/// `ahoy listen --handler echo` as a child: this very program, on a port that the kernel chooses. It is
/// killed with this object, and with us.
class measured_server {
 public:
  /// Throws error.
  measured_server(engine& by, model which, std::size_t workers, family wanted);
  measured_server(const measured_server&) = delete;
  measured_server& operator=(const measured_server&) = delete;
  ~measured_server();

  /// Where it listens, as soon as it does. Throws error with what it wrote where it ends instead.
  task<endpoint> where();
  /// Tells it to end, waits for it, and returns the processor time, user and system, of its whole tree: its
  /// own and that of all children that it has waited for.
  task<duration> end();

 private:
  void start(const std::vector<std::string>& words);
  engine& by_;
  pid_t number_ = -1;
  std::unique_ptr<descriptor> says_;    // its standard error
  std::unique_ptr<descriptor> handle_;  // pidfd_open(2)
};

}  // namespace ahoy::inline v0
