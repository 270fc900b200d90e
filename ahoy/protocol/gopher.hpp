#pragma once
#include <ahoy/protocol/gopher_menu.hpp>
#include <ahoy/protocol/transfer_options.hpp>
#include <ahoy/task/task.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

class engine;
class transfer;

/// Asks for one item, whatever its type.
class gopher_exchange {
 public:
  /// `url` without a user; `search`: what a search server is asked, empty for others. Throws error
  /// (malformed).
  gopher_exchange(engine& by, const std::string& url, std::string_view search, const transfer_options& how);
  ~gopher_exchange();
  /// The next piece of the answer, as it came; empty at its end. Throws error: not_there (see
  /// gopher_refusal), and what transfer::receive throws.
  task<std::string> receive();

 private:
  task<std::string> begin(std::string piece);
  std::unique_ptr<transfer> over_;
  std::string request_;
  dialogue_observer observer_;  // is told the request by us: libcurl does not
  bool has_begun_ = false;
};

}  // namespace ahoy::inline v0
