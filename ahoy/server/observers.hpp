#pragma once
#include <ahoy/server/observer.hpp>

#include <vector>

namespace ahoy::inline v0 {

/// Several observers of one server: each is told everything, in the order in which they were added. They must
/// outlive it.
class observers final : public observer {
 public:
  void add(observer& one) { all_.push_back(&one); }

  void listening(scheme as, const address& on) override;
  void bound() override;
  void ready() override;
  void waiting(const connection& caller, std::size_t ahead) override;
  void joined(const connection& caller) override;
  void ended_its_half(const connection& caller) override;
  void left(const connection& caller, std::string_view why) override;
  void departed(callers::caller& who, std::string_view why) override;
  void busy(const address& caller, std::size_t here) override;
  void no_worker(const address& caller, std::string_view why) override;
  void denied(const address& caller) override;
  void made_way(const connection& caller) override;
  void too_many(const address& caller, std::size_t here) override;
  void too_often(const address& caller) override;
  void insecure(const connection& caller, std::string_view why) override;
  void untold(turned_away how, std::uint64_t callers) override;
  void exhausted(std::string_view why) override;
  void dropped(std::string_view label, std::uint64_t messages) override;
  void too_large(std::string_view label, std::size_t bytes) override;

 private:
  std::vector<observer*> all_;
};

}  // namespace ahoy::inline v0
