#pragma once
#include <ahoy/task/context.hpp>

#include <cstddef>
#include <list>

namespace ahoy::inline v0 {

/// Who was served, or is not let in, and has its connection until it has heard our end. It has time for that
/// while there is room: where there is none, whoever has had most time has had enough, or strangers who never
/// hang up would hold as many descriptors as they like. Belongs to the server's thread.
class leavers {
 public:
  /// One of them, for as long as it exists. It waits for its peer in this context, which stops when it has to
  /// make room. Throws bad_alloc.
  class leaver final : public context {
   public:
    /// Both must outlive this.
    leaver(leavers& among, context& parent)
        : context{parent}, among_{among}, self_{among.waiting_.insert(among.waiting_.end(), this)} {}
    ~leaver() override {
      if (!made_room_) among_.waiting_.erase(self_);
    }

   private:
    friend class leavers;
    leavers& among_;
    std::list<leaver*>::iterator self_;
    bool made_room_ = false;
  };

  /// Those who have time.
  [[nodiscard]] std::size_t size() const noexcept { return waiting_.size(); }
  /// The one that has had most time leaves at once.
  void make_room() noexcept {
    leaver& first = *waiting_.front();
    waiting_.pop_front();
    first.made_room_ = true;
    first.stop();
  }

 private:
  std::list<leaver*> waiting_;  // by when they began
};

}  // namespace ahoy::inline v0
