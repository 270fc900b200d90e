#pragma once
#include <ahoy/engine/select.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace ahoy_test {

/// An engine that has another one do everything: for a test that sees to one thing in another way. A send
/// always comes as an operation, so that submit() sees all there is.
class forwarding_engine : public ahoy::engine {
 public:
  explicit forwarding_engine(std::unique_ptr<ahoy::engine> to = ahoy::make_engine()) noexcept
      : to_{std::move(to)} {}

  [[nodiscard]] std::string_view name() const noexcept override { return to_->name(); }
  bool submit(ahoy::operation& asked) override { return to_->submit(asked); }
  void cancel(ahoy::operation& pending) noexcept override { to_->cancel(pending); }
  void complete(ahoy::operation& parked, int error) noexcept override { to_->complete(parked, error); }
  void forget(ahoy::descriptor& closing) noexcept override { to_->forget(closing); }
  [[nodiscard]] std::vector<ahoy::accepted_caller> take_accepted(ahoy::descriptor& from) override {
    return to_->take_accepted(from);
  }
  [[nodiscard]] std::size_t held(const ahoy::descriptor& of) const noexcept override { return to_->held(of); }
  [[nodiscard]] ahoy::time_point now() const noexcept override { return to_->now(); }
  void run(ahoy::task<> root) override { to_->run(std::move(root)); }
  ahoy::task<std::vector<ahoy::address>> resolve(ahoy::host name, ahoy::port service, ahoy::family wanted,
                                                 ahoy::socket_type type, ahoy::lookup_use use) override {
    return to_->resolve(std::move(name), std::move(service), wanted, type, use);
  }

 private:
  std::unique_ptr<ahoy::engine> to_;
};

}  // namespace ahoy_test
