#pragma once
#include <sys/types.h>

#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// Whom --user names.
struct user_identity {
  std::string name;  ///< empty where only a number is known
  uid_t user = 0;
  gid_t group = 0;
};

/// NAME, NAME:GROUP, or numbers. Throws error (malformed) where nobody is called so, and for a number that is
/// nobody's and comes without a group.
[[nodiscard]] user_identity find_user(std::string_view text);

/// Throws error (EPERM) where this process cannot become that user, and is another one.
void check_can_become(const user_identity& who);

/// This process, with all its threads, is that user's from now on, and so are those that it starts; it can
/// gain nothing back, not by a program that is set-user-ID either (PR_SET_NO_NEW_PRIVS). Throws error where
/// that failed, or where it could be undone: the process must then end.
void become(const user_identity& who);

/// The file of a socket is that user's. Throws error.
void give_socket_file(const std::string& path, const user_identity& who);

}  // namespace ahoy::inline v0
