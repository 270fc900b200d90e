#include <ahoy/engine/engine.hpp>
#include <ahoy/engine/operation.hpp>

namespace ahoy::inline v0 {

fd descriptor::release() noexcept {
  if (file_) engine_->forget(*this);
  edges_.reset();
  return std::move(file_);
}

void operation::cancel() noexcept { engine().cancel(*this); }

bool operation::submit() { return engine().submit(*this); }

short ready_operation::await_resume() {
  throw_if_failed(error, "wait for", "a descriptor");
  return revents;
}

void edge_operation::await_resume() const { throw_if_failed(error, "wait for", "a descriptor"); }

}  // namespace ahoy::inline v0
