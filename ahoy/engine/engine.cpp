#include <ahoy/engine/engine.hpp>
#include <ahoy/error/error.hpp>

#include <string>

namespace ahoy::inline v0 {

void throw_if_failed(int error, std::string_view verb, std::string_view address) {
  if (error != 0) throw ahoy::error{system_code(error), std::string{verb}, std::string{address}};
}

void engine::sleep_awaiter::await_resume() const {
  if (!timed_out) throw_if_failed(error, "sleep", "");
}

bool event::awaiter::submit() {
  link_ = of_.last_;
  *link_ = this;
  of_.last_ = &next_;
  return park_operation::submit();
}

void event::awaiter::unlink() noexcept {
  if (!link_) return;
  *link_ = next_;
  (next_ ? next_->link_ : of_.last_) = link_;
  link_ = nullptr;
  next_ = nullptr;
}

bool event::awaiter::await_resume() const {
  if (!timed_out) throw_if_failed(error, "wait", "");
  return !timed_out;
}

/// Who is still linked has been woken by its limit or a stop, and is about to go too.
event::~event() {
  while (first_) first_->unlink();
}

void event::notify() noexcept {
  while (first_) {
    awaiter* woken = first_;
    woken->unlink();
    engine_.complete(*woken, 0);
  }
}

}  // namespace ahoy::inline v0
