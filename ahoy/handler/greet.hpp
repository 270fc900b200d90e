#pragma once
#include <ahoy/server/handler.hpp>

#include <string>

namespace ahoy::inline v0 {

/// The hand-out's server: a greeting, without a newline, then the end.
class greet final : public handler {
 public:
  explicit greet(std::string greeting = "Thank you for connecting") : greeting_{std::move(greeting)} {}
  task<> serve(connection& peer) override;

 private:
  std::string greeting_;
};

}  // namespace ahoy::inline v0
