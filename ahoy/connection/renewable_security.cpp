#include <ahoy/connection/renewable_security.hpp>

#include <utility>

namespace ahoy::inline v0 {

void renewable_security::renew(std::shared_ptr<const security> next) {
  const std::lock_guard alone{guard_};
  now_.swap(next);
  ++renewals_;
}

std::shared_ptr<const security> renewable_security::now() const {
  const std::lock_guard alone{guard_};
  return now_;
}

std::unique_ptr<secure_connection> renewable_security::over(std::unique_ptr<connection> below,
                                                            const host& server, std::string name) const {
  return now()->over(std::move(below), server, std::move(name));
}

}  // namespace ahoy::inline v0
