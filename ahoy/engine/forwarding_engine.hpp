#pragma once
#include <ahoy/engine/select.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace ahoy::inline v0 {

/// An engine that has another one do everything: for those that see to one thing in another way, as tests
/// have it. A send always comes as an operation, so that submit() sees all there is.
class forwarding_engine : public engine {
 public:
  explicit forwarding_engine(std::unique_ptr<engine> to = make_engine()) noexcept : to_{std::move(to)} {}

  [[nodiscard]] std::string_view name() const noexcept override { return to_->name(); }
  bool submit(operation& asked) override { return to_->submit(asked); }
  void cancel(operation& pending) noexcept override { to_->cancel(pending); }
  void complete(operation& parked, int error) noexcept override { to_->complete(parked, error); }
  void forget(descriptor& closing) noexcept override { to_->forget(closing); }
  [[nodiscard]] std::vector<accepted_caller> take_accepted(descriptor& from) override {
    return to_->take_accepted(from);
  }
  [[nodiscard]] std::size_t held(const descriptor& of) const noexcept override { return to_->held(of); }
  [[nodiscard]] time_point now() const noexcept override { return to_->now(); }
  void run(task<> root) override { to_->run(std::move(root)); }
  task<std::vector<address>> resolve(host name, port service, family wanted, socket_type type,
                                     lookup_use use) override {
    return to_->resolve(std::move(name), std::move(service), wanted, type, use);
  }

 private:
  std::unique_ptr<engine> to_;
};

}  // namespace ahoy::inline v0
